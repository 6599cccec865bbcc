package bounds

import (
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
)

const (
	// nodeStart is the time from a pod that fits nowhere to a node that takes
	// it, where a node autoscaler runs: machine, kubelet and CNI.
	nodeStart = 120 * time.Second
	// longestNodeStart is the time from which a node's being ready is taken for
	// a later return: its first time is not on record then.
	longestNodeStart = 30 * time.Minute
)

// Start is how long load waits for a new pod: the pod's own start as seen, no
// less than is assumed where that was not seen, and a node's where nodes come
// and go, since the plan leaves them full.
func Start(p *advice.Pass, w *analyzer.WorkloadFacts) time.Duration {
	return max(setting.PodStartUp, time.Duration(w.ReadyAfter())*time.Second) + NodeStart(p.Facts.Snapshot, w)
}

// NodeStart is how long a workload's pod that fits nowhere waits for a node; 0 where
// none is made for it. It is the median from creation to ready of the nodes,
// and 120 s at the least: a Node is created when its kubelet starts, and the
// machine was ordered and booted before that.
func NodeStart(s *analyzer.Snapshot, w *analyzer.WorkloadFacts) time.Duration {
	if !grows(s, w) {
		return 0
	}
	var seen []time.Duration
	for i := range s.Nodes {
		if d := time.Duration(s.Nodes[i].ReadyAfter) * time.Second; d > 0 && d <= longestNodeStart {
			seen = append(seen, d)
		}
	}
	if len(seen) == 0 {
		return nodeStart
	}
	slices.Sort(seen)
	return max(nodeStart, seen[len(seen)/2])
}
