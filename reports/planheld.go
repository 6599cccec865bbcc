package reports

import (
	"fmt"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/recommender"
)

// PlanBill is what the nodes come to with the commitments that exist: their list
// price, less what commitments cover of it, plus what the commitments cost.
type PlanBill struct {
	// CommitmentsMonthly is what the commitments cost, with any nodes; it is in all of the bills.
	CommitmentsMonthly USD `json:"commitmentsMonthly"`
	// MonthlyNow is the bill with today's nodes, MonthlyCost that with the plan's.
	MonthlyNow  USD `json:"monthlyNow"`
	MonthlyCost USD `json:"monthlyCost"`
	// MonthlyAtListPrices is the bill with the nodes that are cheapest at list prices, and
	// MonthlyUsed with the best that were found to use what is committed to one family; absent where none were looked for.
	MonthlyAtListPrices USD  `json:"monthlyAtListPrices"`
	MonthlyUsed         *USD `json:"monthlyUsed,omitempty"`
	// LowerBoundMonthly is proven: no nodes make the bill less. GapPercent is how far MonthlyCost lies above it.
	LowerBoundMonthly USD     `json:"lowerBoundMonthly"`
	GapPercent        float64 `json:"gapPercent" jsonschema:"minimum=0"`
	// Families are those that commitments are tied to, of which there are nodes or could be.
	Families []string `json:"families,omitempty"`
}

func planBill(h *recommender.HeldNodes) *PlanBill {
	if h == nil {
		return nil
	}
	out := &PlanBill{
		CommitmentsMonthly: cents(h.Commitments), MonthlyNow: cents(h.MonthlyNow), MonthlyCost: cents(h.Monthly), MonthlyAtListPrices: cents(h.MonthlyFree),
		LowerBoundMonthly: cents(h.LowerBound), GapPercent: max(decimals(h.GapPercent, 2), 0), Families: h.Families,
	}
	if len(h.Families) > 0 {
		used := cents(h.MonthlyUsed)
		out.MonthlyUsed = &used
	}
	return out
}

// proof says how good the plan is: at list prices, or with the commitments.
func (p *NodePlan) proof() string {
	if b := p.WithCommitments; b != nil {
		return fmt.Sprintf("proven to be at most %s%% above the least bill with the commitments held", figures(b.GapPercent))
	}
	return fmt.Sprintf("proven to be at most %s%% above the cheapest", figures(p.GapPercent))
}

// line is which nodes the plan took, and what the others come to; empty where
// commitments are tied to no family.
func (b *PlanBill) line() string {
	if b == nil || b.MonthlyUsed == nil {
		return ""
	}
	text := fmt.Sprintf(" With the commitments held the nodes' bill is %s", b.MonthlyCost)
	if b.MonthlyCost < b.MonthlyAtListPrices {
		return text + fmt.Sprintf(", with those cheapest at list prices it would be %s.", b.MonthlyAtListPrices)
	}
	return text + fmt.Sprintf(", with nodes that use those to %s it would be %s.", clean(strings.Join(b.Families, ", ")), *b.MonthlyUsed)
}
