package prometheus

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// This file decodes Prometheus' XOR chunks (tsdb/docs/format/chunks.md), as
// chunkenc's iterator does, in a third of its time: a whole chunk at once, with
// a run of samples that repeat the value and the interval before them, of which
// the kube_* series are made, read as the zero bits that it is.

// xorSlack is how far behind a chunk's end a sample may read before the end is
// noticed: its two parts, of 68 and 77 bits, and a word.
const xorSlack = 32

// xorReader reads chunks; it holds the memory of the one before.
type xorReader struct {
	data []byte // the chunk's, with xorSlack zeros behind
	bit  int    // the next one's position
	// width is of the bits in which a value differs from the one before, and
	// trailing the number of those behind them.
	width, trailing uint8
}

// word is the next 64 bits.
func (r *xorReader) word() uint64 {
	at, off := r.bit>>3, r.bit&7
	return binary.BigEndian.Uint64(r.data[at:])<<off | uint64(r.data[at+8])>>(8-off)
}

// append adds a chunk's samples to x. It says whether their times rise.
func (r *xorReader) append(chunk []byte, x samples) (_ samples, rising bool, _ error) {
	total := int(binary.BigEndian.Uint16(chunk))
	if total == 0 {
		return x, true, nil
	}
	body := chunk[2:]
	t, a := binary.Varint(body)
	if a <= 0 || len(body) < a+8 {
		return x, true, errChunkEnd(0, total)
	}
	v := binary.BigEndian.Uint64(body[a:])
	first := len(x.ms)
	x.ms, x.vs = slices.Grow(x.ms, total)[:first+total], slices.Grow(x.vs, total)[:first+total]
	ms, vs := x.ms[first:], x.vs[first:]
	ms[0], vs[0] = t, math.Float64frombits(v)
	if total == 1 {
		return x, true, nil
	}
	delta, b := binary.Uvarint(body[a+8:])
	if b <= 0 {
		return x, true, errChunkEnd(1, total)
	}
	r.data = append(append(r.data[:0], body[a+8+b:]...), make([]byte, xorSlack)...)
	r.bit, r.width, r.trailing = 0, 64, 0
	read, rising := r.rest(ms, vs, int64(delta), v)
	if read < total {
		return x, rising, errChunkEnd(read, total)
	}
	return x, rising, nil
}

func errChunkEnd(read, total int) error {
	return fmt.Errorf("%w: a chunk that ends after %d of %d samples", errFrame, read, total)
}

// rest reads all samples but the first: the second is delta behind it. It gives
// the number of samples in all.
func (r *xorReader) rest(ms []int64, vs []float64, delta int64, v uint64) (read int, rising bool) {
	end, t := 8*(len(r.data)-xorSlack), ms[0]+delta
	rising = plausible(t, delta)
	for i := 1; ; {
		v ^= r.value()
		if r.bit > end {
			return i, rising
		}
		value := math.Float64frombits(v)
		ms[i], vs[i] = t, value
		if i++; i == len(ms) {
			return i, rising
		}
		// A sample like the one before is two zeros.
		for {
			same := min(bits.LeadingZeros64(r.word())/2, len(ms)-i, (end-r.bit)/2)
			for range same {
				t += delta
				ms[i], vs[i] = t, value
				i++
			}
			r.bit += 2 * same
			if i == len(ms) {
				return i, rising
			}
			if same < 32 {
				break
			}
		}
		delta += r.change()
		t += delta
		rising = rising && plausible(t, delta)
	}
}

// plausible is a positive interval, of 35 years at most, to a time which no
// chunk's number of such intervals brings to overflow.
func plausible(t, delta int64) bool {
	return delta > 0 && delta < 1<<40 && t > -1<<61 && t < 1<<61
}

// change reads by how much an interval differs from the one before.
func (r *xorReader) change() int64 {
	w := r.word()
	size := [...]int{0, 14, 17, 20, 64}[min(bits.LeadingZeros64(^w), 4)]
	switch size {
	case 0:
		r.bit++
		return 0
	case 64:
		r.bit += 4
		w = r.word()
		r.bit += 64
		return int64(w)
	}
	ones := bits.LeadingZeros64(^w)
	by := int64(w << (ones + 1) >> (64 - size))
	r.bit += ones + 1 + size
	if by > 1<<(size-1) {
		by -= 1 << size
	}
	return by
}

// value reads by which bits a value differs from the one before.
func (r *xorReader) value() uint64 {
	w := r.word()
	switch w >> 62 {
	case 0, 1:
		r.bit++
		return 0
	case 2:
		w <<= 2
		r.bit += 2
	default:
		leading, width := uint8(w>>57&31), uint8(w>>51&63)
		if width == 0 {
			width = 64
		}
		r.width, r.trailing = width, 64-leading-width
		w <<= 13
		r.bit += 13
	}
	if r.width > 51 { // the word has not all of them
		w = r.word()
	}
	r.bit += int(r.width)
	return w >> (64 - r.width) << r.trailing
}
