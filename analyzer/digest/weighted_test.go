package digest_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// TestWeighted compares with counting: a sample that was scaled by half counts half.
func TestWeighted(t *testing.T) {
	for name, shape := range shapes {
		old, fresh := draw(21, 400, shape), draw(22, 300, shape)
		var w digest.Weighted
		w.Add(fill(old))
		w.Scale(0.5)
		w.Add(fill(fresh))
		w.Add(nil)
		if got := w.Total(); math.Abs(got-500) > 1e-6 {
			t.Fatalf("%s: got the weight %v, want 500", name, got)
		}
		all := slices.Concat(old, fresh, fresh) // a fresh sample twice is as much as an old one once
		slices.Sort(all)
		qs := []float64{0.1, 0.5, 0.9, 0.99, 1}
		got := make([]float64, len(qs))
		w.Quantiles(qs, got)
		for i, q := range qs {
			if want := nearestRank(all, q); math.Abs(got[i]-want) > digest.MaxRelativeError*want && want >= digest.Smallest {
				t.Errorf("%s, q%v: got %v, want %v", name, q, got[i], want)
			}
		}
	}
}

// TestCheapest compares with trying every sample.
func TestCheapest(t *testing.T) {
	for name, shape := range shapes {
		values := draw(23, 500, shape)
		var w digest.Weighted
		w.Add(fill(values))
		for _, price := range []float64{0.5, 3, 12, 40} {
			const floor = 5
			cost := func(v float64) float64 {
				above := 0.0
				for _, x := range values {
					if x > v {
						above++
					}
				}
				return math.Log(v) + price*above/float64(len(values))
			}
			best := cost(floor)
			for _, v := range values {
				if v > floor {
					best = min(best, cost(v))
				}
			}
			if got := w.Cheapest(price, floor); got < floor || cost(got) > best+0.05 {
				t.Errorf("%s, price %v: %v costs %v, the best %v", name, price, got, cost(got), best)
			}
		}
	}
}

func TestTail(t *testing.T) {
	r := rand.New(rand.NewPCG(24, 1))
	for name, shape := range shapes {
		h := fill(draw(25, 500, shape))
		tail := h.Tail()
		last := 1.0
		for v := 0.0; v < 3*h.Max(); v = v*1.3 + r.Float64() {
			got, want := tail.Above(v), h.ShareAbove(v)
			if math.Abs(got-want) > 0.01 && v >= h.Min() {
				t.Fatalf("%s above %v: got %v, want %v", name, v, got, want)
			}
			if got > last+1e-12 {
				t.Fatalf("%s: the share above rises at %v", name, v)
			}
			last = got
		}
	}
	empty := (&digest.Histogram{}).Tail()
	if got := empty.Above(0); got != 0 {
		t.Errorf("empty: got %v above 0, want 0", got)
	}
}
