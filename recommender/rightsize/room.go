package rightsize

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// rooms is what today's nodes have for one pod: what is allocatable, less the
// DaemonSets' pods on each.
type rooms struct {
	nodes []nodeRoom
	least analyzer.Amounts // that any of them has
}

type nodeRoom struct {
	node *analyzer.Node
	analyzer.Amounts
}

func roomsOf(facts *analyzer.Analysis) *rooms {
	kept := map[string]analyzer.Amounts{}
	for i := range facts.Workloads {
		if w := &facts.Workloads[i]; w.Kind == "DaemonSet" {
			for j := range w.Pods {
				kept[w.Pods[j].Node] = kept[w.Pods[j].Node].Plus(w.Pods[j].Requests)
			}
		}
	}
	out := &rooms{}
	for i := range facts.Snapshot.Nodes {
		n := &facts.Snapshot.Nodes[i]
		if n.Allocatable == (analyzer.Amounts{}) {
			continue
		}
		room := roomOf(n, kept[n.Name])
		if len(out.nodes) == 0 {
			out.least = room
		}
		out.least = analyzer.Amounts{CPU: min(out.least.CPU, room.CPU), Memory: min(out.least.Memory, room.Memory)}
		out.nodes = append(out.nodes, nodeRoom{n, room})
	}
	return out
}

// unbounded is the room of what makes a machine of any size for a pod.
const unbounded = 1 << 50

// roomOf is what a node has for one pod beside what its DaemonSets keep. One whose pods
// are billed one by one is as large as its pods, and another pod gets another: the largest
// that is sold bounds it, where that is known.
func roomOf(n *analyzer.Node, kept analyzer.Amounts) analyzer.Amounts {
	program := n.ByPod()
	if program == "" {
		return analyzer.Amounts{CPU: n.Allocatable.CPU - kept.CPU, Memory: n.Allocatable.Memory - kept.Memory}.Max(analyzer.Amounts{})
	}
	if most, known := analyzer.LargestPod(program); known {
		return most
	}
	return analyzer.Amounts{CPU: unbounded, Memory: unbounded}
}

// protects warns of a memory limit, in bytes, that is left above what any node has: the node
// runs out first, and its kubelet evicts others. Nodes that are made for their pods tell nothing.
func (n *rooms) protects(r *advice.Advice, limit int64) {
	if n == nil || len(n.nodes) == 0 || limit == 0 {
		return
	}
	most := int64(0)
	for i := range n.nodes {
		node := n.nodes[i].node
		if node.ByPod() != "" {
			return
		}
		most = max(most, node.Capacity.Memory, node.Allocatable.Memory)
	}
	if limit > most {
		r.Warn("limit-above-nodes", fmt.Sprintf("the memory limit of %s is more than any node has (%s): the node runs out before the limit holds, and other pods are evicted", mebibytes(float64(limit)), mebibytes(float64(most))))
	}
}

// fit holds a raised request at what the nodes that the workload may run on have for a
// pod, less what its other containers request: a pod that fits no node is never
// scheduled. A DaemonSet's own pods are no part of what is kept from it. The limits of a pod
// that is to stay Guaranteed are held with them.
func (n *rooms) fit(r *advice.Advice, s *Sizing, w *analyzer.WorkloadFacts, c *analyzer.ContainerFacts, guaranteed bool) {
	if n == nil || len(n.nodes) == 0 || c.Type == analyzer.TypeInit || s.Requests.CPU <= c.Requests.CPU && s.Requests.Memory <= c.Requests.Memory {
		return
	}
	others := besides(w, c)
	pod := analyzer.Amounts{CPU: s.Requests.CPU + others.CPU, Memory: s.Requests.Memory + others.Memory}
	if pod.CPU <= n.least.CPU && pod.Memory <= n.least.Memory {
		return
	}
	most := n.roomiest(w, c.Role, pod)
	held := false
	hold := func(now, want *int64, most, others int64) {
		if room := max(most-others, *now); *want > room && most > 0 {
			*want, held = room, true
		}
	}
	before, limits := s.Requests, s.Limits
	hold(&c.Requests.CPU, &s.Requests.CPU, most.CPU, others.CPU)
	hold(&c.Requests.Memory, &s.Requests.Memory, most.Memory, others.Memory)
	if !held {
		return
	}
	s.boundBy("what the largest node has for it", before)
	if guaranteed {
		s.Limits = s.Requests
	}
	s.unprove(before, limits)
	if s.Limits.Memory > 0 {
		s.Limits.Memory = max(s.Limits.Memory, s.Requests.Memory)
	}
	r.Warn("exceeds-node", fmt.Sprintf("it would need more than the largest node has (%s beside its DaemonSets): held at what fits; it wants a larger machine", amountsText(most)))
}

// besides is what a container's pod requests without it, less what its DaemonSet
// keeps of every node anyway.
func besides(w *analyzer.WorkloadFacts, c *analyzer.ContainerFacts) (others analyzer.Amounts) {
	for i := range w.Containers {
		o := &w.Containers[i]
		if o.Name != c.Name && o.Type != analyzer.TypeInit && (o.Role == "" || o.Role == c.Role) {
			others = others.Plus(o.Requests)
		}
	}
	if w.Kind == "DaemonSet" {
		own := w.Reserves(w.Workload.Containers)
		others = analyzer.Amounts{CPU: others.CPU - own.CPU, Memory: others.Memory - own.Memory}
	}
	return others
}

// MayRun reports whether a pod may run on a node, sizes and the pods there aside.
func MayRun(n *analyzer.Node, spec *analyzer.PodSpec) bool {
	node := packing.Offering{Labels: n.Labels}
	for _, t := range n.Taints {
		node.Taints = append(node.Taints, packing.Taint(t))
	}
	pod := packing.Pod{NodeSelector: spec.NodeSelector}
	for _, t := range spec.Tolerations {
		pod.Tolerations = append(pod.Tolerations, packing.Toleration(t))
	}
	for _, term := range spec.Affinity {
		var requirements packing.Term
		for _, q := range term {
			requirements = append(requirements, packing.Requirement{Key: q.Key, Operator: packing.Operator(q.Operator), Values: q.Values})
		}
		pod.Affinity = append(pod.Affinity, requirements)
	}
	return packing.Admits(&node, &pod)
}

// roomiest gives the room that takes most of a pod of a role, on the nodes that it may
// run on: memory goes before CPU, whose lack only slows. Machines with GPUs are no room for
// pods that ask for none, but where these run there or nowhere else: it would be bought for
// their memory. Where none of today's nodes takes such pods, as of a pool that is empty now,
// it may be any.
func (n *rooms) roomiest(w *analyzer.WorkloadFacts, role string, pod analyzer.Amounts) analyzer.Amounts {
	var own, devices, all analyzer.Amounts
	gpus := slices.ContainsFunc(w.Containers, func(c analyzer.ContainerFacts) bool { return c.Requests.GPU > 0 })
	var spec *analyzer.PodSpec
	for i := range w.Pods {
		if p := &w.Pods[i]; p.Role == role || role == "" {
			spec = &p.Spec
			break
		}
	}
	on := map[string]bool{} // it runs there, whatever its objects say
	for i := range w.Pods {
		on[w.Pods[i].Node] = !w.Pods[i].Ended()
	}
	for i := range n.nodes {
		room, node := n.nodes[i].Amounts, n.nodes[i].node
		all = roomier(all, room, pod)
		switch {
		case on[node.Name] || (spec == nil || MayRun(node, spec)) && (gpus || node.Capacity.GPU == 0):
			own = roomier(own, room, pod)
		case spec == nil || MayRun(node, spec):
			devices = roomier(devices, room, pod)
		}
	}
	return cmp.Or(own, devices, all)
}

func roomier(a, b, pod analyzer.Amounts) analyzer.Amounts {
	if by := cmp.Or(cmp.Compare(min(a.Memory, pod.Memory), min(b.Memory, pod.Memory)), cmp.Compare(min(a.CPU, pod.CPU), min(b.CPU, pod.CPU))); by >= 0 {
		return a
	}
	return b
}
