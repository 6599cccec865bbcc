package reports

import (
	"cmp"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
)

// withCommitments adds to the steps of the waterfall what the bill is with the
// commitments that exist.
func (b *builder) withCommitments(steps []Step) []Step {
	at := slices.IndexFunc(b.recs, func(r recommender.Recommendation) bool { return r.Purchase != nil && len(r.Purchase.Held) > 0 })
	if at < 0 {
		return steps
	}
	bought := b.recs[at].Purchase
	h := heldBill{held: bought.Held, usage: b.usageNow(bought.Provider), share: 1}
	last := h.bill(b.ledger.bill)
	for i := range steps {
		step := &steps[i]
		money := StepMoney{MonthlyBefore: last}
		switch {
		case step.Lever == string(recommender.LeverPurchase):
			last = h.bill(step.MonthlyBefore - b.spotSaved(step))
			last -= step.MonthlyBefore - step.MonthlyAfter - b.spotSaved(step)
		case step.Lever == string(recommender.LeverNodes):
			h.usage, h.share = b.usagePlanned(bought.Provider, bought.Region), 1
			last = h.bill(step.MonthlyAfter)
		default:
			if step.MonthlyBefore > 0 {
				h.share *= float64(step.MonthlyAfter) / float64(step.MonthlyBefore)
			}
			last = h.bill(step.MonthlyAfter)
		}
		money.MonthlyAfter = last
		step.WithCommitments = &money
	}
	return steps
}

// heldBill is a bill's part that commitments may cover.
type heldBill struct {
	held  []pricing.HeldCommitment
	usage map[pricing.CommitmentScope]float64 // USD an hour on demand
	share float64                             // of usage that is left
}

// bill is what a bill at list prices comes to with the commitments.
func (h *heldBill) bill(list USD) USD {
	usage, pays := map[pricing.CommitmentScope]float64{}, 0.0
	for scope, v := range h.usage {
		usage[scope] = v * h.share
	}
	for _, c := range h.held {
		pays += c.Pays
	}
	return list + cents((pays-pricing.HeldCover(h.held, usage))*recommender.HoursPerMonth)
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

// usageNow is today's on-demand nodes by what commitments can cover, in USD an
// hour; provider is that of nodes which do not say it.
func (b *builder) usageNow(provider string) map[pricing.CommitmentScope]float64 {
	out := map[pricing.CommitmentScope]float64{}
	for _, n := range b.Costs.Nodes {
		if n.CapacityType == onDemand {
			o := n.Offering
			o.Provider, o.InstanceType = cmp.Or(o.Provider, provider), n.InstanceType
			b.addUsage(out, o, n.Hourly)
		}
	}
	return out
}

// usagePlanned is the same of the plan's nodes.
func (b *builder) usagePlanned(provider, region string) map[pricing.CommitmentScope]float64 {
	out := map[pricing.CommitmentScope]float64{}
	for _, p := range b.plan.Pools {
		if p.CapacityType != onDemand {
			continue
		}
		o := pricing.Offering{}
		if b.Costs.Catalog != nil {
			o = b.Costs.Catalog.Lookup(pricing.Query{Provider: provider, Region: region, InstanceType: p.InstanceType}).Offering
		}
		o.Provider, o.InstanceType = provider, p.InstanceType
		b.addUsage(out, o, float64(p.Count)*p.Hourly)
	}
	return out
}

func (b *builder) addUsage(to map[pricing.CommitmentScope]float64, o pricing.Offering, usd float64) {
	for _, part := range b.Costs.Catalog.CommitmentParts(o, usd) {
		to[part.CommitmentScope] += part.USD
	}
}
