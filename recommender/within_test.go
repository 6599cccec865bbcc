package recommender_test

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/spot"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
)

// TestNothingFreesMoreThanItCosts holds every rule case's advice to the bill: what
// right-sizing and rescaling free of a workload together is no more than the workload
// costs, a finding of waste on it neither, and moving to spot saves no more than the
// nodes cost.
func TestNothingFreesMoreThanItCosts(t *testing.T) {
	files, err := filepath.Glob("../testdata/rules/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	held := 0
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		facts := analyzer.Analyze(casetest.Snapshot(t, a))
		costs := cost.Of(facts, pricing.New(pricing.Config{}))
		recs, err := recommender.Run(context.Background(), facts, costs, advice.Options{})
		if err != nil {
			t.Fatal(err)
		}
		held += withinCost(t, file, costs, recs)
	}
	if held < 50 {
		t.Errorf("only %d workloads are advised on, want 50: the cases lack prices", held)
	}
}

// withinCost checks the advice of a cluster and counts the workloads that free something.
func withinCost(t *testing.T, name string, costs *cost.Costs, recs []advice.Advice) int {
	t.Helper()
	freed, onSpot, bill := map[analyzer.Ref]float64{}, 0.0, costs.Bill
	for i := range recs {
		r := &recs[i]
		switch {
		case advice.As[nodes.Plan](r.Detail) != nil: // it may be dearer, where requests are raised
			bill = max(bill, advice.As[nodes.Plan](r.Detail).Monthly)
		case advice.As[spot.Readiness](r.Detail) != nil:
			onSpot += r.MonthlySavings
		case advice.As[waste.Finding](r.Detail) != nil:
			if f := advice.As[waste.Finding](r.Detail); f.Kind.Code == "idle-workload" && f.Monthly > costs.MonthlyOf(r.Workload)+0.01 {
				t.Errorf("%s: %s of %s is waste of %.2f, and costs %.2f", name, f.Kind.Code, r.Workload, f.Monthly, costs.MonthlyOf(r.Workload))
			}
		case r.Lever == advice.LeverRightsize || r.Lever == advice.LeverHorizontal:
			freed[r.Workload] += r.MonthlySavings
		}
	}
	count := 0
	for ref, usd := range freed {
		if usd > costs.MonthlyOf(ref)+1e-6 || math.IsNaN(usd) {
			t.Errorf("%s: %s frees %.2f a month, and costs %.2f", name, ref, usd, costs.MonthlyOf(ref))
		}
		if usd > 0 {
			count++
		}
	}
	if onSpot > bill+0.01 {
		t.Errorf("%s: spot saves %.2f a month, and the nodes cost %.2f", name, onSpot, bill)
	}
	return count
}
