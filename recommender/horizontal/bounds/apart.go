package bounds

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// Apart is how many pods of a workload there may be where no two may share a node, a
// zone or another domain, else 0. Nodes that an autoscaler adds are no bound. An
// anti-affinity that is not known in full counts as one by node.
func Apart(p *advice.Pass, w *analyzer.WorkloadFacts) int32 {
	if !Binds(w, analyzer.ConstraintAntiAffinity) {
		return 0
	}
	most := int32(0)
	for _, key := range keptApartBy(w) {
		if key == packing.LabelHostname && grows(p.Facts.Snapshot, w) {
			continue
		}
		if n := domains(p.Facts.Snapshot, w, key); n > 0 && (most == 0 || n < most) {
			most = n
		}
	}
	return most
}

// keptApartBy are the labels of the domains that hold one of the workload's pods at the most.
func keptApartBy(w *analyzer.WorkloadFacts) (keys []string) {
	for i := range w.Pods {
		s := &w.Pods[i].Spec
		if len(s.AntiAffinity) == 0 && slices.Contains(s.Constraints, analyzer.ConstraintAntiAffinity) {
			keys = append(keys, packing.LabelHostname)
		}
		for _, a := range s.AntiAffinity {
			if slices.Contains(a.Workloads, w.Ref) {
				keys = append(keys, a.TopologyKey)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// domains counts those of a label that have a node for the workload, or one of its pods.
func domains(s *analyzer.Snapshot, w *analyzer.WorkloadFacts, key string) int32 {
	seen := map[string]bool{}
	for _, n := range open(s, w) {
		seen[domainOf(n, key)] = true
	}
	for i := range s.Nodes {
		if slices.ContainsFunc(w.Pods, func(p analyzer.Pod) bool { return p.Node == s.Nodes[i].Name }) {
			seen[domainOf(&s.Nodes[i], key)] = true
		}
	}
	return int32(len(seen))
}

// domainOf is a node's own where it lacks the label: nothing keeps pods apart there.
func domainOf(n *analyzer.Node, key string) string {
	if v := n.Labels[key]; v != "" && key != packing.LabelHostname {
		return v
	}
	return "node " + n.Name
}

// open are the nodes that would take another pod of the workload: neither cordoned nor
// lost, with the labels that it selects or must have by its affinity, and no taint that it does not tolerate.
func open(s *analyzer.Snapshot, w *analyzer.WorkloadFacts) (out []*analyzer.Node) {
	for i := range s.Nodes {
		if n := &s.Nodes[i]; !n.Unschedulable && !n.NotReady && takes(n, specOf(w)) {
			out = append(out, n)
		}
	}
	return out
}

// takes reports whether a pod may run on a node, sizes aside.
func takes(n *analyzer.Node, spec *analyzer.PodSpec) bool { return rightsize.MayRun(n, spec) }

// grows reports whether pods of the workload that fit nowhere get a node: an autoscaler
// runs, or they have nodes that are made for their pods.
func grows(s *analyzer.Snapshot, w *analyzer.WorkloadFacts) bool {
	if s.NodeAutoscaler() != "" {
		return true
	}
	for i := range s.Nodes {
		n := &s.Nodes[i]
		if n.ByPod() != "" && slices.ContainsFunc(w.Pods, func(p analyzer.Pod) bool { return p.Node == n.Name }) {
			return true
		}
	}
	return false
}
