package document

import (
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

// USD gives the cost; 0 where there are no prices.
func (w *Waste) USD() USD {
	if w.MonthlyCost == nil {
		return 0
	}
	return *w.MonthlyCost
}
