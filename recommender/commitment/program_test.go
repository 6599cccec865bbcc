package commitment_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/commitment"
)

func column(hours []float64) [][]float64 {
	var out [][]float64
	for _, h := range hours {
		out = append(out, []float64{h})
	}
	return out
}

// asIs is the demand of hours, alone.
func asIs(hours [][]float64) []commitment.Scenario {
	return []commitment.Scenario{{Weight: 1, Curve: commitment.NewCurve(hours, nil)}}
}

func best(t testing.TB, p commitment.Program) commitment.Mix {
	t.Helper()
	mix, err := p.Best(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return mix
}

// TestOneInstrumentIsTheQuantile: with one family and one instrument the amount
// is the newsvendor's, on 1,000 random curves.
func TestOneInstrumentIsTheQuantile(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 3))
	for i := range 1000 {
		hours := make([]float64, 1+r.IntN(60))
		for j := range hours {
			hours[j] = math.Round(20*r.Float64()) / 2
		}
		rate := 0.2 + 0.7*r.Float64()
		mix := best(t, commitment.Program{
			Instruments: []commitment.Instrument{{Name: "one", Rates: []float64{rate}}}, Expect: asIs(column(hours))})
		deal := pricing.Deal{OnDemand: 1, Rate: rate}
		demand := pricing.DemandOf(hours)
		want := deal.Cost(demand, deal.Optimum(demand))
		if math.Abs(mix.Hourly-want) > 1e-7*(1+want) || mix.Bound > want+1e-7 {
			t.Fatalf("curve %d: got cost %g, bound %g, want %g", i, mix.Hourly, mix.Bound, want)
		}
		if got, want := mix.Amounts[0]/rate, demand.Quantile(1-rate); math.Abs(got-want) > 1e-6 {
			t.Fatalf("curve %d: got %g, want the %.3f-quantile %g", i, got, 1-rate, want)
		}
	}
}

// TestSustainedUse: beside a provider's discount for what runs long the amount of
// one instrument is that of pricing.Deal, and two terms of a family cost what the
// better alone does.
func TestSustainedUse(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 31))
	tiers := [][]float64{{1, 0.8, 0.6, 0.4}}
	for i := range 300 {
		hours := make([]float64, 1+r.IntN(40))
		for j := range hours {
			hours[j] = math.Round(20*r.Float64()) / 2
		}
		deal := pricing.Deal{OnDemand: 1, Rate: 0.3 + 0.5*r.Float64(), SustainedUse: tiers[0]}
		demand := pricing.DemandOf(hours)
		want := deal.Cost(demand, deal.Optimum(demand))
		scenario := []commitment.Scenario{{Weight: 1, Curve: commitment.NewCurve(column(hours), tiers)}}
		if got := scenario[0].Curve.OnDemand(); math.Abs(got-deal.Cost(demand, 0)) > 1e-9*(1+got) {
			t.Fatalf("curve %d on demand: got %g, want %g", i, got, deal.Cost(demand, 0))
		}
		one := commitment.Instrument{Years: 1, Rates: []float64{deal.Rate}}
		dear := commitment.Instrument{Years: 3, Rates: []float64{deal.Rate + 0.05}}
		for _, instruments := range [][]commitment.Instrument{{one}, {one, dear}} {
			mix := best(t, commitment.Program{Instruments: instruments, Expect: scenario})
			if math.Abs(mix.Hourly-want) > 1e-7*(1+want) || mix.Bound > want+1e-7 {
				t.Fatalf("curve %d, %d instruments: got cost %g, bound %g, want %g", i, len(instruments), mix.Hourly, mix.Bound, want)
			}
		}
	}
}

// TestResources: vCPUs and memory of a family that are committed to apart
// are two newsvendors, on 300 random curves; a flexible commitment beside them
// never makes it dearer, and one amount for both is never cheaper.
func TestResources(t *testing.T) {
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
		apart := []commitment.Instrument{{Name: "vcpu", Rates: []float64{rate, 0}}, {Name: "memory", Rates: []float64{0, rate}}}
		mix := best(t, commitment.Program{Instruments: apart, Expect: asIs(hours)})
		deal, want := pricing.Deal{OnDemand: 1, Rate: rate}, 0.0
		for _, curve := range [][]float64{vcpus, memory} {
			demand := pricing.DemandOf(curve)
			want += deal.Cost(demand, deal.Optimum(demand))
		}
		if math.Abs(mix.Hourly-want) > 1e-6*(1+want) {
			t.Fatalf("curve %d: got cost %g, want %g of two quantiles", i, mix.Hourly, want)
		}
		flexible := commitment.Instrument{Name: "flexible", Flexible: true, Rates: []float64{rate + 0.05, rate + 0.05}}
		if both := best(t, commitment.Program{Instruments: append(apart, flexible), Expect: asIs(hours)}); both.Hourly > want+1e-6*(1+want) {
			t.Fatalf("curve %d: got cost %g with a flexible commitment, want at most %g", i, both.Hourly, want)
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

// TestLimits: memory that is held to a multiple of the vCPUs is bought with more
// of them where that pays, and none without any.
func TestLimits(t *testing.T) {
	instruments := []commitment.Instrument{{Rates: []float64{0.6, 0}}, {Rates: []float64{0, 0.6}}}
	p := commitment.Program{Instruments: instruments, Expect: asIs([][]float64{{1, 10}, {1, 10}, {3, 10}}),
		Limits: []commitment.Limit{{Of: 1, By: 0, Times: 4}}}
	// vCPUs above 1 find use in a third of the hours, which loses, but each lets four
	// of memory be bought
	if mix := best(t, p); math.Abs(mix.Amounts[0]-0.6*2.5) > 1e-6 || math.Abs(mix.Amounts[1]-0.6*10) > 1e-6 {
		t.Errorf("got %v, want 1.5 of vCPUs for the 6 of memory", mix.Amounts)
	}
	p.Limits[0] = commitment.Limit{Of: 1, By: -1}
	if mix := best(t, p); math.Abs(mix.Amounts[0]-0.6) > 1e-6 || mix.Amounts[1] != 0 {
		t.Errorf("got %v, want 0.6 of vCPUs and no memory", mix.Amounts)
	}
	p.Limits[0].Times = 1.5
	if mix := best(t, p); math.Abs(mix.Amounts[1]-1.5) > 1e-6 {
		t.Errorf("got %v, want 1.5 of memory", mix.Amounts)
	}
}

// TestOutcomeAddsUp: the outcome of amounts is what the search said, its parts
// make the whole.
func TestOutcomeAddsUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 8))
	for i := range 100 {
		p := randomProgram(r, 2, 1+r.IntN(2), []int{1, 3})
		mix := best(t, p)
		got := commitment.OutcomeOf(p.Instruments, mix.Amounts, p.Expect)
		if math.Abs(got.Cost-mix.Hourly) > 1e-9*(1+got.Cost) {
			t.Fatalf("program %d: the outcome is %g, the search said %g", i, got.Cost, mix.Hourly)
		}
		paid := 0.0
		for _, a := range mix.Amounts {
			paid += a
		}
		if math.Abs(got.Demand-got.Covered-(got.Cost-paid)) > 1e-9*(1+got.Demand) || math.Abs(got.OnDemand-got.Demand) > 1e-9*(1+got.Demand) {
			t.Fatalf("program %d: %+v with %g paid does not add up", i, got, paid)
		}
	}
}

// TestManyFamilies: twenty families whose hours have little to do with each other are
// closed on in few steps, also where a fall in the last week binds.
func TestManyFamilies(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	const families = 20
	instruments := realInstruments(r, families, []int{1})
	hours := make([][]float64, 28*24)
	for h := range hours {
		for j := range families {
			v := 1 + float64(j)*math.Abs(math.Sin(float64(h+3*j)/24*math.Pi))*r.Float64()
			if h >= 21*24 {
				v /= 4
			}
			hours[h] = append(hours[h], v)
		}
	}
	curve := commitment.NewCurve(hours, nil)
	p := commitment.Program{Instruments: instruments,
		Expect: []commitment.Scenario{{Weight: 0.95, Curve: curve}, {Weight: 0.05, Curve: curve, Moved: 1}}}
	free := best(t, p)
	p.Survive = []commitment.Scenario{{Curve: commitment.NewCurve(hours[21*24:], nil)}, {Curve: curve, Scale: 0.8}}
	bound := best(t, p)
	for _, mix := range []commitment.Mix{free, bound} {
		if mix.Steps > 200 || mix.Hourly > mix.Bound*(1+1e-6) {
			t.Errorf("got cost %.9g, bound %.9g after %d steps, want the bound reached in 200", mix.Hourly, mix.Bound, mix.Steps)
		}
	}
	if bound.Hourly <= free.Hourly {
		t.Errorf("the last week does not bind: got %g with and %g without it", bound.Hourly, free.Hourly)
	}
}

// BenchmarkBest is a month of hours, six families, both terms and flexible plans.
func BenchmarkBest(b *testing.B) {
	r := rand.New(rand.NewPCG(6, 6))
	instruments := realInstruments(r, 6, []int{1, 3})
	hours := make([][]float64, 730)
	for h := range hours {
		for range 6 {
			hours[h] = append(hours[h], 10+5*math.Sin(float64(h)/24*2*math.Pi)+r.Float64())
		}
	}
	curve := commitment.NewCurve(hours, nil)
	p := commitment.Program{Instruments: instruments,
		Expect:  []commitment.Scenario{{Weight: 0.75, Curve: curve}, {Weight: 0.2, Curve: curve, Moved: 3}, {Weight: 0.05, Curve: curve, Moved: 1}},
		Survive: []commitment.Scenario{{Curve: commitment.NewCurve(hours[562:], nil)}, {Curve: curve, Scale: 0.8}, {Curve: curve, Scale: 0.6}}}
	for b.Loop() {
		b.ReportMetric(float64(best(b, p).Steps), "steps")
	}
}

// TestProvidersOrder follows the worked example of the savings plans' manual: four products
// at $4, $10, $15 and $10 an hour of which a compute plan takes 50, 20, 33.3 and 50 % off, and
// one for instances 75 and 40 % off the first two. That of instances applies first.
func TestProvidersOrder(t *testing.T) {
	hour := commitment.NewCurve([][]float64{{4, 10, 15, 10}}, [][]float64{nil, nil, nil, nil})
	instance := commitment.Instrument{Name: "instance", Years: 1, Rates: []float64{0.25, 0.6, 0, 0}}
	compute := commitment.Instrument{Name: "compute", Years: 1, Flexible: true, Rates: []float64{0.5, 0.8, 2.0 / 3, 0.5}}
	for _, tt := range []struct{ instance, compute, bill float64 }{
		{0, 0, 39}, {0, 25, 25}, {0, 20, 26.25}, {0, 16, 27.5}, {0, 7, 32}, {0, 30, 30},
		{1, 0, 36},      // the largest discount: all of the first product
		{4, 0, 4 + 30},  // and half of the second
		{7, 0, 7 + 25},  // and the rest of it
		{7, 15, 22},     // the compute plan has what is left
		{1, 5, 6 + 25},  // not the first product, though its discount there is as large
		{4, 15, 19 + 5}, // nor that half of the second, whose discount is the least
	} {
		got := commitment.OutcomeOf([]commitment.Instrument{compute, instance}, []float64{tt.compute, tt.instance}, []commitment.Scenario{{Weight: 1, Curve: hour}})
		if math.Abs(got.Cost-tt.bill) > 1e-9 {
			t.Errorf("$%v for instances, $%v for all: got a bill of $%v, want $%v", tt.instance, tt.compute, got.Cost, tt.bill)
		}
	}
}
