package rightsize

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// TestPenniesBesideRaise: what one container lacks is no reason to advise on the pennies
// of another, and a rise that nothing of the container's own past calls for is pennies too.
func TestPenniesBesideRaise(t *testing.T) {
	for least, want := range map[float64][]bool{1: {true, true, true, true}, 5: {true, true, true, true}, 6: {false, false, true, false}} {
		w := &analyzer.WorkloadFacts{Workload: &analyzer.Workload{}, Containers: make([]analyzer.ContainerFacts, 4)}
		all := []advice.Advice{
			{Changes: []advice.Change{{Field: "requests.cpu", From: 100, To: 50}}, MonthlySavings: 4, Detail: &Sizing{}},
			{Changes: []advice.Change{{Field: "requests.cpu", From: 100, To: 80}}, MonthlySavings: 2, Detail: &Sizing{}},
			{Changes: []advice.Change{{Field: "requests.memory", From: 100, To: 200}}, MonthlySavings: -3, Detail: &Sizing{Short: Short{Memory: "memory was above its request"}}},
			{Changes: []advice.Change{{Field: "requests.memory", From: 100, To: 110}}, MonthlySavings: -1, Detail: &Sizing{Short: Short{CPU: "of what does not rise"}}},
		}
		leavePennies(&advice.Pass{Costs: &cost.Costs{}, Options: advice.Options{MinSavings: least}}, w, all)
		for i := range all {
			if got := len(all[i].Changes) > 0; got != want[i] {
				t.Errorf("%v USD asked for: container %d changes: %v, want %v", least, i, got, want[i])
			}
			said := strings.Contains(all[i].Title, "for safety: memory was above its request") && len(all[i].Warnings) == 1 && all[i].Warnings[0].Code == "min-savings"
			if said != (i == 2) {
				t.Errorf("%v USD asked for: container %d says %q, %v; the one that rises alone has to say why it stays", least, i, all[i].Title, all[i].Warnings)
			}
		}
	}
}
