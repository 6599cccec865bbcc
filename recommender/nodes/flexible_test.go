package nodes_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/group"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// TestFlexibleGroups have many types on spot, with on demand where there are none, and
// families on demand; no other style has them.
func TestFlexibleGroups(t *testing.T) {
	s := mixedSnapshot(6, 4)
	for _, style := range advice.PoolStyles() {
		plan := advice.As[nodes.Plan](planNodesWith(t, s, advice.NodeOptions{Pools: style}).Detail)
		for _, g := range plan.Groups {
			if style != advice.PoolsFlexible {
				if g.Range != nil {
					t.Errorf("%s, group %s: got a range %+v, want none", style, g.Name, g.Range)
				}
				continue
			}
			checkRange(t, g)
		}
	}
}

func checkRange(t *testing.T, g group.Group) {
	t.Helper()
	r := g.Range
	if r == nil {
		t.Fatalf("group %s: got no range", g.Name)
	}
	for _, s := range g.Shapes {
		for _, name := range s.Types[:s.Planned] {
			if !slices.Contains(r.Types, name) {
				t.Errorf("group %s: the range misses %s of the plan", g.Name, name)
			}
		}
		if s.CPU < r.LeastCPU || s.CPU > r.MostCPU {
			t.Errorf("group %s: %d millicores are out of %d to %d", g.Name, s.CPU, r.LeastCPU, r.MostCPU)
		}
	}
	if g.CapacityType == "spot" {
		if len(r.Types) < 15 || r.Fallback != "on-demand" || r.Families != nil {
			t.Errorf("group %s: got %d types, fallback %q, families %v; want 15 or more, on-demand, none", g.Name, len(r.Types), r.Fallback, r.Families)
		}
		return
	}
	for _, name := range r.Types {
		if family, _, _ := strings.Cut(name, "."); !slices.Contains(r.Families, family) {
			t.Errorf("group %s: families %v miss that of %s", g.Name, r.Families, name)
		}
	}
	if r.Fallback != "" {
		t.Errorf("group %s: got fallback %q on demand", g.Name, r.Fallback)
	}
}

// TestNodeSizes holds plans to the sizes and the number of nodes asked for.
func TestNodeSizes(t *testing.T) {
	s := &analyzer.Snapshot{}
	var on []string
	for i := range 24 {
		if i%4 == 0 {
			s.Nodes = append(s.Nodes, exampleNode(len(s.Nodes)))
		}
		on = append(on, s.Nodes[len(s.Nodes)-1].Name)
	}
	s.Workloads = append(s.Workloads, runningOn("web", analyzer.Amounts{CPU: 1000, Memory: 3 << 30}, on...))
	s.Sort()
	for name, c := range map[string]struct {
		options     advice.NodeOptions
		least, most int64 // millicores of a machine
		count       int
	}{
		"as they come":    {advice.NodeOptions{}, 0, 1 << 40, 1},
		"small ones":      {advice.NodeOptions{MostCPUs: 4}, 0, 4000, 1},
		"large ones":      {advice.NodeOptions{LeastCPUs: 8}, 8000, 1 << 40, 1},
		"larger ones":     {advice.NodeOptions{LeastCPUs: 16, MostCPUs: 32}, 16000, 32000, 1},
		"much larger":     {advice.NodeOptions{LeastCPUs: 32}, 32000, 1 << 40, 1},
		"at least a few":  {advice.NodeOptions{LeastNodes: 9}, 0, 1 << 40, 9},
		"a few of a kind": {advice.NodeOptions{LeastNodes: 9, Pools: advice.PoolsSimple, Survive: packing.SurviveNone}, 0, 1 << 40, 9},
	} {
		t.Run(name, func(t *testing.T) {
			plan := advice.As[nodes.Plan](planNodesWith(t, s, c.options).Detail)
			if plan == nil {
				t.Fatal("no plan")
			}
			count := 0
			for _, g := range plan.Groups {
				count += g.Count
				for _, shape := range g.Shapes {
					if shape.CPU < c.least || shape.CPU > c.most {
						t.Errorf("got a machine of %d millicores, want %d to %d", shape.CPU, c.least, c.most)
					}
				}
			}
			if count < c.count {
				t.Errorf("got %d nodes, want %d or more", count, c.count)
			}
		})
	}
}

// TestSparesOfTheGroup: in simple pools each group is of one type, at every level.
func TestSparesOfTheGroup(t *testing.T) {
	for _, s := range []*analyzer.Snapshot{mixedSnapshot(6, 4), mixedSnapshot(3, 1), mixedSnapshot(9, 2), mixedSnapshot(14, 7)} {
		for _, level := range packing.Levels() {
			plan := advice.As[nodes.Plan](planNodesWith(t, s, advice.NodeOptions{Pools: advice.PoolsSimple, Survive: level}).Detail)
			for _, g := range plan.Groups {
				if len(g.Shapes) != 1 || g.Shapes[0].Planned != 1 {
					t.Errorf("%d pods, %s: group %s has %v, want one type", plan.Pods, level, g.Name, g.Shapes)
				}
			}
		}
	}
}

// TestBurstingIsNoChoice: an autoscaler that may choose among types fills a node whatever
// its baseline, so that machines that burst are among them only where they are planned,
// by name, and with a word of warning.
func TestBurstingIsNoChoice(t *testing.T) {
	for _, each := range []int64{1500, 250} {
		s := &analyzer.Snapshot{}
		var on []string
		for i := range 8 {
			n := exampleNode(i)
			n.Labels = maps.Clone(n.Labels)
			if i == 0 { // so that the pool has the family
				n.Labels["node.kubernetes.io/instance-type"] = "t3.large"
				n.Capacity, n.Allocatable, n.MaxPods = analyzer.Amounts{CPU: 2000, Memory: 8 << 30}, analyzer.Amounts{CPU: 1930, Memory: 7 << 30}, 29
			}
			s.Nodes = append(s.Nodes, n)
			on = append(on, n.Name)
		}
		s.Workloads = append(s.Workloads, runningOn("web", analyzer.Amounts{CPU: each, Memory: 3 << 30}, on...))
		s.Sort()
		r := planNodesWith(t, s, advice.NodeOptions{Pools: advice.PoolsFlexible, Survive: packing.SurviveNone, Types: []string{"t3*.*", "m*.*"}})
		planned, warned := map[string]bool{}, slices.ContainsFunc(r.Warnings, func(w analyzer.Warning) bool { return w.Code == "burstable" })
		burst := false
		for _, g := range advice.As[nodes.Plan](r.Detail).Groups {
			for _, shape := range g.Shapes {
				for _, name := range shape.Types[:shape.Planned] {
					planned[name] = true
					burst = burst || strings.HasPrefix(name, "t")
				}
			}
			for _, name := range g.Range.Types {
				if strings.HasPrefix(name, "t") && !planned[name] {
					t.Errorf("%d millicores: a group may launch %s, which the plan of %v does not have", each, name, planned)
				}
			}
		}
		if want := each == 250; burst != want || burst && !warned {
			t.Errorf("%d millicores: got %v planned, burstable: %v, warned: %v", each, planned, burst, warned)
		}
	}
}
