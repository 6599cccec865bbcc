package document

// NodeGroup is planned nodes that one pool of an autoscaler can launch. Kept
// nodes are in none.
type NodeGroup struct {
	Name         string   `json:"name"`
	Provider     string   `json:"provider"`
	Region       string   `json:"region"`
	CapacityType string   `json:"capacityType"`
	Arch         string   `json:"arch"`
	Zones        []string `json:"zones,omitempty"`
	// Labels are those that pods select the nodes by.
	Labels map[string]string `json:"labels,omitempty"`
	Taints []NodeTaint       `json:"taints,omitempty"`
	// Shapes are the sizes of its machines, the smallest first.
	Shapes []NodeShape `json:"shapes"`
	// Flexible is what the group may launch where pools are flexible.
	Flexible *NodeRange `json:"flexible,omitempty"`
	Count    int        `json:"count"`
	// Limits is what the group should not grow beyond: twice the plan, in machine sizes.
	Limits Resources `json:"limits"`
	// DiskSize is the boot disk that its nodes need for their pods' ephemeral-storage, in GiB (GB on Google Cloud); absent where the default does.
	DiskSize int64 `json:"diskSize,omitempty"`
	// Weight is higher the less the group's nodes cost for their size.
	Weight int `json:"weight" jsonschema:"minimum=1,maximum=100"`
	// Drains is how many of its nodes may go at one time such that no PodDisruptionBudget is asked for more than it allows.
	Drains int `json:"drains" jsonschema:"minimum=1"`
}

// NodeTaint keeps pods without a matching toleration off a node.
type NodeTaint struct {
	Key    string `json:"key"`
	Value  string `json:"value,omitempty"`
	Effect string `json:"effect"`
}

// NodeShape is the nodes of a group whose machines have one size.
type NodeShape struct {
	Size Resources `json:"size"`
	// InstanceTypes are the plan's.
	InstanceTypes []string `json:"instanceTypes"`
	// StandIns are types of the same size for at most 15 % more, the cheapest first, for when the plan's are sold out.
	StandIns []string `json:"standIns,omitempty"`
	Count    int      `json:"count"`
	// Most is how many the group's limits hold.
	Most int `json:"most,omitempty"`
}

// NodeRange is the machines that an autoscaler may choose from.
type NodeRange struct {
	// Types are the cheapest for their size first.
	Types []string `json:"types"`
	// Families are those of Types: any machine of theirs between the two sizes will do.
	Families []string `json:"families,omitempty"`
	LeastCPU CPU      `json:"leastCpu"`
	MostCPU  CPU      `json:"mostCpu"`
	// Fallback is the capacity type to launch where there is none of the group's own.
	Fallback string `json:"fallback,omitempty"`
}

// All is the planned types, then the stand-ins.
func (s *NodeShape) All() []string {
	return append(append([]string(nil), s.InstanceTypes...), s.StandIns...)
}
