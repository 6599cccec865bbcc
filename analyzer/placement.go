package analyzer

// NodeTerm is a list of requirements on a node's labels that must all hold.
type NodeTerm []NodeRequirement

// NodeRequirement compares a node's label with values.
type NodeRequirement struct {
	Key      string   `json:"key"`
	Operator string   `json:"operator"` // In, NotIn, Exists, DoesNotExist, Gt, Lt
	Values   []string `json:"values,omitempty"`
}

// TopologySpread is a topology spread constraint with DoNotSchedule that
// counts the pods of the pod's own workload and no others.
type TopologySpread struct {
	TopologyKey string `json:"topologyKey"`
	MaxSkew     int64  `json:"maxSkew"`
	// MinDomains is 0 where one domain will do, as by default.
	MinDomains int64 `json:"minDomains,omitempty"`
	// HonorTaints is nodeTaintsPolicy Honor. By default nodes count whose taints the pod
	// does not tolerate.
	HonorTaints bool `json:"honorTaints,omitempty"`
}

// PodAntiAffinity forbids a topology domain to hold the pod and another pod of
// any of Workloads.
type PodAntiAffinity struct {
	TopologyKey string `json:"topologyKey"`
	Workloads   []Ref  `json:"workloads,omitempty"`
}
