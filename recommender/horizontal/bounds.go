package horizontal

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

const (
	// leastScaledRequest is the CPU request, in millicores, below which a
	// percentage of it is noise: a garbage collection is a tenth of it.
	leastScaledRequest = 50
	// longGrace is the termination grace period, in seconds, from which pods
	// are taken to hold long work that a scale-in would cut off.
	longGrace = 300
	// nodeStart is the time from a pod that fits nowhere to a node that takes
	// it, where a node autoscaler runs: machine, kubelet and CNI.
	nodeStart = 120 * time.Second
	// mostTimesCost bounds the cost of the maximum by that of the mean pods.
	mostTimesCost = 10
)

// demand is the load as pods of that size meet it.
func (c *scaleCase) demand(s podSize) setting.Demand {
	d := setting.Demand{Step: 5 * time.Minute, Millicores: c.curve.CPU, Request: s.metric, Controller: c.controller}
	if slowdown := c.pass.Options.Slowdown; slowdown > 1 {
		d.Prompt = promptOf(c.coresOf(s), s.metric, slowdown)
	}
	return d
}

// coresOf is the millicores that one pod can run on at once: its limit, else
// the request that it is promised.
func (c *scaleCase) coresOf(s podSize) int64 {
	if limit := c.limitOf(s); limit > 0 {
		return limit
	}
	return s.metric
}

// promptOf is the millicores that a pod of so many millicores serves before
// queueing makes the mean response slowdown times the service time, at most
// its request.
func promptOf(cores, request int64, slowdown float64) int64 {
	return replay.Prompt(cores, request, slowdown)
}

// leastPods is the fewest replicas that are safe: the autoscaler's minimum, which
// its owner set; one only where one runs now; every zone that its pods are in,
// or must spread over; and one more than a disruption budget must keep, so that
// a node can be drained.
func leastPods(p *advice.Pass, w *analyzer.WorkloadFacts) int32 {
	n := min(max(w.Replicas, 1), 2)
	if len(w.HPAs) > 0 {
		n = max(w.HPAs[0].Min, 1)
	}
	n = max(n, min(zonesOf(p, w), max(w.Replicas, 1)))
	if binds(w, analyzer.ConstraintSpread) {
		n = max(n, int32(zones(p)))
	}
	for _, b := range w.PDBs {
		n = max(n, leastForBudget(b, n))
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

// mostApart is the node count where no two pods may share a node, else 0.
func mostApart(p *advice.Pass, w *analyzer.WorkloadFacts) int32 {
	if !binds(w, analyzer.ConstraintAntiAffinity) {
		return 0
	}
	return int32(len(p.Facts.Snapshot.Nodes))
}

// roof is the most pods of a size that quota, nodes and money let run, 0 for
// none of them.
func (c *scaleCase) roof(s podSize) int32 {
	pod := analyzer.PodRequests(s.requests, analyzer.Amounts{})
	most := math.Inf(1)
	bound := func(amount, each int64) {
		if amount > 0 && each > 0 {
			most = min(most, float64(amount/each))
		}
	}
	for _, q := range c.pass.Facts.Snapshot.Quotas {
		if q.Namespace != c.w.Namespace {
			continue
		}
		running := int64(len(c.w.Pods))
		if q.Requests.CPU > 0 {
			bound(max(q.Requests.CPU-q.UsedRequests.CPU, 0)+running*pod.CPU, pod.CPU)
		}
		if q.Requests.Memory > 0 {
			bound(max(q.Requests.Memory-q.UsedRequests.Memory, 0)+running*pod.Memory, pod.Memory)
		}
	}
	if c.pass.Facts.Snapshot.NodeAutoscaler() == "" {
		var room analyzer.Amounts
		for _, n := range c.pass.Facts.Snapshot.Nodes {
			room = room.Plus(n.Allocatable)
		}
		bound(room.CPU, pod.CPU)
		bound(room.Memory, pod.Memory)
	}
	if mean := setting.Mean(c.curve.Pods); mean > 0 {
		most = min(most, math.Ceil(mostTimesCost*mean))
	}
	if math.IsInf(most, 1) {
		return 0
	}
	return int32(min(max(most, 1), setting.MostReplicas))
}

// startOf is how long load waits for a new pod: the pod's own start as seen,
// no less than is assumed where that was not seen, and a node's where nodes
// come and go, since the plan leaves them full.
func startOf(p *advice.Pass, w *analyzer.WorkloadFacts) time.Duration {
	start := max(setting.PodStartUp, time.Duration(w.ReadyAfter())*time.Second)
	if p.Facts.Snapshot.NodeAutoscaler() != "" {
		start += nodeStart
	}
	return start
}

// longWork gives the reason for which a scale-in would cut work off, or "".
func longWork(w *analyzer.WorkloadFacts) string {
	for _, pod := range w.Pods {
		if pod.Spec.GraceSeconds > longGrace {
			return fmt.Sprintf("its pods take up to %d s to stop: a scale-in would cut off long work", pod.Spec.GraceSeconds)
		}
	}
	if binds(w, analyzer.ConstraintKeep) {
		return "its pods ask not to be disrupted: a scale-in would cut off their work"
	}
	for i := range w.Workload.Containers {
		if runsJobs(w.Workload.Containers[i].Image) {
			return "it runs jobs of a CI system: a scale-in would cut off a job; scale it by its queue"
		}
	}
	return ""
}

// jobRunners are the images of the agents that CI systems hand jobs to.
var jobRunners = []string{"actions-runner", "github-runner", "gitlab-runner", "inbound-agent", "jnlp-slave", "jnlp-agent", "buildkite/agent", "azp-agent", "drone-runner", "woodpecker-agent", "concourse", "teamcity-agent", "bamboo-agent", "circleci/runner"}

func runsJobs(image string) bool {
	return slices.ContainsFunc(jobRunners, func(name string) bool { return strings.Contains(image, name) })
}
