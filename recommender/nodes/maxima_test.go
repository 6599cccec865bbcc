package nodes_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
)

// TestLimitsHoldMaxima: each group that a workload has most of its pods in, or as many as in
// another, may grow to all that its HPA allows; so may one that is open to all for a workload
// that has no pods at the moment.
func TestLimitsHoldMaxima(t *testing.T) {
	ask := analyzer.Amounts{CPU: 1500, Memory: 5 << 30}
	hpa := func(of *analyzer.Workload, most int32) analyzer.HPA {
		return analyzer.HPA{Namespace: of.Namespace, Name: of.Name, Target: of.Ref, Min: 1, Max: most}
	}
	for name, split := range map[string]bool{"half on each": true, "none now": false} {
		s := mixedSnapshot(6, 4)
		var w analyzer.Workload
		if split { // web runs on demand, as many on spot
			var on []string
			for i := range s.Nodes {
				if n := &s.Nodes[i]; i%2 == 1 && len(on) < 8 && (n.Labels["karpenter.sh/capacity-type"] == "spot") == (len(on) >= 4) {
					on = append(on, n.Name)
				}
			}
			w = runningOn("split", ask, on...)
			for i := range w.Pods {
				w.Pods[i].Spec.Tolerations = []analyzer.Toleration{{Key: "spot", Operator: "Exists"}}
			}
		} else {
			w = runningOn("asleep", ask)
		}
		s.Workloads = append(s.Workloads, w)
		s.HPAs = append(s.HPAs, hpa(&w, 60))
		s.Sort()
		plan := advice.As[nodes.Plan](planNodes(t, s).Detail)
		if plan == nil {
			t.Fatalf("%s: no plan", name)
		}
		if len(plan.Groups) != 2 {
			t.Fatalf("%s: got %d groups, want 2", name, len(plan.Groups))
		}
		for _, g := range plan.Groups {
			want := int64(52) * 1500
			if holds := g.LimitCPU >= want; holds != (split || len(g.Taints) == 0) {
				t.Errorf("%s: group %s may grow to %d millicores, an HPA asks for %d more", name, g.Name, g.LimitCPU, want)
			}
		}
	}
}
