package allocation

import (
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// doubts works out how exact the amounts are, and says where it matters.
func (a *allocator) doubts() {
	var pods float64
	for i := range a.Items {
		item := &a.Items[i]
		pods += item.Nodes.Total()
		a.Accuracy.Missed += item.Nodes.CPU*ratio(item.Hold.CPU.Missed, item.Hold.CPU.Held) +
			item.Nodes.Memory*ratio(item.Hold.Memory.Missed, item.Hold.Memory.Held)
		a.Accuracy.Daily += item.Nodes.CPU*ratio(item.Hold.CPU.Daily, item.Hold.CPU.Held) +
			item.Nodes.Memory*ratio(item.Hold.Memory.Daily, item.Hold.Memory.Held)
		if item.homeless {
			a.Accuracy.Homeless += item.Nodes.Total()
		}
	}
	a.overcommitted()
	if a.Accuracy.Homeless > pods/20 {
		a.warn("no-node", "allocation",
			fmt.Sprintf("%.0f %% of the pods' cost is of pods that are gone and whose node is not known: it is spread over the room of all nodes", 100*a.Accuracy.Homeless/pods))
	}
	if a.Unused && len(a.Items) > 0 {
		a.warn("missing", "usage", "none was read: each pays for what it requests, and what of that is used is not known")
	}
	if a.Seen < 0.95 {
		a.warn("partial", "allocation",
			fmt.Sprintf("usage was recorded in %.0f %% of the window: what was seen then stands for all of it", 100*a.Seen))
	}
	if slices.ContainsFunc(a.snapshot.Warnings, func(w analyzer.Warning) bool { return w.Code == analyzer.WarnSelection }) {
		a.warn("partial", "allocation", "only a part of the cluster was read: what the rest holds counts as idle")
	}
}

// ratio is 0 where nothing is held.
func ratio(part, of float64) float64 {
	if of <= 0 {
		return 0
	}
	return part / of
}

// overcommitted says which nodes held more than there is.
func (a *allocator) overcommitted() {
	if len(a.over) == 0 {
		return
	}
	subject := "Node/" + a.over[0]
	if more := len(a.over) - 1; more > 0 {
		subject += fmt.Sprintf(" and %d more", more)
	}
	a.warn("overcommitted", subject,
		"the nodes have less room than the window's pods held: their cost is shared out in proportion, so that unit prices are lower there")
}
