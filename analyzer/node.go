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
	// Usage is what metrics-server last saw; zero without it.
	Usage Amounts `json:"usage,omitzero"`
}

// Taint keeps pods without a matching toleration away.
type Taint struct {
	Key    string `json:"key"`
	Value  string `json:"value,omitempty"`
	Effect string `json:"effect"`
}
