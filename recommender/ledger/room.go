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
	var now, sized, advised []analyzer.Container
	scaled, ok := c.Scaled(w.Ref)
	rescaled := ok && scaled.Changed
	for i := range w.Containers {
		one := w.Containers[i].Container
		if one.Role != "" && one.Role != role {
			continue // another role's
		}
		now, sized = append(now, one), append(sized, one)
		k, last := analyzer.ContainerRef{Ref: w.Ref, Container: one.Name}, len(sized)-1
		if to, ok := c.Sized(k); ok {
			sized[last].Requests = to
		}
		advised = append(advised, sized[last])
		if rescaled {
			advised[last].Requests = c.Requests(k)
		}
	}
	pods := int64(w.PodsOf(role))
	out := Room{Now: w.Reserves(now), Sized: w.Reserves(sized), Advised: w.Reserves(advised), Pods: pods, AdvisedPods: pods}
	if rescaled {
		out.AdvisedPods = int64(math.Round(scaled.Mean))
	}
	return out
}
