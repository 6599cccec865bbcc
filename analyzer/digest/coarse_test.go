package digest_test

import (
	"math"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

func TestCoarse(t *testing.T) {
	var none digest.Coarse
	if none.Count() != 0 || none.Quantile(0.95) != 0 {
		t.Errorf("empty: got %d samples and %v", none.Count(), none.Quantile(0.95))
	}
	for name, shape := range shapes {
		values := draw(31, 288, shape)
		var c digest.Coarse
		for i, v := range values {
			values[i] = min(max(v, 1), 1<<19)
			c.Add(values[i])
		}
		c.Add(math.NaN())
		if c.Count() != len(values) {
			t.Errorf("%s: got %d samples, want %d", name, c.Count(), len(values))
		}
		slices.Sort(values)
		for _, q := range []float64{0, 0.5, 0.95, 1} {
			if got, want := c.Quantile(q), nearestRank(values, q); got < want || got > want*1.126 {
				t.Errorf("%s, q%v: got %v, want %v to an eighth more", name, q, got, want)
			}
		}
	}
}
