package pin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/check"
)

// Blocks says why a pod's node can't be drained; none where it can. Shrinks names a container
// that a new pod would have with less than a resize in place gave it, or is empty.
func Blocks(w *analyzer.WorkloadFacts, pod *analyzer.Pod, shrinks string) Reason {
	switch {
	case w.Kind == "Pod":
		return Reason{Mend, "nothing would start it again elsewhere: it has no controller"}
	case slices.Contains(pod.Spec.Constraints, analyzer.ConstraintKeep):
		return Reason{Evicted, "it asks not to be disrupted"}
	case shrinks != "":
		return Reason{Mend, "container " + shrinks + " was resized in place, and a new pod would have the template's requests and limits; write them there first"}
	}
	for i := range w.PDBs {
		if b := &w.PDBs[i]; slices.Contains(b.Pods, pod.Name) && Disruptions(b) < 1 {
			return Reason{Mend, fmt.Sprintf("PodDisruptionBudget %s never allows its eviction", b.Name)}
		}
	}
	if over := w.BudgetsOver(pod.Name); len(over) > 1 {
		return Reason{Mend, fmt.Sprintf("PodDisruptionBudgets %s both select it, and the API server evicts no such pod", strings.Join(over, " and "))}
	}
	return Reason{}
}

// Disruptions is how many of a budget's pods may be away once all are healthy, or
// now if that is more. A bound that cannot be read allows none.
func Disruptions(b *analyzer.PDB) int {
	may, ok := check.BudgetOf(b).Allowed(int32(len(b.Pods)))
	if !ok && b.MinAvailable+b.MaxUnavailable != "" {
		may = 0
	}
	return int(max(b.DisruptionsAllowed, may))
}
