package reports

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Waste is one thing that costs money and does nothing.
type Waste struct {
	Kind   string `json:"kind"`
	Target string `json:"target"`
	// Container is absent where the whole target is meant.
	Container string `json:"container,omitempty"`
	Title     string `json:"title"`
	// MonthlyCost is its cost; null where there are no prices. It is in no sum of savings.
	MonthlyCost *USD `json:"monthlyCost" jsonschema:"nullable"`
	// CountedBy is the lever whose savings hold the cost, wholly or in part; absent where none does.
	CountedBy string `json:"countedBy,omitempty"`
	// Loss says what would be lost.
	Loss string `json:"loss"`
	// Blocked says what stands in the way.
	Blocked    []string   `json:"blocked"`
	Confidence float64    `json:"confidence" jsonschema:"minimum=0,maximum=1"`
	Evidence   []Evidence `json:"evidence"`
	// Warnings are the doubts about its cost.
	Warnings []analyzer.Warning `json:"warnings,omitempty"`
}

func (b *builder) waste() []Waste {
	out := []Waste{}
	for i := range b.recs {
		r := &b.recs[i]
		if r.Waste == nil {
			continue
		}
		w := Waste{
			Kind: r.Waste.Kind, Target: targetOf(r), Container: r.Container, Title: r.Title, MonthlyCost: b.known(cents(r.Waste.Monthly)),
			CountedBy: string(r.Waste.Within), Loss: r.Waste.Loss, Blocked: append([]string{}, r.Waste.Blocked...),
			Confidence: share(r.Confidence), Evidence: []Evidence{}, Warnings: r.Warnings,
		}
		for _, e := range r.Evidence {
			if isFinite(e.Value) {
				w.Evidence = append(w.Evidence, Evidence{Name: e.Name, Value: decimals(e.Value, 4), Unit: e.Unit})
			}
		}
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(x, y Waste) int {
		return cmp.Or(cmp.Compare(y.usd(), x.usd()), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Target, y.Target), cmp.Compare(x.Container, y.Container))
	})
	return out
}

func (w *Waste) usd() USD {
	if w.MonthlyCost == nil {
		return 0
	}
	return *w.MonthlyCost
}

// wasteLines are the lines of the text report: the dearest findings. Their
// costs are not added up, since one may lie within another.
func wasteLines(r *Report) []string {
	const most = 5
	var out []string
	for i := range r.Waste {
		w := &r.Waste[i]
		if i == most {
			out = append(out, fmt.Sprintf("%d more findings of waste are in the JSON report.", len(r.Waste)-most))
			break
		}
		text := fmt.Sprintf("Waste: %s: %s", clean(w.Target), w.Title)
		if w.usd() > 0 {
			text += fmt.Sprintf(" (%s a month)", w.usd())
		}
		out = append(out, text+".")
	}
	return out
}
