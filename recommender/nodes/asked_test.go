package nodes_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// TestTypesThatStay: where today's nodes are the plan, those that the user leaves out of
// new ones are named.
func TestTypesThatStay(t *testing.T) {
	full := func() *analyzer.Snapshot {
		s := mixedSnapshot(4, 0) // less the empty nodes
		used := map[string]bool{}
		for _, w := range s.Workloads {
			for i := range w.Pods {
				used[w.Pods[i].Node] = true
			}
		}
		s.Nodes = slices.DeleteFunc(s.Nodes, func(n analyzer.Node) bool { return !used[n.Name] })
		return s
	}
	for name, c := range map[string]struct {
		o    advice.NodeOptions
		want bool
	}{
		"one allowed": {advice.NodeOptions{Types: []string{"m5.large"}}, false},
		"dearer ones": {advice.NodeOptions{Types: []string{"r6i.large"}}, true},
		"denied":      {advice.NodeOptions{Types: []string{"r6i.large", "m5.large"}, DenyTypes: []string{"m5.*"}}, true},
		"larger ones": {advice.NodeOptions{Types: []string{"m5.*"}, LeastCPUs: 8}, true},
	} {
		c.o.Survive, c.o.Pools = packing.SurviveNone, advice.PoolsExact
		r := planNodesWith(t, full(), c.o)
		if len(r.Changes) > 0 {
			t.Errorf("%s: got changes %v, want today's nodes", name, r.Changes)
		}
		got := slices.ContainsFunc(r.Warnings, func(w analyzer.Warning) bool {
			return w.Code == "types-stay" && strings.Contains(w.Message, "m5.large")
		})
		if got != c.want {
			t.Errorf("%s: warned %v, want %v: %+v", name, got, c.want, r)
		}
	}
}
