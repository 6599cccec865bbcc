package pricing

import (
	"math"
	"slices"
)

// Demand is a curve of hourly demand, sorted, in any unit that is bought by the
// hour: vCPUs, machines, USD at the on-demand price. The zero value is no demand.
type Demand struct {
	sorted []float64 // ascending
	below  []float64 // below[i] is the sum of sorted[:i]
}

// DemandOf makes the curve of hourly amounts. What is negative or no number
// counts as 0.
func DemandOf(hours []float64) Demand {
	d := Demand{sorted: make([]float64, len(hours)), below: make([]float64, len(hours)+1)}
	for i, h := range hours {
		d.sorted[i] = amount(h)
	}
	slices.Sort(d.sorted)
	for i, h := range d.sorted {
		d.below[i+1] = d.below[i] + h
	}
	return d
}

// Hours is the number of hours in the curve.
func (d Demand) Hours() int { return len(d.sorted) }

// Mean is the demand of an average hour.
func (d Demand) Mean() float64 {
	if len(d.sorted) == 0 {
		return 0
	}
	return d.below[len(d.sorted)] / float64(len(d.sorted))
}

// Quantile is the smallest demand that a share q of the hours do not exceed
// (nearest rank); 0 where q is.
func (d Demand) Quantile(q float64) float64 {
	n := len(d.sorted)
	// A q of 0.37 in a hundred hours is rank 37, also where 0.37*100 is 37.000000000000004.
	rank := int(math.Ceil(q*float64(n) - 1e-9))
	if n == 0 || rank <= 0 {
		return 0
	}
	return d.sorted[min(rank, n)-1]
}

// Within is the mean over the hours of the smaller of demand and k: what k
// units held all the time really carry.
func (d Demand) Within(k float64) float64 {
	n := len(d.sorted)
	if n == 0 || k <= 0 {
		return 0
	}
	i, _ := slices.BinarySearch(d.sorted, k)
	return (d.below[i] + float64(n-i)*k) / float64(n)
}

// Above is the share of hours in which demand is at least k.
func (d Demand) Above(k float64) float64 {
	n := len(d.sorted)
	if n == 0 {
		return 0
	}
	i, _ := slices.BinarySearch(d.sorted, k)
	return float64(n-i) / float64(n)
}

// Deal is what one unit of demand costs an hour with and without a commitment.
type Deal struct {
	OnDemand float64 // USD a unit and hour, paid for what is used
	Rate     float64 // USD a unit and hour, paid for all that is committed
	// SustainedUse lists what the quarters of a month cost as shares of the
	// on-demand price, where a provider discounts what runs long by itself; nil
	// where none does. Google's N1 has 1, 0.8, 0.6, 0.4.
	SustainedUse []float64
}

// Discount is the share that the commitment takes off the on-demand price.
func (d Deal) Discount() float64 {
	if d.OnDemand <= 0 {
		return 0
	}
	return 1 - d.Rate/d.OnDemand
}

// Used is what a unit costs on demand, as a share of the price for all hours,
// when it runs for a share of them. Without discounts for long runs it is share.
func (d Deal) Used(share float64) float64 {
	if len(d.SustainedUse) == 0 {
		return share
	}
	width, sum := 1/float64(len(d.SustainedUse)), 0.0
	for i, price := range d.SustainedUse {
		sum += price * min(max(share-float64(i)*width, 0), width)
	}
	return sum
}

// BreakEven is the share of hours that a committed unit must be used for to
// cost no more than on demand. Above 1 the commitment never pays.
func (d Deal) BreakEven() float64 {
	if d.OnDemand <= 0 {
		return math.Inf(1)
	}
	left := d.Rate / d.OnDemand
	if len(d.SustainedUse) == 0 {
		return left
	}
	width := 1 / float64(len(d.SustainedUse))
	for i, price := range d.SustainedUse {
		if left <= price*width+1e-12 {
			return float64(i)*width + left/price
		}
		left -= price * width
	}
	return math.Inf(1)
}

// Optimum is the cheapest amount to commit to for the whole time: the demand
// that is exceeded for just the break-even share of the hours. It is exact,
// since the cost is convex with kinks at the demands themselves (the newsvendor
// problem); without discounts for long runs it is the quantile of demand at the
// discount.
func (d Deal) Optimum(of Demand) float64 {
	share := d.BreakEven()
	if share > 1 {
		return 0
	}
	return of.Quantile(1 - share)
}

// Cost is the mean cost of an hour, in USD, with k units committed: k at the
// rate and what is above at the on-demand price.
func (d Deal) Cost(of Demand, k float64) float64 {
	k = max(k, 0)
	if len(d.SustainedUse) == 0 {
		return d.Rate*k + d.OnDemand*(of.Mean()-of.Within(k))
	}
	return d.Rate*k + d.OnDemand*of.slices(k, d.Used)
}

// slices adds up what the slices of demand above k cost, each used for its own
// share of the hours.
func (d Demand) slices(k float64, used func(share float64) float64) float64 {
	n := len(d.sorted)
	sum, floor := 0.0, k
	for i, h := range d.sorted {
		if h > floor {
			sum += (h - floor) * used(float64(n-i)/float64(n))
			floor = h
		}
	}
	return sum
}

// Outcome is what a commitment does under one demand.
type Outcome struct {
	Hourly      float64 // USD, commitment and what is left on demand
	OnDemand    float64 // USD an hour with nothing committed
	Utilization float64 // share of the commitment that is used
	Coverage    float64 // share of the demand that is committed
	Unused      float64 // USD an hour of commitment that nobody uses
	Optimum     float64 // what would have been best
	Regret      float64 // USD an hour above the cost of that
}

// Outcome judges k committed units.
func (d Deal) Outcome(of Demand, k float64) Outcome {
	o := Outcome{Hourly: d.Cost(of, k), OnDemand: d.Cost(of, 0), Optimum: d.Optimum(of)}
	o.Regret = max(0, o.Hourly-d.Cost(of, o.Optimum))
	within := of.Within(k)
	if k > 0 {
		o.Utilization = within / k
		o.Unused = d.Rate * (k - within)
	}
	if mean := of.Mean(); mean > 0 {
		o.Coverage = within / mean
	}
	return o
}

// Largest is the largest amount that costs no more than committing to nothing:
// what survives the demand, though it need not be the best for it. It is found
// on the kinks of the cost, between which it is straight.
func (d Deal) Largest(of Demand) float64 {
	none := d.Cost(of, 0)
	last, lastCost := 0.0, none
	for _, h := range of.sorted {
		if h == last {
			continue
		}
		cost := d.Cost(of, h)
		if cost > none && h > d.Optimum(of) {
			return last + (h-last)*(none-lastCost)/(cost-lastCost)
		}
		last, lastCost = h, cost
	}
	if d.Rate <= 0 || lastCost >= none {
		return last
	}
	return last + (none-lastCost)/d.Rate // beyond the peak every unit is lost
}

// Levelized is what a payment spread over the term costs when a share of it is
// paid at once and money costs capital a year: rate is the price an hour with
// all payments added up, and the result is the price an hour in monthly
// payments of the same worth (the capital recovery factor).
func Levelized(rate, upfront, capital float64, years int) float64 {
	months := float64(12 * years)
	i := math.Pow(1+capital, 1.0/12) - 1
	if upfront <= 0 || i <= 0 || months == 0 {
		return rate
	}
	return rate * (1 - upfront + upfront*months*i/-math.Expm1(-months*math.Log1p(i)))
}
