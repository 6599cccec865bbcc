package gate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/evidence"
)

// TestPodsBilledOneByOneAreBounded: where pods are billed one by one the node that stands
// for them is as large as they are. What the provider sells bounds a pod, and where its
// largest size is not known, nothing does.
func TestPodsBilledOneByOneAreBounded(t *testing.T) {
	end := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	node := func(name, label string) analyzer.Node {
		key, value, _ := strings.Cut(label, "=")
		return analyzer.Node{Name: name, Labels: map[string]string{key: value, "topology.kubernetes.io/region": "us-east-1"}, Capacity: analyzer.Amounts{CPU: 4000, Memory: 16 << 30}, Allocatable: analyzer.Amounts{CPU: 4000, Memory: 16 << 30}}
	}
	fargate, machine, virtual := node("f", "eks.amazonaws.com/compute-type=fargate"), node("m", "node.kubernetes.io/instance-type=m6i.xlarge"), node("v", "type=virtual-kubelet")
	for _, tt := range []struct {
		name, kind, cpu, memory string
		nodes                   []analyzer.Node
		want                    string
	}{
		{"fits Fargate, and no pod of today", "Deployment", "8", "16Gi", []analyzer.Node{fargate}, ""},
		{"beyond Fargate", "Deployment", "17", "16Gi", []analyzer.Node{fargate}, "larger than AWS Fargate sells: CPU 17 of 16"},
		{"fits Fargate, and no machine", "Deployment", "8", "16Gi", []analyzer.Node{fargate, machine}, ""},
		{"fits neither", "Deployment", "17", "16Gi", []analyzer.Node{fargate, machine}, "larger than the largest node: CPU 17 of 4; and than AWS Fargate sells: CPU 17 of 16"},
		{"a DaemonSet runs on machines alone", "DaemonSet", "8", "16Gi", []analyzer.Node{fargate, machine}, "larger than the largest node: CPU 8 of 4"},
		{"no largest size is known", "Deployment", "64", "256Gi", []analyzer.Node{virtual, machine}, ""},
		{"machines alone", "Deployment", "8", "16Gi", []analyzer.Node{machine}, "larger than the largest node: CPU 8 of 4"},
	} {
		snap := &analyzer.Snapshot{
			Window: analyzer.Window{Start: end.Add(-240 * time.Hour), End: end, Step: 5 * time.Minute}, Nodes: tt.nodes,
			Workloads: []analyzer.Workload{{Ref: analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}, Replicas: 1, Pods: []analyzer.Pod{{Name: "web-0", Node: tt.nodes[0].Name, Phase: "Running", Requests: analyzer.Amounts{CPU: 500, Memory: 1 << 30}}}}},
		}
		out, err := recommender.Advise(t.Context(), snap, pricing.New(pricing.Config{}), advice.Options{})
		if err != nil {
			t.Fatal(err)
		}
		set, _ := evidence.From(out, "x")
		docs, _ := manifest.Parse("a.yaml", fmt.Appendf(nil, "apiVersion: apps/v1\nkind: %s\nmetadata: {name: big, namespace: shop}\nspec: {template: {metadata: {labels: {app: x}}, spec: {containers: [{name: app, image: x:1, resources: {requests: {cpu: %q, memory: %s}}}]}}}\n", tt.kind, tt.cpu, tt.memory))
		r, err := gate.Judge(gate.Input{Documents: docs, Node: set.Node, Programs: set.Programs})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range r.Findings {
			if f.Rule == "node-size" {
				got = f.Message
			}
		}
		if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
