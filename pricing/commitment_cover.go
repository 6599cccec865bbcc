package pricing

import (
	"cmp"
	"slices"
)

// Usage is what one product used in an hour, and what a unit of it costs.
type Usage struct {
	Units    float64
	OnDemand float64 // USD a unit and hour
	Rate     float64 // USD a unit and hour under the plan
}

// CoverSpend applies a plan of so many USD an hour to one hour's usage, as the
// providers do: the largest discount first, among equal ones the lower rate,
// until the plan is used up. bill is what the hour costs, the plan included;
// unused is the part of the plan that found no usage.
// Source: docs.aws.amazon.com/savingsplans/latest/userguide/sp-applying.html.
func CoverSpend(usage []Usage, plan float64) (bill, unused float64) {
	order := slices.Clone(usage)
	slices.SortStableFunc(order, func(a, b Usage) int {
		return cmp.Or(cmp.Compare(a.Rate*b.OnDemand, b.Rate*a.OnDemand), cmp.Compare(a.Rate, b.Rate))
	})
	left := max(plan, 0)
	bill = left
	for _, u := range order {
		need := amount(u.Units) * u.Rate
		if need <= left {
			left -= need
			continue
		}
		bill += amount(u.Units) * u.OnDemand * (1 - left/need)
		left = 0
	}
	return bill, left
}
