package allocation

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// Share shares a month's bill of nodes out over pods that hold the same in all of its
// hours and over workloads that come and go. Of the latter it takes what their pods held
// of the window, on the nodes that Of places them on; items are theirs, with what a month
// like the window costs. bills are of the snapshot's nodes, in their order, and the bill's
// first uses are those of the steady pods.
func Share(s *analyzer.Snapshot, bills []pricing.NodeBill, steady []pricing.PodUse, comes func(analyzer.Ref) bool) (pricing.Bill, []Item) {
	a := newAllocator(s, nil)
	a.bills, a.byNode, a.only = bills, make(map[string]int, len(bills)), comes
	for i := range bills {
		a.byNode[bills[i].Name] = i
		a.fleet = append(a.fleet, Machine{Node: s.Nodes[i], Hours: bills[i].Hours})
	}
	a.hold()
	for i := range a.Items {
		a.Items[i].Hold = a.Items[i].Hold.times(pricing.HoursPerMonth / a.Hours)
	}
	bill := a.pay(steady)
	a.sort()
	return bill, a.Items
}
