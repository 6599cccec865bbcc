package analyzer

import "strings"

// What adds and takes nodes.
const (
	Karpenter         = "Karpenter"
	ClusterAutoscaler = "Cluster Autoscaler"
)

// NodeAutoscaler names what adds and takes nodes in a cluster, as far as it shows; nothing
// where none does.
func (s *Snapshot) NodeAutoscaler() string {
	for i := range s.Nodes {
		for key := range s.Nodes[i].Labels {
			if strings.HasPrefix(key, "karpenter.sh/") && key != "karpenter.sh/capacity-type" || key == "eks.amazonaws.com/compute-type" && s.Nodes[i].Labels[key] == "auto" {
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
	return ""
}
