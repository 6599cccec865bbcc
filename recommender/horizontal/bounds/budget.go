package bounds

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Binds reports whether a pod of the workload has the constraint.
func Binds(w *analyzer.WorkloadFacts, constraint string) bool {
	return slices.ContainsFunc(w.Pods, func(p analyzer.Pod) bool { return slices.Contains(p.Spec.Constraints, constraint) })
}
