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

// working drops days of outage, so that they do not shrink what comes after them. A
// level that has stayed low for a week is no outage any more.
func (h History) working() History {
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
	return math.Sqrt(max(squares/n-sum/n*sum/n, 0))
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
