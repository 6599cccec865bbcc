package commitment

import (
	"cmp"
	"slices"
)

// Instrument is a commitment of so many USD an hour that covers usage of some
// families at lower prices.
type Instrument struct {
	Name  string
	Years int
	// Flexible ones follow the demand to other families; the others are lost
	// when it leaves theirs.
	Flexible bool
	// Rates is, by family, what a USD of on-demand usage costs of the
	// commitment; 0 for a family that it does not cover.
	Rates []float64
}

// Scenario is a demand that may come, and how much it weighs beside others.
type Scenario struct {
	Name   string
	Weight float64
	Curve  *Curve
	// Scale is the share of the curve's demand that is left; 0 means all of it.
	Scale float64
	// Moved says that the demand has left its families: instruments that are not
	// flexible cover none of it if they run for so many years or more. Shorter
	// ones have been renewed for where the demand is. 0 means that it stays.
	Moved int
}

func (s *Scenario) scale() float64 { return cmp.Or(s.Scale, 1) }

// applyOrder is the order in which the providers apply commitments: those of one
// family before flexible ones, and of these the longest, which have the largest
// discounts, first. Without those that the demand has left.
func applyOrder(instruments []Instrument, moved int) []int {
	var order []int
	for k, in := range instruments {
		if in.Flexible || moved == 0 || in.Years < moved {
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := instruments[a], instruments[b]
		if x.Flexible != y.Flexible {
			if y.Flexible {
				return -1
			}
			return 1
		}
		return cmp.Compare(y.Years, x.Years)
	})
	return order
}

// cover applies commitments to the hours of a curve; its slices are used again.
type cover struct {
	instruments []Instrument
	order       []int
	curve       *Curve
	byRate      [][]int // families of each instrument, largest discount first

	left, value []float64 // by family: what is uncovered, and what a USD less of it would save
	worth       []float64 // by instrument: what a USD more of it would save
	short       []int     // by instrument: the family it ran out at, or -1
}

func newCover(instruments []Instrument, curve *Curve, moved int) *cover {
	n := len(instruments)
	c := &cover{instruments: instruments, order: applyOrder(instruments, moved), curve: curve, byRate: make([][]int, n)}
	for k, in := range instruments {
		for j, r := range in.Rates {
			if r > 0 {
				c.byRate[k] = append(c.byRate[k], j)
			}
		}
		slices.SortStableFunc(c.byRate[k], func(a, b int) int { return cmp.Compare(in.Rates[a], in.Rates[b]) })
	}
	if len(curve.rows) > 0 {
		c.left, c.value = make([]float64, len(curve.rows[0])), make([]float64, len(curve.rows[0]))
	}
	c.worth, c.short = make([]float64, n), make([]int, n)
	return c
}

// uncovered gives what an average hour costs on demand beside amounts of the
// instruments, and how that changes with a USD more of each: part by part, to be
// added up. Where what runs long is cheaper all hours are one part.
func (c *cover) uncovered(amounts []float64) (parts [curveParts]part) {
	var prices priceTable
	if c.curve.deals != nil {
		prices = c.curve.prices(c.leave(amounts))
	}
	for b := range parts {
		parts[b].slope = make([]float64, len(amounts))
	}
	for i, row := range c.curve.rows {
		p := &parts[0]
		if prices == nil {
			p = &parts[i*curveParts/len(c.curve.rows)]
		}
		c.apply(row, amounts)
		for j, left := range c.left {
			c.value[j] = 0
			if left > 0 {
				c.value[j] = prices.at(i, j)
				p.cost += c.curve.share[i] * left * c.value[j]
			}
		}
		for at := len(c.order) - 1; at >= 0; at-- {
			k := c.order[at]
			c.weigh(k)
			p.slope[k] -= c.curve.share[i] * c.worth[k]
		}
	}
	return parts
}

// curveParts is how many parts the hours of a curve are taken in: the more, the more a
// step tells, and the more each takes.
const curveParts = 8

// part is what hours that follow one another in the curve cost at some amounts.
type part struct {
	cost  float64
	slope []float64
}

// leave gives what amounts of the instruments leave of each row.
func (c *cover) leave(amounts []float64) [][]float64 {
	out := make([][]float64, 0, len(c.curve.rows))
	for _, row := range c.curve.rows {
		c.apply(row, amounts)
		out = append(out, slices.Clone(c.left))
	}
	return out
}

// apply covers one hour.
func (c *cover) apply(hour, amounts []float64) {
	copy(c.left, hour)
	for _, k := range c.order {
		c.spend(k, amounts[k])
	}
}

// spend covers usage with what there is of instrument k, the largest discount
// first, as the providers do.
func (c *cover) spend(k int, amount float64) {
	c.short[k] = -1
	for _, j := range c.byRate[k] {
		rate := c.instruments[k].Rates[j]
		take := min(c.left[j], amount/rate)
		c.left[j] -= take
		amount -= take * rate
		if c.left[j] > 0 {
			c.short[k] = j
			return
		}
	}
}

// weigh finds what a USD more of instrument k saves: it covers more of the
// family it ran out at; and what a USD less demand of the families that it did
// cover saves: it frees that much of the instrument.
func (c *cover) weigh(k int) {
	c.worth[k] = 0
	if c.short[k] >= 0 {
		c.worth[k] = c.value[c.short[k]] / c.instruments[k].Rates[c.short[k]]
	}
	for _, j := range c.byRate[k] {
		if j == c.short[k] {
			return
		}
		c.value[j] = c.instruments[k].Rates[j] * c.worth[k]
	}
}

// Outcome is what amounts come to, in USD an average hour.
type Outcome struct {
	Cost     float64 // commitments, and what they leave on demand
	OnDemand float64 // with nothing committed
	Demand   float64 // at list prices
	Covered  float64 // of the demand
}

// OutcomeOf gives what amounts of the instruments come to on the weighted mean of
// scenarios.
func OutcomeOf(instruments []Instrument, amounts []float64, scenarios []Scenario) Outcome {
	var o Outcome
	for _, k := range amounts {
		o.Cost += k
	}
	shares := weights(scenarios)
	for i := range scenarios {
		s := &scenarios[i]
		if shares[i] == 0 {
			continue
		}
		scale := s.scale()
		c := newCover(instruments, s.Curve, s.Moved)
		some := scaled(amounts, 1/scale)
		left := &Curve{rows: c.leave(some), share: s.Curve.share, deals: s.Curve.deals}
		demand := s.Curve.Mean()
		o.Cost += shares[i] * scale * left.OnDemand()
		o.OnDemand += shares[i] * scale * s.Curve.OnDemand()
		o.Demand += shares[i] * scale * demand
		o.Covered += shares[i] * scale * (demand - left.Mean())
	}
	return o
}

// weights are the scenarios' shares of the whole; those without hours have none.
func weights(scenarios []Scenario) []float64 {
	out, sum := make([]float64, len(scenarios)), 0.0
	for i, s := range scenarios {
		if s.Curve.Rows() > 0 {
			out[i] = s.Weight
			sum += s.Weight
		}
	}
	for i := range out {
		if sum > 0 {
			out[i] /= sum
		}
	}
	return out
}

func scaled(amounts []float64, by float64) []float64 {
	out := make([]float64, len(amounts))
	for k, a := range amounts {
		out[k] = a * by
	}
	return out
}
