package packing

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing/lp"
)

// Work limits of the pattern bound, the hasty ones with less than full effort; counted so that a bound never depends on
// the machine.
const (
	patternClasses = 400
	patternRounds  = 150
	pricingSteps   = 3000
	hastySteps     = 1000
	patternGap     = 5e-4 // how near to the relaxation's optimum is near enough
	hastyGap       = 4e-3
	// pivoting bounds the simplex method's work at full effort, in pivots times
	// rows times rows and columns, some 0.4 ns each.
	pivoting = 60e9

	staleRounds = 15 // rounds in which the distance shrinks by less than staleShare
	staleShare  = 0.1
	calm        = 0.7 // weight of the best duals so far
)

// patterns is the relaxation over whole patterns, after Gilmore and Gomory: a
// column is a node with whole pods on it, and only the number of nodes may be a
// fraction. It sees that pods can't be cut, which the assignment bound doesn't.
type patterns struct {
	inst  *instance
	cuts  []cut
	lp    *lp.Solver
	cols  []bin
	pack  [pricers]knapsack // each has its own kinds
	best  float64
	near  float64 // where run ends, as a share
	steps int     // for a kind in a round
	stale int     // rounds that help little, after which run ends
	work  float64 // that is left for the solver
}

// pricers is how many look for patterns side by side. What each finds depends
// on its kinds alone.
const pricers = 4

// patternBound improves on the bound of v where that is affordable. The
// packing's bins are the first patterns. It gives the patterns, whose best is the bound, and
// the duals in its proof; nil and v's where it did not try.
func (inst *instance) patternBound(ctx context.Context, v values, bins []bin, cuts []cut) (p *patterns, duals []float64) {
	duals = append(slices.Clone(v.pod), v.cut...)
	if len(inst.classes) > patternClasses {
		return nil, duals
	}
	p = &patterns{inst: inst, cuts: cuts, best: v.total(inst), near: patternGap, steps: pricingSteps, stale: staleRounds, work: pivoting * inst.effort}
	if inst.effort < 1 {
		p.near, p.steps = hastyGap, hastySteps
	}
	for i := range p.pack {
		p.pack[i].inst = inst
	}
	var rows []lp.Row
	for _, c := range inst.classes {
		rows = append(rows, lp.Row{Sense: lp.GreaterEqual, RHS: float64(len(c.pods)) + nudge(len(rows))})
	}
	for _, c := range cuts {
		rows = append(rows, lp.Row{Sense: lp.GreaterEqual, RHS: c.least + nudge(len(rows))})
	}
	p.lp = lp.New(rows)
	for i := range bins {
		p.add(bins[i].kind, bins[i].items)
	}
	return p, p.run(ctx, duals)
}

// share is a bin and how many of it the relaxation buys.
type share struct {
	bin   bin
	count float64
}

func (p *patterns) shares() []share {
	var out []share
	for i, b := range p.cols {
		if x := p.lp.Value(i); x > 1e-6 && len(b.items) > 0 {
			out = append(out, share{b, x})
		}
	}
	return out
}

func (p *patterns) add(kind int, items []item) {
	var entries []lp.Entry
	for _, it := range items {
		entries = append(entries, lp.Entry{Row: it.class, Value: float64(it.count)})
	}
	for c := range p.cuts {
		entries = append(entries, lp.Entry{Row: len(p.inst.classes) + c, Value: p.cuts[c].weight[kind]})
	}
	p.cols = append(p.cols, bin{kind, items})
	p.lp.AddColumn(p.inst.kinds[kind].price, entries)
}

// run adds patterns until the bound meets the relaxation. The duals that price
// patterns lie between the best ones so far and the solver's, which calms them.
// It returns the duals that prove the bound.
func (p *patterns) run(ctx context.Context, centre []float64) []float64 {
	n := len(centre)
	stale, mark := 0, math.Inf(1)
	for range patternRounds {
		if err := p.solve(ctx); err != nil || p.best > p.lp.Objective()*(1-p.near) {
			break
		}
		if stale++; p.lp.Objective()-p.best < mark*(1-staleShare) {
			stale, mark = 0, p.lp.Objective()-p.best
		}
		if stale > p.stale {
			break
		}
		added := false
		for _, weight := range []float64{calm, 0} { // where calmed duals find nothing, the solver's own may
			y := make([]float64, n)
			for r := range y {
				y[r] = weight*centre[r] + (1-weight)*max(p.lp.Dual(r), 0)
			}
			var bound float64
			if bound, added = p.price(y); bound > p.best {
				p.best = bound
				copy(centre, y)
			}
			if added {
				break
			}
		}
		if !added {
			break
		}
	}
	return centre
}

// solve takes the solver's work off what is left.
func (p *patterns) solve(ctx context.Context) error {
	rows, before := float64(len(p.inst.classes)+len(p.cuts)), p.lp.Pivots()
	each := rows * (rows + float64(len(p.cols)))
	err := p.lp.Solve(ctx, min(maxPivots, int(p.work/max(each, 1))))
	p.work -= each * float64(p.lp.Pivots()-before)
	return err
}

// price looks for the pattern worth most beyond its price on every kind, adds
// those that help the solver, and returns the bound that y proves: where a
// node may be worth more than its price, everything that may go on it is worth
// less in proportion. It writes the lower duals back to y.
func (p *patterns) price(y []float64) (bound float64, added bool) {
	n := len(p.inst.classes)
	offers := p.offers(y)
	scale := make([]float64, len(y))
	for r := range scale {
		scale[r] = 1
	}
	for k, o := range offers {
		if price := p.inst.kinds[k].price; o.limit > price {
			p.shrink(k, price/o.limit, scale)
		}
		if p.reduced(k, o.items) < -1e-9 {
			p.add(k, o.items)
			added = true
		}
	}
	for r := range y {
		y[r] *= scale[r]
	}
	for c := range p.inst.classes {
		bound += y[c] * float64(len(p.inst.classes[c].pods))
	}
	for c := range p.cuts {
		bound += y[n+c] * p.cuts[c].least
	}
	return bound * (1 - roundOff), added
}

// offer is the best pattern found for a kind, and what none can be worth more than.
type offer struct {
	items []item
	limit float64
}

// offers looks for the best pattern of every kind under y.
func (p *patterns) offers(y []float64) []offer {
	n := len(p.inst.classes)
	out := make([]offer, len(p.inst.kinds))
	var all sync.WaitGroup
	for i := range p.pack {
		all.Go(func() {
			p.pack[i].worth = y[:n]
			for k := i; k < len(out); k += pricers {
				extra := 0.0
				for c := range p.cuts {
					extra += y[n+c] * p.cuts[c].weight[k]
				}
				items, limit := p.pack[i].fillBest(k, p.steps, p.inst.kinds[k].price-extra)
				out[k] = offer{items, limit + extra}
			}
		})
	}
	all.Wait()
	return out
}

// shrink lowers the scale of all rows that a node of kind k serves.
func (p *patterns) shrink(k int, factor float64, scale []float64) {
	n := len(p.inst.classes)
	for c := range p.inst.classes {
		if p.inst.classes[c].ok[k] {
			scale[c] = min(scale[c], factor)
		}
	}
	for c := range p.cuts {
		if p.cuts[c].weight[k] > 0 {
			scale[n+c] = min(scale[n+c], factor)
		}
	}
}

// reduced is the pattern's reduced cost under the solver's duals.
func (p *patterns) reduced(kind int, items []item) float64 {
	sum := p.inst.kinds[kind].price
	for _, it := range items {
		sum -= float64(it.count) * p.lp.Dual(it.class)
	}
	for c := range p.cuts {
		sum -= p.cuts[c].weight[kind] * p.lp.Dual(len(p.inst.classes)+c)
	}
	return sum
}
