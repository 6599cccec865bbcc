package build

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
	"github.com/plimsoll-k8s/plimsoll/recommender/spot"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// heldCommitments gives them; nil where none exist.
func (b *builder) heldCommitments(a *purchase.Advice) *document.HeldCommitments {
	if len(a.Held) == 0 || !b.priced {
		return nil
	}
	now := recommender.HeldToday(b.Costs, a).Bill(1)
	out := &document.HeldCommitments{MonthlyCost: document.Cents(now.Pays), MonthlyCovered: document.Cents(now.Covered), MonthlyUnused: document.Cents(now.Unused)}
	if b.plan != nil {
		unused := document.Cents(recommender.HeldPlanned(b.Costs, a, b.plan).Bill(1).Unused)
		out.MonthlyUnusedByPlan = &unused
	}
	return out
}

// withCommitments adds to the steps of the waterfall what the bill is with the
// commitments that exist.
func (b *builder) withCommitments(steps []document.Step) []document.Step {
	at := slices.IndexFunc(b.recs, func(r advice.Advice) bool {
		return advice.As[purchase.Advice](r.Detail) != nil && len(advice.As[purchase.Advice](r.Detail).Held) > 0
	})
	if at < 0 {
		return steps
	}
	bought := advice.As[purchase.Advice](b.recs[at].Detail)
	usage, left := recommender.HeldToday(b.Costs, bought), 1.0
	bill := func(list document.USD) document.USD {
		h := usage.Bill(left)
		return list - document.Cents(h.Covered) + document.Cents(h.Pays)
	}
	last := bill(b.ledger.bill)
	for i := range steps {
		step := &steps[i]
		money := document.StepMoney{MonthlyBefore: last}
		switch {
		case step.Lever == string(advice.LeverPurchase):
			last = bill(step.MonthlyBefore - b.spotSaved(step))
			last -= step.MonthlyBefore - step.MonthlyAfter - b.spotSaved(step)
		case step.Lever == string(advice.LeverNodes):
			usage, left = recommender.HeldPlanned(b.Costs, bought, b.plan), 1
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
func (b *builder) spotSaved(step *document.Step) document.USD {
	var onSpot, all document.USD
	for i := range b.recs {
		if b.recs[i].Lever == advice.LeverPurchase {
			all += b.savings[i]
			if advice.As[spot.Readiness](b.recs[i].Detail) != nil {
				onSpot += b.savings[i]
			}
		}
	}
	if all == 0 {
		return 0
	}
	return document.USD(document.Whole(float64(step.MonthlyBefore-step.MonthlyAfter) * float64(onSpot) / float64(all)))
}
