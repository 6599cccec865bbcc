package cloud

import "strings"

// The programs of clouds that bill pods one by one, in place of the node under them.
const (
	Fargate            = "AWS Fargate"
	ContainerInstances = "Azure Container Instances"
	Autopilot          = "GKE Autopilot"
	// VirtualKubelet is whatever else stands behind one.
	VirtualKubelet = "a virtual kubelet"
	// BeyondFargate is said of a pod that none of its sizes holds.
	BeyondFargate = "more than Fargate sells, 16 vCPU with 120 GB at most"
)

// PodProgram is such a program, and how its nodes are told.
type PodProgram struct {
	Name string
	// Virtual says that its nodes are virtual kubelets.
	Virtual bool
	// Label and Taint are of its nodes; Nodes begin their names, Types those of their types.
	Label, Taint Label
	Nodes, Types []string
	// OwnUnbilled says that pods of its own add-ons are no charge.
	OwnUnbilled bool
}

const labelType = "node.kubernetes.io/instance-type"

// OfPods names the program that bills the pods of a node, by the node's name, its labels
// and the values of its taints; empty for a machine.
func OfPods(node string, labels, taints map[string]string) string {
	virtual := labels["type"] == "virtual-kubelet" || begins(taints, []string{"virtual-kubelet.io/"})
	for _, c := range all {
		if p := &c.Pods; p.Label.Key != "" && labels[p.Label.Key] == p.Label.Value || p.Virtual == virtual && p.looksLike(node, labels, taints) {
			return p.Name
		}
	}
	if virtual {
		return VirtualKubelet
	}
	return ""
}

func (p *PodProgram) looksLike(node string, labels, taints map[string]string) bool {
	if p.Taint.Key != "" && taints[p.Taint.Key] == p.Taint.Value {
		return true
	}
	return startsWith(node, p.Nodes) || startsWith(labels[labelType], p.Types)
}

// OwnUnbilled reports whether a program bills nothing for pods of its own add-ons.
func OwnUnbilled(program string) bool {
	for _, c := range all {
		if c.Pods.Name == program {
			return c.Pods.OwnUnbilled
		}
	}
	return false
}

// SystemPoolOf names the cloud of whose system pool a node is, as its Kubernetes is called;
// empty for others.
func SystemPoolOf(labels map[string]string) string {
	for _, c := range all {
		if p := c.SystemPool; p.Key != "" && strings.EqualFold(labels[p.Key], p.Value) {
			return strings.ToUpper(c.Aliases[0])
		}
	}
	return ""
}
