package rightsize

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// TestPenniesBesideRaise: what one container lacks is no reason to advise on the pennies
// of another.
func TestPenniesBesideRaise(t *testing.T) {
	for least, want := range map[float64][]bool{1: {true, true, true}, 6: {true, true, true}, 7: {false, false, true}} {
		w := &analyzer.WorkloadFacts{Workload: &analyzer.Workload{}, Containers: make([]analyzer.ContainerFacts, 3)}
		all := []advice.Advice{
			{Changes: []advice.Change{{Field: "requests.cpu", From: 100, To: 50}}, MonthlySavings: 4, Detail: &Sizing{}},
			{Changes: []advice.Change{{Field: "requests.cpu", From: 100, To: 80}}, MonthlySavings: 2, Detail: &Sizing{}},
			{Changes: []advice.Change{{Field: "requests.memory", From: 100, To: 200}}, MonthlySavings: -3, Detail: &Sizing{}},
		}
		leavePennies(&advice.Pass{Costs: &cost.Costs{}, Options: advice.Options{MinSavings: least}}, w, all)
		for i := range all {
			if got := len(all[i].Changes) > 0; got != want[i] {
				t.Errorf("%v USD asked for: container %d changes: %v, want %v", least, i, got, want[i])
			}
		}
	}
}
