package bounds_test

import (
	"fmt"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/bounds"
)

// TestZonesInUse: the fewest replicas are those of the zones that the pods use over the
// window, whichever hour it is: pods and nodes may be asleep at the moment.
func TestZonesInUse(t *testing.T) {
	const zone = "topology.kubernetes.io/zone"
	node := func(name, z string) analyzer.Node {
		return analyzer.Node{Name: name, Ready: true, Labels: map[string]string{zone: z, "node.kubernetes.io/instance-type": "m6i.large"}}
	}
	history := func(hours map[string]int, taint ...analyzer.Taint) *analyzer.NodeHistory {
		h := &analyzer.NodeHistory{}
		for i := range 100 {
			h.Hours = append(h.Hours, int64(i))
		}
		for _, z := range []string{"a", "b", "c"} {
			k := analyzer.NodeKind{Labels: node("", z).Labels, Count: make([]float32, 100)}
			if z == "c" {
				k.Taints = taint
			}
			for i := range hours[z] {
				k.Count[i] = 1
			}
			h.Kinds = append(h.Kinds, k)
		}
		return h
	}
	all, one := []analyzer.Node{node("n0", "a"), node("n1", "b"), node("n2", "c")}, []analyzer.Node{node("n0", "a")}
	spread := analyzer.PodSpec{Constraints: []string{analyzer.ConstraintSpread}}
	inB := analyzer.PodSpec{Affinity: []analyzer.NodeTerm{{{Key: zone, Operator: "In", Values: []string{"a", "b"}}}}}
	for _, tt := range []struct {
		name     string
		nodes    []analyzer.Node
		history  *analyzer.NodeHistory
		replicas int32
		least    int32 // of an HPA; 0 for none
		on       []string
		spec     analyzer.PodSpec
		usual    float64
		want     int32
	}{
		{"three pods in three zones", all, nil, 3, 0, []string{"n0", "n1", "n2"}, analyzer.PodSpec{}, 3, 3},
		{"all in one zone, by choice", all, nil, 3, 0, []string{"n0", "n0", "n0"}, analyzer.PodSpec{}, 3, 2},
		{"an HPA at night, of six pods by day", all, nil, 1, 1, []string{"n0"}, analyzer.PodSpec{}, 6, 3},
		{"an HPA that seldom has a second pod", all, nil, 1, 1, []string{"n0"}, analyzer.PodSpec{}, 1, 1},
		{"an HPA that has two", all, nil, 2, 2, []string{"n0", "n1"}, analyzer.PodSpec{}, 2, 2},
		{"the owner's minimum above the zones", all, nil, 5, 5, []string{"n0", "n1"}, analyzer.PodSpec{}, 5, 5},
		{"zones asleep", one, history(map[string]int{"a": 100, "b": 50, "c": 50}), 3, 0, []string{"n0", "n0", "n0"}, analyzer.PodSpec{}, 3, 3},
		{"zones asleep, of one pod", one, history(map[string]int{"a": 100, "b": 50, "c": 50}), 1, 0, []string{"n0"}, analyzer.PodSpec{}, 1, 1},
		{"a zone of a few hours", one, history(map[string]int{"a": 100, "b": 5, "c": 5}), 3, 0, []string{"n0", "n0", "n0"}, analyzer.PodSpec{}, 3, 2},
		{"a zone whose nodes do not take them", one, history(map[string]int{"a": 100, "b": 5, "c": 90}, analyzer.Taint{Key: "batch", Value: "yes", Effect: "NoSchedule"}), 3, 0, []string{"n0", "n0", "n0"}, analyzer.PodSpec{}, 3, 2},
		{"zones that their affinity leaves out", all, nil, 1, 1, []string{"n0"}, inB, 6, 2},
		{"a hard spread, and zones asleep", one, history(map[string]int{"a": 100, "b": 50, "c": 50}), 2, 0, []string{"n0", "n0"}, spread, 2, 3},
		{"no nodes known", nil, nil, 3, 0, []string{"n0"}, analyzer.PodSpec{}, 3, 2},
	} {
		w := &analyzer.WorkloadFacts{Workload: &analyzer.Workload{Replicas: tt.replicas}}
		for i, n := range tt.on {
			w.Pods = append(w.Pods, analyzer.Pod{Name: fmt.Sprint(i), Phase: "Running", Node: n, Spec: tt.spec})
		}
		if tt.least > 0 {
			w.HPAs = []analyzer.HPA{{Min: tt.least, Max: 10}}
		}
		z := bounds.ZonesOf(&analyzer.Snapshot{Nodes: tt.nodes, NodeHistory: tt.history})
		if got := bounds.Least(z, w, tt.usual); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}
