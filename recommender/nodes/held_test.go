package nodes_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
)

// planWith plans the nodes of a case with commitments.
func planWith(t *testing.T, file string, held ...pricing.HeldCommitment) *nodes.Plan {
	t.Helper()
	a, err := txtar.ParseFile("../../testdata/rules/" + file)
	if err != nil {
		t.Fatal(err)
	}
	facts := analyzer.Analyze(casetest.Snapshot(t, a))
	recs, err := recommender.Run(context.Background(), facts, cost.Of(facts, pricing.New(pricing.Config{})),
		advice.Options{Nodes: bareNodes, Levers: []advice.Lever{advice.LeverRightsize, advice.LeverNodes}, Commitment: advice.CommitmentOptions{Held: held}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recs {
		if advice.As[nodes.Plan](r.Detail) != nil {
			return advice.As[nodes.Plan](r.Detail)
		}
	}
	t.Fatal("the rule reported no plan")
	return nil
}

// TestNodesHeld: whatever is held, the plan's bill is no more than that of the nodes
// cheapest at list prices or of today's, and no less than its bound; a larger
// commitment that costs the same never makes it dearer by more than a plan is off its
// bound.
func TestNodesHeld(t *testing.T) {
	for _, tt := range []struct {
		file string
		held func(units float64) pricing.HeldCommitment
	}{
		{"nodes/held-stays.txtar", func(u float64) pricing.HeldCommitment { return pricing.HeldCommitment{Family: "m5", Covers: 0.1 * u} }},
		{"nodes/held-stays.txtar", func(u float64) pricing.HeldCommitment { return pricing.HeldCommitment{Covers: 0.1 * u} }},
		{"nodes/consolidate.txtar", func(u float64) pricing.HeldCommitment { return pricing.HeldCommitment{Family: "m6i", Covers: 0.05 * u} }},
		{"purchase/google-resources.txtar", func(u float64) pricing.HeldCommitment {
			return pricing.HeldCommitment{Family: "n2", Resource: pricing.ResourceVCPU, Units: 4 * u}
		}},
	} {
		if free := planWith(t, tt.file); free.Held != nil {
			t.Errorf("%s: got %+v without commitments", tt.file, free.Held)
		}
		last := math.Inf(1)
		for units := 0; units < 12; units += 3 {
			t.Run(fmt.Sprint(tt.file, units), func(t *testing.T) {
				one := tt.held(float64(units))
				one.Pays = 0.3
				h := planWith(t, tt.file, one).Held
				if h == nil {
					t.Fatal("got no bill with commitments")
				}
				if h.Monthly > min(h.MonthlyFree, h.MonthlyNow)+1e-6 {
					t.Errorf("got a bill of %.2f, %.2f with the cheapest at list prices, %.2f today", h.Monthly, h.MonthlyFree, h.MonthlyNow)
				}
				if h.LowerBound > h.Monthly+1e-6 || h.LowerBound < h.Commitments-1e-6 {
					t.Errorf("got a bound of %.2f for a bill of %.2f with %.2f of commitments", h.LowerBound, h.Monthly, h.Commitments)
				}
				if h.LowerBound > last+1e-6 {
					t.Errorf("the bound is %.2f, a smaller commitment had a bill of %.2f", h.LowerBound, last)
				}
				last = h.Monthly
			})
		}
	}
}
