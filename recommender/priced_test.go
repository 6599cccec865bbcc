package recommender_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/demand"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
	"github.com/plimsoll-k8s/plimsoll/recommender/spot"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
)

// TestAddPlanned: a price that the plan alone uses has its source in the report,
// one that no plan uses has not; today's stay.
func TestAddPlanned(t *testing.T) {
	own, err := pricing.ParseFile("own.yaml", strings.NewReader("asOf: 2024-01-01\nprices: [{provider: aws, instanceType: m6i.4xlarge, usdPerHour: 0.5}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	plan := []advice.Advice{{Detail: &nodes.Plan{Groups: []nodes.Group{{
		Provider: "aws", Region: "us-east-1", CapacityType: "on-demand",
		Shapes: []nodes.Shape{{Types: []string{"m6i.4xlarge", "c5.large"}, Planned: 1}},
	}}}}}
	today := pricing.Provenance{Provider: "aws", AsOf: "2026-07-20", Source: "kp-aws"}
	c := cost.Costs{Catalog: pricing.New(pricing.Config{Overrides: []pricing.Overrides{own}}), Prices: []pricing.Provenance{today}}
	recommender.AddPlanned(&c, plan)
	want := []pricing.Provenance{today, {Provider: "aws", AsOf: "2024-01-01", Source: "own.yaml"}}
	if !reflect.DeepEqual(c.Prices, want) {
		t.Errorf("got %+v, want %+v", c.Prices, want)
	}
	recommender.AddPlanned(&c, plan)
	if len(c.Prices) != 2 {
		t.Errorf("twice: got %+v, want no source twice", c.Prices)
	}
}

// TestAddUsed: what advice on commitments rests on has its source, and so has
// what is paid beside the nodes; withheld advice rests on nothing but the file of
// the commitments that exist.
func TestAddUsed(t *testing.T) {
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
	told := advice.Advice{Detail: &purchase.Advice{
		Provider: "aws", Region: "us-east-1", Held: []pricing.HeldCommitment{{Covers: 1, Pays: 1, Source: "held.csv"}},
		Demand: demand.Hourly{Families: []demand.Family{{CommitmentScope: pricing.CommitmentScope{Family: "m6i"}}}},
	}}
	withheld := told
	withheld.Detail = &purchase.Advice{Held: advice.As[purchase.Advice](told.Detail).Held} // of no known place
	withheld.Withheld = []advice.Withheld{{Resource: "all", Reason: "too little data"}}
	unpriced := &cost.Costs{Catalog: pricing.New(pricing.Config{})}
	wasted := []advice.Advice{{Detail: &waste.Finding{Monthly: 4}}}
	if err := recommender.AddUsed(unpriced, &analyzer.Snapshot{Volumes: s.Volumes}, wasted); err != nil || len(unpriced.Prices) != 1 || unpriced.Prices[0].Of != pricing.OfVolumes || unpriced.Besides != (cost.Besides{}) {
		t.Errorf("waste without prices of nodes: got %+v, %+v, error %v; want the source of volumes' alone", unpriced.Prices, unpriced.Besides, err)
	}
	for name, tt := range map[string]struct {
		recs  []advice.Advice
		table bool // of commitments
		file  bool
		spot  bool // machines on spot have a price of their own
	}{
		"none":     {},
		"spot":     {recs: []advice.Advice{{Detail: &spot.Readiness{Price: spot.Price{Known: true}}}}, spot: true},
		"advised":  {recs: []advice.Advice{told}, table: true, file: true},
		"withheld": {recs: []advice.Advice{withheld}, file: true},
	} {
		t.Run(name, func(t *testing.T) {
			c := cost.Of(analyzer.Analyze(s), pricing.New(pricing.Config{}))
			if err := recommender.AddUsed(c, s, tt.recs); err != nil {
				t.Fatal(err)
			}
			for what, v := range map[string][2]float64{
				"volumes":        {c.Besides.Volumes, 8},
				"load balancers": {c.Besides.LoadBalancers, 0.0225 * 730},
				"control plane":  {c.Besides.ControlPlane, 73},
			} {
				if math.Abs(v[0]-v[1]) > 1e-9 {
					t.Errorf("%s cost %v, want %v", what, v[0], v[1])
				}
			}
			of := map[string]int{}
			for _, p := range c.Prices {
				of[p.Of]++
				if p.Provider != "aws" || p.AsOf == "" && p.Source != "held.csv" || p.Source == "" {
					t.Errorf("without provider, date or source: %+v", p)
				}
			}
			want := map[string]int{"": 1, pricing.OfVolumes: 1, pricing.OfLoadBalancers: 1, pricing.OfControlPlane: 1}
			if tt.spot {
				want[pricing.OfSpot]++
			}
			if tt.table {
				want[pricing.OfCommitments]++
			}
			if tt.file {
				want[pricing.OfCommitments]++
			}
			if !reflect.DeepEqual(of, want) {
				t.Errorf("sources by what they are of: got %v, want %v", of, want)
			}
		})
	}
}

// TestHeldBill: what commitments cover and what they cost, today and by a plan.
func TestHeldBill(t *testing.T) {
	c := &cost.Costs{Nodes: []cost.NodeCost{
		{InstanceType: "m6i.large", CapacityType: "on-demand", Hourly: 2}, {InstanceType: "r5.large", CapacityType: "on-demand", Hourly: 1},
		{InstanceType: "m6i.large", CapacityType: "spot", Hourly: 9},
	}}
	a := &purchase.Advice{Provider: "aws", Region: "us-east-1", Held: []pricing.HeldCommitment{
		{Family: "m6i", Covers: 1.5, Pays: 1}, {Family: "c5", Covers: 0.25, Pays: 0.2}, {Covers: 1, Pays: 0.75},
	}}
	plan := &nodes.Plan{Pools: []nodes.Pool{{InstanceType: "m6i.large", CapacityType: "on-demand", Count: 2, Hourly: 0.25}}}
	for name, tt := range map[string]struct {
		got                   recommender.HeldBill
		pays, covered, unused float64 // USD an hour
	}{
		"today":      {recommender.HeldToday(c, a).Bill(1), 1.95, 2.5, 0.25},
		"half of it": {recommender.HeldToday(c, a).Bill(0.5), 1.95, 1.5, 1.25},
		"the plan":   {recommender.HeldPlanned(c, a, plan).Bill(1), 1.95, 0.5, 2.25},
	} {
		for what, v := range map[string][2]float64{"pays": {tt.got.Pays, tt.pays}, "covered": {tt.got.Covered, tt.covered}, "unused": {tt.got.Unused, tt.unused}} {
			if math.Abs(v[0]-v[1]*730) > 1e-9 {
				t.Errorf("%s: %s: got %v, want %v", name, what, v[0], v[1]*730)
			}
		}
	}
}
