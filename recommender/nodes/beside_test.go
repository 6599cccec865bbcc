package nodes_test

import (
	"fmt"
	"maps"
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

// TestUpdateOnKeptNodes: an update of a workload on nodes that stay is named where its spread
// lets none of its pods into the room that is there.
func TestUpdateOnKeptNodes(t *testing.T) {
	for _, c := range []struct {
		name   string
		spread []analyzer.TopologySpread
		data   bool // of pods keeps the nodes
		want   bool
	}{
		{name: "room for all"},
		{name: "room in the fuller zone", spread: []analyzer.TopologySpread{{TopologyKey: packing.LabelZone, MaxSkew: 1}}, want: true},
		{name: "nodes kept by data, room in the fuller zone", spread: []analyzer.TopologySpread{{TopologyKey: packing.LabelZone, MaxSkew: 1}}, data: true, want: true},
	} {
		s := mixedSnapshot(4, 0)
		for i, size := range []int64{8000, 1200} {
			node := exampleNode(1000 + i)
			node.Labels = maps.Clone(node.Labels)
			node.Labels[packing.LabelZone], node.Labels["pool"] = "us-east-1"+string("ab"[i]), "old"
			node.Allocatable = analyzer.Amounts{CPU: size, Memory: 32 << 30}
			if node.Keep = "karpenter.sh/do-not-disrupt"; c.data {
				node.Keep = ""
			}
			s.Nodes = append(s.Nodes, node)
			if c.data {
				w := runningOn(fmt.Sprint("data-", i), analyzer.Amounts{CPU: 10, Memory: 16 << 20}, node.Name)
				w.Pods[0].Spec.LocalStorage, w.Pods[0].Spec.Local = true, &analyzer.LocalData{HostPaths: []string{"/var/lib/data"}}
				s.Workloads = append(s.Workloads, w)
			}
		}
		w := runningOn("old", analyzer.Amounts{CPU: 1000, Memory: 1 << 30}, "node-1000", "node-1000", "node-1001")
		for i := range w.Pods {
			w.Pods[i].Spec.NodeSelector, w.Pods[i].Spec.Spread = map[string]string{"pool": "old"}, c.spread
			if c.spread != nil {
				w.Pods[i].Spec.Constraints = []string{analyzer.ConstraintSpread}
			}
		}
		w.Surge = "1"
		s.Workloads = append(s.Workloads, w)
		s.Sort()
		plan := advice.As[nodes.Plan](planNodesWith(t, s, advice.NodeOptions{Survive: packing.SurvivePod, Pools: advice.PoolsSimple}).Detail)
		if plan == nil || len(plan.Kept) != 2 {
			t.Fatalf("%s: got %+v, want two nodes kept", c.name, plan)
		}
		if got := slices.Contains(plan.Survived.Exempt, "shop/Deployment/old"); got != c.want {
			t.Errorf("%s: exempt %v, want the update named: %v", c.name, plan.Survived.Exempt, c.want)
		}
	}
}
