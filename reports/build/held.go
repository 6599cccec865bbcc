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

// withHeld is a bill at list prices as it is with the commitments that exist.
func withHeld(list document.USD, h *ledger.HeldBill) document.USD {
	return list - document.Cents(h.Covered) + document.Cents(h.Pays)
}
