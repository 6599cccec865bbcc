package allocation

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/past"
)

// Machine is a node and the hours that it is paid for.
type Machine struct {
	analyzer.Node
	Hours float64
	// Gone says that it stands for all nodes of its kind that are there no more.
	Gone bool

	program string // that bills its pods one by one
}

// Fleet lists the nodes that a time of so many hours, which ends with the window, was
// like. What stands for runs that are billed by the pod has all of them. Nodes of a kind have the node-hours that the history tells of it: today's those
// in which they were there, those that are gone the rest, as one for each kind. A node
// that the history does not know has none.
func Fleet(s *analyzer.Snapshot, hours float64) []Machine {
	out := make([]Machine, len(s.Nodes))
	kind, could := s.NodeHistory.IndexOf(s.Nodes), make([]float64, len(s.NodeHistory.Kinds))
	for i := range s.Nodes {
		out[i] = Machine{Node: s.Nodes[i], Hours: stayed(s, &s.Nodes[i], hours)}
		if kind[i] >= 0 && out[i].Runs == "" {
			could[kind[i]] += out[i].Hours
		}
	}
	left := make([]float64, len(could))
	for k := range left {
		left[k] = s.NodeHistory.Kinds[k].Mean() * hours
	}
	had := append([]float64{}, left...)
	for i, k := range kind {
		if k < 0 || out[i].Runs != "" {
			if out[i].Runs == "" {
				out[i].Hours = 0
			}
			continue
		}
		if could[k] > had[k] {
			out[i].Hours *= had[k] / could[k]
		}
		left[k] -= out[i].Hours
	}
	const moment = 1e-6 // of rounding
	taken := map[string]int{}
	for k, one := range past.Kinds(s) {
		if left[k] > moment {
			gone := Machine{Node: one.Node, Hours: left[k], Gone: true}
			gone.Name = goneName(&one.Node, taken)
			out = append(out, gone)
		}
	}
	return out
}

// stayed is how much of so many hours a node was there: by its own series, and by its
// age where a snapshot has not kept those.
func stayed(s *analyzer.Snapshot, n *analyzer.Node, hours float64) float64 {
	if n.Runs != "" { // the mean of the window
		return hours
	}
	if all := len(s.NodeHistory.Hours); s.NodeHistory.Stayed != nil && all > 0 {
		return s.NodeHistory.Stayed[n.Name] / float64(all) * hours
	}
	if n.Created.IsZero() {
		return hours
	}
	return max(min(s.Window.End.Sub(n.Created).Hours(), hours), 0)
}

// goneName names what stands for the nodes of a kind that are gone.
func goneName(n *analyzer.Node, taken map[string]int) string {
	name := "gone:"
	for _, key := range []string{"node.kubernetes.io/instance-type", "topology.kubernetes.io/zone"} {
		if v := n.Labels[key]; v != "" {
			name += " " + v
		}
	}
	if taken[name]++; taken[name] > 1 {
		name += fmt.Sprintf(" (%d)", taken[name])
	}
	return name
}

// machines are the nodes that are paid for: today's in all hours, or those of the
// window's.
func (a *allocator) machines() []Machine {
	var out []Machine
	if a.basis.Hours {
		out = Fleet(a.snapshot, a.Hours)
	} else {
		for i := range a.snapshot.Nodes {
			out = append(out, Machine{Node: a.snapshot.Nodes[i], Hours: a.Hours})
		}
	}
	for i := range out {
		out[i].program = out[i].ByPod()
	}
	return out
}

// hoursOf gives a node's hours; 0 of one without a bill.
func (a *allocator) hoursOf(node string) float64 {
	if i, ok := a.byNode[node]; ok {
		return a.fleet[i].Hours
	}
	return 0
}

// overHours takes of today's places of a workload's pods what those can have held: they
// are there as long as their nodes. What is left of so many pod-hours is of pods that are
// gone, and of the pool that most of today's are in.
func (a *allocator) overHours(at []place, podHours float64) (now []place, left float64, pool string) {
	sum := 0.0
	most, in := 0.0, map[string]float64{}
	for _, p := range at {
		held := float64(p.pods) * a.hoursOf(p.node)
		sum += held
		name := analyzer.PoolOf(a.fleet[a.byNode[p.node]].Labels)
		if in[name] += p.share; in[name] > most {
			most, pool = in[name], name
		}
	}
	if podHours = max(podHours, sum); podHours <= 0 {
		return nil, 1, pool
	}
	left = 1
	for _, p := range at {
		if p.share = float64(p.pods) * a.hoursOf(p.node) / podHours; p.share > 0 {
			now, left = append(now, p), left-p.share
		}
	}
	return now, max(left, 0), pool
}

// onGone spreads what a DaemonSet's pods held beside today's over the nodes that are
// gone, by their hours: of the pools that it is in. It is nil where none is.
func (a *allocator) onGone(at []place, left float64) []place {
	pools := map[string]bool{}
	for _, p := range at {
		pools[analyzer.PoolOf(a.fleet[a.byNode[p.node]].Labels)] = true
	}
	var out []place
	sum := 0.0
	for i := range a.fleet {
		if m := &a.fleet[i]; m.Gone && pools[analyzer.PoolOf(m.Labels)] {
			out, sum = append(out, place{node: m.Name, share: m.Hours}), sum+m.Hours
		}
	}
	for i := range out {
		out[i].share *= left / sum
	}
	return out
}
