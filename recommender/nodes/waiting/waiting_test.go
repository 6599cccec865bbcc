package waiting_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/waiting"
)

// TestWaiting: each workload that waits is named, with what no node has.
func TestWaiting(t *testing.T) {
	nodes := []analyzer.Node{{Allocatable: analyzer.Amounts{CPU: 4000, Memory: 16 << 30}}, {Allocatable: analyzer.Amounts{CPU: 8000, Memory: 8 << 30}}}
	var v waiting.Pods
	for _, tt := range []struct {
		name, node string
		asks       analyzer.Amounts
	}{
		{"small", "", analyzer.Amounts{CPU: 500, Memory: 1 << 30}},
		{"big", "", analyzer.Amounts{CPU: 48000, Memory: 400 << 30, GPU: 1}},
		{"big", "", analyzer.Amounts{CPU: 1000}},
		{"gone", "node-of-another-page", analyzer.Amounts{CPU: 1000}},
	} {
		w := &analyzer.WorkloadFacts{Workload: &analyzer.Workload{Ref: analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: tt.name}}}
		v.Add(w, &analyzer.Pod{Node: tt.node, Requests: tt.asks})
	}
	want := []analyzer.Warning{
		{Code: "pending-pods", Subject: "shop/Deployment/big", Message: "2 pods wait, no node has 48 CPU and 400Gi memory and 1 GPU: not in the plan"},
		{Code: "pending-pods", Subject: "shop/Deployment/small", Message: "1 pod waits for a node: not in the plan"},
		{Code: "unlisted-node", Subject: "nodes", Message: "pods on nodes that were not listed are not in the plan: 1"},
	}
	got := v.Warnings(nodes, "nodes")
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %v, want %v", got[i], want[i])
		}
	}
	if (&waiting.Pods{}).Warnings(nodes, "nodes") != nil {
		t.Error("nothing waits, and it is told of")
	}
}
