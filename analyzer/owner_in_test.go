package analyzer_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

func TestWorkloadsIn(t *testing.T) {
	var o analyzer.Owners
	for _, ref := range []analyzer.Ref{{Namespace: "a", Kind: "Deployment", Name: "web"}, {Namespace: "b", Kind: "Deployment", Name: "web"}, {Namespace: "a", Kind: "StatefulSet", Name: "db"}} {
		o.AddWorkload(&analyzer.Workload{Ref: ref})
	}
	if got := strings.Join(slices.Sorted(maps.Keys(o.WorkloadsIn(map[string]bool{"a": true}))), " "); got != "a/db a/web" {
		t.Errorf("got %q, want the workloads of a", got)
	}
}
