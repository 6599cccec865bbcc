package cost

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/past"
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
	return history != nil && len(history.Hours) >= leastHours && c.Bill > 0 && a.Snapshot.NodeAutoscaler() != ""
}

// overHours makes the bill that of the window's hours. What the moment's pods, idle room
// and overhead share stays in proportion. It is left as it is where a kind of node has no
// price.
func (c *Costs) overHours(a *analyzer.Analysis) {
	if !c.hasHours(a) {
		return
	}
	history := a.Snapshot.NodeHistory
	mean, usd := &MeanNodes{}, 0.0
	kinds := past.Kinds(a.Snapshot)
	for i := range kinds {
		sum := 0.0
		for _, n := range kinds[i].Count {
			sum += float64(n)
		}
		one := MeanKind{c.Price(kinds[i].Node), sum / float64(len(history.Hours))}
		if one.ByPod || !(one.Hourly > 0) {
			c.warn("bill-of-the-moment", fmt.Sprintf("the bill is that of the nodes of the moment: %s has no price by the hour", kinds[i].Name))
			return
		}
		mean.Kinds, mean.Count = append(mean.Kinds, one), mean.Count+one.Count
		usd += one.Count * one.Hourly * pricing.HoursPerMonth
	}
	c.scale(usd / c.Bill)
	c.Bill, c.Mean = usd, mean
}

// scale changes all parts of the bill by a factor.
func (c *Costs) scale(by float64) {
	c.Idle, c.Overhead = c.Idle*by, c.Overhead*by
	for ref, w := range c.Workloads {
		w.Monthly *= by
		for name := range w.Containers {
			w.Containers[name] *= by
		}
		c.Workloads[ref] = w
	}
}
