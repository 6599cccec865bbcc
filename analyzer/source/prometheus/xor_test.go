package prometheus_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
)

// xorChunk makes a chunk of samples, as an engine does.
func xorChunk(t testing.TB, ms []int64, vs []float64) []byte {
	t.Helper()
	c := chunkenc.NewXORChunk()
	app, err := c.Appender()
	if err != nil {
		t.Fatal(err)
	}
	for i := range ms {
		app.Append(0, ms[i], vs[i])
	}
	return slices.Clone(c.Bytes())
}

// randomSamples are counters, gauges, constants, markers, at intervals that are
// even, jittered, broken, or of any size.
func randomSamples(rng *rand.Rand, n int) (ms []int64, vs []float64) {
	t, v := rng.Int64N(1<<41), math.Round(rng.Float64()*1000)
	every, even, steady := []int64{1, 15_000, 30_000, 60_000}[rng.IntN(4)], rng.IntN(3), rng.IntN(4)
	for range n {
		ms, vs = append(ms, t), append(vs, v)
		switch t += every; {
		case even == 1:
			t += rng.Int64N(20)
		case even == 2 && rng.IntN(9) == 0:
			t += int64(1) << rng.IntN(39)
		}
		switch {
		case steady == 0 || steady == 1 && rng.IntN(20) > 0:
		case rng.IntN(50) == 0:
			v = math.Float64frombits(value.StaleNaN)
		case rng.IntN(2) == 0:
			v = rng.NormFloat64() * 1e6
		default:
			v = math.Round(rng.Float64() * 1e3)
		}
	}
	return ms, vs
}

// TestXORIsPrometheus wants the samples that Prometheus' own iterator gives, bit by bit.
func TestXORIsPrometheus(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		ms, vs := randomSamples(rng, rng.IntN(200))
		x, err := prometheus.DecodeXOR(xorChunk(t, ms, vs))
		if err != nil {
			t.Fatalf("%v %v: %v", ms, vs, err)
		}
		sameSamples(t, x, ms, vs)
		if !x.Rising && len(ms) > 1 {
			t.Fatalf("%v is said not to rise", ms)
		}
	}
}

func sameSamples(t *testing.T, got prometheus.XOR, ms []int64, vs []float64) {
	t.Helper()
	same := slices.EqualFunc(got.Values, vs, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
	if !slices.Equal(got.Times, ms) || !same {
		t.Fatalf("got  %v %v\nwant %v %v", got.Times, got.Values, ms, vs)
	}
}

// TestXORCut wants an error for a chunk that is cut anywhere, or that says it has more.
func TestXORCut(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	ms, vs := randomSamples(rng, 120)
	chunk := xorChunk(t, ms, vs)
	for n := 2; n < len(chunk); n++ {
		if x, err := prometheus.DecodeXOR(chunk[:n]); err == nil {
			t.Errorf("%d of %d bytes: %d samples", n, len(chunk), len(x.Times))
		}
	}
	binary.BigEndian.PutUint16(chunk, uint16(len(ms)+9))
	if _, err := prometheus.DecodeXOR(chunk); err == nil {
		t.Error("nine samples too few are not noticed")
	}
}

// FuzzXOR wants, of any bytes, an error or what Prometheus' own iterator gives;
// and a chunk that is said to rise to do so.
func FuzzXOR(f *testing.F) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		ms, vs := randomSamples(rng, rng.IntN(100))
		chunk := xorChunk(f, ms, vs)
		f.Add(chunk)
		f.Add(chunk[:2+rng.IntN(len(chunk)-1)])
		if len(ms) > 0 {
			binary.BigEndian.PutUint16(chunk, uint16(len(ms)+rng.IntN(20)))
			f.Add(chunk)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 2 {
			return
		}
		c, err := chunkenc.FromData(chunkenc.EncXOR, b)
		if err != nil {
			t.Fatal(err)
		}
		var ms []int64
		var vs []float64
		it := c.Iterator(nil)
		for it.Next() == chunkenc.ValFloat {
			at, v := it.At()
			ms, vs = append(ms, at), append(vs, v)
		}
		got, err := prometheus.DecodeXOR(b)
		if err != nil {
			return // Prometheus' iterator invents samples behind some ends
		}
		sameSamples(t, got, ms, vs)
		for i := 1; got.Rising && i < len(ms); i++ {
			if ms[i] <= ms[i-1] {
				t.Fatalf("%v is said to rise", ms)
			}
		}
	})
}

// BenchmarkXOR compares the decoders on an hour of a counter and of a constant.
func BenchmarkXOR(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 6))
	var ms []int64
	var counter, constant []float64
	for i := range 120 {
		ms, constant = append(ms, int64(i)*30_000), append(constant, 0.25)
		counter = append(counter, float64(i)*3+rng.Float64())
	}
	for name, chunk := range map[string][]byte{"counter": xorChunk(b, ms, counter), "constant": xorChunk(b, ms, constant)} {
		b.Run(name+"/own", func(b *testing.B) {
			var r prometheus.XORReader
			for b.Loop() {
				if err := r.Read(chunk); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/prometheus", func(b *testing.B) {
			var it chunkenc.Iterator
			for b.Loop() {
				c, err := chunkenc.FromData(chunkenc.EncXOR, chunk)
				if err != nil {
					b.Fatal(err)
				}
				it = c.Iterator(it)
				for it.Next() == chunkenc.ValFloat {
					it.At()
				}
			}
		})
	}
}
