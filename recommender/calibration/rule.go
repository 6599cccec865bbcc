package calibration

import (
	"fmt"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// Measure is what a promise is about.
type Measure int

const (
	// OverTime is the share of time above the size, as for CPU.
	OverTime Measure = iota
	// Peaks is whether the size was passed at all, as for memory.
	Peaks
)

// Class tells kinds of workload apart of which different things are known beforehand.
type Class string

const (
	// Running ones run all the time.
	Running Class = "running"
	// Batch ones run to an end.
	Batch Class = "batch"
)

// Rule makes the base of a size from the days before: for OverTime as its fields say, for
// Peaks (the zero value) their highest peak.
type Rule struct {
	// HalfLife is the days after which a sample weighs half; 0 means that all weigh alike.
	HalfLife float64
	// Quantile is the share of the samples, by weight, that the base is to hold at least.
	Quantile float64
	// Price is what time above the size is worth: the base makes ln(size) + Price x (share
	// above) least. 0 leaves it at the quantile. A container with a peak that is cheap to
	// hold holds it, one with a dear and short one does not.
	Price float64
}

// String says the rule in words, such as "p90, half-life 5 days".
func (r Rule) String() string {
	if r.Quantile == 0 {
		return "peak"
	}
	out := fmt.Sprintf("p%g", 100*r.Quantile)
	if r.Price > 0 {
		out += " or more, where a peak is cheap to hold"
	}
	if r.HalfLife > 0 {
		out += fmt.Sprintf(", half-life %g days", r.HalfLife)
	}
	return out
}

// form is a Rule without its half-life.
type form struct{ quantile, price float64 }

// The grid of rules. Each more costs every container's replay as much time.
var (
	forms     = []form{{0.70, 6}, {0.85, 12}, {0.85, 18}, {0.90, 0}, {0.95, 0}, {0.98, 0}, {0.99, 0}}
	halfLives = []float64{2, 5, 0}
)

// rules lists those for a measure. For Peaks it is the highest peak of all days alone.
func rules(m Measure) []Rule {
	if m == Peaks {
		return []Rule{{}}
	}
	var out []Rule
	for _, h := range halfLives {
		for _, f := range forms {
			out = append(out, Rule{HalfLife: h, Quantile: f.quantile, Price: f.price})
		}
	}
	return out
}

// suits tells whether the rule may keep a promise: a share of containers cares for one
// quantile of each, and not for the price of all time above it.
func (r Rule) suits(p *Promise) bool { return p.Containers == 0 || r.Price == 0 }

// rulesFor lists those for a measure that suit one of the promises at least.
func rulesFor(m Measure, promises []Promise, mine []int) []Rule {
	return slices.DeleteFunc(rules(m), func(r Rule) bool {
		return !slices.ContainsFunc(mine, func(k int) bool { return r.suits(&promises[k]) })
	})
}

// least is the value below which no base falls: under it nothing is saved.
const least = 1

// bases gives the base of each rule for the days: of the working ones, but for peaks. sums
// may be nil.
func bases(all []Rule, days, working History, sums *running) []float64 {
	out := make([]float64, len(all))
	for i := 0; i < len(all); {
		if all[i].Quantile == 0 {
			out[i] = peakOf(days)
			i++
			continue
		}
		j := i
		for j < len(all) && all[j].HalfLife == all[i].HalfLife && all[j].Quantile > 0 {
			j++
		}
		w := sums.weighted(working, all[i].HalfLife)
		for ; i < j; i++ {
			out[i] = all[i].base(w)
		}
	}
	return out
}

func (r Rule) base(w *digest.Weighted) float64 {
	var q [1]float64
	w.Quantiles([]float64{r.Quantile}, q[:])
	if r.Price > 0 { // from the quantile on: below it nothing is so dear that all its time above counts less
		q[0] = w.Cheapest(r.Price, max(q[0], least))
	}
	return max(q[0], least)
}

// running adds up the days of one history as origin after origin asks for them: an origin's
// sum is the one before and the days between. The zero value has no history to go on from.
type running struct {
	history History
	sums    []runningSum
}

type runningSum struct {
	halfLife float64
	days     int
	sum      digest.Weighted
}

// weighted adds working days up, older ones weighing less. Where they are the first of the
// history, each of them a working one, it goes on from what it has: the same sums in the
// same order. The result holds until the next call.
func (r *running) weighted(days History, halfLife float64) *digest.Weighted {
	if r == nil || len(days) == 0 || len(days) > len(r.history) || days[0].Samples != r.history[0].Samples || days[len(days)-1].Samples != r.history[len(days)-1].Samples {
		return (&runningSum{halfLife: halfLife}).upTo(days)
	}
	i := slices.IndexFunc(r.sums, func(s runningSum) bool { return s.halfLife == halfLife })
	if i < 0 {
		i, r.sums = len(r.sums), append(r.sums, runningSum{halfLife: halfLife})
	}
	if r.sums[i].days > len(days) {
		r.sums[i] = runningSum{halfLife: halfLife}
	}
	return r.sums[i].upTo(days)
}

func (s *runningSum) upTo(days History) *digest.Weighted {
	f := 1.0
	if s.halfLife > 0 {
		f = math.Exp2(-1 / s.halfLife)
	}
	for ; s.days < len(days); s.days++ {
		s.sum.Scale(f)
		s.sum.Add(days[s.days].Samples)
	}
	return &s.sum
}

func peakOf(days History) float64 {
	peak := 0.0
	for _, d := range days {
		peak = max(peak, d.Samples.Max())
	}
	return max(peak, least)
}
