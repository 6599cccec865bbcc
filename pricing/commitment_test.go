package pricing_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

func closeTo(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s: got %.6f, want %.6f", what, got, want)
	}
}

// TestCommitmentVectors holds the newsvendor's optimum to worked examples.
func TestCommitmentVectors(t *testing.T) {
	ten := pricing.DemandOf([]float64{2, 4, 4, 6, 6, 6, 8, 8, 10, 12})
	week := pricing.DemandOf(officeWeek())
	closeTo(t, "the week's mean", week.Mean(), 123.2447, 5e-5)
	for _, tt := range []struct {
		name            string
		demand          pricing.Demand
		rate            float64
		optimum, hourly float64
		tolerance       float64
	}{
		{"ten hours, 37 % off", ten, 0.63, 6, 5.18, 1e-9},
		{"ten hours, 55 % off", ten, 0.45, 6, 4.10, 1e-9},
		{"a week, 37 % off", week, 0.63, 100, 86.2447, 5e-5},
		{"a week, 54.6 % off", week, 0.454, 115.637, 67.7813, 5e-4},
		{"a week, 63 % off", week, 0.37, 118.019, 57.8987, 5e-4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			deal := pricing.Deal{OnDemand: 1, Rate: tt.rate}
			k := deal.Optimum(tt.demand)
			closeTo(t, "optimum", k, tt.optimum, tt.tolerance)
			closeTo(t, "cost", deal.Cost(tt.demand, k), tt.hourly, tt.tolerance)
		})
	}
	deal := pricing.Deal{OnDemand: 1, Rate: 0.63}
	closeTo(t, "nothing committed", deal.Cost(ten, 0), 6.6, 1e-9)
	closeTo(t, "one unit less", deal.Cost(ten, 5), 5.25, 1e-9)
	closeTo(t, "one unit more", deal.Cost(ten, 7), 5.41, 1e-9)
	closeTo(t, "coverage", deal.Outcome(week, 100).Coverage, 0.811, 5e-4)
	closeTo(t, "savings", 1-deal.Cost(week, 100)/week.Mean(), 0.3002, 5e-5)
	closeTo(t, "utilization", pricing.Deal{OnDemand: 1, Rate: 0.454}.Outcome(week, 115.637).Utilization, 0.934, 5e-4)
}

// officeWeek is a week with a hump by day, smaller at the weekend.
func officeWeek() []float64 {
	var out []float64
	for h := range 168 {
		hump := 80.0
		if h >= 120 {
			hump = 20
		}
		v := 100.0
		if hr := h % 24; hr >= 7 && hr <= 21 {
			v += hump * math.Sin(math.Pi*float64(hr-7)/14)
		}
		out = append(out, v)
	}
	return out
}

// TestSustainedUse holds the break-even of commitments beside Google's
// automatic discounts to the figures worked out by hand: 63 % of the price is
// reached after 82.5 % of the month on N1 and 72.2 % on N2.
func TestSustainedUse(t *testing.T) {
	n1, n2 := []float64{1, 0.8, 0.6, 0.4}, []float64{1, 0.8678, 0.733, 0.6}
	for _, tt := range []struct {
		name  string
		tiers []float64
		rate  float64
		want  float64
	}{
		{"N1 1 year", n1, 0.63, 0.825}, {"N2 1 year", n2, 0.63, 0.722},
		{"N1 3 years", n1, 0.45, 0.500}, {"N2 3 years", n2, 0.45, 0.481},
		{"dearer than the discounted month", n1, 0.71, math.Inf(1)},
	} {
		got := pricing.Deal{OnDemand: 1, Rate: tt.rate, SustainedUse: tt.tiers}.BreakEven()
		if math.Abs(got-tt.want) > 6e-4 {
			t.Errorf("%s: got %.4f, want %.4f", tt.name, got, tt.want)
		}
	}
	full := pricing.DemandOf([]float64{10, 10, 10, 10})
	deal := pricing.Deal{OnDemand: 1, Rate: 0.63, SustainedUse: n1}
	closeTo(t, "a full month on N1 with a commitment over the discounted month", deal.Cost(full, 10)/deal.Cost(full, 0), 0.9, 1e-9)
}

// TestOptimumAgainstBruteForce tries every demand of a random curve, and zero,
// as the amount: none may cost less than the optimum, and the largest amount
// that survives may cost no more than nothing.
func TestOptimumAgainstBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	for i := range 1000 {
		hours := randomHours(r)
		deal := pricing.Deal{OnDemand: 0.01 + r.Float64()}
		deal.Rate = deal.OnDemand * (0.2 + r.Float64())
		if i%3 == 0 {
			deal.SustainedUse = []float64{1, 0.8678, 0.733, 0.6}
		}
		demand := pricing.DemandOf(hours)
		best := deal.Cost(demand, 0)
		for _, k := range hours {
			best = min(best, deal.Cost(demand, k))
		}
		k := deal.Optimum(demand)
		if got := deal.Cost(demand, k); got > best+1e-9*(1+best) {
			t.Fatalf("curve %d: optimum %g costs %g, brute force finds %g", i, k, got, best)
		}
		none, edge := deal.Cost(demand, 0), deal.Largest(demand)
		if got := deal.Cost(demand, edge); got > none+1e-9*(1+none) {
			t.Fatalf("curve %d: the largest amount %g costs %g, nothing costs %g", i, edge, got, none)
		}
		if got := deal.Cost(demand, edge*1.001+1e-6); got < none-1e-9 {
			t.Fatalf("curve %d: more than the largest amount %g still costs only %g of %g", i, edge, got, none)
		}
	}
}

func randomHours(r *rand.Rand) []float64 {
	hours := make([]float64, 1+r.IntN(200))
	for j := range hours {
		switch r.IntN(4) {
		case 0:
			hours[j] = float64(r.IntN(8)) // ties and zeros
		case 1:
			hours[j] = math.Exp(2 * r.NormFloat64())
		default:
			hours[j] = 10 + 5*math.Sin(float64(j)/24*2*math.Pi) + r.Float64()
		}
	}
	return hours
}

// TestCostIsNaive checks the prefix sums by adding hour by hour.
func TestCostIsNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		hours := randomHours(r)
		k := 20 * r.Float64()
		deal := pricing.Deal{OnDemand: 1.3, Rate: 0.7}
		want, used := 0.0, 0.0
		for _, h := range hours {
			want += deal.Rate*k + deal.OnDemand*max(0, h-k)
			used += min(h, k)
		}
		n := float64(len(hours))
		demand := pricing.DemandOf(hours)
		closeTo(t, "cost", deal.Cost(demand, k), want/n, 1e-9)
		closeTo(t, "utilization", deal.Outcome(demand, k).Utilization, used/n/k, 1e-9)
		closeTo(t, "unused", deal.Outcome(demand, k).Unused, deal.Rate*(k-used/n), 1e-9)
	}
}

func TestDemandOddInput(t *testing.T) {
	for _, tt := range []struct {
		name  string
		hours []float64
		mean  float64
	}{
		{"none", nil, 0},
		{"no numbers", []float64{math.NaN(), math.Inf(1), -3, 4}, 1},
	} {
		d := pricing.DemandOf(tt.hours)
		deal := pricing.Deal{OnDemand: 1, Rate: 0.6}
		closeTo(t, tt.name+": mean", d.Mean(), tt.mean, 1e-12)
		closeTo(t, tt.name+": optimum", deal.Optimum(d), 0, 1e-12)
		closeTo(t, tt.name+": cost", deal.Cost(d, 0), tt.mean, 1e-12)
	}
}

// TestLevelized: all upfront at 0.617 beats no upfront at 0.662 as long as
// money costs less than about 14 % a year.
func TestLevelized(t *testing.T) {
	closeTo(t, "at 14 %", pricing.Levelized(0.617, 1, 0.14, 1), 0.662, 1e-3)
	closeTo(t, "money for nothing", pricing.Levelized(0.617, 1, 0, 1), 0.617, 0)
	closeTo(t, "nothing upfront", pricing.Levelized(0.662, 0, 0.14, 1), 0.662, 0)
	if half, all := pricing.Levelized(0.6, 0.5, 0.1, 3), pricing.Levelized(0.6, 1, 0.1, 3); half >= all || half <= 0.6 {
		t.Errorf("half upfront %g does not lie between 0.6 and %g", half, all)
	}
}
