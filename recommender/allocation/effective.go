package allocation

import (
	"cmp"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// applyHeld brings the nodes to what they cost with the commitments that exist.
// The commitments of a family cover its nodes in equal proportions: whose they are
// within it, no provider says. What finds no usage is a line of the bill.
func (a *allocator) applyHeld() {
	for i := range a.bills {
		a.ListNodes += a.bills[i].Price.USDPerHour * a.bills[i].Hours
	}
	if len(a.basis.Held) == 0 {
		return
	}
	a.Held = true
	home := a.placesOf().Home
	parts := make([][]pricing.CommitmentPart, len(a.bills))
	usage := map[pricing.CommitmentScope]float64{}
	for i := range a.bills {
		p, n := &a.bills[i].Price, &a.fleet[i]
		if p.Offering.CapacityType != pricing.OnDemand || n.Windows() {
			continue
		}
		o := p.Offering
		o.Provider = cmp.Or(o.Provider, home.Provider)
		parts[i] = a.catalog.CommitmentParts(o, p.USDPerHour-p.AutoModeFee(n.Labels))
		for _, part := range parts[i] {
			usage[part.CommitmentScope] += part.USD
		}
	}
	rates, unused := effectiveRates(a.basis.Held, usage)
	a.Bill.UnusedCommitments = unused * a.Hours
	for i := range a.bills {
		p := &a.bills[i].Price
		for _, part := range parts[i] {
			p.USDPerHour += part.USD * (rates[part.CommitmentScope] - 1)
		}
	}
	a.Prices = append(a.Prices, a.catalog.HeldSources(home.Provider, home.Region, a.basis.Held)...)
}

// effectiveRates gives what a USD of usage at list prices costs in each scope with
// the commitments, and what of them finds no usage, in USD an hour. The narrowest
// come first, as in CoverHeld.
func effectiveRates(held []pricing.HeldCommitment, usage map[pricing.CommitmentScope]float64) (rates map[pricing.CommitmentScope]float64, unused float64) {
	scopes := make([]pricing.CommitmentScope, 0, len(usage))
	for s := range usage {
		scopes = append(scopes, s)
	}
	slices.SortFunc(scopes, func(x, y pricing.CommitmentScope) int {
		return cmp.Or(cmp.Compare(x.Family, y.Family), cmp.Compare(x.Resource, y.Resource))
	})
	left, paid := make([]float64, len(scopes)), make([]float64, len(scopes))
	for j, s := range scopes {
		left[j] = usage[s]
	}
	width := func(h pricing.HeldCommitment) int { return boolRank(h.Resource == "") + boolRank(h.Family == "") }
	for _, h := range slices.SortedStableFunc(slices.Values(held), func(x, y pricing.HeldCommitment) int { return cmp.Compare(width(x), width(y)) }) {
		before := slices.Clone(left)
		covered := pricing.CoverHeld([]pricing.HeldCommitment{h}, scopes, left)
		unused += h.Pays * (1 - ratio(covered, h.Covers))
		for j := range scopes {
			paid[j] += h.Pays * ratio(before[j]-left[j], h.Covers)
		}
	}
	rates = make(map[pricing.CommitmentScope]float64, len(scopes))
	for j, s := range scopes {
		if rates[s] = 1; usage[s] > 0 {
			rates[s] = (left[j] + paid[j]) / usage[s]
		}
	}
	return rates, unused
}
