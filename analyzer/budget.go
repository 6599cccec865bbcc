package analyzer

import "slices"

// BudgetsOver names the disruption budgets that select a pod of the workload. A
// pod under more than one is never evicted: the eviction API refuses it.
func (w *WorkloadFacts) BudgetsOver(pod string) (names []string) {
	for _, b := range w.PDBs {
		if slices.Contains(b.Pods, pod) {
			names = append(names, b.Name)
		}
	}
	return names
}
