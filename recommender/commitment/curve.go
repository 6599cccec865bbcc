package commitment

import (
	"cmp"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// Curve is hourly demand by family, in USD an hour at on-demand prices. Hours
// that are alike are one row, which counts as often as they do: the order of hours
// plays no part in what a commitment is worth.
type Curve struct {
	rows  [][]float64
	share []float64       // of the hours, by row
	deals []*pricing.Deal // by family, nil where there is no discount for long runs
}

// NewCurve makes the curve of hours, one row an hour with one column a family.
// sustained are the tiers of the provider's own discount for what runs long, by
// family (pricing.Deal.SustainedUse); nil where there are none.
func NewCurve(hours [][]float64, sustained [][]float64) *Curve {
	c := &Curve{}
	sorted := slices.Clone(hours)
	slices.SortFunc(sorted, slices.Compare[[]float64])
	for i, hour := range sorted {
		if i == 0 || slices.Compare(hour, sorted[i-1]) != 0 {
			c.rows, c.share = append(c.rows, hour), append(c.share, 0)
		}
		c.share[len(c.share)-1] += 1 / float64(len(hours))
	}
	if len(hours) > 0 && slices.ContainsFunc(sustained, func(t []float64) bool { return len(t) > 0 }) {
		c.deals = make([]*pricing.Deal, len(hours[0]))
		for j, tiers := range sustained[:min(len(sustained), len(hours[0]))] {
			if len(tiers) > 0 {
				c.deals[j] = &pricing.Deal{OnDemand: 1, SustainedUse: tiers}
			}
		}
	}
	return c
}

// Rows is the number of hours that differ.
func (c *Curve) Rows() int { return len(c.rows) }

// Mean is the demand of an average hour at list prices.
func (c *Curve) Mean() float64 {
	mean := 0.0
	for i, row := range c.rows {
		for _, v := range row {
			mean += c.share[i] * v
		}
	}
	return mean
}

// OnDemand is what an average hour costs with nothing committed, the provider's
// own discounts counted.
func (c *Curve) OnDemand() float64 {
	cost, prices := 0.0, c.prices(c.rows)
	for i, row := range c.rows {
		for j, v := range row {
			cost += c.share[i] * v * prices.at(i, j)
		}
	}
	return cost
}

// priceTable is the price of a USD of usage at list prices by row and family; nil
// where all are 1.
type priceTable [][]float64

func (t priceTable) at(row, family int) float64 {
	if t == nil {
		return 1
	}
	return t[row][family]
}

// prices gives what the usage of each hour costs on demand where what runs long is
// cheaper. The slices of a family's usage that run for a share u of the hours cost
// used(u); by hours, those with most usage pay the first quarters' price. The sum
// is convex in the usage, since later quarters are never dearer, and the prices are
// its subgradient.
func (c *Curve) prices(usage [][]float64) priceTable {
	if c.deals == nil {
		return nil
	}
	out := make(priceTable, len(usage))
	for i, row := range usage {
		out[i] = make([]float64, len(row))
		for j := range row {
			out[i][j] = 1
		}
	}
	order := make([]int, len(usage))
	for j, deal := range c.deals {
		if deal == nil {
			continue
		}
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(usage[b][j], usage[a][j]), cmp.Compare(a, b)) })
		before := 0.0
		for _, i := range order {
			after := before + c.share[i]
			out[i][j] = (deal.Used(after) - deal.Used(before)) / c.share[i]
			before = after
		}
	}
	return out
}
