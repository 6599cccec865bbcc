package hourly

import (
	"fmt"
	"math"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// unseenPods is how many pods that never ran a small cluster's plan may hold.
const unseenPods = 1000

// Room is how many pods that never ran the nodes are planned for. An autoscaler's
// minimum may be any number; what a cluster ran says what can be.
type Room struct {
	hour, left int
	// Beyond names the workloads that want more.
	Beyond []analyzer.Warning
}

// RoomFor gives the room of a cluster by its busiest hour, 0 without history, and the
// pods that run now.
func RoomFor(workloads []analyzer.WorkloadFacts, busiest, now int) Room {
	r, ran := Room{hour: busiest}, 0
	for i := range workloads {
		ran += r.ran(&workloads[i])
	}
	r.left = max(unseenPods, now, min(ran, analyzer.MostPods))
	return r
}

// ran is how many pods of a workload ran in the busiest hour.
func (r *Room) ran(w *analyzer.WorkloadFacts) int {
	return int(math.Ceil(w.PodHours()[r.hour] - 1e-9))
}

// Takes reports whether so many pods of a workload, of which some run now, are planned
// for. Those that there is no room for it names.
func (r *Room) Takes(w *analyzer.WorkloadFacts, want, now int) bool {
	unseen := max(want-max(now, r.ran(w)), 0)
	if unseen > r.left {
		r.Beyond = append(r.Beyond, analyzer.Warning{Code: "pods-beyond", Subject: w.Ref.String(), Message: fmt.Sprintf(
			"its autoscaler's minimum or the setting advised wants %d pods, far more than this cluster ever ran: the nodes are planned for the %d that there are", want, now)})
		return false
	}
	r.left -= unseen
	return true
}
