package recommender_test

import (
	"context"
	"math"
	"reflect"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// sourcesOf counts the sources of an outcome by what they are of.
func sourcesOf(t *testing.T, out *recommender.Outcome) map[string]int {
	t.Helper()
	of := map[string]int{}
	for _, p := range advice.Sources(out.Costs, out.Advice) {
		of[p.Of]++
		if p.Provider == "" || p.AsOf == "" || p.Source == "" {
			t.Errorf("without provider, date or source: %+v", p)
		}
	}
	return of
}

// TestBesidesArePriced: what is paid beside the nodes has its price and its
// source, whatever levers run.
func TestBesidesArePriced(t *testing.T) {
	const gib = 1 << 30
	s := &analyzer.Snapshot{
		Nodes: []analyzer.Node{{
			Name: "a", ProviderID: "aws:///us-east-1a/i-0",
			Labels:   map[string]string{"node.kubernetes.io/instance-type": "m6i.large", "topology.kubernetes.io/region": "us-east-1", "eks.amazonaws.com/nodegroup": "main"},
			Capacity: analyzer.Amounts{CPU: 2000, Memory: 8 * gib}, Allocatable: analyzer.Amounts{CPU: 1930, Memory: 7 * gib},
		}},
		Volumes:       []analyzer.Volume{{Name: "pv-1", Class: "gp3", Capacity: 100 * gib}},
		LoadBalancers: []analyzer.LoadBalancer{{Namespace: "web", Name: "front", Addresses: 1}, {Namespace: "web", Name: "pending"}},
	}
	out, err := recommender.Advise(context.Background(), s, pricing.New(pricing.Config{}), advice.Options{Levers: []advice.Lever{advice.LeverRightsize}})
	if err != nil {
		t.Fatal(err)
	}
	for what, v := range map[string][2]float64{
		"volumes":        {out.Costs.Besides.Volumes, 8},
		"load balancers": {out.Costs.Besides.LoadBalancers, 0.0225 * 730},
		"control plane":  {out.Costs.Besides.ControlPlane, 73},
	} {
		if math.Abs(v[0]-v[1]) > 1e-9 {
			t.Errorf("%s cost %v, want %v", what, v[0], v[1])
		}
	}
	want := map[string]int{"": 1, pricing.OfVolumes: 1, pricing.OfLoadBalancers: 1, pricing.OfControlPlane: 1}
	if of := sourcesOf(t, out); !reflect.DeepEqual(of, want) {
		t.Errorf("sources by what they are of: got %v, want %v", of, want)
	}
}

// TestWasteCitesItsPrices: waste has a price, and its source, also where no node
// has one.
func TestWasteCitesItsPrices(t *testing.T) {
	web := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	s := &analyzer.Snapshot{
		Workloads:     []analyzer.Workload{{Ref: web, Replicas: 1, Pods: []analyzer.Pod{{Name: "web-0", Phase: "Running", Ready: true}}}},
		Volumes:       []analyzer.Volume{{Name: "pv-1", Class: "gp3", Capacity: 1 << 35, Phase: "Released"}},
		LoadBalancers: []analyzer.LoadBalancer{{Namespace: "shop", Name: "pending", Selects: true}},
	}
	out, err := recommender.Advise(context.Background(), s, pricing.New(pricing.Config{}), advice.Options{Levers: []advice.Lever{advice.LeverWaste}})
	if err != nil {
		t.Fatal(err)
	}
	if of := sourcesOf(t, out); !reflect.DeepEqual(of, map[string]int{pricing.OfVolumes: 1}) || out.Costs.Besides != (cost.Besides{}) {
		t.Errorf("got sources of %v and %+v, want the volumes' alone", of, out.Costs.Besides)
	}
}

// TestAdviseScores: the promise that was asked for is scored on the history,
// under its profile's name or its own, and not where it was not asked for.
func TestAdviseScores(t *testing.T) {
	s, err := snapshot.Read("../cmd/plimsoll/demo.snapshot")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		o    advice.Options
		want string
	}{
		{advice.Options{Levers: []advice.Lever{advice.LeverRightsize}, Backtest: true}, "plimsoll balanced"},
		{advice.Options{Levers: []advice.Lever{advice.LeverRightsize}, Backtest: true, RiskCPU: 0.03}, "plimsoll as asked"},
		{advice.Options{Levers: []advice.Lever{advice.LeverRightsize}}, ""},
	} {
		out, err := recommender.Advise(t.Context(), s, pricing.New(pricing.Config{}), tt.o)
		if err != nil {
			t.Fatal(err)
		}
		if (out.Backtest == nil) != (tt.want == "") {
			t.Fatalf("got %v, want a backtest: %q", out.Backtest, tt.want)
		}
		if tt.want == "" {
			continue
		}
		found := false
		for _, x := range out.Backtest.Scores {
			found = found || x.Rule == tt.want && x.Containers > 0
		}
		if out.Backtest.Advised != tt.want || !found {
			t.Errorf("got %q, scored %v, want %q", out.Backtest.Advised, found, tt.want)
		}
	}
}
