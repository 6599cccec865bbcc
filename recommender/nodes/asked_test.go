package nodes_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// withDisks gives the nodes a disk of 100 GiB, and the pods a wish for some of it.
func withDisks(s *analyzer.Snapshot, ask int64) *analyzer.Snapshot {
	for i := range s.Nodes {
		s.Nodes[i].Resources = analyzer.Resources{pin.EphemeralStorage: 100 << 30}
	}
	for i := range s.Workloads {
		for j := range s.Workloads[i].Pods {
			s.Workloads[i].Pods[j].Resources = analyzer.Resources{pin.EphemeralStorage: ask}
		}
	}
	return s
}

// TestDiskOfGroups: where pods ask for more of a node's disk than a new node has by
// default, the group asks for a disk like today's, or they would wait for ever.
func TestDiskOfGroups(t *testing.T) {
	for ask, want := range map[int64]int64{1 << 30: 0, 80 << 30: 100 << 30} {
		plan := advice.As[nodes.Plan](planNodes(t, withDisks(mixedSnapshot(4, 0), ask)).Detail)
		if plan == nil || len(plan.Groups) == 0 {
			t.Fatalf("%d bytes asked for: no groups: %+v", ask, plan)
		}
		for _, g := range plan.Groups {
			if g.Disk != want {
				t.Errorf("%d bytes asked for: group %s has a disk of %d, want %d", ask, g.Name, g.Disk, want)
			}
		}
	}
}

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

// TestExemptAbove: a word on a level above the one asked for names what it leaves out; in
// one zone nothing lives through its loss, today either.
func TestExemptAbove(t *testing.T) {
	for level, above := range map[packing.Level]bool{packing.SurviveNone: true, packing.SurviveNode: true, packing.SurviveZone: false} {
		s := mixedSnapshot(4, 0)
		for i := range s.Nodes {
			s.Nodes[i].Labels["topology.kubernetes.io/zone"] = "us-east-1a"
		}
		plan := advice.As[nodes.Plan](planNodesWith(t, s, advice.NodeOptions{Survive: level, Pools: advice.PoolsExact}).Detail)
		if plan == nil || plan.Survived == nil {
			t.Fatalf("%s: no plan", level)
		}
		v := plan.Survived
		if v.Zone && len(v.Exempt)+len(v.ZoneExempt) == 0 {
			t.Errorf("%s: one zone lives through its loss, and nothing is exempt: %+v", level, v)
		}
		if got := len(v.ZoneExempt) == 4; got != above {
			t.Errorf("%s: exempt from the loss of the zone: %v, want all 4: %v", level, v.ZoneExempt, above)
		}
	}
}
