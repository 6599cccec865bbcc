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
		f := advice.As[waste.Finding](r.Detail)
		if f == nil {
			continue
		}
		gap := b.wasteGap(r, f)
		w := document.Waste{
			Kind: f.Kind.Code, Target: targetOf(r), Container: r.Container, Title: r.Title, MonthlyCost: b.known(document.Cents(f.Monthly)),
			CountedBy: string(f.Kind.Lever), Loss: f.Loss, Blocked: append([]string{}, f.Blocked...),
			Confidence: document.Share(r.Confidence), Evidence: evidence(r.Evidence), Warnings: r.Warnings, PriceGap: gap,
		}
		if f.Kind.Lever == advice.LeverNodes && len(f.Blocked) > 0 { // no plan drains it, or that saves nothing
			w.CountedBy = ""
		}
		if gap != "" && f.Monthly == 0 { // nothing costs nothing
			w.MonthlyCost = nil
		}
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(x, y document.Waste) int {
		return cmp.Or(cmp.Compare(y.USD(), x.USD()), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Target, y.Target), cmp.Compare(x.Container, y.Container))
	})
	return out
}

// wasteKinds are the kinds of the findings, by their codes.
func (b *builder) wasteKinds() (out []document.FindingKind) {
	for i := range b.recs {
		f := advice.As[waste.Finding](b.recs[i].Detail)
		if f == nil {
			continue
		}
		k := document.FindingKind{Kind: f.Kind.Code, One: f.Kind.One, Many: f.Kind.Many, Severity: string(f.Kind.Severity), Beside: f.Kind.Beside}
		if !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(x, y document.FindingKind) int { return cmp.Compare(x.Kind, y.Kind) })
	return out
}
