package pin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Blocks says why a pod's node can't be drained; none where it can.
func Blocks(w *analyzer.WorkloadFacts, pod *analyzer.Pod) Reason {
	switch {
	case w.Kind == "Pod":
		return Reason{Mend, "nothing would start it again elsewhere: it has no controller"}
	case slices.Contains(pod.Spec.Constraints, analyzer.ConstraintKeep):
		return Reason{Evicted, "it asks not to be disrupted"}
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
// now if that is more.
func Disruptions(b *analyzer.PDB) int {
	now, total := int(b.DisruptionsAllowed), len(b.Pods)
	if b.MaxUnavailable != "" {
		return max(now, portion(b.MaxUnavailable, total))
	}
	return max(now, total-portion(b.MinAvailable, total))
}

// portion reads a number or a percentage of total, rounded up as the
// disruption controller does.
func portion(s string, total int) int {
	percent, isPercent := strings.CutSuffix(s, "%")
	v, err := strconv.Atoi(percent)
	switch {
	case err != nil:
		return 0
	case isPercent:
		return (v*total + 99) / 100
	}
	return v
}
