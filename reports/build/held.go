package build

import (
	"github.com/plimsoll-k8s/plimsoll/recommender/ledger"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// heldCommitments gives them; nil where none exist.
func (b *builder) heldCommitments(a *purchase.Advice) *document.HeldCommitments {
	held := b.steps.Held
	if len(a.Held) == 0 || held == nil {
		return nil
	}
	out := &document.HeldCommitments{MonthlyCost: document.Cents(held.Today.Pays), MonthlyCovered: document.Cents(held.Today.Covered), MonthlyUnused: document.Cents(held.Today.Unused)}
	if held.Planned != nil {
		unused := document.Cents(held.Planned.Unused)
		out.MonthlyUnusedByPlan = &unused
	}
	return out
}

// What sums go by.
const (
	basisList        = "list"
	basisEstimate    = "estimate"
	basisCommitments = "commitments"
)

// basis is what the bill goes by: list prices, or nothing but an estimate where no node has one,
// since they are machines of no provider and without prices of the user's own.
func (b *builder) basis() string {
	out := basisList
	for i := range b.Costs.Nodes {
		if n := &b.Costs.Nodes[i]; n.Hourly > 0 {
			if !n.Estimated || n.Offering.Provider != "" {
				return basisList
			}
			out = basisEstimate
		}
	}
	return out
}

// withCommitments is what the nodes cost with the commitments held; nil where none are.
func (b *builder) withCommitments() *document.USD {
	if b.steps == nil || b.steps.Held == nil {
		return nil
	}
	sum := withHeld(b.cents.bill, &b.steps.Held.Today)
	return &sum
}

// settleHeld takes the summary's sums where only half a cent, rounded the other way, tells
// them apart from an allocation's.
func (b *builder) settleHeld(out *document.Allocation) {
	if near := *out.ListNodesMonthly - b.cents.bill; near == 1 || near == -1 {
		*out.ListNodesMonthly = b.cents.bill
	}
	if sum := b.withCommitments(); sum != nil {
		if off := (out.MonthlyBill.Nodes + out.MonthlyBill.UnusedCommitments).USD() - *sum; off == 1 || off == -1 {
			out.MonthlyBill.Nodes -= off.Dollars()
		}
	}
}

// withHeld is a bill at list prices as it is with the commitments that exist.
func withHeld(list document.USD, h *ledger.HeldBill) document.USD {
	return list - document.Cents(h.Covered) + document.Cents(h.Pays)
}
