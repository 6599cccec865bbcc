package ledger

import (
	"math"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
)

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
		got                   HeldBill
		pays, covered, unused float64 // USD an hour
	}{
		"today":    {today(c, a).bill(), 1.95, 2.5, 0.25},
		"the plan": {planned(c, a, plan).bill(), 1.95, 0.5, 2.25},
	} {
		for what, v := range map[string][2]float64{"pays": {tt.got.Pays, tt.pays}, "covered": {tt.got.Covered, tt.covered}, "unused": {tt.got.Unused, tt.unused}} {
			if math.Abs(v[0]-v[1]*730) > 1e-9 {
				t.Errorf("%s: %s: got %v, want %v", name, what, v[0], v[1]*730)
			}
		}
	}
}
