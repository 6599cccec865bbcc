package recommender_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing/lp"
)

func column(hours []float64) [][]float64 {
	var out [][]float64
	for _, h := range hours {
		out = append(out, []float64{h})
	}
	return out
}

// TestMixOfOneIsTheQuantile: with one family and one instrument the mix is the
// newsvendor's optimum, on 1,000 random curves.
func TestMixOfOneIsTheQuantile(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 3))
	for i := range 1000 {
		hours := make([]float64, 1+r.IntN(60))
		for j := range hours {
			hours[j] = math.Round(20*r.Float64()) / 2
		}
		rate := 0.2 + 0.7*r.Float64()
		mix, err := recommender.BestMix(
			[]recommender.Instrument{{Name: "one", Rates: []float64{rate}}},
			[]recommender.Scenario{{Weight: 1, Hours: column(hours)}})
		if err != nil {
			t.Fatal(err)
		}
		deal := pricing.Deal{OnDemand: 1, Rate: rate}
		demand := pricing.DemandOf(hours)
		want := deal.Cost(demand, deal.Optimum(demand))
		if math.Abs(mix.Hourly-want) > 1e-6*(1+want) || mix.Bound > want+1e-6 {
			t.Fatalf("curve %d: got cost %g, bound %g, want %g", i, mix.Hourly, mix.Bound, want)
		}
	}
}

// TestMixOfResources: vCPUs and memory of a family that are committed to apart
// are two newsvendors, on 300 random curves; a flexible commitment beside them
// never makes it dearer, and one amount for both is never cheaper.
func TestMixOfResources(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 13))
	better := 0
	for i := range 300 {
		hours := make([][]float64, 2+r.IntN(40))
		var vcpus, memory, machines []float64
		for h := range hours {
			hours[h] = []float64{math.Round(20*r.Float64()) / 2, math.Round(10*r.Float64()) / 2}
			vcpus, memory = append(vcpus, hours[h][0]), append(memory, hours[h][1])
			machines = append(machines, hours[h][0]+hours[h][1])
		}
		rate := 0.3 + 0.6*r.Float64()
		apart := []recommender.Instrument{{Name: "vcpu", Rates: []float64{rate, 0}}, {Name: "memory", Rates: []float64{0, rate}}}
		one := []recommender.Scenario{{Weight: 1, Hours: hours}}
		mix, err := recommender.BestMix(apart, one)
		if err != nil {
			t.Fatal(err)
		}
		deal, want := pricing.Deal{OnDemand: 1, Rate: rate}, 0.0
		for _, curve := range [][]float64{vcpus, memory} {
			demand := pricing.DemandOf(curve)
			want += deal.Cost(demand, deal.Optimum(demand))
		}
		if math.Abs(mix.Hourly-want) > 1e-6*(1+want) {
			t.Fatalf("curve %d: got cost %g, want %g of two quantiles", i, mix.Hourly, want)
		}
		flexible := recommender.Instrument{Name: "flexible", Rates: []float64{rate + 0.05, rate + 0.05}}
		both, err := recommender.BestMix(append(apart, flexible), one)
		if err != nil || both.Hourly > want+1e-6*(1+want) {
			t.Fatalf("curve %d: got cost %g with a flexible commitment, error %v, want at most %g", i, both.Hourly, err, want)
		}
		demand := pricing.DemandOf(machines)
		amount := deal.Optimum(demand)
		share := pricing.DemandOf(vcpus).Mean() / max(demand.Mean(), 1e-9)
		proportional := deal.Cost(pricing.DemandOf(vcpus), share*amount) + deal.Cost(pricing.DemandOf(memory), (1-share)*amount)
		if want > proportional+1e-9 {
			t.Fatalf("curve %d: two quantiles cost %g, one in proportion %g", i, want, proportional)
		}
		if want < proportional-1e-6 {
			better++
		}
	}
	if better < 150 {
		t.Errorf("two quantiles were cheaper on %d of 300 curves, want most", better)
	}
}

// TestMixAgainstTheWholeProgram states the same choice as one linear program
// with a variable for every hour, family and instrument, and compares.
func TestMixAgainstTheWholeProgram(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 9))
	for i := range 60 {
		families := 1 + r.IntN(3)
		instruments := randomInstruments(r, families)
		hours := make([][]float64, 2+r.IntN(8))
		for h := range hours {
			for range families {
				hours[h] = append(hours[h], math.Round(10*r.Float64()))
			}
		}
		mix, err := recommender.BestMix(instruments, []recommender.Scenario{{Weight: 2, Hours: hours}})
		if err != nil {
			t.Fatal(err)
		}
		want := wholeProgram(t, instruments, hours)
		if math.Abs(mix.Hourly-want) > 1e-5*(1+want) || mix.Bound > want+1e-6 {
			t.Fatalf("instance %d: got cost %g, bound %g, want %g", i, mix.Hourly, mix.Bound, want)
		}
	}
}

// randomInstruments gives one narrow instrument a family and a flexible one.
func randomInstruments(r *rand.Rand, families int) []recommender.Instrument {
	var out []recommender.Instrument
	wide := make([]float64, families)
	for j := range families {
		rates := make([]float64, families)
		rates[j] = 0.3 + 0.6*r.Float64()
		wide[j] = 0.3 + 0.65*r.Float64()
		out = append(out, recommender.Instrument{Rates: rates})
	}
	return append(out, recommender.Instrument{Rates: wide})
}

// wholeProgram is the least mean cost by min sum x + mean of what is on demand,
// with cover + on demand >= demand and cover at its rate <= x.
func wholeProgram(t *testing.T, instruments []recommender.Instrument, hours [][]float64) float64 {
	t.Helper()
	families, n := len(hours[0]), len(instruments)
	var rows []lp.Row
	for _, hour := range hours {
		for _, d := range hour {
			rows = append(rows, lp.Row{Sense: lp.GreaterEqual, RHS: d})
		}
	}
	spend := len(rows)
	for range len(hours) * n {
		rows = append(rows, lp.Row{Sense: lp.LessEqual})
	}
	s := lp.New(rows)
	for k := range n {
		var e []lp.Entry
		for h := range hours {
			e = append(e, lp.Entry{Row: spend + h*n + k, Value: -1})
		}
		s.AddColumn(1, e)
	}
	for h := range hours {
		for j := range families {
			s.AddColumn(1/float64(len(hours)), []lp.Entry{{Row: h*families + j, Value: 1}})
			for k, in := range instruments {
				if in.Rates[j] > 0 {
					s.AddColumn(0, []lp.Entry{{Row: h*families + j, Value: 1}, {Row: spend + h*n + k, Value: in.Rates[j]}})
				}
			}
		}
	}
	if err := s.Solve(100000); err != nil {
		t.Fatal(err)
	}
	return s.Objective()
}

func TestMixRefusesTwoFlexible(t *testing.T) {
	wide := recommender.Instrument{Rates: []float64{0.7, 0.7}}
	if _, err := recommender.BestMix([]recommender.Instrument{wide, wide}, nil); err == nil {
		t.Error("got no error for two instruments of several families")
	}
}

// TestUseOfAddsUp: what is covered and what is left is the demand.
func TestUseOfAddsUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 8))
	instruments := randomInstruments(r, 2)
	hours := [][]float64{{5, 1}, {0, 9}, {3, 3}}
	uses, left, err := recommender.UseOf(instruments, []float64{1, 0.5, 1.5}, hours)
	if err != nil {
		t.Fatal(err)
	}
	var got float64
	for k, u := range uses {
		got += u.Covered
		if u.Used > []float64{1, 0.5, 1.5}[k]+1e-12 {
			t.Errorf("instrument %d: %g used is more than there is", k, u.Used)
		}
	}
	for _, hour := range left {
		got += (hour[0] + hour[1]) / 3
	}
	if math.Abs(got-7) > 1e-9 {
		t.Errorf("covered and left: got %g, want 7", got)
	}
}

// BenchmarkBestMix is a month of hours, six families and a flexible plan.
func BenchmarkBestMix(b *testing.B) {
	r := rand.New(rand.NewPCG(6, 6))
	instruments := randomInstruments(r, 6)
	hours := make([][]float64, 730)
	for h := range hours {
		for range 6 {
			hours[h] = append(hours[h], 10+5*math.Sin(float64(h)/24*2*math.Pi)+r.Float64())
		}
	}
	for b.Loop() {
		if _, err := recommender.BestMix(instruments, []recommender.Scenario{{Weight: 1, Hours: hours}}); err != nil {
			b.Fatal(err)
		}
	}
}
