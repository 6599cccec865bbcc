package document

// Karpenter is the groups of the plan as Karpenter's own objects, to be
// compared with the cluster's. They hold for Karpenter 1.x.
type Karpenter struct {
	NodePools []KarpenterNodePool `json:"nodePools"`
	// EC2NodeClasses and AKSNodeClasses are there where today's nodes do not tell which they have.
	EC2NodeClasses []EC2NodeClass `json:"ec2NodeClasses,omitempty"`
	AKSNodeClasses []AKSNodeClass `json:"aksNodeClasses,omitempty"`
	// Notes say what has to be filled in or looked at.
	Notes []string `json:"notes,omitempty"`
}

// ObjectMeta is the part of a Kubernetes object's metadata that is given.
type ObjectMeta struct {
	Name   string            `json:"name,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

// KarpenterNodePool is a NodePool of karpenter.sh/v1.
type KarpenterNodePool struct {
	APIVersion string       `json:"apiVersion"`
	Kind       string       `json:"kind"`
	Metadata   ObjectMeta   `json:"metadata"`
	Spec       NodePoolSpec `json:"spec"`
}

// NodePoolSpec is the spec of a NodePool.
type NodePoolSpec struct {
	Template   NodePoolTemplate   `json:"template"`
	Disruption NodePoolDisruption `json:"disruption"`
	Limits     Resources          `json:"limits"`
	Weight     int                `json:"weight"`
}

// NodePoolTemplate is what the nodes of a NodePool are made from.
type NodePoolTemplate struct {
	Metadata ObjectMeta       `json:"metadata,omitzero"`
	Spec     NodeTemplateSpec `json:"spec"`
}

// NodeTemplateSpec is the spec of a NodePool's nodes.
type NodeTemplateSpec struct {
	NodeClassRef NodeClassRef      `json:"nodeClassRef"`
	Requirements []NodeRequirement `json:"requirements"`
	Taints       []NodeTaint       `json:"taints,omitempty"`
}

// NodeClassRef names a NodeClass.
type NodeClassRef struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
}

// NodeRequirement asks for a node label.
type NodeRequirement struct {
	Key      string   `json:"key"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
}

// NodePoolDisruption is how Karpenter may take nodes away.
type NodePoolDisruption struct {
	ConsolidationPolicy string           `json:"consolidationPolicy"`
	ConsolidateAfter    string           `json:"consolidateAfter"`
	Budgets             []NodePoolBudget `json:"budgets"`
}

// NodePoolBudget is how many nodes may go at one time.
type NodePoolBudget struct {
	Nodes string `json:"nodes"`
}

// EC2NodeClass is one of karpenter.k8s.aws/v1.
type EC2NodeClass struct {
	APIVersion string           `json:"apiVersion"`
	Kind       string           `json:"kind"`
	Metadata   ObjectMeta       `json:"metadata"`
	Spec       EC2NodeClassSpec `json:"spec"`
}

// EC2NodeClassSpec is the spec of an EC2NodeClass.
type EC2NodeClassSpec struct {
	Role                       string     `json:"role"`
	AMISelectorTerms           []AMIAlias `json:"amiSelectorTerms"`
	SubnetSelectorTerms        []TagTerm  `json:"subnetSelectorTerms"`
	SecurityGroupSelectorTerms []TagTerm  `json:"securityGroupSelectorTerms"`
	// BlockDeviceMappings has the root volume where the default is too small.
	BlockDeviceMappings []BlockDevice `json:"blockDeviceMappings,omitempty"`
}

// BlockDevice is a volume of a machine.
type BlockDevice struct {
	DeviceName string    `json:"deviceName"`
	EBS        EBSVolume `json:"ebs"`
}

// EBSVolume is a volume of EBS.
type EBSVolume struct {
	VolumeSize string `json:"volumeSize"`
	VolumeType string `json:"volumeType"`
}

// AMIAlias selects machine images.
type AMIAlias struct {
	Alias string `json:"alias"`
}

// TagTerm selects by tags.
type TagTerm struct {
	Tags map[string]string `json:"tags"`
}

// AKSNodeClass is one of karpenter.azure.com/v1beta1.
type AKSNodeClass struct {
	APIVersion string           `json:"apiVersion"`
	Kind       string           `json:"kind"`
	Metadata   ObjectMeta       `json:"metadata"`
	Spec       AKSNodeClassSpec `json:"spec"`
}

// AKSNodeClassSpec is the spec of an AKSNodeClass.
type AKSNodeClassSpec struct {
	ImageFamily  string `json:"imageFamily"`
	OSDiskSizeGB int64  `json:"osDiskSizeGB,omitempty"`
}
