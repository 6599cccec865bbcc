package nodes_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/group"
)

// mixedSnapshot runs pods of which each fills most of a small node: web on
// demand in two zones, batch on tainted spot nodes. Between each two full nodes
// there is an empty one.
func mixedSnapshot(web, batch int) *analyzer.Snapshot {
	s := &analyzer.Snapshot{}
	node := func(i int, capacity string) string {
		n := exampleNode(i)
		n.Labels = maps.Clone(n.Labels)
		n.Labels["node.kubernetes.io/instance-type"] = "m5.large"
		n.Labels["topology.kubernetes.io/zone"] = "us-east-1" + string("ab"[i%2])
		n.Labels["karpenter.sh/capacity-type"] = capacity
		n.Labels["karpenter.k8s.aws/ec2nodeclass"] = capacity + "-class"
		n.Capacity, n.Allocatable, n.MaxPods = analyzer.Amounts{CPU: 2000, Memory: 8 << 30}, analyzer.Amounts{CPU: 1930, Memory: 7 << 30}, 29
		if capacity == "spot" {
			n.Taints = []analyzer.Taint{{Key: "spot", Value: "true", Effect: "NoSchedule"}}
		}
		s.Nodes = append(s.Nodes, n)
		return n.Name
	}
	ask := analyzer.Amounts{CPU: 1500, Memory: 5 << 30}
	var on []string
	for i := range web {
		on = append(on, node(2*i, "on-demand"))
		node(2*i+1, "on-demand")
	}
	s.Workloads = append(s.Workloads, runningOn("web", ask, on...))
	on = nil
	for i := range batch {
		on = append(on, node(2*web+2*i, "spot"))
		node(2*web+2*i+1, "spot")
	}
	w := runningOn("batch", ask, on...)
	for i := range w.Pods {
		w.Pods[i].Spec.Tolerations = []analyzer.Toleration{{Key: "spot", Operator: "Exists"}}
	}
	s.Workloads = append(s.Workloads, w)
	s.Sort()
	return s
}

// TestNodeGroups makes few groups that hold the whole plan.
func TestNodeGroups(t *testing.T) {
	plan := advice.As[nodes.Plan](planNodes(t, mixedSnapshot(6, 4)).Detail)
	if plan == nil {
		t.Fatal("no plan")
	}
	count := 0
	for _, p := range plan.Pools {
		count += p.Count
	}
	byName := map[string]group.Group{}
	for _, g := range plan.Groups {
		byName[g.Name] = g
		count -= g.Count
		for _, s := range g.Shapes {
			if s.Planned < 1 || s.CPU > 2000 || len(s.Types) < s.Planned {
				t.Errorf("group %s: got shape %+v, want types no larger than today's", g.Name, s)
			}
		}
		if g.LimitCPU < 2*g.CPU || g.LimitMemory < 2*g.Memory || g.CPU < 2000*int64(g.Count) {
			t.Errorf("group %s: got limits %d, %d of %d, %d, want twice or more", g.Name, g.LimitCPU, g.LimitMemory, g.CPU, g.Memory)
		}
	}
	if count != 0 {
		t.Errorf("the groups miss %d nodes of the plan", count)
	}
	if got, want := slices.Sorted(maps.Keys(byName)), []string{"on-demand-amd64", "spot-amd64"}; !slices.Equal(got, want) {
		t.Fatalf("got groups %v, want %v", got, want)
	}
	demand, spot := byName["on-demand-amd64"], byName["spot-amd64"]
	if spot.Weight <= demand.Weight {
		t.Errorf("got weight %d for spot and %d on demand, want the cheaper one tried first", spot.Weight, demand.Weight)
	}
	if got, want := strings.Join(demand.Zones, " "), "us-east-1a us-east-1b"; got != want {
		t.Errorf("zones: got %q, want %q", got, want)
	}
	if got, want := spot.NodeClass, "spot-class"; got != want {
		t.Errorf("node class: got %q, want %q", got, want)
	}
	if len(spot.Taints) != 1 || len(demand.Taints) != 0 {
		t.Errorf("taints: got %v and %v, want one on spot", spot.Taints, demand.Taints)
	}
}

// TestNodeGroupsKeepBudgets lets no more nodes go at one time than the
// PodDisruptionBudget of their pods.
func TestNodeGroupsKeepBudgets(t *testing.T) {
	for _, c := range []struct{ allowed, want int }{{24, 3}, {2, 2}, {1, 1}} {
		s := mixedSnapshot(24, 0)
		pdb := analyzer.PDB{Namespace: "shop", Name: "web", MaxUnavailable: fmt.Sprint(c.allowed), DisruptionsAllowed: int32(c.allowed)}
		for i := range 24 {
			pdb.Pods = append(pdb.Pods, fmt.Sprintf("web-%d", i))
		}
		s.PDBs = []analyzer.PDB{pdb}
		plan := advice.As[nodes.Plan](planNodes(t, s).Detail)
		if plan == nil || len(plan.Groups) != 1 || plan.Groups[0].Count != 24 {
			t.Fatalf("got %+v, want one group of 24 nodes", plan)
		}
		if got := plan.Groups[0].Drains; got != c.want {
			t.Errorf("a budget of %d: got %d drains at one time, want %d", c.allowed, got, c.want)
		}
	}
}

// TestNodeMoves accounts for every node of today: it stays, moves or is kept.
func TestNodeMoves(t *testing.T) {
	s := mixedSnapshot(6, 4)
	plan := advice.As[nodes.Plan](planNodes(t, s).Detail)
	seen := map[string]bool{}
	once := func(name string) {
		if seen[name] {
			t.Errorf("node %s is named twice", name)
		}
		seen[name] = true
	}
	for _, m := range plan.Moves {
		once(m.Node)
	}
	for _, name := range plan.Stays {
		once(name)
	}
	for _, k := range plan.Kept {
		once(k.Name)
	}
	if got, want := len(seen), len(s.Nodes); got != want {
		t.Errorf("got %d nodes accounted for, want %d", got, want)
	}
}
