package prometheus

import (
	"math"
	"sort"
	"time"

	"github.com/prometheus/prometheus/model/value"
)

// samples is a series' times, rising, and values.
type samples struct {
	ms []int64
	vs []float64
}

// after is the index of the first sample later than ms.
func (x samples) after(ms int64) int {
	return sort.Search(len(x.ms), func(i int) bool { return x.ms[i] > ms })
}

// within gives the samples after from, up to and including to: a range vector.
func (x samples) within(from, to int64) samples {
	i, j := x.after(from), x.after(to)
	return samples{x.ms[i:j], x.vs[i:j]}
}

// windows calls each with the samples of (t-width, t] for every step t that
// has some. All are Unix milliseconds.
func (x samples) windows(first, last, step, width int64, each func(i int, t int64, w samples)) {
	from, to := 0, 0
	for i, t := 0, first; t <= last; i, t = i+1, t+step {
		for to < len(x.ms) && x.ms[to] <= t {
			to++
		}
		for from < to && x.ms[from] <= t-width {
			from++
		}
		if from < to {
			each(i, t, samples{x.ms[from:to], x.vs[from:to]})
		}
	}
}

// max is max_over_time.
func (x samples) max() float64 {
	out := x.vs[0]
	for _, v := range x.vs[1:] {
		if v > out || math.IsNaN(out) {
			out = v
		}
	}
	return out
}

// min is min_over_time.
func (x samples) min() float64 {
	out := x.vs[0]
	for _, v := range x.vs[1:] {
		if v < out || math.IsNaN(out) {
			out = v
		}
	}
	return out
}

// increase is PromQL's increase over (to-width, to], of which x is the range:
// resets undone, and extrapolated to the ends of the range unless the samples
// begin or end too far from them, and never to below zero (extrapolatedRate in
// Prometheus' promql/functions.go).
func (x samples) increase(to, width int64) (float64, bool) {
	n := len(x.ms)
	if n < 2 {
		return 0, false
	}
	grown := x.vs[n-1] - x.vs[0]
	for i := 1; i < n; i++ {
		if x.vs[i] < x.vs[i-1] {
			grown += x.vs[i-1]
		}
	}
	sampled := seconds64(x.ms[n-1] - x.ms[0])
	between := sampled / float64(n-1)
	before, behind := seconds64(x.ms[0]-(to-width)), seconds64(to-x.ms[n-1])
	if before >= between*1.1 {
		before = between / 2
	}
	if grown > 0 && x.vs[0] >= 0 {
		before = min(before, sampled*(x.vs[0]/grown))
	}
	if behind >= between*1.1 {
		behind = between / 2
	}
	return grown * ((sampled + before + behind) / sampled), true
}

func seconds64(ms int64) float64 { return float64(ms) / 1000 }

// instantRange is how far back an instant vector looks: Prometheus' default.
const instantRange = 5 * time.Minute

// at is the instant vector's value at a time. Here x holds the staleness
// markers too: a series that ended has none.
func (x samples) at(ms int64) (float64, bool) {
	i := x.after(ms) - 1
	if i < 0 || x.ms[i] <= ms-instantRange.Milliseconds() || value.IsStaleNaN(x.vs[i]) {
		return 0, false
	}
	return x.vs[i], true
}

// lastWithin is last_over_time over (from, to]: markers do not count.
func (x samples) lastWithin(from, to int64) (float64, bool) {
	for i := x.after(to) - 1; i >= 0 && x.ms[i] > from; i-- {
		if !value.IsStaleNaN(x.vs[i]) {
			return x.vs[i], true
		}
	}
	return 0, false
}
