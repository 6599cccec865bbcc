package ledger_test

import (
	"math"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/demand"
	"github.com/plimsoll-k8s/plimsoll/recommender/ledger"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
)

// what the levers of the tests report.
var (
	sized  = advice.Advice{Lever: advice.LeverRightsize, MonthlySavings: 300}
	scaled = advice.Advice{Lever: advice.LeverHorizontal, MonthlySavings: -20}
	idle   = advice.Advice{Lever: advice.LeverWaste}
	plan   = advice.Advice{Lever: advice.LeverNodes, MonthlySavings: 999, Detail: &nodes.Plan{Pools: []nodes.Pool{{CapacityType: "on-demand", Count: 2, Hourly: 0.5}}}}
)

func bought(planned bool) advice.Advice {
	return advice.Advice{Lever: advice.LeverPurchase, MonthlySavings: 100, Detail: &purchase.Advice{Demand: demand.Hourly{Hours: 300, Mean: 2, Planned: planned}}}
}

// TestSteps: what frees room takes nothing off the bill, the plan is worth what
// the bill falls by, and purchases for demand that the plan removes fall with it.
func TestSteps(t *testing.T) {
	costs := &cost.Costs{Bill: 2000}
	type step struct {
		lever        advice.Lever
		saved, freed float64
	}
	for name, tt := range map[string]struct {
		costs  *cost.Costs
		advice []advice.Advice
		want   []step
	}{
		"nothing advised":         {costs, nil, []step{{"rightsize", 0, 0}}},
		"no costs":                {nil, []advice.Advice{sized}, nil},
		"no prices":               {&cost.Costs{}, []advice.Advice{sized}, nil},
		"frees":                   {costs, []advice.Advice{sized, scaled, idle}, []step{{"rightsize", 0, 300}, {"horizontal", 0, -20}}},
		"no number":               {costs, []advice.Advice{sized, {Lever: advice.LeverRightsize, MonthlySavings: math.NaN()}}, []step{{"rightsize", 0, 300}}},
		"bought":                  {costs, []advice.Advice{bought(false)}, []step{{"rightsize", 0, 0}, {"purchase", 100, 0}}},
		"plan":                    {costs, []advice.Advice{sized, plan}, []step{{"rightsize", 0, 300}, {"nodes", 2000 - 730, 0}}},
		"bought for today":        {costs, []advice.Advice{plan, bought(false)}, []step{{"rightsize", 0, 0}, {"nodes", 2000 - 730, 0}, {"purchase", 50, 0}}},
		"bought for what is left": {costs, []advice.Advice{plan, bought(true)}, []step{{"rightsize", 0, 0}, {"nodes", 2000 - 730, 0}, {"purchase", 100, 0}}},
		"plan that was withheld":  {costs, []advice.Advice{{Lever: advice.LeverNodes}}, []step{{"rightsize", 0, 0}}},
	} {
		var got []step
		for _, s := range ledger.Of(tt.costs, tt.advice).Steps {
			got = append(got, step{s.Lever, s.Saved, s.Freed})
			if s.Held != nil {
				t.Errorf("%s: %s: commitments out of nothing", name, s.Lever)
			}
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("%s: got %v, want %v", name, got[i], tt.want[i])
			}
		}
	}
}

// TestByPodLeavesTheBill: what right-sizing takes off pods that are billed one by one
// leaves the bill by itself, beside a plan of the nodes too; on machines it frees room.
func TestByPodLeavesTheBill(t *testing.T) {
	fargate, machine := analyzer.Ref{Namespace: "a", Kind: "Deployment", Name: "fargate"}, analyzer.Ref{Namespace: "a", Kind: "Deployment", Name: "machine"}
	costs := &cost.Costs{Bill: 2000, Workloads: map[analyzer.Ref]cost.WorkloadCost{fargate: {ByPod: true}, machine: {}}}
	all := []advice.Advice{
		{Lever: advice.LeverRightsize, Workload: fargate, MonthlySavings: 30}, {Lever: advice.LeverRightsize, Workload: machine, MonthlySavings: 300},
		{Lever: advice.LeverHorizontal, Workload: fargate, MonthlySavings: 12}, plan,
	}
	l := ledger.Of(costs, all)
	for i, want := range []ledger.Step{{Lever: "rightsize", Saved: 30, Freed: 300}, {Lever: "horizontal", Saved: 12}, {Lever: "nodes", Saved: 2000 - 730}} {
		if got := l.Steps[i]; got.Lever != want.Lever || got.Saved != want.Saved || got.Freed != want.Freed {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if l.ByPod != 42 {
		t.Errorf("got %v by pods, want 42", l.ByPod)
	}
}

// TestHeldBySteps: what commitments cover follows the nodes, which the plan
// changes and nothing else.
func TestHeldBySteps(t *testing.T) {
	costs := &cost.Costs{Bill: 2000, Nodes: []cost.NodeCost{{InstanceType: "m6i.large", CapacityType: "on-demand", Hourly: 2}}}
	held := bought(true)
	advice.As[purchase.Advice](held.Detail).Provider = "aws"
	advice.As[purchase.Advice](held.Detail).Held = []pricing.HeldCommitment{{Covers: 1.5, Pays: 1}}
	l := ledger.Of(costs, []advice.Advice{sized, plan, held})
	for i, covered := range []float64{1.5, 1, 1} {
		if got := l.Steps[i].Held; got == nil || got.Pays != 730 || math.Abs(got.Covered-730*covered) > 1e-9 {
			t.Errorf("after %s: got %+v, want %.2f covered", l.Steps[i].Lever, got, 730*covered)
		}
	}
	if l.Held.Today.Unused != 0 || math.Abs(l.Held.Planned.Unused-365) > 1e-9 {
		t.Errorf("unused: got %+v and %+v", l.Held.Today, l.Held.Planned)
	}
}

// TestRoom: a workload's pods as they are, right-sized, and after all levers; a
// request that goes with a target counts where the number of pods changes too.
func TestRoom(t *testing.T) {
	ref := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	app, proxy := analyzer.Container{Name: "app", Requests: analyzer.Amounts{CPU: 500, Memory: 1 << 30}}, analyzer.Container{Name: "proxy", Requests: analyzer.Amounts{CPU: 100}}
	w := analyzer.WorkloadFacts{Workload: &analyzer.Workload{Ref: ref, Replicas: 4, Containers: []analyzer.Container{app, proxy}}, Containers: []analyzer.ContainerFacts{{Container: app}, {Container: proxy}}}
	facts := &analyzer.Analysis{Snapshot: &analyzer.Snapshot{}, Workloads: []analyzer.WorkloadFacts{w}}
	c := advice.NewCluster(facts)
	now := analyzer.Amounts{CPU: 600, Memory: 1 << 30}
	if got, want := ledger.RoomOf(c, &w, ""), (ledger.Room{Now: now, Sized: now, Advised: now, Pods: 4, AdvisedPods: 4}); got != want {
		t.Errorf("as it is: got %+v, want %+v", got, want)
	}
	c.SetRequests(analyzer.ContainerRef{Ref: ref, Container: "app"}, analyzer.Amounts{CPU: 200, Memory: 1 << 28}, 1)
	sized := analyzer.Amounts{CPU: 300, Memory: 1 << 28}
	if got, want := ledger.RoomOf(c, &w, ""), (ledger.Room{Now: now, Sized: sized, Advised: sized, Pods: 4, AdvisedPods: 4}); got != want {
		t.Errorf("right-sized: got %+v, want %+v", got, want)
	}
	c.SetScaled(ref, advice.Scaled{Changed: true, Mean: 2.6, Was: 4, RequestCPU: map[string]int64{"app": 250}})
	if got, want := ledger.RoomOf(c, &w, ""), (ledger.Room{Now: now, Sized: sized, Advised: analyzer.Amounts{CPU: 350, Memory: 1 << 28}, Pods: 4, AdvisedPods: 3}); got != want {
		t.Errorf("rescaled: got %+v, want %+v", got, want)
	}
}
