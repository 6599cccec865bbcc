package build

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestLetsGo: a bound that takes a change for none lets go on both sides of the request,
// another on the side on which the base is not, and none without a base.
func TestLetsGo(t *testing.T) {
	part := func(kind advice.PartKind, value float64, near float64) advice.Evidence {
		return advice.Evidence{Name: string(kind), Value: value, Part: advice.Part{Kind: kind, Resource: "cpu", Bound: advice.Bound{Near: near}}}
	}
	for _, x := range []struct {
		base, request, near float64
		below, above        float64
	}{
		{20, 55, 0, 0, 50},
		{400, 110, 0, 100, 0},
		{98, 110, 5, 95, 105},
		{0, 55, 0, 0, 0},
	} {
		in := []advice.Evidence{part(advice.PartBase, x.base, 0), part(advice.PartMargin, 10, 0), part(advice.PartBound, x.request, x.near)}
		var below, above float64
		for _, e := range evidence(in) {
			if e.Is(document.PartBound, "cpu") {
				below, above = e.Part.Below, e.Part.Above
			}
			if !e.Is(document.PartBound, "cpu") && (e.Part.Below != 0 || e.Part.Above != 0) {
				t.Errorf("%s lets go of nothing: %+v", e.Name, e.Part)
			}
		}
		if below != x.below || above != x.above {
			t.Errorf("base %g, request %g: lets go below %g or above %g, want %g and %g", x.base, x.request, below, above, x.below, x.above)
		}
	}
}
