package safe_test

import (
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/safe"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// What keeps pods off spot nodes is what the scheduler reads: taints, and selectors of the
// pod's own. What the plan alone asks for does not.
func TestOpenToSpot(t *testing.T) {
	onDemand := map[string]string{packing.LabelCapacityType: "on-demand"}
	pods := []packing.Pod{
		{Name: "ns/own-0", Group: "own", NodeSelector: onDemand},
		{Name: "ns/plan-0", Group: "plan", NodeSelector: onDemand, Own: []string{packing.LabelCapacityType}},
		{Name: "ns/apart-0", Group: "apart", NodeSelector: map[string]string{packing.LabelCapacityType: "on-demand", "team": "search"}, Own: []string{packing.LabelCapacityType}},
	}
	spot := packing.Offering{Type: "m5.large", Zone: "a", CapacityType: "spot"}
	tainted := spot
	tainted.Taints = []packing.Taint{{Key: "spot", Effect: "NoSchedule"}}
	for _, c := range []struct {
		name string
		node packing.Offering
		want []string
	}{
		{"nothing in the way", spot, []string{"plan"}},
		{"a taint in the way", tainted, nil},
		{"no spot node", packing.Offering{Type: "m5.large", CapacityType: "on-demand"}, nil},
	} {
		if got := safe.OpenToSpot(pods, []packing.PlannedNode{{Offering: c.node}}); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
