package digest

import "math"

// Coarse counts samples in eighths of an octave from 1 on, in a fixed 320 bytes: enough
// to tell one pod's day from another's while it streams by. The zero value is ready.
type Coarse struct {
	counts [coarseBuckets]uint16
	n      uint32
}

const (
	coarseBuckets = 160 // up to 2^20
	coarseShift   = 52 - 3
)

// Add counts one sample; what is below 1 counts as 1. A bucket holds 65535 at most.
func (c *Coarse) Add(v float64) {
	if !(v >= 0) {
		return
	}
	i := int(math.Float64bits(max(v, 1))>>coarseShift) - int(math.Float64bits(1)>>coarseShift)
	i = min(i, coarseBuckets-1)
	if c.counts[i] < math.MaxUint16 {
		c.counts[i]++
		c.n++
	}
}

// Count is the number of samples.
func (c *Coarse) Count() int { return int(c.n) }

// Quantile gives the end of the bucket with the q-quantile: up to an eighth too much,
// never too little. It is 0 without samples.
func (c *Coarse) Quantile(q float64) float64 {
	rank := uint32(math.Ceil(q * float64(c.n)))
	seen := uint32(0)
	for i, k := range c.counts {
		if seen += uint32(k); k > 0 && seen >= rank {
			return math.Float64frombits((uint64(i+1) << coarseShift) + math.Float64bits(1))
		}
	}
	return 0
}
