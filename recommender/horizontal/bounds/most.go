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
// where none binds. What the workload's pods take of a quota now is its own,
// as far as the quota's status counts it.
func Quota(p *advice.Pass, w *analyzer.WorkloadFacts, containers []analyzer.Container) int32 {
	now, pod := analyzer.PodRequests(w.Workload.Containers, analyzer.Amounts{}), analyzer.PodRequests(containers, analyzer.Amounts{})
	nowLimits, limits := analyzer.PodLimits(w.Workload.Containers), analyzer.PodLimits(containers)
	most, running := fewest{math.Inf(1)}, running(w)
	share := func(hard, used, now, each int64) {
		if hard > 0 {
			most.bound(min(max(hard-used, 0)+running*now, hard), each)
		}
	}
	for _, q := range p.Facts.Snapshot.Quotas {
		if q.Namespace != w.Namespace {
			continue
		}
		share(q.Requests.CPU, q.UsedRequests.CPU, now.CPU, pod.CPU)
		share(q.Requests.Memory, q.UsedRequests.Memory, now.Memory, pod.Memory)
		share(q.Limits.CPU, q.UsedLimits.CPU, nowLimits.CPU, limits.CPU)
		share(q.Limits.Memory, q.UsedLimits.Memory, nowLimits.Memory, limits.Memory)
		share(q.Pods, q.UsedPods, 1, 1)
	}
	return most.count()
}

// running is how many of a workload's pods a quota counts.
func running(w *analyzer.WorkloadFacts) (n int64) {
	for i := range w.Pods {
		if !w.Pods[i].Ended() {
			n++
		}
	}
	return n
}

// Roof is the most pods with those requests that nodes and money let run, 0 for
// neither. meanPods is how many there were, in the mean.
func Roof(p *advice.Pass, w *analyzer.WorkloadFacts, requests []analyzer.Container, meanPods float64) int32 {
	pod := analyzer.PodRequests(requests, analyzer.Amounts{})
	most := fewest{math.Inf(1)}
	if !grows(p.Facts.Snapshot, w) {
		var room analyzer.Amounts
		for _, n := range open(p.Facts.Snapshot, w) {
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
