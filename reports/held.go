package reports

import (
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender"
)

// HeldCommitments is what the commitments that exist do to today's bill at list
// prices, in USD a month.
type HeldCommitments struct {
	// MonthlyCost is what they cost, used or not.
	MonthlyCost USD `json:"monthlyCost"`
	// MonthlyCovered is the usage that they pay for, at list prices: it is off the bill.
	MonthlyCovered USD `json:"monthlyCovered"`
	// MonthlyUnused is the usage that they could pay for besides and that there is not, at list prices.
	MonthlyUnused USD `json:"monthlyUnused"`
	// MonthlyUnusedByPlan is the same on the nodes of the plan; absent without one.
	MonthlyUnusedByPlan *USD `json:"monthlyUnusedByPlan,omitempty"`
}

// heldCommitments gives them; nil where none exist.
func (b *builder) heldCommitments(a *recommender.PurchaseAdvice) *HeldCommitments {
	if len(a.Held) == 0 || !b.priced {
		return nil
	}
	now := b.Costs.HeldToday(a).Bill(1)
	out := &HeldCommitments{MonthlyCost: cents(now.Pays), MonthlyCovered: cents(now.Covered), MonthlyUnused: cents(now.Unused)}
	if b.plan != nil {
		unused := cents(b.Costs.HeldPlanned(a, b.plan).Bill(1).Unused)
		out.MonthlyUnusedByPlan = &unused
	}
	return out
}

// line says how the commitments make another bill of that at list prices.
func (h *HeldCommitments) line() string {
	if h == nil {
		return ""
	}
	out := fmt.Sprintf("The commitments held cost %s a month, used or not, and take %s of usage at list prices off today's bill", h.MonthlyCost, h.MonthlyCovered)
	switch unused := h.MonthlyUnusedByPlan; {
	case unused != nil && h.MonthlyUnused+*unused > 0:
		out += fmt.Sprintf("; %s more could be covered and is not used, %s on the plan's nodes", h.MonthlyUnused, unused)
	case h.MonthlyUnused > 0:
		out += fmt.Sprintf("; %s more could be covered and is not used", h.MonthlyUnused)
	}
	return out + "."
}

// withCommitments adds to the steps of the waterfall what the bill is with the
// commitments that exist.
func (b *builder) withCommitments(steps []Step) []Step {
	at := slices.IndexFunc(b.recs, func(r recommender.Recommendation) bool { return r.Purchase != nil && len(r.Purchase.Held) > 0 })
	if at < 0 {
		return steps
	}
	bought := b.recs[at].Purchase
	usage, left := b.Costs.HeldToday(bought), 1.0
	bill := func(list USD) USD {
		h := usage.Bill(left)
		return list - cents(h.Covered) + cents(h.Pays)
	}
	last := bill(b.ledger.bill)
	for i := range steps {
		step := &steps[i]
		money := StepMoney{MonthlyBefore: last}
		switch {
		case step.Lever == string(recommender.LeverPurchase):
			last = bill(step.MonthlyBefore - b.spotSaved(step))
			last -= step.MonthlyBefore - step.MonthlyAfter - b.spotSaved(step)
		case step.Lever == string(recommender.LeverNodes):
			usage, left = b.Costs.HeldPlanned(bought, b.plan), 1
			last = bill(step.MonthlyAfter)
		default:
			if step.MonthlyBefore > 0 {
				left *= float64(step.MonthlyAfter) / float64(step.MonthlyBefore)
			}
			last = bill(step.MonthlyAfter)
		}
		money.MonthlyAfter = last
		step.WithCommitments = &money
	}
	return steps
}

// spotSaved is the part of a purchase step's savings that is spot's, so far as
// the step counts it.
func (b *builder) spotSaved(step *Step) USD {
	var spot, all USD
	for i := range b.recs {
		if b.recs[i].Lever == recommender.LeverPurchase {
			all += b.savings[i]
			if b.recs[i].Spot != nil {
				spot += b.savings[i]
			}
		}
	}
	if all == 0 {
		return 0
	}
	return USD(whole(float64(step.MonthlyBefore-step.MonthlyAfter) * float64(spot) / float64(all)))
}
