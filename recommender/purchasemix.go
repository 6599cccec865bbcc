package recommender

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing/lp"
)

// Instrument is a commitment of so many USD an hour that covers usage of some
// families at lower prices.
type Instrument struct {
	Name string
	// Rates is, by family, what a USD of on-demand usage costs of the
	// commitment; 0 for a family that it does not cover.
	Rates []float64
}

// Scenario is hourly demand by family, in USD an hour at on-demand prices, and
// how much it weighs beside the other scenarios.
type Scenario struct {
	Name   string
	Weight float64
	Hours  [][]float64 // one row an hour, one column a family
}

// Mix is a choice of amounts of instruments.
type Mix struct {
	Amounts []float64 // USD an hour, by instrument
	Hourly  float64   // mean cost of an hour, commitments and the rest on demand
	Bound   float64   // no amounts cost less than this
}

// mixGap is the relative distance from the bound at which the search ends, and
// mixCuts its largest number of steps.
const (
	mixGap  = 1e-7
	mixCuts = 400
)

// BestMix finds the amounts that cost least on the weighted mean over the
// scenarios. Instruments of one family are applied first, then those of
// several, which may be one at most: then a fixed order covers each hour at the
// least cost, the mean cost is convex in the amounts, and cutting planes
// (Kelley's method, each a subgradient at the last amounts) close on the
// optimum from below. The linear program of the cuts is solved in its dual,
// where a cut is a column.
func BestMix(instruments []Instrument, scenarios []Scenario) (Mix, error) {
	order, err := applyOrder(instruments)
	if err != nil {
		return Mix{}, err
	}
	n := len(instruments)
	rows := make([]lp.Row, n+1)
	rows[0].RHS = 1
	master := lp.New(rows)
	unit := make([]float64, n)
	for k := range unit {
		unit[k] = 1
	}
	addCut(master, 0, unit) // commitments are paid for
	best := Mix{Amounts: make([]float64, n), Hourly: math.Inf(1)}
	x := make([]float64, n)
	for range mixCuts {
		cost, slope := mixCost(instruments, order, scenarios, x)
		if cost < best.Hourly {
			best.Amounts, best.Hourly = slices.Clone(x), cost
		}
		if best.Hourly-best.Bound <= mixGap*(1+best.Hourly) {
			break
		}
		at := cost
		for k := range x {
			at -= slope[k] * x[k]
		}
		addCut(master, at, slope)
		if err := master.Solve(200 * (n + 1)); err != nil {
			return best, fmt.Errorf("searching the cheapest mix of %d commitments: %w", n, err)
		}
		best.Bound = max(best.Bound, -master.Objective())
		for k := range x {
			x[k] = max(0, -master.Dual(k+1))
		}
	}
	return best, nil
}

// addCut tells the master that the cost is at least at + slope*x.
func addCut(master *lp.Solver, at float64, slope []float64) {
	entries := []lp.Entry{{Row: 0, Value: 1}}
	for k, g := range slope {
		entries = append(entries, lp.Entry{Row: k + 1, Value: -g})
	}
	master.AddColumn(-at, entries)
}

// applyOrder puts instruments of one family before the one of several, and
// refuses a second such.
func applyOrder(instruments []Instrument) ([]int, error) {
	order := make([]int, len(instruments))
	wide := 0
	for k, in := range instruments {
		order[k] = k
		if in.width() > 1 {
			wide++
		}
	}
	if wide > 1 {
		return nil, fmt.Errorf("a mix of %d commitments that each cover several families is not modelled: give one", wide)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(instruments[a].width(), instruments[b].width()) })
	return order, nil
}

// width is the number of families that the instrument covers.
func (in Instrument) width() int {
	n := 0
	for _, r := range in.Rates {
		if r > 0 {
			n++
		}
	}
	return n
}

// mixCost gives the mean cost of an hour and its subgradient.
func mixCost(instruments []Instrument, order []int, scenarios []Scenario, x []float64) (cost float64, slope []float64) {
	slope = make([]float64, len(x))
	for k := range x {
		cost, slope[k] = cost+x[k], 1
	}
	weights := 0.0
	for _, s := range scenarios {
		if len(s.Hours) > 0 {
			weights += s.Weight
		}
	}
	c := newCover(instruments, order)
	for _, s := range scenarios {
		for _, hour := range s.Hours {
			share := s.Weight / weights / float64(len(s.Hours))
			left, worth := c.apply(hour, x)
			cost += share * left
			for k := range worth {
				slope[k] -= share * worth[k]
			}
		}
	}
	return cost, slope
}

// cover applies commitments to single hours; its slices are used again.
type cover struct {
	instruments []Instrument
	order       []int
	byRate      [][]int   // families of each instrument, largest discount first
	left, value []float64 // by family: what is uncovered, and what a USD less of it would save
	worth       []float64 // by instrument: what a USD more of it would save
	used        []float64 // by instrument: USD of it that found usage
	covered     []float64 // by instrument: USD of on-demand usage that it covered
	short       []int     // by instrument: the family it ran out at, or -1
}

func newCover(instruments []Instrument, order []int) *cover {
	c := &cover{instruments: instruments, order: order, byRate: make([][]int, len(instruments))}
	families := 0
	for k, in := range instruments {
		families = max(families, len(in.Rates))
		for j, r := range in.Rates {
			if r > 0 {
				c.byRate[k] = append(c.byRate[k], j)
			}
		}
		slices.SortStableFunc(c.byRate[k], func(a, b int) int { return cmp.Compare(in.Rates[a], in.Rates[b]) })
	}
	n := len(instruments)
	c.left, c.value = make([]float64, families), make([]float64, families)
	c.worth, c.used, c.covered, c.short = make([]float64, n), make([]float64, n), make([]float64, n), make([]int, n)
	return c
}

// apply covers one hour and gives what is left on demand, in USD, and what a
// USD more of each instrument would have saved.
func (c *cover) apply(hour, x []float64) (left float64, worth []float64) {
	if len(c.left) < len(hour) {
		c.left, c.value = make([]float64, len(hour)), make([]float64, len(hour))
	}
	copy(c.left, hour)
	for _, k := range c.order {
		c.spend(k, x[k])
	}
	for j := range hour {
		left += c.left[j]
		c.value[j] = 0
		if c.left[j] > 0 {
			c.value[j] = 1
		}
	}
	for i := len(c.order) - 1; i >= 0; i-- {
		c.weigh(c.order[i])
	}
	return left, c.worth
}

func (c *cover) spend(k int, plan float64) {
	c.short[k], c.used[k], c.covered[k] = -1, 0, 0
	for _, j := range c.byRate[k] {
		rate := c.instruments[k].Rates[j]
		take := min(c.left[j], (plan-c.used[k])/rate)
		c.left[j] -= take
		c.used[k] += take * rate
		c.covered[k] += take
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

// MixUse is what one instrument of a mix does over the hours.
type MixUse struct {
	Used    float64 // USD an hour of the commitment that found usage
	Covered float64 // USD an hour of on-demand usage that it covered
}

// UseOf tells what each instrument of a mix does over hours of demand, and what
// each hour has left by family.
func UseOf(instruments []Instrument, amounts []float64, hours [][]float64) (uses []MixUse, left [][]float64, err error) {
	order, err := applyOrder(instruments)
	if err != nil {
		return nil, nil, err
	}
	uses = make([]MixUse, len(instruments))
	c := newCover(instruments, order)
	for _, hour := range hours {
		c.apply(hour, amounts)
		for k := range uses {
			uses[k].Used += c.used[k] / float64(len(hours))
			uses[k].Covered += c.covered[k] / float64(len(hours))
		}
		left = append(left, slices.Clone(c.left[:len(hour)]))
	}
	return uses, left, nil
}
