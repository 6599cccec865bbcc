package ledger

import (
	"math"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// Room is what a workload's pods request: one pod as it is, as right-sizing alone
// would leave it, and after all levers; and how many pods there are, and would be
// on average.
type Room struct {
	Now, Sized, Advised analyzer.Amounts
	Pods, AdvisedPods   int64
}

// RoomOf reads it off the cluster as the levers left it, for the pods of one of
// the workload's roles.
func RoomOf(c *advice.Cluster, w *analyzer.WorkloadFacts, role string) Room {
	pods, sized := int64(w.PodsOf(role)), c.SizedPod(w, role)
	out := Room{Now: w.Reserves(w.ContainersOfRole(role)), Sized: sized, Advised: sized, Pods: pods, AdvisedPods: pods}
	if scaled, ok := c.Scaled(w.Ref); ok && scaled.Changed {
		out.Advised, out.AdvisedPods = c.Pod(w, role), int64(math.Round(scaled.Mean))
	}
	return out
}
