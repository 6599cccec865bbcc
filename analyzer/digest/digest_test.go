package digest_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// shapes are distributions that usage may have.
var shapes = map[string]func(*rand.Rand) float64{
	"uniform":     func(r *rand.Rand) float64 { return r.Float64() * 1000 },
	"lognormal":   func(r *rand.Rand) float64 { return math.Exp(3 + 1.5*r.NormFloat64()) },
	"pareto":      func(r *rand.Rand) float64 { return math.Pow(1-r.Float64(), -1/0.7) },
	"two modes":   func(r *rand.Rand) float64 { return 5 + r.Float64() + 4000*float64(r.IntN(2)) },
	"bytes":       func(r *rand.Rand) float64 { return float64(1<<20 + r.Int64N(1<<38)) },
	"mostly zero": func(r *rand.Rand) float64 { return max(0, r.NormFloat64()*100-100) },
	"constant":    func(*rand.Rand) float64 { return 42 },
	"whole range": func(r *rand.Rand) float64 { return math.Exp2(-10 + r.Float64()*69.9) },
}

func draw(seed uint64, n int, shape func(*rand.Rand) float64) []float64 {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]float64, n)
	for i := range out {
		out[i] = shape(r)
	}
	return out
}

func fill(values []float64) *digest.Histogram {
	h := &digest.Histogram{}
	for _, v := range values {
		h.Add(v)
	}
	return h
}

var quantiles = []float64{0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1}

func nearestRank(sorted []float64, q float64) float64 {
	return sorted[max(int(math.Ceil(q*float64(len(sorted)))), 1)-1]
}

func TestQuantileError(t *testing.T) {
	for name, shape := range shapes {
		for _, n := range []int{1, 2, 3, 10, 1000, 40000} {
			values := draw(uint64(n), n, shape)
			h := fill(values)
			slices.Sort(values)
			for _, q := range quantiles {
				want := nearestRank(values, q)
				if got := h.Quantile(q); math.Abs(got-want) > digest.MaxRelativeError*want && want >= digest.Smallest {
					t.Errorf("%s, %d samples, q%v: got %v, want %v", name, n, q, got, want)
				}
			}
			if h.Min() != values[0] || h.Max() != values[n-1] || h.Count() != uint64(n) {
				t.Errorf("%s: got %d samples from %v to %v, want %d from %v to %v", name, h.Count(), h.Min(), h.Max(), n, values[0], values[n-1])
			}
			sum := 0.0
			for _, v := range values {
				sum += v
			}
			if math.Abs(h.Sum()-sum) > 1e-9*sum || math.Abs(h.Mean()-sum/float64(n)) > 1e-9*sum {
				t.Errorf("%s: got sum %v and mean %v, want sum %v", name, h.Sum(), h.Mean(), sum)
			}
		}
	}
}

// TestShareAbove compares with counting; samples within MaxRelativeError of
// the bound may fall on either side.
func TestShareAbove(t *testing.T) {
	for name, shape := range shapes {
		values := draw(7, 5000, shape)
		h := fill(values)
		for _, bound := range []float64{0, 0.5, values[0], values[1], 42, 100, 1e4, 1e9, 1e30} {
			var least, most float64
			for _, v := range values {
				if v > bound*(1+2*digest.MaxRelativeError) {
					least++
				}
				if v >= bound*(1-2*digest.MaxRelativeError) {
					most++
				}
			}
			n := float64(len(values))
			if got := h.ShareAbove(bound); got < least/n-1e-9 || got > most/n+1e-9 {
				t.Errorf("%s above %v: got %v, want %v to %v", name, bound, got, least/n, most/n)
			}
		}
	}
}

func TestHistogramEdges(t *testing.T) {
	var h digest.Histogram
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, -0.0001} {
		if h.Add(v) {
			t.Errorf("Add(%v): got true, want false", v)
		}
	}
	if h.AddN(1, 0) {
		t.Error("AddN(1, 0): got true, want false")
	}
	if !h.IsZero() || h.Quantile(0.5) != 0 || h.Mean() != 0 || h.ShareAbove(0) != 0 {
		t.Errorf("an empty histogram: got %v, want zeros", h)
	}
	for _, v := range []float64{0, math.Copysign(0, -1), 1e-9, digest.Smallest, digest.Largest, 1e300} {
		if !h.Add(v) {
			t.Errorf("Add(%v): got false, want true", v)
		}
	}
	if got, want := h.Quantile(1), 1e300; got != want {
		t.Errorf("max: got %v, want %v", got, want)
	}
	if got := h.Quantile(0.4); got >= digest.Smallest {
		t.Errorf("q40 of three zeros in six: got %v, want less than %v", got, digest.Smallest)
	}
	for _, q := range []float64{math.NaN(), -1, 2} {
		if got := h.Quantile(q); got < 0 || got > 1e300 {
			t.Errorf("Quantile(%v): got %v", q, got)
		}
	}
	many := digest.Histogram{}
	many.AddN(8, 1<<40)
	many.AddN(16, 1<<40)
	if many.Count() != 1<<41 || many.Sum() != 24*(1<<40) || many.Quantile(1) != 16 {
		t.Errorf("a full bucket: got %d samples, sum %v", many.Count(), many.Sum())
	}
}

func TestAddN(t *testing.T) {
	var a, b digest.Histogram
	for range 5 {
		a.Add(3)
	}
	b.AddN(3, 5)
	if !reflect.DeepEqual(encode(t, &a), encode(t, &b)) {
		t.Error("AddN(3, 5) differs from five times Add(3)")
	}
}

// TestMerge: the order and grouping of merges leave no trace, and a merge of
// parts is the whole.
func TestMerge(t *testing.T) {
	for name, shape := range shapes {
		values := draw(11, 3000, shape)
		a, b, c := fill(values[:10]), fill(values[10:1500]), fill(values[1500:])
		whole := fill(values)
		sum := func(hs ...*digest.Histogram) *digest.Histogram {
			out := &digest.Histogram{}
			for _, h := range hs {
				out.Merge(h)
			}
			return out
		}
		for order, h := range map[string]*digest.Histogram{
			"a b c": sum(a, b, c), "c b a": sum(c, b, a), "a (b c)": sum(a, sum(b, c)), "empty": sum(&digest.Histogram{}, a, nil, b, c),
		} {
			if h.Count() != whole.Count() || h.Min() != whole.Min() || h.Max() != whole.Max() || math.Abs(h.Sum()-whole.Sum()) > 1e-9*whole.Sum() {
				t.Errorf("%s, %s: sums differ from the whole's", name, order)
			}
			for _, q := range quantiles {
				if got, want := h.Quantile(q), whole.Quantile(q); got != want {
					t.Errorf("%s, %s, q%v: got %v, want %v", name, order, q, got, want)
				}
			}
		}
	}
}

func TestClone(t *testing.T) {
	a := fill([]float64{1, 2, 3})
	before := encode(t, a)
	b := a.Clone()
	b.Add(2)
	if !bytes.Equal(encode(t, a), before) || b.Count() != 4 {
		t.Error("a change of the clone shows in the original")
	}
}

func encode(t testing.TB, h *digest.Histogram) []byte {
	t.Helper()
	b, err := h.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestHistogramCodec(t *testing.T) {
	shapes["none"] = func(*rand.Rand) float64 { return math.NaN() }
	defer delete(shapes, "none")
	for name, shape := range shapes {
		h := fill(draw(3, 2000, shape))
		var back digest.Histogram
		if err := back.UnmarshalBinary(encode(t, h)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(encode(t, &back), encode(t, h)) || back.Sum() != h.Sum() || back.Quantile(0.9) != h.Quantile(0.9) {
			t.Errorf("%s: what comes back differs", name)
		}
		type holder struct {
			H digest.Histogram `json:"h,omitzero"`
		}
		b, err := json.Marshal(holder{*h})
		if err != nil {
			t.Fatal(err)
		}
		if (string(b) == "{}") != h.IsZero() {
			t.Errorf("%s: got JSON %s", name, b)
		}
		var x holder
		if err := json.Unmarshal(b, &x); err != nil || !bytes.Equal(encode(t, &x.H), encode(t, h)) {
			t.Errorf("%s: JSON does not come back: %v", name, err)
		}
	}
}

func TestHistogramRefused(t *testing.T) {
	good := encode(t, fill([]float64{0, 1, 2, 2, 500}))
	empty := encode(t, &digest.Histogram{})
	set := func(i int, b ...byte) []byte { return append(append(slices.Clone(good[:i]), b...), good[i+len(b):]...) }
	inf := binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.Inf(1)))
	nan := binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.NaN()))
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", nil, "cut short"},
		{"version", set(0, 2), "histogram of version 2, this program reads version 1"},
		{"cut", good[:len(good)-1], "cut short"},
		{"cut in a float", good[:7], "cut short"},
		{"samples without buckets", good[:27], "do not add up"},
		{"more samples than buckets", set(1, 6), "do not add up"},
		{"fewer samples than buckets", set(1, 4), "do not add up"},
		{"none, yet more", append(slices.Clone(empty), good[2:]...), "do not add up"},
		{"infinite sum", set(3, inf...), "impossible sums"},
		{"NaN min", set(11, nan...), "impossible sums"},
		{"max below min", set(19, binary.LittleEndian.AppendUint64(nil, math.Float64bits(-1))...), "impossible sums"},
		{"far bucket", append(slices.Clone(good), 0xff, 0xff, 0xff, 0xff, 0x7f, 1), "out of range"},
		{"empty bucket", append(slices.Clone(good), 1, 0), "out of range"},
		{"bucket twice", append(slices.Clone(good), 0, 1), "out of range"},
	}
	for _, tt := range tests {
		h := *fill([]float64{1})
		err := h.UnmarshalBinary(tt.data)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got error %v, want one with %q", tt.name, err, tt.want)
		}
		if !h.IsZero() {
			t.Errorf("%s: the histogram is not empty", tt.name)
		}
	}
	if err := new(digest.Histogram).UnmarshalText([]byte("!")); err == nil {
		t.Error("text that is not base64: got no error")
	}
}

func FuzzHistogram(f *testing.F) {
	f.Add(encode(f, fill([]float64{0, 1, 2, 500})))
	f.Add(encode(f, &digest.Histogram{}))
	f.Add([]byte{1, 5, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		var h digest.Histogram
		if h.UnmarshalBinary(data) != nil {
			return
		}
		again := encode(t, &h)
		var back digest.Histogram
		if err := back.UnmarshalBinary(again); err != nil || !bytes.Equal(encode(t, &back), again) {
			t.Fatalf("what was read does not come back: %v", err)
		}
		last := 0.0
		for _, q := range quantiles {
			v := h.Quantile(q)
			if v < last || v > h.Max() {
				t.Fatalf("q%v is %v after %v, max %v", q, v, last, h.Max())
			}
			last = v
		}
		if s := h.ShareAbove(h.Mean()); s < 0 || s > 1 {
			t.Fatalf("ShareAbove is %v", s)
		}
		h.Merge(&back)
	})
}

func FuzzHistogramText(f *testing.F) {
	b, _ := fill([]float64{1, 7}).MarshalText()
	f.Add(b)
	f.Fuzz(func(t *testing.T, text []byte) {
		var h digest.Histogram
		if h.UnmarshalText(text) != nil && !h.IsZero() {
			t.Error("not empty after an error")
		}
	})
}

func TestSlots(t *testing.T) {
	tests := []struct {
		name     string
		from, to int64
		want     int
	}{
		{"one slot", 0, 300, 1},
		{"no length", 0, 0, 1},
		{"a second of the next", 0, 301, 2},
		{"within", 10, 20, 1},
		{"across", 299, 301, 2},
		{"the day", 0, 86400, 288},
		{"more than the day", -5000, 100000, 288},
		{"the last", 86399, 86400, 1},
		{"after the day", 86400, 90000, 0},
	}
	for _, tt := range tests {
		var s digest.Slots
		s.Mark(tt.from, tt.to)
		if got := s.Count(); got != tt.want {
			t.Errorf("%s: got %d slots, want %d", tt.name, got, tt.want)
		}
		text, err := s.MarshalText()
		var back digest.Slots
		if err != nil || back.UnmarshalText(text) != nil || back != s {
			t.Errorf("%s: the text does not come back", tt.name)
		}
		if s.IsZero() != (tt.want == 0) {
			t.Errorf("%s: IsZero is %v", tt.name, s.IsZero())
		}
	}
	var a, b digest.Slots
	a.Mark(0, 600)
	b.Mark(300, 900)
	a.Merge(b)
	if a.Count() != 3 {
		t.Errorf("union: got %d slots, want 3", a.Count())
	}
}

func FuzzSlots(f *testing.F) {
	var s digest.Slots
	s.Mark(5, 5000)
	b, _ := s.MarshalText()
	f.Add(b)
	f.Add([]byte(strings.Repeat("/", 54)))
	f.Fuzz(func(t *testing.T, text []byte) {
		var s, back digest.Slots
		if s.UnmarshalText(text) != nil {
			return
		}
		if s.Count() > digest.SlotsPerDay {
			t.Errorf("got %d slots a day", s.Count())
		}
		b, err := s.MarshalText()
		if err != nil || back.UnmarshalText(b) != nil || back != s {
			t.Error("the text does not come back")
		}
	})
}

func TestCounter(t *testing.T) {
	type reading struct {
		ms    int64
		value float64
		want  float64
		ok    bool
	}
	tests := []struct {
		name     string
		readings []reading
	}{
		{"steady", []reading{{0, 10, 0, false}, {1000, 12, 2, true}, {3000, 12, 0, true}}},
		{"reset", []reading{{0, 100, 0, false}, {1000, 5, 5, true}, {2000, 6, 1, true}}},
		{"reset to nothing", []reading{{0, 100, 0, false}, {1000, 0, 0, true}}},
		{"gap", []reading{{0, 0, 0, false}, {5000, 5, 1, true}, {10001, 9, 0, false}, {11001, 10, 1, true}}},
		{"time stands still", []reading{{1000, 1, 0, false}, {1000, 5, 0, false}, {2000, 3, 2, true}}},
		{"time goes back", []reading{{1000, 1, 0, false}, {500, 5, 0, false}, {2000, 3, 2, true}}},
		{"not a number", []reading{{0, 1, 0, false}, {1000, math.NaN(), 0, false}, {2000, 5, 2, true}}},
		{"infinite", []reading{{0, 1, 0, false}, {1000, math.Inf(1), 0, false}, {2000, 5, 2, true}}},
		{"negative", []reading{{0, 1, 0, false}, {1000, -4, 0, false}, {2000, 5, 2, true}}},
		{"below zero, unsigned", []reading{{0, 1, 0, false}, {1000, 1.8446744073709552e19, 0, false}, {2000, 5, 2, true}}},
	}
	for _, tt := range tests {
		var c digest.Counter
		for i, r := range tt.readings {
			if got, ok := c.Rate(r.ms, r.value, 5000); got != r.want || ok != r.ok {
				t.Errorf("%s, reading %d: got %v, %v, want %v, %v", tt.name, i, got, ok, r.want, r.ok)
			}
		}
	}
}

func BenchmarkHistogramAdd(b *testing.B) {
	for name, shape := range shapes {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			values := draw(5, 4096, shape)
			var h digest.Histogram
			i := 0
			for b.Loop() {
				h.Add(values[i&4095])
				i++
			}
		})
	}
}

func BenchmarkHistogramMerge(b *testing.B) {
	o := fill(draw(5, 4096, shapes["lognormal"]))
	var h digest.Histogram
	for b.Loop() {
		h.Merge(o)
	}
}

func BenchmarkHistogramQuantile(b *testing.B) {
	h := fill(draw(5, 4096, shapes["lognormal"]))
	for b.Loop() {
		h.Quantile(0.95)
	}
}

func BenchmarkHistogramCodec(b *testing.B) {
	h := fill(draw(5, 4096, shapes["lognormal"]))
	data := encode(b, h)
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			encode(b, h)
		}
		b.ReportMetric(float64(len(data)), "bytes")
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			var back digest.Histogram
			if err := back.UnmarshalBinary(data); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestMinus(t *testing.T) {
	for name, shape := range shapes {
		some, rest := draw(41, 50, shape), draw(42, 400, shape)
		all := fill(slices.Concat(some, rest))
		left, want := all.Minus(fill(some)), fill(rest)
		if left.Count() != want.Count() {
			t.Fatalf("%s: got %d samples, want %d", name, left.Count(), want.Count())
		}
		for _, q := range quantiles {
			if got, was := left.Quantile(q), want.Quantile(q); math.Abs(got-was) > 2*digest.MaxRelativeError*was+digest.Smallest {
				t.Errorf("%s, q%v: got %v, want %v", name, q, got, was)
			}
		}
	}
}

// TestAll: every sample comes back, within the error of its bucket.
func TestAll(t *testing.T) {
	var h digest.Histogram
	for i := range 1000 {
		h.Add(float64(i * i))
	}
	n, sum, last := uint64(0), 0.0, -1.0
	for v, k := range h.All() {
		if v <= last {
			t.Fatalf("%g comes after %g", v, last)
		}
		n, sum, last = n+k, sum+v*float64(k), v
	}
	if n != h.Count() || math.Abs(sum-h.Sum()) > digest.MaxRelativeError*h.Sum() {
		t.Errorf("got %d samples of %g, want %d of %g", n, sum, h.Count(), h.Sum())
	}
	for v := range h.All() { // may be left at any sample
		if v > 100 {
			break
		}
	}
}
