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

// zonesOf counts the zones that a workload's pods run in: those of the moment, where that
// shows them. At an hour with fewer pods than usual, or with a zone whose nodes are gone
// until the morning, it is all those of the window whose nodes take its pods.
func zonesOf(s *analyzer.Snapshot, w *analyzer.WorkloadFacts, usual float64) int32 {
	zone := map[string]string{}
	for i := range s.Nodes {
		zone[s.Nodes[i].Name] = s.Nodes[i].Labels[packing.LabelZone]
	}
	seen := map[string]bool{}
	for i := range w.Pods {
		if z := zone[w.Pods[i].Node]; z != "" && !w.Pods[i].Ended() {
			seen[z] = true
		}
	}
	if float64(running(w))+0.5 <= usual || len(zones(s, nil)) > len(zonesNow(s, nil)) {
		maps.Copy(seen, zones(s, w))
	}
	return int32(len(seen))
}

// zones are those of today's nodes and of the window's, of nodes that take a workload's
// pods where one is given.
func zones(s *analyzer.Snapshot, w *analyzer.WorkloadFacts) map[string]bool {
	out := zonesNow(s, w)
	if s.NodeHistory == nil {
		return out
	}
	there := map[string]map[int]bool{} // the hours of each zone
	for _, k := range past.Kinds(s) {
		z := k.Labels[packing.LabelZone]
		if z == "" || w != nil && !takes(&k.Node, specOf(w)) {
			continue
		}
		if there[z] == nil {
			there[z] = map[int]bool{}
		}
		for h, n := range k.Count {
			if n > 0 {
				there[z][h] = true
			}
		}
	}
	for z, hours := range there {
		if float64(len(hours)) >= leastZoned*float64(len(s.NodeHistory.Hours)) {
			out[z] = true
		}
	}
	return out
}

func zonesNow(s *analyzer.Snapshot, w *analyzer.WorkloadFacts) map[string]bool {
	out := map[string]bool{}
	for i := range s.Nodes {
		if z := s.Nodes[i].Labels[packing.LabelZone]; z != "" && (w == nil || takes(&s.Nodes[i], specOf(w))) {
			out[z] = true
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
