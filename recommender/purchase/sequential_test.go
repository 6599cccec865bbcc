package purchase_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/commitment"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
)

// sequential chooses amounts term by term, the way that the program for all at once
// is held against: the longest term first, on the demand or on 60 % of it, shorter
// ones for what it leaves, or one instrument alone; each scaled down until it
// survives; the cheapest of these.
func sequential(t *testing.T, p commitment.Program, hours [][]float64) []float64 {
	t.Helper()
	var candidates [][]float64
	terms := []int{}
	for _, in := range p.Instruments {
		if !slices.Contains(terms, in.Years) {
			terms = append(terms, in.Years)
		}
	}
	slices.Sort(terms)
	slices.Reverse(terms)
	for _, fall := range []float64{1, 0.6} {
		amounts, left := make([]float64, len(p.Instruments)), hours
		for _, years := range terms {
			some := left
			if years == 3 {
				some = timesHours(left, fall)
			}
			add(t, p, amounts, some, func(in commitment.Instrument) bool { return in.Years == years })
			left = uncovered(p.Instruments, amounts, hours, terms)
		}
		candidates = append(candidates, amounts)
	}
	for k := range p.Instruments {
		amounts := make([]float64, len(p.Instruments))
		at := -1
		add(t, p, amounts, hours, func(commitment.Instrument) bool { at++; return at == k })
		candidates = append(candidates, amounts)
	}
	best := make([]float64, len(p.Instruments))
	for _, amounts := range candidates {
		amounts = untilItSurvives(p, amounts)
		if commitment.OutcomeOf(p.Instruments, amounts, p.Expect).Cost < commitment.OutcomeOf(p.Instruments, best, p.Expect).Cost {
			best = amounts
		}
	}
	return best
}

// add buys what is best of some of the instruments for hours.
func add(t *testing.T, p commitment.Program, amounts []float64, hours [][]float64, which func(commitment.Instrument) bool) {
	t.Helper()
	var some []commitment.Instrument
	var at []int
	for k, in := range p.Instruments {
		if which(in) {
			some, at = append(some, in), append(at, k)
		}
	}
	curve := commitment.NewCurve(hours, nil)
	stays, moves := 0.95, 0.05
	if some[0].Years == 3 {
		stays, moves = 0.75, 0.25
	}
	mix, err := (&commitment.Program{Instruments: some, Expect: []commitment.Scenario{{Weight: stays, Curve: curve}, {Weight: moves, Curve: curve, Moved: 1}}}).Best(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range at {
		amounts[k] = mix.Amounts[i]
	}
}

// uncovered is what amounts leave of each hour, term by term.
func uncovered(instruments []commitment.Instrument, amounts []float64, hours [][]float64, terms []int) [][]float64 {
	out := timesHours(hours, 1)
	for _, years := range terms {
		for _, flexible := range []bool{false, true} {
			for k, in := range instruments {
				if in.Years != years || in.Flexible != flexible {
					continue
				}
				for _, hour := range out {
					left := amounts[k]
					for j, rate := range in.Rates {
						if rate > 0 {
							take := min(hour[j], left/rate)
							hour[j], left = hour[j]-take, left-take*rate
						}
					}
				}
			}
		}
	}
	return out
}

func timesHours(hours [][]float64, by float64) [][]float64 {
	out := make([][]float64, len(hours))
	for i, hour := range hours {
		for _, v := range hour {
			out[i] = append(out[i], v*by)
		}
	}
	return out
}

func untilItSurvives(p commitment.Program, amounts []float64) []float64 {
	scale := func(by float64) []float64 {
		out := slices.Clone(amounts)
		for k := range out {
			out[k] *= by
		}
		return out
	}
	survives := func(some []float64) bool {
		for _, s := range p.Survive {
			s.Weight = 1
			if o := commitment.OutcomeOf(p.Instruments, some, []commitment.Scenario{s}); o.Cost > o.OnDemand+1e-9 {
				return false
			}
		}
		return true
	}
	low, high := 0.0, 1.0
	if survives(amounts) {
		return amounts
	}
	for range 40 {
		if middle := (low + high) / 2; survives(scale(middle)) {
			low = middle
		} else {
			high = middle
		}
	}
	return scale(low)
}

// onSale lists what a provider sells for families.
func onSale(t *testing.T, provider, region string, families []string, terms ...int) []commitment.Instrument {
	t.Helper()
	catalog := pricing.New(pricing.Config{})
	var out []commitment.Instrument
	flexible := map[int]*commitment.Instrument{}
	for j, family := range families {
		offers, _, err := catalog.CommitmentOffers(provider, region, family, advice.DefaultCapitalCost)
		if err != nil || len(offers) == 0 {
			t.Fatalf("%s %s: got %d offers, error %v", provider, family, len(offers), err)
		}
		for _, o := range offers {
			in := commitment.Instrument{Name: o.Instrument, Years: o.TermYears, Flexible: o.Flexible, Rates: make([]float64, len(families))}
			switch {
			case !slices.Contains(terms, o.TermYears):
				continue
			case o.Flexible && flexible[o.TermYears] == nil:
				flexible[o.TermYears] = &in
				fallthrough
			case o.Flexible:
				flexible[o.TermYears].Rates[j] = o.Rate(advice.DefaultCapitalCost)
			default:
				in.Rates[j] = o.Rate(advice.DefaultCapitalCost)
				out = append(out, in)
			}
		}
	}
	for _, years := range terms {
		if in := flexible[years]; in != nil {
			out = append(out, *in)
		}
	}
	return out
}

// TestAllAtOnceIsNeverDearer: on random demand, much of which falls in the last week,
// with some of AWS' instruments on sale, the amounts chosen at once cost no more than
// those chosen term by term.
func TestAllAtOnceIsNeverDearer(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 4))
	better, gain, cases := 0, 0.0, 0
	for i := range 150 {
		families := []string{"m6i", "c6i", "r6i"}[:1+i%3]
		instruments := onSale(t, "aws", "us-east-1", families, [][]int{{1}, {3}, {1, 3}}[i/3%3]...)
		instruments = slices.DeleteFunc(instruments, func(commitment.Instrument) bool { return len(instruments) > 1 && r.IntN(3) == 0 })
		if len(instruments) == 0 {
			continue
		}
		falls := 1 - 0.7*r.Float64()
		hours := make([][]float64, 14*24)
		for h := range hours {
			for j := range families {
				day := float64((h/24+i+j)%(2+i%5)) / 3
				v := 1 + day + 2*float64(r.IntN(2))*r.Float64()*float64(h/12%2)
				if h/24 >= 7 && (i+j)%2 == 0 {
					v *= falls
				}
				hours[h] = append(hours[h], v)
			}
		}
		p := purchase.SaleOf(instruments, hours).Program()
		mix, err := p.Best(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		was := commitment.OutcomeOf(instruments, sequential(t, p, hours), p.Expect).Cost
		cases++
		gain += 1 - mix.Hourly/was
		if mix.Hourly > was+1e-6*(1+was) {
			t.Errorf("case %d: all at once costs %.6f, term by term %.6f", i, mix.Hourly, was)
		}
		if mix.Hourly < was*(1-1e-4) {
			better++
		}
	}
	t.Logf("cheaper in %d of %d cases, by %.2f %% on average", better, cases, 100*gain/float64(cases))
	if better == 0 {
		t.Error("got the same cost in all cases, want some cheaper")
	}
}

// TestFleetTracesAtOnce scores amounts chosen at once beside those chosen term by term
// on what they were not chosen from: three fleets as three families.
func TestFleetTracesAtOnce(t *testing.T) {
	var families [][]float64
	for _, file := range traceFiles(t) {
		for name, trace := range fleet(t, file) {
			if strings.Contains(file, "_bb_") && name == "cpu" {
				families = append(families, trace)
			}
		}
	}
	if len(families) != 3 {
		t.Fatalf("got %d fleets, want 3", len(families))
	}
	hours := make([][]float64, min(len(families[0]), len(families[1]), len(families[2])))
	for _, trace := range families {
		mean := pricing.DemandOf(trace).Mean()
		for h := range hours {
			hours[h] = append(hours[h], trace[h]/mean)
		}
	}
	table := "on sale | at once, USD an hour expected | term by term | clairvoyant\n"
	for _, sale := range []struct {
		provider, region string
		families         []string
	}{{"aws", "us-east-1", []string{"m6i", "c6i", "r6i"}}, {"azure", "eastus", []string{"dsv5", "fsv2", "esv5"}}} {
		for _, terms := range [][]int{{1}, {3}, {1, 3}} {
			for _, split := range []int{2, 3, 4} { // the share of the trace before the advice
				at := len(hours) / split
				past, instruments := lastDays(hours[:at], 14), onSale(t, sale.provider, sale.region, sale.families, terms...)
				p, future := purchase.SaleOf(instruments, past).Program(), purchase.SaleOf(instruments, hours[at:]).Program().Expect
				mix, err := p.Best(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				cost := func(amounts []float64) float64 { return commitment.OutcomeOf(instruments, amounts, future).Cost }
				table += fmt.Sprintf("%s %v, from 1/%d | %.4f | %.4f | %.4f\n", sale.provider, terms, split, cost(mix.Amounts), cost(sequential(t, p, past)), leastCost(t, instruments, future))
			}
		}
	}
	t.Log("\n" + table)
}
