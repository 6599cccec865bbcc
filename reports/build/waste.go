package build

import (
	"cmp"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

func (b *builder) waste() []document.Waste {
	out := []document.Waste{}
	for i := range b.recs {
		r := &b.recs[i]
		if advice.As[waste.Finding](r.Detail) == nil {
			continue
		}
		w := document.Waste{
			Kind: advice.As[waste.Finding](r.Detail).Kind, Target: targetOf(r), Container: r.Container, Title: r.Title, MonthlyCost: b.known(document.Cents(advice.As[waste.Finding](r.Detail).Monthly)),
			CountedBy: string(advice.As[waste.Finding](r.Detail).Within), Loss: advice.As[waste.Finding](r.Detail).Loss, Blocked: append([]string{}, advice.As[waste.Finding](r.Detail).Blocked...),
			Confidence: document.Share(r.Confidence), Evidence: []document.Evidence{}, Warnings: r.Warnings,
		}
		for _, e := range r.Evidence {
			if document.IsFinite(e.Value) {
				w.Evidence = append(w.Evidence, document.Evidence{Name: e.Name, Value: document.Decimals(e.Value, 4), Unit: e.Unit})
			}
		}
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(x, y document.Waste) int {
		return cmp.Or(cmp.Compare(y.USD(), x.USD()), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Target, y.Target), cmp.Compare(x.Container, y.Container))
	})
	return out
}
