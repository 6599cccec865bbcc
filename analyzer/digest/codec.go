package digest

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

const codecVersion = 1

// MarshalBinary writes the histogram as varints: version, samples, zeros, the
// bits of sum, min and max, then (gap, count) pairs for the filled buckets.
func (h Histogram) MarshalBinary() ([]byte, error) {
	out := make([]byte, 0, 40+3*len(h.counts))
	out = append(out, codecVersion)
	out = binary.AppendUvarint(out, h.n)
	if h.n == 0 {
		return out, nil
	}
	out = binary.AppendUvarint(out, h.zeros)
	for _, f := range []float64{h.sum, h.min, h.max} {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(f))
	}
	last := int64(firstBucket)
	for i, c := range h.counts {
		if c > 0 {
			b := int64(h.lo) + int64(i)
			out = binary.AppendUvarint(out, uint64(b-last))
			out = binary.AppendUvarint(out, uint64(c))
			last = b
		}
	}
	return out, nil
}

// UnmarshalBinary reads what MarshalBinary wrote; anything else is an error
// and leaves h empty.
func (h *Histogram) UnmarshalBinary(data []byte) error {
	*h = Histogram{}
	d := decoder{data: data}
	if v := d.byte(); d.err == nil && v != codecVersion {
		return fmt.Errorf("histogram of version %d, this program reads version %d", v, codecVersion)
	}
	got := Histogram{n: d.uvarint()}
	if d.err == nil && got.n == 0 && len(d.data) == 0 {
		return nil
	}
	got.zeros, got.sum, got.min, got.max = d.uvarint(), d.float(), d.float(), d.float()
	seen, err := got.readBuckets(&d)
	if err != nil {
		return err
	}
	if seen += got.zeros; got.n == 0 || seen < got.zeros || seen > got.n || seen < got.n && !slices.Contains(got.counts, math.MaxUint32) {
		return errors.New("histogram whose buckets do not add up")
	}
	if !got.plausible() {
		return errors.New("histogram with impossible sums")
	}
	*h = got
	return nil
}

// plausible reports whether the sums can be those of samples.
func (h *Histogram) plausible() bool {
	return h.sum >= 0 && h.sum <= math.MaxFloat64 && h.min >= 0 && h.max >= h.min && h.max <= math.MaxFloat64
}

// readBuckets gives the number of samples that it read.
func (h *Histogram) readBuckets(d *decoder) (seen uint64, err error) {
	b := int64(firstBucket)
	for first := true; d.err == nil && len(d.data) > 0; first = false {
		gap, c := d.uvarint(), d.uvarint()
		if d.err != nil {
			break
		}
		if gap > uint64(lastBucket) || gap == 0 && !first || c == 0 || c > math.MaxUint32 {
			return 0, errors.New("histogram with a bucket out of range")
		}
		if b += int64(gap); b > int64(lastBucket) {
			return 0, errors.New("histogram with a bucket out of range")
		}
		h.bump(int32(b), c)
		seen += c
	}
	return seen, d.err
}

// MarshalText gives the binary form in base64, so that JSON carries a digest
// as one string.
func (h Histogram) MarshalText() ([]byte, error) {
	b, err := h.MarshalBinary()
	if err != nil {
		return nil, err
	}
	return base64.RawStdEncoding.AppendEncode(nil, b), nil
}

// UnmarshalText reads what MarshalText wrote.
func (h *Histogram) UnmarshalText(text []byte) error {
	b, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil {
		return fmt.Errorf("histogram: %w", err)
	}
	return h.UnmarshalBinary(b)
}

// IsZero reports whether the histogram is empty; encoding/json's omitzero
// calls it.
func (h Histogram) IsZero() bool { return h.n == 0 }

// decoder reads fields off the front of data and remembers the first failure.
type decoder struct {
	data []byte
	err  error
}

var errShort = errors.New("histogram is cut short")

func (d *decoder) byte() byte {
	if len(d.data) == 0 {
		d.err = errShort
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return b
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.data)
	if n <= 0 {
		d.err, d.data = errShort, nil
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *decoder) float() float64 {
	if len(d.data) < 8 {
		d.err, d.data = errShort, nil
		return 0
	}
	f := math.Float64frombits(binary.LittleEndian.Uint64(d.data))
	d.data = d.data[8:]
	return f
}
