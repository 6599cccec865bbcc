package bounds

import (
	"math"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
)

// mostTimesCost bounds the cost of the maximum by that of the mean pods.
const mostTimesCost = 10

// fewest is how many pods of one size fit the amounts that bind; none binds where
// there are no amounts.
type fewest struct{ pods float64 }

func (f *fewest) bound(amount, each int64) {
	if each > 0 {
		f.pods = min(f.pods, float64(max(amount, 0)/each))
	}
}

// count is 0 where nothing binds, and one pod at the least where something does.
func (f *fewest) count() int32 {
	if math.IsInf(f.pods, 1) {
		return 0
	}
	return int32(min(max(f.pods, 1), setting.MostReplicas))
}

// Quota is the most pods with those requests that the namespace's quotas admit, 0
// where none binds. What the workload's pods take of a quota now is its own.
func Quota(p *advice.Pass, w *analyzer.WorkloadFacts, requests []analyzer.Container) int32 {
	now, pod := analyzer.PodRequests(w.Workload.Containers, analyzer.Amounts{}), analyzer.PodRequests(requests, analyzer.Amounts{})
	most := fewest{math.Inf(1)}
	for _, q := range p.Facts.Snapshot.Quotas {
		if q.Namespace != w.Namespace {
			continue
		}
		running := int64(len(w.Pods))
		if q.Requests.CPU > 0 {
			most.bound(max(q.Requests.CPU-q.UsedRequests.CPU, 0)+running*now.CPU, pod.CPU)
		}
		if q.Requests.Memory > 0 {
			most.bound(max(q.Requests.Memory-q.UsedRequests.Memory, 0)+running*now.Memory, pod.Memory)
		}
	}
	return most.count()
}

// Roof is the most pods with those requests that nodes and money let run, 0 for
// neither. meanPods is how many there were, in the mean.
func Roof(p *advice.Pass, requests []analyzer.Container, meanPods float64) int32 {
	pod := analyzer.PodRequests(requests, analyzer.Amounts{})
	most := fewest{math.Inf(1)}
	if p.Facts.Snapshot.NodeAutoscaler() == "" {
		var room analyzer.Amounts
		for _, n := range p.Facts.Snapshot.Nodes {
			room = room.Plus(n.Allocatable)
		}
		if room.CPU > 0 {
			most.bound(room.CPU, pod.CPU)
		}
		if room.Memory > 0 {
			most.bound(room.Memory, pod.Memory)
		}
	}
	if meanPods > 0 {
		most.pods = min(most.pods, math.Ceil(mostTimesCost*meanPods))
	}
	return most.count()
}
