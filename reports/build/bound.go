package build

import (
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// letsGo gives the base, in millicores or bytes, under or over which a bound no longer
// sets a resource's request; 0 where there is none. One that takes a change for none lets
// go on both sides of the request. Another holds on one side alone: that of the base of now.
func letsGo(in []advice.Evidence, resource string) (below, above float64) {
	of := map[advice.PartKind]*advice.Evidence{}
	for i := range in {
		if p := in[i].Part; p.Resource == resource {
			of[p.Kind] = &in[i]
		}
	}
	base, margin, bound := of[advice.PartBase], of[advice.PartMargin], of[advice.PartBound]
	if base == nil || margin == nil || bound == nil || base.Value <= 0 {
		return 0, 0
	}
	with := 1 + margin.Value/100
	if near := bound.Part.Bound.Near / 100; near > 0 {
		below, above = bound.Value*(1-near)/with, bound.Value*(1+near)/with
	} else if alone := base.Value * with; alone < bound.Value {
		above = bound.Value / with
	} else if alone > bound.Value {
		below = bound.Value / with
	}
	return document.Decimals(below, 4), document.Decimals(above, 4)
}
