package digest

import "math"

// Weighted is a histogram whose samples can be made to weigh less, as they age.
// The zero value is empty and ready. Its quantiles are as exact as a Histogram's.
type Weighted struct {
	lo     int32
	weight []float64
	zeros  float64
	total  float64
	max    float64
}

// Scale multiplies the weight of all samples so far by f, of (0, 1].
func (w *Weighted) Scale(f float64) {
	for i := range w.weight {
		w.weight[i] *= f
	}
	w.zeros *= f
	w.total *= f
}

// Add adds the samples of h, each of weight 1. h is not changed.
func (w *Weighted) Add(h *Histogram) {
	if h == nil || h.n == 0 {
		return
	}
	w.reach(h.lo, h.lo+int32(len(h.counts)))
	at := w.weight[h.lo-w.lo:]
	for i, c := range h.counts {
		at[i] += float64(c)
	}
	w.zeros += float64(h.zeros)
	w.total += float64(h.n)
	w.max = max(w.max, h.max)
}

// reach makes room for the buckets [lo, hi).
func (w *Weighted) reach(lo, hi int32) {
	if len(w.weight) == 0 {
		w.lo, w.weight = lo, make([]float64, max(hi-lo, 0))
		return
	}
	end := w.lo + int32(len(w.weight))
	if lo >= w.lo && hi <= end {
		return
	}
	first := min(lo, w.lo)
	grown := make([]float64, max(hi, end)-first)
	copy(grown[w.lo-first:], w.weight)
	w.lo, w.weight = first, grown
}

// Total is the weight of all samples together.
func (w *Weighted) Total() float64 { return w.total }

// Quantiles writes to out the value at or below which a share of qs[i] of the weight
// lies, for ascending qs of [0, 1]; without samples it is 0.
func (w *Weighted) Quantiles(qs, out []float64) {
	seen, next := w.zeros, 0
	for next < len(qs) && seen >= qs[next]*w.total {
		out[next], next = 0, next+1
	}
	for i, c := range w.weight {
		seen += c
		for next < len(qs) && c > 0 && seen >= qs[next]*w.total*(1-1e-12) {
			lo, hi := bounds(w.lo + int32(i))
			out[next], next = min((lo+hi)/2, w.max), next+1
		}
		if next == len(qs) {
			return
		}
	}
	for ; next < len(qs); next++ {
		out[next] = w.max
	}
}

// Tail answers which share of a histogram's samples is above a value, in one step
// each. It holds what the histogram held when it was made.
type Tail struct {
	lo    int32
	above []float64 // share of samples above the end of each bucket
	share []float64 // share of samples within each bucket
	max   float64
	all   bool // there are samples
	zeros float64
}

// Tail makes a Tail of h.
func (h *Histogram) Tail() Tail {
	t := Tail{lo: h.lo, max: h.max, all: h.n > 0}
	if h.n == 0 {
		return t
	}
	both := make([]float64, 2*len(h.counts))
	t.above, t.share = both[:len(h.counts)], both[len(h.counts):]
	sum := 0.0
	for i := len(h.counts) - 1; i >= 0; i-- {
		t.above[i] = sum
		t.share[i] = float64(h.counts[i]) / float64(h.n)
		sum += t.share[i]
	}
	t.zeros = math.Max(1-sum, 0)
	return t
}

// Above gives the share of samples greater than v, in [0, 1], to within a bucket.
func (t *Tail) Above(v float64) float64 {
	switch {
	case !t.all || v >= t.max:
		return 0
	case v < Smallest:
		return 1 - t.zeros
	}
	i := int64(bucketOf(min(v, Largest))) - int64(t.lo)
	if i < 0 {
		return 1 - t.zeros
	}
	if i >= int64(len(t.above)) {
		return 0
	}
	lo, hi := bounds(t.lo + int32(i))
	return t.above[i] + t.share[i]*(hi-v)/(hi-lo)
}

// Cheapest gives the value v, of at least floor, that makes ln(v) + price x (share of
// the weight above v) least: a size whose every further percent would spare less time
// above it than price has it worth. Without samples it is floor.
func (w *Weighted) Cheapest(price, floor float64) float64 {
	above := w.total - w.zeros
	best, at := math.Inf(1), floor
	below := true
	for i, c := range w.weight {
		lo, hi := bounds(w.lo + int32(i))
		if below && lo >= floor {
			best, below = math.Log(floor)+price*above/w.total, false
		}
		if c == 0 {
			continue
		}
		above -= c
		ln := lnEnd(w.lo + int32(i))
		if hi > w.max {
			hi, ln = w.max, math.Log(w.max)
		}
		if hi < floor {
			continue
		}
		below = false
		if v := ln + price*max(above, 0)/w.total; v < best {
			best, at = v, hi
		}
	}
	return at
}

// lnMantissa is the logarithm of the end of each bucket of an octave, in octaves from 1.
var lnMantissa = func() (all [1 << mantissaBits]float64) {
	for i := range all {
		all[i] = math.Log1p(float64(i+1) / (1 << mantissaBits))
	}
	return all
}()

// lnEnd is the logarithm of the end of bucket b.
func lnEnd(b int32) float64 {
	const bias = 1023
	return float64(b>>mantissaBits-bias)*math.Ln2 + lnMantissa[b&(1<<mantissaBits-1)]
}
