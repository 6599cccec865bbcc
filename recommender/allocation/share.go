package allocation

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// Shared is a bill of nodes and whose it is, in USD a month that is like the window.
type Shared struct {
	// Fleet are the nodes that the bill is of, with their hours of a month; today's are
	// first, in the snapshot's order.
	Fleet []Machine
	Bill  pricing.Bill
	Items []Item // by workload, container and node
	// Warnings say which nodes have less room than pods held of them.
	Warnings []analyzer.Warning
}

// Share shares a month's bill of nodes out as Of does that of the window: by what pods
// held of it, at list prices. byHour takes the nodes that the window had for today's in
// all hours. Workloads that it does not take hold nothing.
func Share(s *analyzer.Snapshot, price func(analyzer.Node) pricing.NodePrice, byHour bool, takes func(analyzer.Ref) bool) Shared {
	a := newAllocator(s, nil)
	a.only, a.basis.Hours = takes, byHour
	a.fleet = a.machines()
	a.byNode = make(map[string]int, len(a.fleet))
	for i := range a.fleet {
		a.byNode[a.fleet[i].Name] = i
	}
	a.hold()
	month := pricing.HoursPerMonth / a.Hours
	for i := range a.Items {
		a.Items[i].Hold = a.Items[i].Hold.times(month)
	}
	for i := range a.fleet {
		n := &a.fleet[i]
		n.Hours *= month
		a.bills = append(a.bills, n.bill(price(n.Node)))
	}
	bill := a.pay()
	a.overcommitted()
	a.sort()
	return Shared{a.fleet, bill, a.Items, a.Warnings}
}

// bill is what a machine costs in its hours.
func (m *Machine) bill(p pricing.NodePrice) pricing.NodeBill {
	return pricing.NodeBill{
		Name: m.Name, Price: p, Hours: m.Hours, CPUMillis: m.Capacity.CPU, MemoryBytes: m.Capacity.Memory,
		AllocatableCPUMillis: m.Allocatable.CPU, AllocatableMemoryBytes: m.Allocatable.Memory, Runs: m.Runs != "",
	}
}
