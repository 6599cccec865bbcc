package document_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestQuantise: a series comes back within 2 %, with its gaps and its zeros.
func TestQuantise(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		base := math.Exp(20 * r.Float64())
		in := make([]float64, 50)
		for i := range in {
			switch r.IntN(10) {
			case 0:
				in[i] = math.NaN()
			case 1:
				in[i] = 0
			default:
				in[i] = base * math.Exp(9*r.Float64())
			}
		}
		packed := document.Quantise(in)
		data, err := json.Marshal(packed)
		if err != nil {
			t.Fatal(err)
		}
		var back document.Series
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		for i, v := range back.Values() {
			switch {
			case math.IsNaN(in[i]) != math.IsNaN(v), in[i] == 0 != (v == 0), math.Abs(v-in[i]) > 0.02*in[i]:
				t.Fatalf("value %d of %v: got %v, want %v within 2 %%", i, packed, v, in[i])
			}
		}
	}
	flat := document.Quantise([]float64{3, 3, math.Inf(1), -1})
	if got := flat.Values(); got[0] != 3 || got[1] != 3 || !math.IsNaN(got[2]) || !math.IsNaN(got[3]) {
		t.Errorf("a flat series: got %v", got)
	}
}
