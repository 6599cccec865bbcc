package bounds

import (
	"maps"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/recommender/past"
)

// leastZoned is the share of the window's hours in which a zone must have had nodes: one
// that was tried for an hour is not in use.
const leastZoned = 0.1

// Zones are the nodes of a snapshot, of today and of the window, by their zones.
type Zones struct {
	zone map[string]string // by today's node
	now  []analyzer.Node
	past []past.Kind
	// least is the hours in which a zone of the window must have had nodes.
	least    float64
	all, own map[string]bool // by nodes of both times, and by those of today
}

// ZonesOf reads them, once for all workloads.
func ZonesOf(s *analyzer.Snapshot) *Zones {
	z := &Zones{zone: map[string]string{}, now: s.Nodes, past: past.Kinds(s)}
	if s.NodeHistory != nil {
		z.least = leastZoned * float64(len(s.NodeHistory.Hours))
	}
	for i := range s.Nodes {
		z.zone[s.Nodes[i].Name] = s.Nodes[i].Labels[packing.LabelZone]
	}
	z.own, z.all = z.today(nil), z.taking(nil)
	return z
}

// in counts the zones that a workload's pods run in: those of the moment, where that
// shows them. At an hour with fewer pods than usual, or with a zone whose nodes are gone
// until the morning, it is all those of the window whose nodes take its pods.
func (z *Zones) in(w *analyzer.WorkloadFacts, usual float64) int32 {
	seen := map[string]bool{}
	for i := range w.Pods {
		if at := z.zone[w.Pods[i].Node]; at != "" && !w.Pods[i].Ended() {
			seen[at] = true
		}
	}
	if float64(running(w))+0.5 <= usual || len(z.all) > len(z.own) {
		maps.Copy(seen, z.taking(w))
	}
	return int32(len(seen))
}

// taking are those of today's nodes and of the window's that take a workload's pods; of all
// where none is given.
func (z *Zones) taking(w *analyzer.WorkloadFacts) map[string]bool {
	out := z.today(w)
	there := map[string]map[int]bool{} // the hours of each zone
	for i := range z.past {
		k := &z.past[i]
		at := k.Labels[packing.LabelZone]
		if at == "" || w != nil && !takes(&k.Node, specOf(w)) {
			continue
		}
		if there[at] == nil {
			there[at] = map[int]bool{}
		}
		for h, n := range k.Count {
			if n > 0 {
				there[at][h] = true
			}
		}
	}
	for at, hours := range there {
		if float64(len(hours)) >= z.least {
			out[at] = true
		}
	}
	return out
}

// today are the zones of today's nodes among them.
func (z *Zones) today(w *analyzer.WorkloadFacts) map[string]bool {
	out := map[string]bool{}
	for i := range z.now {
		if at := z.now[i].Labels[packing.LabelZone]; at != "" && (w == nil || takes(&z.now[i], specOf(w))) {
			out[at] = true
		}
	}
	return out
}

// specOf is that of the workload's pods; empty where none runs.
func specOf(w *analyzer.WorkloadFacts) *analyzer.PodSpec {
	if len(w.Pods) == 0 {
		return &analyzer.PodSpec{}
	}
	return &w.Pods[0].Spec
}
