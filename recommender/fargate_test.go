package recommender_test

import (
	"math"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// TestFargateIsPaidBySize: a pod on Fargate costs the size that it is sold as, nothing of
// which is idle, and right-sizing within one size saves nothing.
func TestFargateIsPaidBySize(t *testing.T) {
	const vcpu, gib = 0.04048 * 730, 0.004445 * 730 // us-east-1, USD a month
	for _, tt := range []struct {
		requests analyzer.Amounts
		usd      float64
		to       int64 // millicores
		saves    float64
	}{
		{analyzer.Amounts{CPU: 240, Memory: 200 << 20}, 0.25*vcpu + 0.5*gib, 100, 0},
		{analyzer.Amounts{CPU: 300, Memory: 700 << 20}, 0.5*vcpu + gib, 100, 0.25 * vcpu},
	} {
		ref := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
		c := analyzer.Container{Name: "app", Type: analyzer.TypeContainer, Requests: tt.requests}
		end := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
		s := &analyzer.Snapshot{
			Window: analyzer.Window{Start: end.Add(-240 * time.Hour), End: end, Step: 5 * time.Minute},
			Nodes: []analyzer.Node{{
				Name: "f", Labels: map[string]string{"eks.amazonaws.com/compute-type": "fargate", "topology.kubernetes.io/region": "us-east-1"}, ProviderID: "aws:///us-east-1a/f/fargate-ip-1",
				Capacity: analyzer.Amounts{CPU: 2000, Memory: 8 << 30},
			}},
			Workloads: []analyzer.Workload{{Ref: ref, Replicas: 1, Containers: []analyzer.Container{c}, Pods: []analyzer.Pod{{Name: "web-0", Node: "f", Phase: "Running", Ready: true, Requests: tt.requests}}}},
		}
		facts := analyzer.Analyze(s)
		costs := cost.Of(facts, pricing.New(pricing.Config{}))
		if got := costs.Workloads[ref]; math.Abs(got.Monthly-tt.usd) > 0.005 || math.Abs(costs.Idle) > 0.005 || !got.ByPod {
			t.Errorf("%+v: costs $%.2f beside $%.2f idle (by pod: %v), want $%.2f and 0", tt.requests, got.Monthly, costs.Idle, got.ByPod, tt.usd)
		}
		shared, err := allocation.Of(s, pricing.New(pricing.Config{}), allocation.Basis{})
		if err != nil {
			t.Fatal(err)
		}
		if got := shared.Bill.Nodes / shared.Hours * pricing.HoursPerMonth; math.Abs(got-tt.usd) > 0.005 {
			t.Errorf("%+v: the bill that is shared out is $%.2f a month, want $%.2f", tt.requests, got, tt.usd)
		}
		sized := []advice.Advice{{Workload: ref, Container: "app", Detail: &rightsize.Sizing{Requests: analyzer.Amounts{CPU: tt.to, Memory: tt.requests.Memory}}}}
		rightsize.Price(costs, &facts.Workloads[0], sized)
		if got := sized[0].MonthlySavings; math.Abs(got-tt.saves) > 0.005 {
			t.Errorf("%+v to %dm: saves $%.2f, want $%.2f", tt.requests, tt.to, got, tt.saves)
		}
	}
}
