package commitment_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/commitment"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing/lp"
)

// realInstruments gives what is on sale for each family and the terms: narrow ones
// and a flexible one, with discounts as the providers have them.
func realInstruments(r *rand.Rand, families int, years []int) []commitment.Instrument {
	var out []commitment.Instrument
	for _, y := range years {
		narrow, flexible := 0.63, 0.72
		if y == 3 {
			narrow, flexible = 0.44, 0.51
		}
		wide := commitment.Instrument{Years: y, Flexible: true}
		for j := range families {
			rates := make([]float64, families)
			rates[j] = narrow + 0.04*r.Float64()
			out = append(out, commitment.Instrument{Years: y, Rates: rates})
			wide.Rates = append(wide.Rates, flexible+0.04*r.Float64())
		}
		out = append(out, wide)
	}
	return out
}

// stated is a program before it is handed over: the hours are needed to state it as a
// whole.
type stated struct {
	commitment.Program
	hours map[*commitment.Curve][][]float64
}

func state(r *rand.Rand, instruments []commitment.Instrument, families, hours int, years []int) stated {
	all := make([][]float64, hours)
	for h := range all {
		for range families {
			all[h] = append(all[h], math.Round(10*r.Float64()))
		}
	}
	last := all[len(all)/2:]
	curve, recent := commitment.NewCurve(all, nil), commitment.NewCurve(last, nil)
	p := stated{commitment.Program{Instruments: instruments, Expect: []commitment.Scenario{{Weight: 0.7, Curve: curve}}}, map[*commitment.Curve][][]float64{curve: all, recent: last}}
	for _, y := range years {
		p.Expect = append(p.Expect, commitment.Scenario{Weight: 0.15, Curve: curve, Moved: y})
	}
	p.Survive = []commitment.Scenario{{Curve: recent}, {Curve: curve, Scale: 0.8}, {Curve: curve, Scale: 0.6}}
	return p
}

func randomProgram(r *rand.Rand, families, terms int, years []int) commitment.Program {
	return state(r, realInstruments(r, families, years[:terms]), families, 2+r.IntN(12), years[:terms]).Program
}

// whole states a program with a variable for what each instrument covers of each
// family in each hour of each scenario:
//
//	min  sum x + sum weight * mean uncovered
//	     covered + uncovered >= demand, covered at its rate <= x
//	     sum x + mean uncovered <= mean demand   in a scenario to survive
type whole struct {
	rows []lp.Row
	cols []wholeColumn
}

type wholeColumn struct {
	cost    float64
	entries []lp.Entry
}

func (p stated) whole() *whole {
	w := &whole{cols: make([]wholeColumn, len(p.Instruments))}
	for k := range p.Instruments {
		w.cols[k].cost = 1
	}
	weights := 0.0
	for _, s := range p.Expect {
		weights += s.Weight
	}
	for _, s := range p.Expect {
		w.scenario(p, s, s.Weight/weights, -1)
	}
	for _, s := range p.Survive {
		w.rows = append(w.rows, lp.Row{Sense: lp.LessEqual, RHS: scaleOf(s) * s.Curve.Mean()})
		row := len(w.rows) - 1
		for k := range p.Instruments {
			w.cols[k].entries = append(w.cols[k].entries, lp.Entry{Row: row, Value: 1})
		}
		w.scenario(p, s, 0, row)
	}
	return w
}

func scaleOf(s commitment.Scenario) float64 {
	if s.Scale == 0 {
		return 1
	}
	return s.Scale
}

// scenario adds the hours of one. What is uncovered costs its weight, or counts in
// the row of what is to be survived.
func (w *whole) scenario(p stated, s commitment.Scenario, weight float64, survive int) {
	hours := p.hours[s.Curve]
	for _, hour := range hours {
		demand := len(w.rows)
		for _, d := range hour {
			w.rows = append(w.rows, lp.Row{Sense: lp.GreaterEqual, RHS: d * scaleOf(s)})
		}
		for j := range hour {
			entries := []lp.Entry{{Row: demand + j, Value: 1}}
			if survive >= 0 {
				entries = append(entries, lp.Entry{Row: survive, Value: 1 / float64(len(hours))})
			}
			w.cols = append(w.cols, wholeColumn{weight / float64(len(hours)), entries})
		}
		for k, in := range p.Instruments {
			if s.Moved > 0 && in.Years >= s.Moved && !in.Flexible {
				continue
			}
			spend := len(w.rows)
			w.rows = append(w.rows, lp.Row{Sense: lp.LessEqual})
			w.cols[k].entries = append(w.cols[k].entries, lp.Entry{Row: spend, Value: -1})
			for j, rate := range in.Rates {
				if rate > 0 {
					w.cols = append(w.cols, wholeColumn{0, []lp.Entry{{Row: demand + j, Value: 1}, {Row: spend, Value: rate}}})
				}
			}
		}
	}
}

// prove solves the whole program and proves the answer by duality, without trust in
// the solver: the duals are feasible and come to the same.
func (w *whole) prove(t *testing.T) float64 {
	t.Helper()
	s := lp.New(w.rows)
	for _, c := range w.cols {
		s.AddColumn(c.cost, c.entries)
	}
	if err := s.Solve(context.Background(), 100_000); err != nil {
		t.Fatal(err)
	}
	dual := 0.0
	for r, row := range w.rows {
		y := s.Dual(r)
		if row.Sense == lp.LessEqual && y > 1e-7 || row.Sense == lp.GreaterEqual && y < -1e-7 {
			t.Fatalf("dual %d has the wrong sign: %g", r, y)
		}
		dual += y * row.RHS
	}
	for c, column := range w.cols {
		reduced := column.cost
		for _, e := range column.entries {
			reduced -= e.Value * s.Dual(e.Row)
		}
		if reduced < -1e-7 || s.Value(c) < -1e-7 {
			t.Fatalf("column %d: value %g, reduced cost %g, want both at least 0", c, s.Value(c), reduced)
		}
	}
	if math.Abs(dual-s.Objective()) > 1e-6*(1+dual) {
		t.Fatalf("the duals come to %g, the answer to %g", dual, s.Objective())
	}
	return s.Objective()
}

// TestAgainstTheWholeProgram: with one flexible instrument the amounts cost what the
// whole program, proven by duality, says is least.
func TestAgainstTheWholeProgram(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 9))
	binds := 0
	for i := range 60 {
		families, years := 1+r.IntN(3), []int{1}
		if i%2 == 1 {
			years = []int{3}
		}
		instruments := realInstruments(r, families, years)
		if i%3 == 0 { // any rates, both terms narrow
			for j := range families {
				rates := make([]float64, families)
				rates[j] = 0.3 + 0.6*r.Float64()
				instruments = append(instruments, commitment.Instrument{Years: 4 - years[0], Rates: rates})
			}
			years = []int{1, 3}
		}
		p := state(r, instruments, families, 2+r.IntN(5), years)
		mix, want := best(t, p.Program), p.whole().prove(t)
		if math.Abs(mix.Hourly-want) > 1e-6*(1+want) || mix.Bound > want+1e-6 {
			t.Fatalf("program %d: got cost %g, bound %g in %d steps, want %g", i, mix.Hourly, mix.Bound, mix.Steps, want)
		}
		free := p.Program
		free.Survive = nil
		if best(t, free).Hourly < mix.Hourly-1e-6 {
			binds++
		}
	}
	if binds < 10 {
		t.Errorf("the scenarios to survive changed %d of 60 answers, want some", binds)
	}
}

// TestTwoFlexible: with flexible instruments of both terms the providers' order of
// application costs no more than 0.1 % above the whole program, which may cover an
// hour as it likes.
func TestTwoFlexible(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 2))
	worst := 0.0
	for i := range 40 {
		families := 1 + r.IntN(3)
		p := state(r, realInstruments(r, families, []int{1, 3}), families, 2+r.IntN(4), []int{1, 3})
		mix, want := best(t, p.Program), p.whole().prove(t)
		if mix.Hourly < want-1e-6*(1+want) {
			t.Fatalf("program %d: got cost %g below the least that is possible, %g", i, mix.Hourly, want)
		}
		worst = max(worst, mix.Hourly/want-1)
	}
	t.Logf("worst %.5f %% above the whole program", 100*worst)
	if worst > 0.001 {
		t.Errorf("got %.3f %% above the whole program, want at most 0.1 %%", 100*worst)
	}
}

// TestAgainstBruteForce tries all amounts on a grid of two and three instruments.
func TestAgainstBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 14))
	for i := range 60 {
		families := 1 + i%2
		p := randomProgram(r, families, 1, []int{1 + 2*(i/2%2)})
		mix := best(t, p)
		least := math.Inf(1)
		amounts := make([]float64, len(p.Instruments))
		var try func(k int)
		try = func(k int) {
			if k < len(amounts) {
				for step := range 13 {
					amounts[k] = float64(step)
					try(k + 1)
				}
				return
			}
			for j := range p.Survive {
				if o := commitment.OutcomeOf(p.Instruments, amounts, []commitment.Scenario{{Weight: 1, Curve: p.Survive[j].Curve, Scale: p.Survive[j].Scale}}); o.Cost > o.OnDemand+1e-9 {
					return
				}
			}
			least = min(least, commitment.OutcomeOf(p.Instruments, amounts, p.Expect).Cost)
		}
		try(0)
		if mix.Hourly > least+1e-6 {
			t.Fatalf("program %d: got cost %g of %v, a grid finds %g", i, mix.Hourly, mix.Amounts, least)
		}
	}
}
