package advice

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

const (
	// IdleDays is the days' worth of usage from which a workload may be called idle.
	IdleDays = 7
	// idleCPU is the millicores that a pod of an idle workload stays below 99 % of the time.
	idleCPU = 5
)

// SystemNamespace reports whether a namespace holds what a cluster needs to run,
// idle or not.
func SystemNamespace(name string) bool {
	return slices.Contains([]string{"kube-system", "kube-public", "kube-node-lease"}, name)
}

// isIdle reports whether a workload that runs all the time did nothing over
// the window.
func isIdle(w *analyzer.WorkloadFacts) bool {
	if w.Batch() || w.Kind == "DaemonSet" || w.Replicas == 0 || SystemNamespace(w.Namespace) {
		return false
	}
	seen := 0
	for i := range w.Containers {
		if w.Containers[i].Type == analyzer.TypeContainer {
			seen = max(seen, w.Containers[i].SeenSlots)
		}
	}
	return seen >= IdleDays*SlotsADay && PodCPU(w, 0.99) < idleCPU
}

// PodCPU adds up a quantile of the containers' CPU usage, in millicores.
func PodCPU(w *analyzer.WorkloadFacts, q float64) float64 {
	var sum float64
	for i := range w.Containers {
		if c := &w.Containers[i]; c.Type != analyzer.TypeInit {
			sum += c.CPU.Samples.Quantile(q)
		}
	}
	return sum
}
