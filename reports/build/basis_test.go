package build

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
)

// TestEstimateIsNoList: a bill of machines without a list price is an estimate, and so is the
// price of those that a plan leaves; one machine with a price makes it a list's with gaps.
func TestEstimateIsNoList(t *testing.T) {
	own := cost.NodeCost{CapacityType: "on-demand", Hourly: 2, Estimated: true}
	sold := cost.NodeCost{InstanceType: "m6i.large", CapacityType: "on-demand", Hourly: 1, Offering: pricing.Offering{Provider: "aws"}}
	similar := sold
	similar.Estimated = true
	for _, tt := range []struct {
		nodes []cost.NodeCost
		want  string
	}{
		{nil, "list"}, {[]cost.NodeCost{own, own}, "estimate"}, {[]cost.NodeCost{own, sold}, "list"}, {[]cost.NodeCost{similar}, "list"},
	} {
		b := &builder{Input: Input{Costs: &cost.Costs{Nodes: tt.nodes}}}
		if got := b.basis(); got != tt.want {
			t.Errorf("%+v: got %s, want %s", tt.nodes, got, tt.want)
		}
	}
	b := &builder{Input: Input{Costs: &cost.Costs{Nodes: []cost.NodeCost{own, sold}}}}
	for pool, want := range map[nodes.Pool]bool{
		{InstanceType: "8-cpu-32Gi", CapacityType: "on-demand", Hourly: 2}: true,
		{InstanceType: "m6i.large", CapacityType: "on-demand", Hourly: 1}:  false,
		{InstanceType: "m6a.large", CapacityType: "on-demand", Hourly: 3}:  false,
	} {
		if got := b.estimated(&pool); got != want {
			t.Errorf("%+v: got %v, want %v", pool, got, want)
		}
	}
}
