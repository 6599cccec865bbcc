package gate_test

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/evidence"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

func archives(t *testing.T) []*txtar.Archive {
	t.Helper()
	files, err := filepath.Glob(cases + "/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	var out []*txtar.Archive
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
	return out
}

// TestFixes mends every case and judges it again: only numbers differ, and
// what was mended is not found again.
func TestFixes(t *testing.T) {
	fixed := 0
	for _, a := range archives(t) {
		edits := map[string][]verdict.Edit{}
		for _, f := range judge(t, a).Findings {
			for _, e := range f.Fix {
				edits[e.File] = append(edits[e.File], e)
				fixed++
			}
		}
		for i := range a.Files {
			f := &a.Files[i]
			mended, err := verdict.Apply(f.Data, edits[f.Name])
			if err != nil {
				t.Fatal(err)
			}
			if len(edits[f.Name]) == 0 && !bytes.Equal(mended, f.Data) {
				t.Errorf("%s changed without an edit", f.Name)
			}
			if got, want := skeleton(mended, edits[f.Name], true), skeleton(f.Data, edits[f.Name], false); got != want {
				t.Errorf("more than the numbers changed:\n%s\n%s", got, want)
			}
			f.Data = mended
		}
		for _, f := range judge(t, a).Findings {
			if len(f.Fix) > 0 {
				t.Errorf("still found after its fix: %s: %s", f.Rule, f.Message)
			}
		}
	}
	if fixed < 10 {
		t.Errorf("the cases have only %d edits", fixed)
	}
}

// skeleton is the file with the edited values taken out.
func skeleton(data []byte, edits []verdict.Edit, after bool) string {
	var b strings.Builder
	last, shift := 0, 0
	done := map[int]bool{}
	for at := range data {
		for _, e := range edits {
			old, now := e.End-e.Start, len(e.New)
			if !after {
				now = old
			}
			if !done[e.Start] && at == e.Start+shift {
				b.Write(data[last:at])
				last = at + now
				done[e.Start] = true
				if after {
					shift += now - old
				}
			}
		}
	}
	b.Write(data[last:])
	return b.String()
}

// TestOrderDoesNotMatter shuffles the documents of every case.
func TestOrderDoesNotMatter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, a := range archives(t) {
		if casetest.Section(a, "want") == "" || strings.Contains(casetest.Section(a, "want"), "hpa-overlap") {
			continue // of two autoscalers, the later one is named
		}
		want := describe(judge(t, a))
		random.Shuffle(len(a.Files), func(i, j int) { a.Files[i], a.Files[j] = a.Files[j], a.Files[i] })
		if got := describe(judge(t, a)); got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	}
}

func TestFingerprintsOutliveLines(t *testing.T) {
	prints := func(prefix string) (out []string) {
		docs, _ := manifest.Parse("f.yaml", []byte(prefix+"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c}, {name: d}]}\n"))
		r, err := gate.Judge(gate.Input{Documents: docs})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Findings {
			out = append(out, f.Fingerprint)
		}
		return out
	}
	a, b := prints(""), prints("# moved\n\n\n")
	if len(a) != 6 || !reflect.DeepEqual(a, b) {
		t.Errorf("got %v and %v, want six that stay the same", a, b)
	}
}

func TestFingerprintsAreUnique(t *testing.T) {
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c}]}\n"
	docs, _ := manifest.Parse("f.yaml", []byte(pod+"---\n"+pod))
	r, err := gate.Judge(gate.Input{Documents: docs})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range r.Findings {
		if seen[f.Fingerprint] {
			t.Errorf("fingerprint %s twice", f.Fingerprint)
		}
		seen[f.Fingerprint] = true
	}
}

func TestBaseline(t *testing.T) {
	judgeText := func(cpu string, b *verdict.Baseline) *verdict.Result {
		text := "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {template: {spec: {containers: [{name: app, resources: {requests: {cpu: " + cpu + ", memory: 1Gi}}}]}}}\n"
		docs, _ := manifest.Parse("f.yaml", []byte(text))
		in := gate.Input{Documents: docs, Baseline: b}
		readEvidence(t, &in, "shop/Deployment/web container=app want=100m/1Gi cpu=50m,60m,70m,80m memory=1Gi,1Gi,1Gi,1Gi")
		r, err := gate.Judge(in)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := judgeText("1", nil)
	if len(first.Findings) != 2 || !first.Fails(verdict.SeverityError) {
		t.Fatalf("got %+v, want a missing limit and a large request", first.Findings)
	}
	data, err := verdict.BaselineOf(first.Findings).Encode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := verdict.ParseBaseline(data)
	if err != nil {
		t.Fatal(err)
	}
	if r := judgeText("1", b); r.Fails(verdict.SeverityNote) || r.Summary.Known != 2 {
		t.Errorf("got %+v, want both known", r.Findings)
	}
	if r := judgeText("900m", b); r.Fails(verdict.SeverityNote) {
		t.Errorf("got %+v, want what got better let be", r.Findings)
	}
	if r := judgeText("2", b); !r.Fails(verdict.SeverityError) || r.Summary.Known != 1 {
		t.Errorf("got %+v, want the larger request to count as worse", r.Findings)
	}
	for _, bad := range []string{"", "{}", `{"apiVersion":"plimsoll.dev/v1alpha1","kind":"Baseline","findings":[],"x":1}`} {
		if _, err := verdict.ParseBaseline([]byte(bad)); err == nil {
			t.Errorf("%q was read as a baseline", bad)
		}
	}
}

func TestNothingIsFine(t *testing.T) {
	r, err := gate.Judge(gate.Input{})
	if err != nil || len(r.Findings) != 0 || r.Fails(verdict.SeverityNote) {
		t.Errorf("got %+v, %v, want nothing", r, err)
	}
}

// TestPodsAreCountedInFull writes no number of pods as a power of ten.
func TestPodsAreCountedInFull(t *testing.T) {
	docs, _ := manifest.Parse("a.yaml", []byte("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"+
		"spec: {replicas: 2147483647, template: {spec: {containers: [{name: c, image: a, resources: {requests: {cpu: 2, memory: 1Gi}, limits: {memory: 1Gi}}}]}}}\n"))
	r, err := gate.Judge(gate.Input{
		Documents: docs, Today: "2026-11-24", Evidence: seen(docs), Prices: evidence.Prices{Unit: cost.UnitPrice{CoreHour: 0.03, GiBHour: 0.004}, Source: "the test"},
	})
	if err != nil || len(r.Findings) == 0 {
		t.Fatal(r, err)
	}
	for _, f := range r.Findings {
		if strings.Contains(f.Message+f.Reason, "e+") || !strings.Contains(f.Reason, "2147483647 replicas") {
			t.Errorf("got %q, %q, want 2147483647 replicas", f.Message, f.Reason)
		}
	}
}
