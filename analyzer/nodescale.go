package analyzer

import (
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// What adds and takes nodes.
const (
	Karpenter         = "Karpenter"
	ClusterAutoscaler = "Cluster Autoscaler"
)

// NodeAutoscaler names what adds and takes nodes in a cluster, as far as it shows; nothing
// where none does.
func (s *Snapshot) NodeAutoscaler() string {
	for i := range s.Nodes {
		if cloud.RunsNode(s.Nodes[i].Labels) {
			return Karpenter
		}
		for key := range s.Nodes[i].Labels {
			if strings.HasPrefix(key, "karpenter.sh/") && key != "karpenter.sh/capacity-type" {
				return Karpenter
			}
		}
	}
	for i := range s.Workloads {
		switch w := &s.Workloads[i]; {
		case w.Past:
		case w.Name == "karpenter":
			return Karpenter
		case strings.Contains(w.Name, "cluster-autoscaler"):
			return ClusterAutoscaler
		}
	}
	if slices.ContainsFunc(s.Nodes, leaving) || s.NodeHistory.comesAndGoes() {
		return ClusterAutoscaler // a provider's own, which runs beside its control plane
	}
	return ""
}

// leaving reports whether a node has a taint that the Cluster Autoscaler alone sets.
func leaving(n Node) bool {
	return slices.ContainsFunc(n.Taints, func(t Taint) bool {
		return t.Key == "DeletionCandidateOfClusterAutoscaler" || t.Key == "ToBeDeletedByClusterAutoscaler"
	})
}

// comesAndGoes reports whether nodes were added and taken away on several days, as nobody
// does by hand.
func (h *NodeHistory) comesAndGoes() bool {
	const leastDays = 3
	if h == nil {
		return false
	}
	rose, fell := map[int64]bool{}, map[int64]bool{}
	last := -1.0
	for i, hour := range h.Hours {
		sum := 0.0
		for k := range h.Kinds {
			sum += float64(h.Kinds[k].Count[i])
		}
		if last >= 0 && sum > last+0.5 {
			rose[hour/24] = true
		}
		if last >= 0 && sum < last-0.5 {
			fell[hour/24] = true
		}
		last = sum
	}
	return min(len(rose), len(fell)) >= leastDays
}
