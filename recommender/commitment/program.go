package commitment

import (
	"context"
	"fmt"
	"math"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing/lp"
)

// Program is the choice of amounts of all instruments at once.
type Program struct {
	Instruments []Instrument
	// Expect are the scenarios whose weighted mean cost is least.
	Expect []Scenario
	// Survive are scenarios in each of which the amounts together cost no more
	// than nothing committed does.
	Survive []Scenario
	// Limits are rules of what may stand beside what.
	Limits []Limit
}

// Limit holds one instrument to a multiple of another: Amounts[Of] <= Times *
// Amounts[By]; where By is -1 to Times itself.
type Limit struct {
	Of, By int
	Times  float64
}

// Mix is a choice of amounts of instruments.
type Mix struct {
	Amounts []float64 // USD an hour, by instrument
	Hourly  float64   // mean cost of an hour, commitments and the rest on demand
	Bound   float64   // no amounts that survive cost less than this
	Steps   int       // of the search
}

const (
	// mixGap is the relative distance from the bound at which the search ends.
	mixGap = 1e-8
	// mixSteps is the largest number of its steps.
	mixSteps = 600
)

// Best finds the amounts that cost least. Stated as a whole, the linear program has
// a variable for what each instrument covers of each family in each hour of each
// scenario. Given the amounts, those of an hour are known (the providers' order of
// application), so that what is uncovered is a convex function of the amounts alone,
// known by its subgradients: Benders decomposition. Each step solves the linear
// program over the amounts and the cuts known so far, and cuts it at its answer. That
// of the cuts is solved in its dual, where a cut is a column and the last answer
// stays feasible.
//
// With two flexible instruments the providers' order may cover an hour at more
// than the least cost, and with discounts for long runs a flexible one may; the mean
// cost then is not quite convex, and Bound may lie a little too high. Amounts and
// Hourly are always those of the providers' order. Once the context has ended its
// error comes back, with what was found so far.
func (p *Program) Best(ctx context.Context) (Mix, error) {
	s := p.search()
	best := Mix{Amounts: make([]float64, len(p.Instruments)), Hourly: math.Inf(1)}
	x := make([]float64, len(p.Instruments))
	for best.Steps = 1; best.Steps <= mixSteps; best.Steps++ {
		cost, survives := s.cut(x)
		if survives && cost < best.Hourly {
			copy(best.Amounts, x)
			best.Hourly = cost
		}
		if best.Hourly-best.Bound <= mixGap*(1+best.Hourly) {
			break
		}
		if err := s.master.Solve(ctx, 400*(len(x)+s.first+1)); err != nil {
			return best, fmt.Errorf("searching the cheapest mix of %d commitments: %w", len(x), err)
		}
		best.Bound = max(best.Bound, -s.master.Objective())
		for k := range x {
			x[k] = max(0, -s.master.Dual(s.first+k))
		}
	}
	return best, nil
}

// search is the state of one.
type search struct {
	p         *Program
	weights   []float64 // of the scenarios to expect
	functions []*function
	master    *lp.Solver
	first     int       // its row of the first instrument
	steady    []float64 // by scenario to survive: what an hour costs with nothing committed
}

// function is what is uncovered of a curve that has moved, or not: scenarios that
// differ by their scale alone share it.
type function struct {
	cover   *cover
	moved   int
	expect  []int
	survive []int
}

// search sets up the linear program without cuts. Its dual has a row for each
// part of each scenario to expect and one for each instrument.
func (p *Program) search() *search {
	s := &search{p: p, weights: weights(p.Expect)}
	var rows []lp.Row
	for _, w := range s.weights {
		for range curveParts {
			rows = append(rows, lp.Row{Sense: lp.Equal, RHS: w})
		}
	}
	s.first = len(rows)
	for range p.Instruments {
		rows = append(rows, lp.Row{Sense: lp.LessEqual, RHS: 1})
	}
	s.master = lp.New(rows)
	none := make([]float64, len(p.Instruments))
	for i := range p.Expect {
		for b := range curveParts {
			s.expects(i*curveParts+b, 0, none)
		}
		f := s.function(&p.Expect[i])
		f.expect = append(f.expect, i)
	}
	for i := range p.Survive {
		f := s.function(&p.Survive[i])
		f.survive = append(f.survive, i)
		s.steady = append(s.steady, p.Survive[i].scale()*p.Survive[i].Curve.OnDemand())
	}
	for _, limit := range p.Limits {
		entries, most := []lp.Entry{{Row: s.first + limit.Of, Value: -1}}, limit.Times
		if limit.By >= 0 {
			entries, most = append(entries, lp.Entry{Row: s.first + limit.By, Value: limit.Times}), 0
		}
		s.master.AddColumn(most, entries)
	}
	return s
}

func (s *search) function(of *Scenario) *function {
	for _, f := range s.functions {
		if f.cover.curve == of.Curve && f.moved == of.Moved {
			return f
		}
	}
	s.functions = append(s.functions, &function{cover: newCover(s.p.Instruments, of.Curve, of.Moved), moved: of.Moved})
	return s.functions[len(s.functions)-1]
}

// cut evaluates all scenarios at amounts, cuts the program there, and gives the
// expected cost and whether the amounts survive.
func (s *search) cut(x []float64) (cost float64, survives bool) {
	var paid float64
	for _, a := range x {
		paid += a
	}
	cost, survives = paid, true
	for _, f := range s.functions {
		for _, i := range f.expect {
			left, _, _ := s.at(f, x, s.p.Expect[i].scale())
			cost += s.weights[i] * left
		}
		for _, i := range f.survive {
			left, at, slope := s.at(f, x, s.p.Survive[i].scale())
			if paid+left > s.steady[i]+1e-9*(1+s.steady[i]) {
				survives = false
				s.survives(at-s.steady[i], slope)
			}
		}
	}
	return cost, survives
}

// at evaluates what is uncovered of a share of the curve: left, which is at least
// at + slope*y with other amounts y. It cuts all that is expected of the curve there:
// what holds at one scale does at each.
func (s *search) at(f *function, x []float64, scale float64) (left, at float64, slope []float64) {
	slope = make([]float64, len(x))
	for b, p := range f.cover.uncovered(scaled(x, 1/scale)) {
		one := p.cost * scale
		left += one
		for k := range x {
			one -= p.slope[k] * x[k]
			slope[k] += p.slope[k]
		}
		at += one
		for _, e := range f.expect {
			s.expects(e*curveParts+b, one*s.p.Expect[e].scale()/scale, p.slope)
		}
	}
	return left, at, slope
}

// expects tells the program that what a part of a scenario leaves is at least
// at + slope*x.
func (s *search) expects(row int, at float64, slope []float64) {
	entries := []lp.Entry{{Row: row, Value: 1}}
	for k, g := range slope {
		entries = append(entries, lp.Entry{Row: s.first + k, Value: -g})
	}
	s.master.AddColumn(-at, entries)
}

// survives tells the program that at + slope*x + the sum of x is at most 0.
func (s *search) survives(at float64, slope []float64) {
	var entries []lp.Entry
	for k, g := range slope {
		entries = append(entries, lp.Entry{Row: s.first + k, Value: -1 - g})
	}
	s.master.AddColumn(-at, entries)
}
