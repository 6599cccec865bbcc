package nodes_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// TestKeptNodesArePlayed: of very many kept nodes the largest are played, and it is told how
// many are not.
func TestKeptNodesArePlayed(t *testing.T) {
	for kept, want := range map[int]bool{2: false, 12: true} {
		s := mixedSnapshot(4, 0)
		for i := range kept {
			node := exampleNode(1000 + i)
			node.Keep = "karpenter.sh/do-not-disrupt"
			s.Nodes = append(s.Nodes, node)
			on := make([]string, 100)
			for j := range on {
				on[j] = node.Name
			}
			s.Workloads = append(s.Workloads, runningOn(fmt.Sprint("stays-", i), analyzer.Amounts{CPU: 10, Memory: 16 << 20}, on...))
		}
		s.Sort()
		r := planNodesWith(t, s, advice.NodeOptions{Survive: packing.SurviveNode, Pools: advice.PoolsSimple})
		if got := slices.ContainsFunc(r.Warnings, func(w analyzer.Warning) bool { return w.Code == "not-played" }); got != want {
			t.Errorf("%d kept nodes of 100 pods: told %v, want %v", kept, got, want)
		}
	}
}

// TestPlainNodesBesideDevices: a node with devices that its like lack is kept, and not its
// like, wherever it stands among them.
func TestPlainNodesBesideDevices(t *testing.T) {
	for at := range 3 {
		s := mixedSnapshot(4, 0)
		s.Nodes[at].Resources = analyzer.Resources{"example.com/device": 2}
		plan := advice.As[nodes.Plan](planNodes(t, s).Detail)
		if plan == nil || len(plan.Kept) != 1 || plan.Kept[0].Name != s.Nodes[at].Name || len(plan.Moves) == 0 {
			t.Errorf("devices on %s: got %+v, want it alone kept, and others drained", s.Nodes[at].Name, plan)
		}
	}
}
