package nodes

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/hourly"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// wanted is how many pods of a workload the nodes have to hold: those of the busiest
// hour of the window, by the setting advised, or as an autoscaler or a schedule had
// them; ok is false for a number that is fixed, which stays as it is.
func (n *nodePlanner) wanted(w *analyzer.WorkloadFacts, now int) (pods int, ok bool) {
	to, _ := n.pass.Cluster.Scaled(w.Ref)
	switch {
	case w.Kind == "DaemonSet" || w.Kind == "Node":
		return 0, false
	case to.Changed:
		if pods, ok := to.Hours.At(n.busiest); ok && n.busiest > 0 {
			return max(int(math.Ceil(pods-1e-9)), 1), true
		}
		return to.Now, true
	case n.busiest == 0:
		return 0, false
	}
	seen, known := hourly.PodHours(n.pass.Cluster, w)[n.busiest]
	switch {
	case w.Batch():
		return max(int(math.Round(seen)), now), true
	case len(w.HPAs) > 0 && known:
		return min(max(int(math.Ceil(seen-1e-9)), int(w.HPAs[0].Min), 1), max(int(w.HPAs[0].Max), now)), true
	}
	return 0, false
}

// findBusiest finds the whole hour of the window whose pods are worth the most, by the
// requests that the plan packs; 0 without history.
func (n *nodePlanner) findBusiest() {
	n.worth = map[int]float64{}
	for i := range n.pass.Facts.Workloads {
		w := &n.pass.Facts.Workloads[i]
		if w.Kind == "DaemonSet" || w.Kind == "Node" || w.Past {
			continue
		}
		each := n.pass.Costs.MeanUnit.Hourly(n.pass.Cluster.Reserved(w, &analyzer.Pod{}))
		for hour, pods := range hourly.PodHours(n.pass.Cluster, w) {
			n.worth[hour] += pods * each
		}
	}
	first, last := hourly.WholeHours(n.pass.Facts.Snapshot.Window)
	maps.DeleteFunc(n.worth, func(hour int, _ float64) bool { return hour < first || hour >= last })
	most := 0.0
	for _, hour := range slices.Sorted(maps.Keys(n.worth)) {
		if n.worth[hour] > most*(1+1e-9) {
			n.busiest, most = hour, n.worth[hour]
		}
	}
}

// rescale brings the pods to the numbers that the lever horizontal advises.
func (n *nodePlanner) rescale() {
	at := map[string][]int{} // places in pods, by group
	for i := range n.pods {
		at[n.pods[i].Group] = append(at[n.pods[i].Group], i)
	}
	gone, room := map[int]bool{}, hourly.RoomFor(n.pass.Facts.Workloads, n.busiest, len(n.pods))
	for i := range n.pass.Facts.Workloads {
		w := &n.pass.Facts.Workloads[i]
		mine := at[w.Ref.String()]
		want, ok := n.wanted(w, len(mine))
		if !ok || len(mine) == 0 && !w.Batch() {
			continue
		}
		if !room.Takes(w, want, len(mine)) {
			continue
		}
		n.fewer, n.more = n.fewer+max(len(mine)-want, 0), n.more+max(want-len(mine), 0)
		n.firstToGo(w, mine)
		for k := 0; k < len(mine)-want; k++ {
			gone[mine[k]] = true
		}
		for k := len(mine); k < want; k++ {
			if len(mine) > 0 {
				n.pods = append(n.pods, n.another(w, mine, k))
			} else if pod, ok := n.unseen(w, k); ok {
				n.pods = append(n.pods, pod)
			}
		}
	}
	n.beyond = room.Beyond
	kept := n.pods[:0]
	for i := range n.pods {
		if !gone[i] {
			kept = append(kept, n.pods[i])
		}
	}
	n.pods = kept
}

// firstToGo sorts the places of a workload's pods: those first that its
// controller would end first. A StatefulSet ends the highest ordinals, a
// ReplicaSet pods that share their node with most of their like, then the
// youngest.
func (n *nodePlanner) firstToGo(w *analyzer.WorkloadFacts, mine []int) {
	sharing, started := map[string]int{}, map[string]int64{}
	for _, i := range mine {
		sharing[n.pods[i].node]++
	}
	for i := range w.Pods {
		started[w.Namespace+"/"+w.Pods[i].Name] = w.Pods[i].Started.Unix()
	}
	slices.SortFunc(mine, func(i, j int) int {
		a, b := &n.pods[i], &n.pods[j]
		if w.Kind == "StatefulSet" {
			return cmp.Or(cmp.Compare(ordinal(b.Name), ordinal(a.Name)), cmp.Compare(a.Name, b.Name))
		}
		return cmp.Or(cmp.Compare(sharing[b.node], sharing[a.node]), cmp.Compare(started[b.Name], started[a.Name]), cmp.Compare(a.Name, b.Name))
	})
}

// ordinal is the number at the end of a pod's name; -1 without one.
func ordinal(name string) int {
	v, err := strconv.Atoi(name[strings.LastIndexByte(name, '-')+1:])
	if err != nil {
		return -1
	}
	return v
}

// another is a pod that does not run yet, after the workload's last one on a
// node that may go, if there is one. A StatefulSet's has volumes of its own,
// which no zone holds yet.
func (n *nodePlanner) another(w *analyzer.WorkloadFacts, mine []int, number int) placedPod {
	like := mine[len(mine)-1]
	for _, i := range mine {
		if n.byName[n.pods[i].node].kept == "" {
			like = i
		}
	}
	out := n.pods[like]
	out.Name, out.added = fmt.Sprintf("%s/%s (pod %d, not yet there)", w.Namespace, w.Name, number+1), true
	if w.Kind == "StatefulSet" {
		out.Zone = ""
	}
	return out
}

// unseen is a pod of a job that does not run now, of which nothing is known but its
// requests: it counts on a node that is open to all.
func (n *nodePlanner) unseen(w *analyzer.WorkloadFacts, number int) (placedPod, bool) {
	for _, node := range n.nodes {
		if node.kept != "" || len(pin.LastingTaints(node.Node)) > 0 {
			continue
		}
		size := n.pass.Cluster.Reserved(w, &analyzer.Pod{})
		pod := packing.Pod{
			Name:  fmt.Sprintf("%s/%s (pod %d, not yet there)", w.Namespace, w.Name, number+1),
			Group: w.Ref.String(), CPU: size.CPU, Memory: size.Memory, Archs: []string{node.arch()},
		}
		return placedPod{Pod: pod, node: node.Name, batch: true, added: true}, true
	}
	return placedPod{}, false
}

// seatAdded finds room on today's nodes, beside their like, for pods that are
// yet to come. It reports whether all found some.
func (n *nodePlanner) seatAdded(now *packing.Plan, pods map[string]*packing.Pod) bool {
	for i := range n.pods {
		if p := pods[n.pods[i].Name]; n.pods[i].added && p != nil && !n.seat(now, p, pods) {
			return false
		}
	}
	return true
}

func (n *nodePlanner) seat(now *packing.Plan, p *packing.Pod, pods map[string]*packing.Pod) bool {
	for k := range now.Nodes {
		at, room := &now.Nodes[k], n.byName[n.current[k].Name].Allocatable
		beside := slices.ContainsFunc(at.Pods, func(name string) bool { return pods[name].Group == p.Group })
		if beside && p.GPUs == 0 && at.CPU+p.CPU <= room.CPU && at.Memory+p.Memory <= room.Memory {
			at.Pods = append(at.Pods, p.Name)
			at.CPU, at.Memory = at.CPU+p.CPU, at.Memory+p.Memory
			return true
		}
	}
	return false
}
