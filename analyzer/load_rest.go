package analyzer

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// packedLoad is a load at rest, a sixth of what it takes while it is recorded: workloads have
// one for each container and day, which are read a few times and held all along.
type packedLoad struct {
	// buckets are those of the slots' CPU, of one byte each above base, or of two bytes where
	// usage varies by more than the one tells apart; 0 is nothing.
	buckets []byte
	base    int64
	runs    []podRun
}

// podRun is slots, up to one, with as many pods; in sixteenths.
type podRun struct {
	until int32
	pods  int32
}

// pack rounds a load to the grid on which it is written.
func pack(s *sums) *packedLoad {
	var at [digest.SlotsPerDay]int64
	p, least, most := &packedLoad{}, int64(mostBucket), int64(0)
	runs := make([]podRun, 0, 8)
	for i := range at {
		n := int32(sixteenths(s.pods[i]))
		if len(runs) == 0 || runs[len(runs)-1].pods != n {
			runs = append(runs, podRun{pods: n})
		}
		runs[len(runs)-1].until = int32(i + 1)
		if n == 0 {
			continue
		}
		if at[i] = bucketIndex(s.cpu[i]); at[i] > 0 {
			least, most = min(least, at[i]), max(most, at[i])
		}
	}
	p.runs = slices.Clone(runs)
	if most == 0 {
		return p
	}
	p.base = least - 1
	wide := most-p.base > 255
	p.buckets = make([]byte, digest.SlotsPerDay)
	if wide {
		p.buckets = make([]byte, 2*digest.SlotsPerDay)
	}
	for i, b := range at {
		if b = max(b-p.base, 0); wide {
			p.buckets[2*i], p.buckets[2*i+1] = byte(b>>8), byte(b)
		} else {
			p.buckets[i] = byte(b)
		}
	}
	return p
}

// cpu is the millicores of a slot.
func (p *packedLoad) cpu(slot int) float32 {
	b := int64(0)
	switch len(p.buckets) {
	case digest.SlotsPerDay:
		b = int64(p.buckets[slot])
	case 2 * digest.SlotsPerDay:
		b = int64(p.buckets[2*slot])<<8 | int64(p.buckets[2*slot+1])
	}
	if b == 0 {
		return 0
	}
	return bucketMiddle(p.base + b)
}

// pods is the number of pods in a slot.
func (p *packedLoad) pods(slot int) float32 {
	at, _ := slices.BinarySearchFunc(p.runs, slot+1, func(r podRun, until int) int { return int(r.until) - until })
	return float32(p.runs[at].pods) / 16
}

// unpack writes every slot.
func (p *packedLoad) unpack(s *sums) {
	slot := 0
	for _, r := range p.runs {
		for ; slot < int(r.until); slot++ {
			s.cpu[slot], s.pods[slot] = p.cpu(slot), float32(r.pods)/16
		}
	}
}
