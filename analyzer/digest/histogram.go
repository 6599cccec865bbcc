package digest

import (
	"iter"
	"math"
)

// Every octave is cut into 64 buckets of equal width, so a bucket that starts
// at l is l/64 wide at most and its middle is off by at most 1/128.
const (
	mantissaBits = 6
	shift        = 52 - mantissaBits

	// MaxRelativeError bounds |reported - true| / true for every quantile of
	// positive samples between Smallest and Largest.
	MaxRelativeError = 1.0 / 128

	// Smallest is the least value that has a bucket of its own; what is
	// smaller counts as zero. With millicores it is a thousandth of one.
	Smallest = 1.0 / 1024
	// Largest is the value from which on all samples share the last bucket.
	Largest = 1 << 60
)

var (
	firstBucket = bucketOf(Smallest)
	lastBucket  = bucketOf(Largest)
)

// Histogram is a log-linear histogram of non-negative samples. The zero value
// is empty and ready. It is not safe for concurrent use.
type Histogram struct {
	lo     int32    // bucket index of counts[0]
	counts []uint32 // a dense run of buckets, lo onwards
	zeros  uint64   // samples below Smallest
	n      uint64
	sum    float64
	min    float64
	max    float64
}

// bucketOf reads the bucket's index off the float's own bits: exponent and the
// leading mantissa bits. There is no logarithm in the hot loop.
func bucketOf(v float64) int32 { return int32(math.Float64bits(v) >> shift) }

// bounds gives the half-open interval [lo, hi) of values in bucket b.
func bounds(b int32) (lo, hi float64) {
	return math.Float64frombits(uint64(b) << shift), math.Float64frombits(uint64(b+1) << shift)
}

// Add records one sample. NaN, infinite and negative values are not usage and
// are left out; Add reports whether v was recorded.
func (h *Histogram) Add(v float64) bool { return h.AddN(v, 1) }

// AddN records n samples of the value v.
func (h *Histogram) AddN(v float64, n uint64) bool {
	if !(v >= 0) || v > math.MaxFloat64 || n == 0 {
		return false
	}
	if h.n == 0 || v < h.min {
		h.min = v
	}
	if v > h.max {
		h.max = v
	}
	h.n += n
	h.sum += v * float64(n)
	if v < Smallest {
		h.zeros += n
		return true
	}
	b := lastBucket
	if v < Largest {
		b = bucketOf(v)
	}
	h.bump(b, n)
	return true
}

// bump adds n to bucket b. A bucket saturates at 2^32-1; the sample count and
// the sum stay exact.
func (h *Histogram) bump(b int32, n uint64) {
	h.hold(b)
	i := b - h.lo
	h.counts[i] = uint32(min(uint64(h.counts[i])+n, math.MaxUint32))
}

// hold makes room for bucket b.
func (h *Histogram) hold(b int32) {
	if i := int64(b) - int64(h.lo); i < 0 || i >= int64(len(h.counts)) {
		h.reach(b)
	}
}

// reach grows the run of buckets so that it includes b. Growth to the left is
// rounded to an eighth of an octave so that a falling series does not copy at
// every sample.
func (h *Histogram) reach(b int32) {
	const chunk = 1 << (mantissaBits - 3)
	if len(h.counts) == 0 {
		h.lo = max(b&^(chunk-1), firstBucket)
		if n := int(b - h.lo + 1); n <= cap(h.counts) {
			h.counts = h.counts[:n]
			clear(h.counts)
		} else {
			h.counts = make([]uint32, n, b-h.lo+chunk)
		}
		return
	}
	if b < h.lo {
		lo := max(b&^(chunk-1), firstBucket)
		grown := make([]uint32, int(h.lo-lo)+len(h.counts))
		copy(grown[h.lo-lo:], h.counts)
		h.lo, h.counts = lo, grown
		return
	}
	for int64(len(h.counts)) <= int64(b)-int64(h.lo) {
		h.counts = append(h.counts, 0)
	}
}

// Merge adds the samples of o to h. o is not changed.
func (h *Histogram) Merge(o *Histogram) {
	if o == nil || o.n == 0 {
		return
	}
	if h.n == 0 || o.min < h.min {
		h.min = o.min
	}
	h.max = max(h.max, o.max)
	h.n += o.n
	h.sum += o.sum
	h.zeros += o.zeros
	first, end := 0, len(o.counts)
	for first < end && o.counts[first] == 0 {
		first++
	}
	for end > first && o.counts[end-1] == 0 {
		end--
	}
	if first == end {
		return
	}
	h.hold(o.lo + int32(first))
	h.hold(o.lo + int32(end-1))
	at := h.counts[o.lo+int32(first)-h.lo:]
	for i, c := range o.counts[first:end] {
		at[i] = uint32(min(uint64(at[i])+uint64(c), math.MaxUint32))
	}
}

// Reset empties h and keeps its room.
func (h *Histogram) Reset() { *h = Histogram{counts: h.counts[:0]} }

// Clone returns a copy that shares nothing with h.
func (h *Histogram) Clone() Histogram {
	c := *h
	c.counts = append([]uint32(nil), h.counts...)
	return c
}

// Count is the number of samples.
func (h *Histogram) Count() uint64 { return h.n }

// Sum is the exact sum of all samples.
func (h *Histogram) Sum() float64 { return h.sum }

// Min is the exact smallest sample, 0 when there is none.
func (h *Histogram) Min() float64 { return h.min }

// Max is the exact largest sample, 0 when there is none.
func (h *Histogram) Max() float64 { return h.max }

// Mean is the exact mean of all samples, 0 when there is none.
func (h *Histogram) Mean() float64 {
	if h.n == 0 {
		return 0
	}
	return h.sum / float64(h.n)
}

// Quantile gives the nearest-rank q-quantile (the ceil(q*n)-th smallest
// sample), off by at most MaxRelativeError. q outside [0, 1] is clamped;
// without samples it is 0.
func (h *Histogram) Quantile(q float64) float64 {
	if h.n == 0 {
		return 0
	}
	rank := uint64(math.Ceil(q * float64(h.n)))
	switch {
	case !(q > 0) || rank == 0:
		return h.min
	case rank >= h.n:
		return h.max
	}
	if rank <= h.zeros {
		return h.min
	}
	seen := h.zeros
	for i, c := range h.counts {
		if seen += uint64(c); seen >= rank {
			lo, hi := bounds(h.lo + int32(i))
			return min(max((lo+hi)/2, h.min), h.max)
		}
	}
	return h.max // only where a bucket has saturated
}

// All gives the samples by rising value: the middle of each bucket that holds any, and how
// many it holds. What is below Smallest counts as zero.
func (h *Histogram) All() iter.Seq2[float64, uint64] {
	return func(yield func(float64, uint64) bool) {
		if h.zeros > 0 && !yield(0, h.zeros) {
			return
		}
		for i, c := range h.counts {
			lo, hi := bounds(h.lo + int32(i))
			if c > 0 && !yield(min(max((lo+hi)/2, h.min), h.max), uint64(c)) {
				return
			}
		}
	}
}

// ShareAbove gives the share of samples greater than v, in [0, 1]. Inside the
// bucket that holds v the samples count as evenly spread.
func (h *Histogram) ShareAbove(v float64) float64 {
	switch {
	case h.n == 0 || v >= h.max:
		return 0
	case v < h.min:
		return 1
	}
	above := 0.0
	for i, c := range h.counts {
		lo, hi := bounds(h.lo + int32(i))
		switch {
		case c == 0 || hi <= v:
		case lo > v:
			above += float64(c)
		default:
			above += float64(c) * (hi - v) / (hi - lo)
		}
	}
	return min(above/float64(h.n), 1)
}

// Minus gives h without the samples of o, which are among its own. Min and max are then
// those of the buckets that are left.
func (h *Histogram) Minus(o *Histogram) Histogram {
	left := Histogram{}
	for i, c := range h.counts {
		b := h.lo + int32(i)
		if j := int64(b) - int64(o.lo); j >= 0 && j < int64(len(o.counts)) {
			c -= min(c, o.counts[j])
		}
		if c > 0 {
			lo, hi := bounds(b)
			left.AddN(min((lo+hi)/2, h.max), uint64(c))
		}
	}
	if zeros := h.zeros - min(h.zeros, o.zeros); zeros > 0 {
		left.AddN(0, zeros)
	}
	return left
}
