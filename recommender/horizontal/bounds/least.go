package bounds

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/check"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
)

// Least is the fewest replicas that are safe: the autoscaler's minimum, which
// its owner set; one only where one runs now; every zone that its pods are in,
// or must spread over; and one more than a disruption budget must keep, so that
// a node can be drained.
func Least(p *advice.Pass, w *analyzer.WorkloadFacts) int32 {
	n := min(max(w.Replicas, 1), 2)
	if len(w.HPAs) > 0 {
		n = max(w.HPAs[0].Min, 1)
	}
	n = max(n, min(zonesOf(p, w), max(w.Replicas, 1)))
	if Binds(w, analyzer.ConstraintSpread) {
		n = max(n, int32(zones(p)))
	}
	for _, b := range w.PDBs {
		n = max(n, check.BudgetOf(&b).Least(n))
	}
	return min(n, setting.MostReplicas)
}

// zonesOf counts the zones that a workload's pods run in now.
func zonesOf(p *advice.Pass, w *analyzer.WorkloadFacts) int32 {
	zone := map[string]string{}
	for _, n := range p.Facts.Snapshot.Nodes {
		zone[n.Name] = n.Labels[zoneLabel]
	}
	seen := map[string]bool{}
	for _, pod := range w.Pods {
		if z := zone[pod.Node]; z != "" {
			seen[z] = true
		}
	}
	return int32(len(seen))
}
