package bounds

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// zoneLabel is the node label that names its zone.
const zoneLabel = "topology.kubernetes.io/zone"

// Binds reports whether a pod of the workload has the constraint.
func Binds(w *analyzer.WorkloadFacts, constraint string) bool {
	return slices.ContainsFunc(w.Pods, func(p analyzer.Pod) bool { return slices.Contains(p.Spec.Constraints, constraint) })
}

func zones(p *advice.Pass) int {
	seen := map[string]bool{}
	for _, n := range p.Facts.Snapshot.Nodes {
		if z := n.Labels[zoneLabel]; z != "" {
			seen[z] = true
		}
	}
	return len(seen)
}
