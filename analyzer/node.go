package analyzer

import "time"

// Node is a node of the cluster.
type Node struct {
	Name        string            `json:"name"`
	Labels      map[string]string `json:"labels,omitempty"`
	Taints      []Taint           `json:"taints,omitempty"`
	ProviderID  string            `json:"providerID,omitempty"`
	Created     time.Time         `json:"created,omitzero"`
	Capacity    Amounts           `json:"capacity"`
	Allocatable Amounts           `json:"allocatable"`
	MaxPods     int64             `json:"maxPods,omitempty"`
	// Unschedulable says that the node is cordoned.
	Unschedulable bool `json:"unschedulable,omitempty"`
	Ready         bool `json:"ready,omitempty"`
	// NotReady says that the node reports that it is not, or that its control plane lost
	// it; snapshots of older programs do not tell.
	NotReady bool `json:"notReady,omitempty"`
	// ReadyAfter is the seconds from the node's creation to its being ready, in the state
	// that it has now; 0 where that is not known.
	ReadyAfter int32 `json:"readyAfter,omitempty"`
	// Resources is what the node offers beside CPU, memory and pods, each by its own
	// name. Snapshots of older programs have none.
	Resources Resources `json:"resources,omitempty"`
	// Attach is how many volumes each CSI driver may attach to it, as its CSINode says.
	Attach map[string]int64 `json:"attach,omitempty"`
	// Keep names the annotation by which the node asks not to be taken away.
	Keep string `json:"keep,omitempty"`
	// Unmodelled names fields of the node's spec that no rule can hold.
	Unmodelled []string `json:"unmodelled,omitempty"`
	// Kubelet is the version of its kubelet, such as "v1.31.2"; snapshots of older programs
	// have none.
	Kubelet string `json:"kubelet,omitempty"`
	// OSImage is what its system calls itself, such as "Ubuntu 24.04.1 LTS"; snapshots of
	// older programs have none.
	OSImage string `json:"osImage,omitempty"`
	// Usage is what metrics-server last saw; zero without it.
	Usage Amounts `json:"usage,omitzero"`
	// Runs names the program that billed the runs which this stands for; empty of a node of
	// the cluster. See BilledByPod.
	Runs string `json:"-"`
}

// Taint keeps pods without a matching toleration away.
type Taint struct {
	Key    string `json:"key"`
	Value  string `json:"value,omitempty"`
	Effect string `json:"effect"`
}
