package demand

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
)

// judge finds which nodes that the plan keeps are there to stay. One that is kept
// for what somebody should mend is not: nobody commits to it.
func (h *planHours) judge() {
	h.passing = map[string]bool{}
	held, gpus := map[string]analyzer.Amounts{}, map[string]bool{}
	for i := range h.pass.Facts.Workloads {
		w := &h.pass.Facts.Workloads[i]
		for j := range w.Pods {
			pod := &w.Pods[j]
			if pod.Ended() || w.Kind == "DaemonSet" || w.Kind == "Node" || h.pass.Cluster.Idle(w.Ref) {
				continue
			}
			held[pod.Node] = held[pod.Node].Plus(pod.Requests)
			gpus[pod.Node] = gpus[pod.Node] || pod.Requests.GPU > 0
		}
	}
	left := 0.0
	for i := range h.plan.Nodes {
		node := &h.plan.Nodes[i]
		if node.Kept == "" || h.toStay(node, held[node.Name], gpus[node.Name]) {
			continue
		}
		h.passing[node.Name] = true
		if node.Cost.CapacityType == string(pricing.OnDemand) {
			left += node.Cost.Hourly
		}
	}
	if left > 0 {
		h.d.Warn("left-out", fmt.Sprintf("nodes of %.4g USD an hour stay only for what a finding says to mend: nothing is committed to for them", left))
	}
}

// toStay judges a kept node by what it holds and by what keeps it.
func (h *planHours) toStay(node *nodes.Node, held analyzer.Amounts, gpus bool) bool {
	switch {
	case node.Unschedulable, node.NotReady, node.Windows():
		return false
	case node.By == pin.Nature:
		return true
	case node.Capacity.GPU > 0 && !gpus:
		return false
	case node.By == pin.Mend:
		return false
	}
	return max(cost.Ratio(held.CPU, node.Allocatable.CPU), cost.Ratio(held.Memory, node.Allocatable.Memory)) >= pin.Underused || gpus
}

// lasts reports whether a kept node is there to stay.
func (h *planHours) lasts(node *nodes.Node) bool { return !h.passing[node.Name] }
