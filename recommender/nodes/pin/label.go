package pin

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// Answered reports whether an offering has a label by itself, or no new node can have it.
func Answered(key string) bool {
	switch key {
	case packing.LabelHostname, packing.LabelZone, packing.LabelArch, packing.LabelOS, packing.LabelInstanceType, packing.LabelCapacityType:
		return true
	}
	return false
}

// OfMachine reports whether a label describes the machine and not the pool.
func OfMachine(key string) bool {
	return cloud.OfMachine(key) || strings.HasPrefix(key, "beta.kubernetes.io/")
}

// LastingTaints leaves out those that tell a state of the node.
func LastingTaints(node *analyzer.Node) []packing.Taint {
	var out []packing.Taint
	for _, t := range node.Taints {
		passing := strings.HasPrefix(t.Key, "node.kubernetes.io/") || strings.HasPrefix(t.Key, "node.cloudprovider.kubernetes.io/") ||
			strings.HasPrefix(t.Key, "karpenter.sh/") || strings.HasSuffix(t.Key, "OfClusterAutoscaler")
		if !passing && t.Effect != "PreferNoSchedule" {
			out = append(out, packing.Taint(t))
		}
	}
	slices.SortFunc(out, func(a, b packing.Taint) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Effect, b.Effect))
	})
	return out
}

// TaintsNow are all taints of a node, and that of a cordoned one.
func TaintsNow(node *analyzer.Node) []packing.Taint {
	out := []packing.Taint{}
	for _, t := range node.Taints {
		out = append(out, packing.Taint(t))
	}
	if cordon := (packing.Taint{Key: "node.kubernetes.io/unschedulable", Effect: "NoSchedule"}); node.Unschedulable && !slices.Contains(out, cordon) {
		out = append(out, cordon)
	}
	return out
}

// SizeName is how a machine without a type is told from others.
func SizeName(n *analyzer.Node) string {
	name := fmt.Sprintf("%d-cpu-%dGi", n.Capacity.CPU/1000, n.Capacity.Memory>>30)
	if n.Capacity.GPU > 0 {
		name += fmt.Sprintf("-%d-gpu", n.Capacity.GPU)
	}
	return name
}
