package past_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/past"
)

const (
	kindOf = "node.kubernetes.io/instance-type"
	zoneOf = "topology.kubernetes.io/zone"
	poolOf = "karpenter.sh/nodepool"
)

func node(name string, labels ...string) analyzer.Node {
	n := analyzer.Node{Name: name, Labels: map[string]string{"kubernetes.io/hostname": name}, Capacity: analyzer.Amounts{CPU: 4000, Memory: 16 << 30}}
	for i := 0; i < len(labels); i += 2 {
		n.Labels[labels[i]] = labels[i+1]
	}
	return n
}

func kind(memory int64, labels ...string) analyzer.NodeKind {
	k := analyzer.NodeKind{Labels: map[string]string{}, Capacity: analyzer.Amounts{CPU: 4000, Memory: memory}, Count: []float32{0, 3}}
	for i := 0; i < len(labels); i += 2 {
		k.Labels[labels[i]] = labels[i+1]
	}
	return k
}

// TestKinds: what the moment lacks is known by its pool, its type or its size, and never
// by labels that only some nodes have.
func TestKinds(t *testing.T) {
	now := []analyzer.Node{
		node("a", kindOf, "m6i.xlarge", zoneOf, "us-east-1a", poolOf, "web", "team", "shop", "node.kubernetes.io/instance-generation", "6"),
		node("b", kindOf, "m6i.xlarge", zoneOf, "us-east-1b", poolOf, "batch", "team", "data"),
	}
	for name, tt := range map[string]struct {
		kind               analyzer.NodeKind
		gone               bool
		machine, zone, own string
	}{
		"one of today's":             {kind(16<<30, kindOf, "m6i.xlarge", zoneOf, "us-east-1a", poolOf, "web"), false, "m6i.xlarge", "us-east-1a", "shop"},
		"its pool in another zone":   {kind(16<<30, kindOf, "m6i.xlarge", zoneOf, "us-east-1c", poolOf, "web"), true, "m6i.xlarge", "us-east-1c", "shop"},
		"its pool's other type":      {kind(8<<30, kindOf, "c6i.xlarge", zoneOf, "us-east-1a", poolOf, "batch"), true, "c6i.xlarge", "us-east-1a", "data"},
		"a pool that is asleep":      {kind(16<<30, kindOf, "m6i.xlarge", zoneOf, "us-east-1a", poolOf, "gpu"), true, "m6i.xlarge", "us-east-1a", ""},
		"told by its size alone":     {kind(16<<30-1<<26, zoneOf, "us-east-1c"), true, "m6i.xlarge", "us-east-1c", ""},
		"of a size that nothing has": {kind(7<<30, zoneOf, "us-east-1c"), true, "", "us-east-1c", ""},
	} {
		s := &analyzer.Snapshot{Nodes: now, NodeHistory: &analyzer.NodeHistory{Hours: []int64{1, 2}, Kinds: []analyzer.NodeKind{tt.kind}}}
		got := past.Kinds(s)
		if len(got) != 1 {
			t.Fatalf("%s: got %d kinds", name, len(got))
		}
		k := got[0]
		if k.Gone != tt.gone || k.Labels[kindOf] != tt.machine || k.Labels[zoneOf] != tt.zone || k.Labels["team"] != tt.own {
			t.Errorf("%s: got gone %v, labels %v", name, k.Gone, k.Labels)
		}
		if k.Labels["kubernetes.io/hostname"] != "" || k.Labels["node.kubernetes.io/instance-generation"] != "" {
			t.Errorf("%s: got labels of one machine: %v", name, k.Labels)
		}
		unknown, all := past.Unknown(got)
		if all != 3 || (unknown == 3) != (tt.machine == "") {
			t.Errorf("%s: got %v of %v node-hours unknown", name, unknown, all)
		}
	}
	if past.Kinds(&analyzer.Snapshot{Nodes: now}) != nil {
		t.Error("got kinds without a history")
	}
}
