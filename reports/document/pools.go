package document

// ClusterAutoscaler is the plan's groups as node groups of the Cluster
// Autoscaler, whose nodes must all have one size.
type ClusterAutoscaler struct {
	// Expander is for its flag --expander.
	Expander string `json:"expander"`
	// Priorities are for the ConfigMap cluster-autoscaler-priority-expander: names of node groups by priority, the highest first choice.
	Priorities map[string][]string `json:"priorities"`
	// BalanceSimilar is for --balance-similar-node-groups, where a group is made anew in every zone.
	BalanceSimilar bool              `json:"balanceSimilarNodeGroups"`
	NodeGroups     []AutoscalerGroup `json:"nodeGroups"`
}

// AutoscalerGroup is a node group of machines of one size.
type AutoscalerGroup struct {
	Name string `json:"name"`
	// Group is the group of the plan that it belongs to.
	Group         string            `json:"group"`
	InstanceTypes []string          `json:"instanceTypes"`
	CapacityType  string            `json:"capacityType"`
	Zones         []string          `json:"zones,omitempty"`
	Labels        map[string]string `json:"labels,omitempty"`
	Taints        []NodeTaint       `json:"taints,omitempty"`
	Min           int               `json:"min"`
	Desired       int               `json:"desired"`
	// Max is twice Desired.
	Max int `json:"max"`
}

// EKSNodegroup is settings of an EKS managed node group, by the names of its API.
type EKSNodegroup struct {
	NodegroupName string            `json:"nodegroupName"`
	CapacityType  string            `json:"capacityType" jsonschema:"enum=ON_DEMAND,enum=SPOT"`
	AMIType       string            `json:"amiType"`
	InstanceTypes []string          `json:"instanceTypes"`
	ScalingConfig EKSScaling        `json:"scalingConfig"`
	UpdateConfig  EKSUpdate         `json:"updateConfig"`
	Labels        map[string]string `json:"labels,omitempty"`
	Taints        []NodeTaint       `json:"taints,omitempty"`
	// Zones are those of its subnets.
	Zones    []string `json:"zones,omitempty"`
	DiskSize int64    `json:"diskSize,omitempty"`
}

// EKSScaling is the size of a managed node group.
type EKSScaling struct {
	MinSize     int `json:"minSize"`
	MaxSize     int `json:"maxSize"`
	DesiredSize int `json:"desiredSize"`
}

// EKSUpdate is how many nodes an update may take away at one time.
type EKSUpdate struct {
	MaxUnavailable int `json:"maxUnavailable"`
}

// GKENodePool is settings of a GKE node pool, by the names of its API.
type GKENodePool struct {
	Name      string   `json:"name"`
	Locations []string `json:"locations,omitempty"`
	// InitialNodeCount is for each location.
	InitialNodeCount int            `json:"initialNodeCount"`
	Config           GKENodeConfig  `json:"config"`
	Autoscaling      GKEAutoscaling `json:"autoscaling"`
}

// GKENodeConfig is what a node pool's machines are.
type GKENodeConfig struct {
	MachineType string            `json:"machineType"`
	DiskSizeGB  int64             `json:"diskSizeGb,omitempty"`
	Spot        bool              `json:"spot"`
	Labels      map[string]string `json:"labels,omitempty"`
	Taints      []NodeTaint       `json:"taints,omitempty"`
}

// GKEAutoscaling is the size of a node pool over all locations.
type GKEAutoscaling struct {
	Enabled           bool   `json:"enabled"`
	TotalMinNodeCount int    `json:"totalMinNodeCount"`
	TotalMaxNodeCount int    `json:"totalMaxNodeCount"`
	LocationPolicy    string `json:"locationPolicy" jsonschema:"enum=BALANCED,enum=ANY"`
}

// AKSNodePool is settings of an AKS agent pool, by the names of its API.
type AKSNodePool struct {
	Name              string            `json:"name"`
	Mode              string            `json:"mode"`
	VMSize            string            `json:"vmSize"`
	OSDiskSizeGB      int64             `json:"osDiskSizeGB,omitempty"`
	Count             int               `json:"count"`
	EnableAutoScaling bool              `json:"enableAutoScaling"`
	MinCount          int               `json:"minCount"`
	MaxCount          int               `json:"maxCount"`
	ScaleSetPriority  string            `json:"scaleSetPriority" jsonschema:"enum=Regular,enum=Spot"`
	AvailabilityZones []string          `json:"availabilityZones,omitempty"`
	NodeLabels        map[string]string `json:"nodeLabels,omitempty"`
	NodeTaints        []string          `json:"nodeTaints,omitempty"`
}
