package nodes

import (
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/hourly"
)

// hours follows the plan through the window; nil where nothing takes nodes away, or
// where no hour was seen.
func (n *nodePlanner) hours() *hourly.Hours {
	if n.autoscaler == "" || n.busiest == 0 || len(n.plan.Nodes) == 0 {
		return nil
	}
	shares := hourly.Shares(n.pass.Context, hourly.Plan{Input: n.in, Nodes: n.plan.Nodes, Worth: n.worth, Pods: n.podsByHour()})
	return hourly.Mean(shares, len(n.plan.Nodes), n.plan.Hourly*pricing.HoursPerMonth, n.keptByHour())
}

// keptByHour gives the kept nodes of an hour. Where the bill is that of the window's
// nodes they were there as their kind was: no more of them than ran, in hours that nobody
// told of as on the mean. Of a kind that the plan never touches all that ran are kept.
func (n *nodePlanner) keptByHour() func(hour int) hourly.Kept {
	var always hourly.Kept
	history := n.pass.Facts.Snapshot.NodeHistory
	var kind []int
	if n.pass.Costs.Mean != nil {
		kind = history.IndexOf(n.pass.Facts.Snapshot.Nodes)
	}
	some, usd := map[int]float64{}, map[int]float64{}
	for i := range n.pass.Facts.Snapshot.Nodes {
		node := n.byName[n.pass.Facts.Snapshot.Nodes[i].Name]
		if node.kept == "" {
			continue
		}
		if kind != nil && kind[i] >= 0 {
			some[kind[i]], usd[kind[i]] = some[kind[i]]+1, node.cost.Hourly
			continue
		}
		paid := n.pass.Costs.HoursOf(node.Name) // none of a node that came in this hour
		always.Monthly += node.cost.Hourly * paid
		if node.ByPod() == "" {
			always.Nodes += paid / pricing.HoursPerMonth
		}
	}
	if kind == nil {
		return func(int) hourly.Kept { return always }
	}
	for k, node := range n.window.kinds {
		if node.kept != "" {
			some[k], usd[k] = analyzer.MostNodes, node.cost.Hourly
		}
	}
	return func(hour int) hourly.Kept {
		out := always
		at, told := slices.BinarySearch(history.Hours, int64(hour))
		for _, k := range slices.Sorted(maps.Keys(some)) {
			count := history.Kinds[k].Mean()
			if told {
				count = float64(history.Kinds[k].Count[at])
			}
			count = min(count, some[k])
			out.Nodes, out.Monthly = out.Nodes+count, out.Monthly+count*usd[k]*pricing.HoursPerMonth
		}
		return out
	}
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
