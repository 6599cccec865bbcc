package nodes

import (
	"cmp"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/safe"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// beside are the nodes that stay as they are, for they may be lost like any: with the pods
// that would start again on others. Data, volumes and what else holds a pod to its node
// keep it there; where the node runs Windows, so does its system.
func (n *nodePlanner) beside() (out []packing.Beside) {
	pods := map[string][]packing.Pod{}
	for i := range n.pods {
		if p := &n.pods[i]; len(p.holds) == 0 && !p.bare && !p.added {
			pods[p.node] = append(pods[p.node], p.Pod)
		}
	}
	for _, node := range n.nodes {
		if node.kept != "" && node.ByPod() == "" && !node.NotReady && !node.Windows() && len(pods[node.Name]) > 0 {
			out = append(out, packing.Beside{Name: node.Name, Zone: pin.ZoneOf(node.Labels), Pods: pods[node.Name]})
		}
	}
	return n.fewBeside(out)
}

// mostBeside bounds the pods of kept nodes that are played: each loss takes time.
const mostBeside = 1000

// fewBeside leaves the kept nodes that take the most with them, and counts the others.
func (n *nodePlanner) fewBeside(all []packing.Beside) (out []packing.Beside) {
	weight := func(b *packing.Beside) (usd float64) {
		for i := range b.Pods {
			usd += n.pass.Costs.MeanUnit.Hourly(analyzer.Amounts{CPU: b.Pods[i].CPU, Memory: b.Pods[i].Memory})
		}
		return usd
	}
	slices.SortStableFunc(all, func(a, b packing.Beside) int { return cmp.Compare(weight(&b), weight(&a)) })
	pods := 0
	for i := range all {
		if pods += len(all[i].Pods); pods <= mostBeside || i == 0 {
			out = append(out, all[i])
		}
	}
	n.unplayed = len(all) - len(out)
	return out
}

// surges is how many pods an update of each workload starts at once. Of a workload on nodes
// that stay, which take them in as today, none needs a place in the plan.
func (n *nodePlanner) surges() map[string]int {
	all, planned, held := make([]packing.Pod, len(n.pods)), map[string]bool{}, map[string]bool{}
	for i := range n.pods {
		p, node := &n.pods[i], n.byName[n.pods[i].node]
		all[i] = p.Pod
		planned[p.Group] = planned[p.Group] || node == nil || node.kept == ""
		held[p.Group] = held[p.Group] || len(p.holds) > 0
	}
	out, nodes := safe.Surges(n.pass.Facts.Snapshot, all), []safe.Standing{}
	running := n.running()
	for _, node := range n.nodes {
		if !node.past {
			room := analyzer.Amounts{CPU: node.Allocatable.CPU - node.reserved.CPU, Memory: node.Allocatable.Memory - node.reserved.Memory}
			nodes = append(nodes, safe.Standing{Kept: standing(node, running), Room: room, Devices: node.Resources, Open: node.kept != "" && !node.Unschedulable})
		}
	}
	for group, count := range out {
		if !planned[group] && (held[group] || safe.Starts(group, count, nodes)) {
			delete(out, group)
		}
	}
	return out
}

// running is the pods that run today, by node.
func (n *nodePlanner) running() map[string][]packing.Pod {
	pods := map[string][]packing.Pod{}
	for i := range n.pods {
		if p := &n.pods[i]; !p.added {
			pods[p.node] = append(pods[p.node], p.Pod)
		}
	}
	return pods
}

// standing are the nodes that stay, with all pods that run there: they count where the
// scheduler spreads pods over nodes and zones.
func (n *nodePlanner) standing() (out []packing.Kept) {
	running := n.running()
	for _, node := range n.nodes {
		if node.kept != "" && !node.past {
			out = append(out, standing(node, running))
		}
	}
	return out
}

func standing(node *plannedFrom, running map[string][]packing.Pod) packing.Kept {
	return packing.Kept{Name: node.Name, Zone: pin.ZoneOf(node.Labels), Labels: node.Labels, Taints: pin.TaintsNow(node.Node), Pods: running[node.Name]}
}
