package build

import (
	"cmp"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// prices lists the sources of all prices in the report.
func (b *builder) prices() []document.PriceSource {
	out := []document.PriceSource{}
	if b.Costs == nil {
		return out
	}
	for _, p := range advice.Sources(b.Costs, b.recs) {
		out = append(out, document.PriceSource(p))
	}
	if b.Allocation != nil {
		for _, p := range b.Allocation.Prices {
			out = append(out, document.PriceSource(p))
		}
	}
	slices.SortFunc(out, func(x, y document.PriceSource) int {
		return cmp.Or(cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.AsOf, y.AsOf), cmp.Compare(x.Source, y.Source), cmp.Compare(x.Of, y.Of))
	})
	return slices.Compact(out)
}
