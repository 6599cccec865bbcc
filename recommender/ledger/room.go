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

// RoomOf reads it off the cluster as the levers left it.
func RoomOf(c *advice.Cluster, w *analyzer.WorkloadFacts) Room {
	now := make([]analyzer.Container, len(w.Containers))
	sized, advised := make([]analyzer.Container, len(now)), make([]analyzer.Container, len(now))
	scaled, ok := c.Scaled(w.Ref)
	rescaled := ok && scaled.Changed
	for i := range w.Containers {
		one := w.Containers[i].Container
		now[i], sized[i] = one, one
		k := analyzer.ContainerRef{Ref: w.Ref, Container: one.Name}
		if to, ok := c.Sized(k); ok {
			sized[i].Requests = to
		}
		advised[i] = sized[i]
		if rescaled {
			advised[i].Requests = c.Requests(k)
		}
	}
	pod := func(of []analyzer.Container) analyzer.Amounts { return analyzer.PodRequests(of, analyzer.Amounts{}) }
	out := Room{Now: pod(now), Sized: pod(sized), Advised: pod(advised), Pods: int64(w.Replicas), AdvisedPods: int64(w.Replicas)}
	if rescaled {
		out.AdvisedPods = int64(math.Round(scaled.Mean))
	}
	return out
}
