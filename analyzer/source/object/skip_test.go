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
