package brief_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestSavesIsTheDifference: whatever the cents, today less what is saved is what is left,
// each as it is printed, and the steps add up with less than a dollar's error each.
func TestSavesIsTheDifference(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		r, at := &document.Report{}, document.USD(rnd.IntN(2_000_000))
		var parts []document.USD
		for range 1 + rnd.IntN(4) {
			step := document.Step{MonthlyBefore: at, MonthlyAfter: at - document.USD(rnd.IntN(int(at)+1))}
			parts = append(parts, step.MonthlyBefore-step.MonthlyAfter)
			r.Summary.Waterfall, at = append(r.Summary.Waterfall, step), step.MonthlyAfter
		}
		saves, sum := brief.Saves(r), brief.Whole(0)
		if today := brief.WholeOf(r.Summary.Waterfall[0].MonthlyBefore); today-saves != brief.WholeOf(at) {
			t.Fatalf("%v - %v is not %v", today, saves, brief.WholeOf(at))
		}
		for i, x := range brief.Shares(saves, parts) {
			if sum += x; math.Abs(float64(x)-float64(parts[i])/100) >= 1 {
				t.Fatalf("%v is said of %v", x, parts[i])
			}
		}
		if sum != saves {
			t.Fatalf("the steps %v add up to %v, not %v", parts, sum, saves)
		}
	}
}
