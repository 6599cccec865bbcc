package nodes

import (
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/hourly"
)

// hours follows the plan through the window; nil where nothing takes nodes away, or
// where no hour was seen.
func (n *nodePlanner) hours() *hourly.Hours {
	if n.autoscaler == "" || n.busiest == 0 || len(n.plan.Nodes) == 0 {
		return nil
	}
	kept, keptUSD := 0, 0.0
	for _, node := range n.nodes {
		if node.kept == "" {
			continue
		}
		keptUSD += node.cost.Hourly
		if node.ByPod() == "" {
			kept++
		}
	}
	shares := hourly.Shares(n.pass.Context, hourly.Plan{Input: n.in, Nodes: n.plan.Nodes, Worth: n.worth, Pods: n.podsByHour()})
	return hourly.Mean(shares, len(n.plan.Nodes), n.plan.Hourly*pricing.HoursPerMonth, kept, keptUSD*pricing.HoursPerMonth)
}

// podsByHour gives the pods of each hour beside those on kept nodes, of the workloads
// that were seen to run: as they ran, or as the advised setting would have had them.
func (n *nodePlanner) podsByHour() map[string]map[int]float64 {
	onKept := map[string]float64{}
	for i := range n.pods {
		if n.byName[n.pods[i].node].kept != "" {
			onKept[n.pods[i].Group]++
		}
	}
	out := map[string]map[int]float64{}
	for i := range n.pass.Facts.Workloads {
		w := &n.pass.Facts.Workloads[i]
		if w.Kind == "DaemonSet" || w.Kind == "Node" || w.Past {
			continue
		}
		group, by := w.Ref.String(), hourly.PodHours(n.pass.Cluster, w)
		for hour := range by {
			by[hour] = max(by[hour]-onKept[group], 0)
		}
		if len(by) > 0 {
			out[group] = by
		}
	}
	return out
}
