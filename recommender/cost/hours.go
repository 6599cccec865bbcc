package cost

import (
	"fmt"

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
	return history != nil && len(history.Hours) >= leastHours && c.Bill > 0 && a.Snapshot.NodeAutoscaler() != ""
}

// overHours makes the bill that of the window's hours. What the moment's pods and idle
// room share stays in proportion. It is left as it is where a node has no price.
func (c *Costs) overHours(a *analyzer.Analysis) {
	if !c.hasHours(a) {
		return
	}
	mean := &MeanNodes{}
	var bills []pricing.NodeBill
	fleet := allocation.Fleet(a.Snapshot, pricing.HoursPerMonth)
	for i := range fleet {
		n := &fleet[i]
		if n.Hours <= 0 {
			continue
		}
		p := priceOf(c.Catalog, n.Node)
		one := MeanKind{nodeCost(n.Node, p), n.Hours / pricing.HoursPerMonth}
		if n.Runs == "" && (one.ByPod || !(one.Hourly > 0)) {
			c.warn("bill-of-the-moment", fmt.Sprintf("the bill is that of the nodes of the moment: %s has no price by the hour", n.Name))
			return
		}
		if mean.Kinds = append(mean.Kinds, one); !one.ByPod {
			mean.Count += one.Count
		}
		bills = append(bills, pricing.NodeBill{
			Name: n.Name, Price: p, Hours: n.Hours, CPUMillis: n.Capacity.CPU, MemoryBytes: n.Capacity.Memory,
			AllocatableCPUMillis: n.Allocatable.CPU, AllocatableMemoryBytes: n.Allocatable.Memory, Runs: n.Runs != "",
		})
	}
	bill := pricing.Allocate(bills, nil)
	c.share(bill.Total, bill.Overhead.Total())
	c.Mean = mean
}

// share makes a bill of a total and of what nodes keep for the system. The rest of the
// parts shares the rest in proportion, but for runs that are billed by the pod: they are of
// the window's hours already.
func (c *Costs) share(total, overhead float64) {
	runs := 0.0
	for _, n := range c.Nodes {
		if n.ByPod {
			runs += n.Hourly * pricing.HoursPerMonth
		}
	}
	by := 1.0
	if held := c.Bill - c.Overhead - runs; held > 0 {
		by = (total - overhead - runs) / held
	}
	c.Bill, c.Overhead, c.Idle = total, overhead, c.Idle*by
	for ref, w := range c.Workloads {
		if !w.ByPod {
			w.scale(by)
			c.Workloads[ref] = w
		}
	}
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
