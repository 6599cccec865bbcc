package bounds

import (
	"math"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/check"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
)

// Least is the fewest replicas that are safe: the autoscaler's minimum, which
// its owner set; one only where one runs now; every zone that its pods are in,
// or must spread over; and one more than a disruption budget must keep, so that
// a node can be drained. usual is how many pods there are for a tenth of the window
// at the least.
func Least(z *Zones, w *analyzer.WorkloadFacts, usual float64) int32 {
	n, pods := min(max(w.Replicas, 1), 2), max(w.Replicas, 1)
	if len(w.HPAs) > 0 {
		n, pods = max(w.HPAs[0].Min, 1), max(pods, int32(min(math.Round(usual), setting.MostReplicas)))
	}
	n = max(n, min(z.in(w, usual), pods))
	if Binds(w, analyzer.ConstraintSpread) {
		n = max(n, int32(len(z.all)))
	}
	for _, b := range w.PDBs {
		n = max(n, check.BudgetOf(&b).Least(n))
	}
	return min(n, setting.MostReplicas)
}
