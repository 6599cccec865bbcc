package nodes

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// rescale brings the pods to the numbers that the lever horizontal advises.
func (n *nodePlanner) rescale() {
	at := map[string][]int{} // places in pods, by group
	for i := range n.pods {
		at[n.pods[i].Group] = append(at[n.pods[i].Group], i)
	}
	gone := map[int]bool{}
	for i := range n.pass.Facts.Workloads {
		w := &n.pass.Facts.Workloads[i]
		to, _ := n.pass.Cluster.Scaled(w.Ref)
		mine := at[w.Ref.String()]
		if !to.Changed || len(mine) == 0 {
			continue
		}
		want := to.Now
		n.fewer, n.more = n.fewer+max(len(mine)-want, 0), n.more+max(want-len(mine), 0)
		n.firstToGo(w, mine)
		for k := 0; k < len(mine)-want; k++ {
			gone[mine[k]] = true
		}
		for k := len(mine); k < want; k++ {
			n.pods = append(n.pods, n.another(w, mine, k))
		}
	}
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
