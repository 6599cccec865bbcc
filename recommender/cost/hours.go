package cost

import (
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// leastHours is how many hours of nodes make a bill.
const leastHours = 24

// MeanNodes is the nodes of the window on the mean of its hours, which the bill is of.
type MeanNodes struct {
	Count float64 // of all kinds
	Kinds []MeanKind
}

// MeanKind is one kind of them.
type MeanKind struct {
	NodeCost // of one node
	Count    float64
}

// hasHours reports whether the window's nodes make a bill: a moment's say little where an
// autoscaler adds and takes them. Nodes that nobody takes away are paid for as they are.
func (c *Costs) hasHours(a *analyzer.Analysis) bool {
	history := a.Snapshot.NodeHistory
	paid := slices.ContainsFunc(c.Nodes, func(n NodeCost) bool { return n.Hourly > 0 })
	return history != nil && len(history.Hours) >= leastHours && paid && a.Snapshot.NodeAutoscaler() != ""
}

// hoursPriced reports whether each node of the window has a price by the hour; else it
// warns that the bill is of the moment.
func (c *Costs) hoursPriced(a *analyzer.Analysis, prices *nodePrices) bool {
	fleet := allocation.Fleet(a.Snapshot, pricing.HoursPerMonth)
	for i := range fleet {
		n := &fleet[i]
		if one := nodeCost(n.Node, prices.of(n.Node)); n.Hours > 0 && n.Runs == "" && (one.ByPod || !(one.Hourly > 0)) {
			c.warn("bill-of-the-moment", fmt.Sprintf("the bill is that of the nodes of the moment: %s has no price by the hour", n.Name))
			return false
		}
	}
	return true
}

// meanOf are the nodes of a fleet, with their hours of a month, on the mean.
func meanOf(fleet []allocation.Machine, prices map[string]pricing.NodePrice) *MeanNodes {
	mean := &MeanNodes{}
	for i := range fleet {
		n := &fleet[i]
		if n.Hours <= 0 {
			continue
		}
		one := MeanKind{nodeCost(n.Node, prices[n.Name]), n.Hours / pricing.HoursPerMonth}
		if mean.Kinds = append(mean.Kinds, one); !one.ByPod {
			mean.Count += one.Count
		}
	}
	return mean
}

// HoursOf is how many hours of a month a node is paid for: all of them, or those that the
// window had it.
func (c *Costs) HoursOf(node string) float64 {
	if c.Mean == nil {
		return pricing.HoursPerMonth
	}
	for i := range c.Mean.Kinds {
		if c.Mean.Kinds[i].Name == node {
			return c.Mean.Kinds[i].Count * pricing.HoursPerMonth
		}
	}
	return 0
}

// Paid lists the nodes that the bill is of, with the mean number of each: today's, one of
// each, or those of the window.
func (c *Costs) Paid() []MeanKind {
	if c.Mean != nil {
		return c.Mean.Kinds
	}
	out := make([]MeanKind, len(c.Nodes))
	for i := range out {
		out[i] = MeanKind{c.Nodes[i], 1}
	}
	return out
}
