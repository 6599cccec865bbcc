package object_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

const goodPod = `{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"good"},"spec":{"containers":[{"name":"a"}]},"status":{"phase":"Running"}}`

func skippedOf(t *testing.T, text string) (*analyzer.Snapshot, error) {
	t.Helper()
	v, err := object.ReadFiles([]string{"-"}, strings.NewReader(text), openFile)
	if err != nil {
		return nil, err
	}
	snap := &analyzer.Snapshot{}
	v.Fill(snap, object.Selection{})
	snap.Warnings = slices.DeleteFunc(snap.Warnings, func(w analyzer.Warning) bool { return w.Code != analyzer.WarnSkipped })
	return snap, nil
}

// TestOneBadItem: an item of a list that cannot be read is named and left out, and the
// others count. YAML and JSON say the same, as does a list without a List.
func TestOneBadItem(t *testing.T) {
	for item, want := range map[string]string{
		`null`:       "item of a List: not a Kubernetes object: it has no kind",
		`[1]`:        "item of a List: object is a list, not a Kubernetes object",
		`{"kind":5}`: "item of a List: object: field kind cannot be a number",
		`{"metadata":{"namespace":"shop","name":"odd"}}`:                                                                   "item of a List shop/odd: not a Kubernetes object: it has no kind",
		`{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"odd"},"status":{"startTime":"yesterday"}}`: `shop/Pod/odd: status.startTime: "yesterday" is not a time; write it as 2026-06-01T00:00:00Z`,
		`{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"odd","labels":{"a":1}}}`:                   "shop/Pod/odd: field metadata.labels cannot be a number",
	} {
		for form, text := range map[string]string{
			"JSON":  `{"apiVersion":"v1","kind":"List","items":[` + item + "," + goodPod + "]}",
			"YAML":  "apiVersion: v1\nkind: List\nitems:\n- " + item + "\n- " + goodPod + "\n",
			"array": "[" + item + "," + goodPod + "]",
		} {
			snap, err := skippedOf(t, text)
			if err != nil {
				t.Errorf("%s %s: %v", form, item, err)
				continue
			}
			if len(snap.Workloads) != 1 || len(snap.Warnings) != 1 || !strings.HasPrefix(snap.Warnings[0].String(), want) {
				t.Errorf("%s %s: got %d workloads and warnings %v, want one and %q", form, item, len(snap.Workloads), snap.Warnings, want)
			}
			if _, err := skippedOf(t, strings.Replace(text, goodPod, item, 1)); err == nil || !strings.Contains(err.Error(), "no object of it can be read: "+want) {
				t.Errorf("%s %s twice: got %v, want an error that nothing can be read", form, item, err)
			}
		}
	}
}

// TestManyBadItems: of many that cannot be read a hundred are named and the rest counted;
// 16 MiB of them and nothing else end the reading.
func TestManyBadItems(t *testing.T) {
	for _, item := range []string{"null,", `{"apiVersion":"v1","kind":"Pod","metadata":{"labels":{"a":1}}},`} {
		snap, err := skippedOf(t, "["+strings.Repeat(item+"\n", 5000)+goodPod+"]")
		if err != nil {
			t.Fatal(err)
		}
		if n := len(snap.Warnings); n != 101 || snap.Warnings[100].Message != "4900 more cannot be read; they are left out" || len(snap.Workloads) != 1 {
			t.Errorf("%s: got %d workloads and %d warnings, the last %v", item, len(snap.Workloads), n, snap.Warnings[n-1])
		}
	}
	for form, text := range map[string]string{
		"JSON": `{"kind":"List","items":[` + goodPod + strings.Repeat(",["+strings.Repeat(" ", 4000)+"]", 5<<10) + "]}",
		"YAML": fmt.Sprintf("kind: List\nitems:\n- %s\n", goodPod) + strings.Repeat("- ["+strings.Repeat(" ", 4000)+"]\n", 5<<10),
	} {
		if _, err := skippedOf(t, text); err == nil || !strings.Contains(err.Error(), "hold no object") {
			t.Errorf("%s: got %v, want an end to what holds no object", form, err)
		}
	}
}

// TestOneBadDocument: a document that is no object is named by where it stands and left
// out, and the others count. Where no document is one, the text holds none.
func TestOneBadDocument(t *testing.T) {
	const again = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
	for form, c := range map[string]struct{ bad, before, between, want string }{
		"YAML":           {"image:\n  tag: v2\n", again, "---\n", "document: not a Kubernetes object: it has no kind (standard input, document 2, line 5)"},
		"YAML, named":    {"metadata: {namespace: shop, name: odd}\n", again, "---\n", "document shop/odd: not a Kubernetes object: it has no kind (standard input, document 2, line 5)"},
		"YAML, a list":   {"- kind: Pod\n", again, "---\n", "document: object is a list, not a Kubernetes object (standard input, document 2, line 5)"},
		"YAML, a text":   {"Error from server\n", again, "---\n", "document: object is a string, not a Kubernetes object (standard input, document 2, line 5)"},
		"YAML, a number": {"kind: 5\n", again, "---\n", "document: object: field kind cannot be a number (standard input, document 2, line 5)"},
		"YAML, items":    {"items:\n- metadata: {name: odd}\n", again, "---\n", "item of a List odd: not a Kubernetes object: it has no kind (standard input, document 2, line 6)"},
		"YAML, a List":   {"kind: 5\nitems:\n- metadata: {name: odd}\n", again, "---\n", "document: list: field kind cannot be a number (standard input, document 2, line 5)"},
		"JSON":           {`{"image":{"tag":"v2"}}`, `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}`, "\n", "document: not a Kubernetes object: it has no kind (standard input, document 2, line 2)"},
		"JSON, items":    {`{"items":[{"metadata":{"name":"odd"}}]}`, `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}`, "\n", "item of a List odd: not a Kubernetes object: it has no kind (standard input, document 2, line 2)"},
	} {
		snap, err := skippedOf(t, c.before+c.between+c.bad+c.between+goodPod+"\n")
		if err != nil {
			t.Errorf("%s: %v", form, err)
			continue
		}
		if len(snap.Workloads) != 1 || len(snap.Warnings) != 1 || snap.Warnings[0].String() != c.want+"; the object is left out" {
			t.Errorf("%s:\ngot  %d workloads and warnings %v\nwant one and %q", form, len(snap.Workloads), snap.Warnings, c.want)
		}
		if _, err := skippedOf(t, c.bad+c.between+c.bad); err == nil || !strings.Contains(err.Error(), "standard input: ") {
			t.Errorf("%s twice: got %v, want an error that nothing is an object", form, err)
		}
	}
}
