package manifest_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// In a file of one long line each value is found at its own column, whatever
// characters stand before it, and with a byte order mark too.
func TestLongLines(t *testing.T) {
	const object = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"w%d","annotations":{"a":"%s"}},"spec":{"template":{"spec":{"containers":[{"name":"app","image":"x","resources":{"requests":{"cpu":"%dm"}}}]}}}}`
	for _, mark := range []string{"", "\ufeff"} {
		var b strings.Builder
		for i := range 300 {
			if i > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(&b, object, i, strings.Repeat("\u00e9\u4e16\U0001f600", i%7), 1000+i)
		}
		data := mark + `{"apiVersion":"v1","kind":"List","items":[` + b.String() + "]}"
		docs, problems := manifest.Parse("f.json", []byte(data))
		if len(problems) > 0 {
			t.Fatalf("problems: %v", problems)
		}
		found := 0
		for _, d := range docs {
			w := d.Workload(nil)
			if w == nil {
				continue
			}
			n := w.Containers[0].Requests.CPU.Node
			if n == nil {
				t.Fatalf("%s has no CPU request", w.Name)
			}
			text := fmt.Sprintf("%q", fmt.Sprintf("%dm", 1000+found))
			at := strings.Index(data, text)
			column := utf8.RuneCountInString(data[len(mark):at]) + 1
			if n.Position != manifest.At(1, column) || data[n.Start:n.End()] != strings.Trim(text, `"`) {
				t.Errorf("%s: got %v %q, want column %d %s", w.Name, n.Position, data[n.Start:n.End()], column, text)
			}
			found++
		}
		if found != 300 {
			t.Errorf("found %d workloads, want 300", found)
		}
	}
}

// A file of one line takes time by its length, not by its square, also where a
// character of it takes several bytes: squared, this test takes the better part of an
// hour, and runs into go test's own bound.
func TestLongLineOfAnyCharacters(t *testing.T) {
	const containers = 60_000
	const one = `{"name":"c","image":"x","resources":{"requests":{"cpu":"1m","memory":"1Mi"}}},`
	head := `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"a":"é"}},"spec":{"containers":[`
	data := head + strings.TrimSuffix(strings.Repeat(one, containers), ",") + "]}}"
	docs, problems := manifest.Parse("f.json", []byte(data))
	if len(docs) != 1 || len(problems) != 0 {
		t.Fatalf("%d documents, %v", len(docs), problems)
	}
	list := docs[0].Root.At("spec", "containers").List()
	if len(list) != containers {
		t.Fatalf("%d containers", len(list))
	}
	want := manifest.At(1, utf8.RuneCountInString(head)+(containers-1)*len(one)+1)
	if got := list[containers-1].Position; got != want {
		t.Errorf("the last container is at %v, want %v", got, want)
	}
}

// BenchmarkLongLine reads 5,000 containers on one line: the time is of its length, not
// of its square.
func BenchmarkLongLine(b *testing.B) {
	one := `{"name":"c","image":"x","resources":{"requests":{"cpu":"1m","memory":"1Mi"}}}`
	data := []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[` + strings.Repeat(one+",", 4999) + one + `]}}`)
	for b.Loop() {
		if docs, _ := manifest.Parse("f.json", data); len(docs) != 1 {
			b.Fatal(len(docs))
		}
	}
}
