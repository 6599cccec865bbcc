package safe

import (
	"fmt"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// OpenToSpot lists the workloads whose pods a plan has on demand, since they run there alone,
// and that the scheduler may put onto its spot nodes all the same: no selector, label or taint
// is in the way. Only the plan asks for their capacity type (Own).
func OpenToSpot(pods []packing.Pod, nodes []packing.PlannedNode) []string {
	var spot []*packing.Offering
	seen := map[string]bool{}
	for i := range nodes {
		o := &nodes[i].Offering
		if key := fmt.Sprint(o.Type, o.Zone, o.Labels, o.Taints); o.CapacityType == string(pricing.Spot) && !seen[key] {
			seen[key] = true
			spot = append(spot, o)
		}
	}
	out := map[string]bool{}
	for i := range pods {
		p := pods[i]
		if out[p.Group] || !slices.Contains(p.Own, packing.LabelCapacityType) {
			continue
		}
		p.NodeSelector = maps.Clone(p.NodeSelector)
		delete(p.NodeSelector, packing.LabelCapacityType)
		if p.SoftZone {
			p.Zone = ""
		}
		if slices.ContainsFunc(spot, func(o *packing.Offering) bool { return packing.Admits(o, &p) }) {
			out[p.Group] = true
		}
	}
	return slices.Sorted(maps.Keys(out))
}
