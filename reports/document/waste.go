package document

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// FindingKind says what the findings of a kind are called and how much they weigh.
type FindingKind struct {
	Kind string `json:"kind"`
	// One and Many are what one and several are called.
	One  string `json:"one"`
	Many string `json:"many"`
	// Severity is note where the thing may be wanted, warning where it serves nobody or does nothing, error where it keeps the cluster from working as it is set.
	Severity string `json:"severity" jsonschema:"enum=note,enum=warning,enum=error"`
	// Beside is what bills the money where that is no part of the nodes' bill; absent where it is.
	Beside string `json:"beside,omitempty" jsonschema:"enum=volumes,enum=load balancers"`
}

// Waste is one thing that costs money and does nothing.
type Waste struct {
	Kind   string `json:"kind"`
	Target string `json:"target"`
	// Container is absent where the whole target is meant.
	Container string `json:"container,omitempty"`
	Title     string `json:"title"`
	// MonthlyCost is its cost; null where there are no prices. It is in no sum of savings.
	MonthlyCost *USD `json:"monthlyCost" jsonschema:"nullable"`
	// PriceGap says which of its machines have no price, so that the cost is an estimate or lacks them; absent where all have one.
	PriceGap string `json:"priceGap,omitempty"`
	// CountedBy is the lever whose savings hold the cost, wholly or in part; absent where none does, as of a node that is prepaid or can't be drained as it is.
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

// USD gives the cost; 0 where there are no prices.
func (w *Waste) USD() USD {
	if w.MonthlyCost == nil {
		return 0
	}
	return *w.MonthlyCost
}

// WasteBeside is what bills the money of a kind of waste where that is no part of
// the nodes' bill; empty where it is.
func (r *Report) WasteBeside(kind string) string {
	for i := range r.WasteKinds {
		if r.WasteKinds[i].Kind == kind {
			return r.WasteKinds[i].Beside
		}
	}
	return ""
}

// WasteWords is what so many findings of a kind are called. Reports of programs
// before the kinds stood in them have the kind's code.
func (r *Report) WasteWords(kind string, n int) string {
	for i := range r.WasteKinds {
		if k := &r.WasteKinds[i]; k.Kind == kind {
			if n == 1 {
				return k.One
			}
			return k.Many
		}
	}
	if n == 1 {
		return "finding of " + kind
	}
	return "findings of " + kind
}
