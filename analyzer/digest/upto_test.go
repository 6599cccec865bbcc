package digest_test

import (
	"math"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

func TestUpTo(t *testing.T) {
	var h, want digest.Histogram
	for i := range 1000 {
		v := float64(i%90) * 1.7
		h.Add(v)
		want.Add(v)
	}
	if kept, dropped := h.UpTo(h.Max()); dropped != 0 || kept.Sum() != h.Sum() {
		t.Errorf("up to the maximum: %d dropped, sum %g, want none and %g", dropped, kept.Sum(), h.Sum())
	}
	h.AddN(1.8e19, 2)
	kept, dropped := h.UpTo(1e6)
	if dropped != 2 || kept.Count() != want.Count() || kept.Quantile(0.5) != want.Quantile(0.5) || kept.Min() != want.Min() {
		t.Errorf("dropped %d, kept %d, median %g; want 2, %d, %g", dropped, kept.Count(), kept.Quantile(0.5), want.Count(), want.Quantile(0.5))
	}
	if far := math.Abs(kept.Sum()-want.Sum()) / want.Sum(); far > digest.MaxRelativeError {
		t.Errorf("the sum %g is off by %g of %g", kept.Sum(), far, want.Sum())
	}
	if kept, dropped := h.UpTo(-1); dropped+kept.Count() != h.Count() {
		t.Errorf("%d kept and %d dropped of %d", kept.Count(), dropped, h.Count())
	}
}
