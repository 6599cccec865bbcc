package calibration

import (
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// Day is one day of one container.
type Day struct {
	// Samples are what it used: for OverTime their whole distribution counts, for Peaks
	// the largest alone. nil and empty mean that nothing was seen.
	Samples *digest.Histogram
	// Share is the part of the day, in [0, 1], in which it was seen.
	Share float64
	// Hours is the mean use in each hour of the day, 24 or none; negative where nothing
	// was seen in the hour.
	Hours []float64
}

// History is what one container used of one resource, oldest day first.
type History []Day

// partly is the share of the median day below which the first and the last day of a
// history are no days of their own.
const partly = 0.25

// clean drops days without samples, joins a first or last day that is a small part of
// one to its neighbour, and measures shares in the median day's: what runs for an hour
// a day has seen a day in each.
func (h History) clean() History {
	h = slices.DeleteFunc(slices.Clone(h), func(d Day) bool { return d.Samples == nil || d.Samples.Count() == 0 || d.Share <= 0 })
	if len(h) == 0 {
		return h
	}
	shares := make([]float64, len(h))
	for i, d := range h {
		shares[i] = d.Share
	}
	slices.Sort(shares)
	usual := shares[len(shares)/2]
	if n := len(h); n > 2 && h[0].Share < partly*usual {
		h[1] = h[1].join(&h[0])
		h = h[1:]
	}
	if n := len(h); n > 2 && h[n-1].Share < partly*usual {
		h[n-2] = h[n-2].join(&h[n-1])
		h = h[:n-1]
	}
	for i := range h {
		h[i].Share = min(h[i].Share/usual, 1)
	}
	return h
}

// join adds what little another day has.
func (d Day) join(o *Day) Day {
	both := d.Samples.Clone()
	both.Merge(o.Samples)
	return Day{Samples: &both, Share: d.Share + o.Share, Hours: d.Hours}
}

// Length is the days' worth of samples.
func (h History) Length() float64 {
	sum := 0.0
	for _, d := range h.clean() {
		sum += d.Share
	}
	return sum
}

// length is that of a clean history.
func (h History) length() float64 {
	sum := 0.0
	for _, d := range h {
		sum += d.Share
	}
	return sum
}

// outage is the part of the median day's mean below which a day tells nothing of the
// need: an outage, a holiday.
const outage = 0.3

// working drops days of outage, and those since a fall that has not lasted, so that they
// do not shrink what comes after them.
func (h History) working() History {
	h = h.lasting()
	means := make([]float64, 0, len(h))
	for _, d := range h {
		means = append(means, d.Samples.Mean())
	}
	slices.Sort(means)
	if len(means) < 3 {
		return h
	}
	least := outage * means[len(means)/2]
	return slices.DeleteFunc(slices.Clone(h), func(d Day) bool { return d.Samples.Mean() < least })
}

// A level has moved where every day's mean since is apart from every one before by a factor of
// moved: after so many days for more, and for less after more days than a holiday has.
const (
	moved     = 1.25
	movedUp   = 2
	movedDown = 10
)

// current drops the days before the level moved for good, as by a release: what they taught
// is of another program. Days apart by nature, such as weekends, stay.
func (h History) current() History {
	n := len(h)
	low, high := make([]float64, n+1), make([]float64, n+1) // of the days from i on
	low[n], high[n] = math.Inf(1), 0
	for i := n - 1; i >= 0; i-- {
		m := h[i].Samples.Mean()
		low[i], high[i] = min(low[i+1], m), max(high[i+1], m)
	}
	before := struct{ low, high float64 }{math.Inf(1), 0}
	from := 0
	for i := 1; i < n; i++ {
		m := h[i-1].Samples.Mean()
		before.low, before.high = min(before.low, m), max(before.high, m)
		up := n-i >= movedUp && low[i] > moved*before.high
		down := n-i >= movedDown && high[i]*moved < before.low
		if up || down {
			from = i
		}
	}
	return h[from:]
}

// lasting drops the last days where use fell and a holiday may still be over: at most as
// many as a level may be low before it has moved.
func (h History) lasting() History {
	means := make([]float64, len(h))
	for i, d := range h {
		means[i] = d.Samples.Mean()
	}
	n, level := len(h), 0.0
	from := n
	for at := n - 1; at >= 2 && n-at < movedDown; at-- {
		level = max(level, means[at])
		if fell(means[:at], level) {
			from = at
		}
	}
	return h[:from]
}

// fell reports whether most of the days before were of one level, and this one is below it
// by more than they lie apart: a gap of a factor of moved parts them from it, and from what
// is lower before, such as weekends. Use that dwindles leaves no gap, and use that wanders
// has no one level.
func fell(before []float64, level float64) bool {
	if level*moved > slices.Max(before) {
		return false
	}
	sorted := slices.Sorted(slices.Values(before))
	top := len(sorted) - 1
	for top > 0 && sorted[top-1]*moved > sorted[top] {
		top--
	}
	return 2*(len(sorted)-top) > len(sorted) && sorted[top] >= level*moved
}

// spread is the standard deviation of the logarithm of the day's peaks: how unsteady
// the container is. 0 with fewer than two days.
func (h History) spread() float64 {
	var sum, squares float64
	for _, d := range h {
		v := math.Log(max(d.Samples.Max(), 1))
		sum += v
		squares += v * v
	}
	n := float64(len(h))
	if n < 2 {
		return 0
	}
	// Rounded, so that the unit of the samples moves none over a group's bound.
	return math.Round(math.Sqrt(max(squares/n-sum/n*sum/n, 0))*1e6) / 1e6
}

// BusiestHour gives the hour of the day whose mean use is largest in the median over
// the days, and that mean: what a peak that comes every day needs. Without hours it is
// 0, 0.
func (h History) BusiestHour() (hour int, mean float64) {
	values := make([]float64, 0, len(h))
	for i := range 24 {
		values = values[:0]
		for _, d := range h {
			if len(d.Hours) == 24 && d.Hours[i] >= 0 {
				values = append(values, d.Hours[i])
			}
		}
		if len(values) == 0 {
			continue
		}
		slices.Sort(values)
		if m := values[(len(values)-1)/2]; m > mean {
			hour, mean = i, m
		}
	}
	return hour, mean
}
