package document

// Placeholders are pods that keep the room that a plan counts on: an autoscaler of nodes takes
// away what no pod asks for. They give way to any other pod. What is here holds for Karpenter and
// for the Cluster Autoscaler; where nothing takes nodes away none is needed.
type Placeholders struct {
	PriorityClass PriorityClass           `json:"priorityClass"`
	Deployments   []PlaceholderDeployment `json:"deployments"`
	// Reserved says what the Deployments are for, in the same order.
	Reserved []ReservedRoom `json:"reserved"`
	// NotKept is room that no placeholder fits into beside the others, by group: an autoscaler that packs
	// its nodes anew may take it away.
	NotKept []RoomNotKept `json:"notKept,omitempty"`
}

// ReservedRoom is what placeholders that are alike keep.
type ReservedRoom struct {
	Deployment string `json:"deployment"`
	// Group is of groups by name.
	Group string `json:"group"`
	// Zone is set where the room has to be in one.
	Zone string `json:"zone,omitempty"`
	Pods int    `json:"pods"`
	// Each is what one of them asks for.
	Each map[string]string `json:"each"`
	// For is the loss that the first of them are for; others find their room in it too.
	For string `json:"for"`
}

// RoomNotKept is room of a group that nothing keeps.
type RoomNotKept struct {
	Group string `json:"group"`
	// Pods is how many pods of the worst loss count on it.
	Pods int `json:"pods"`
}

// PriorityClass is one of scheduling.k8s.io/v1.
type PriorityClass struct {
	APIVersion string     `json:"apiVersion"`
	Kind       string     `json:"kind"`
	Metadata   ObjectMeta `json:"metadata"`
	// Value is -10: below every pod without a class, and the least that the Cluster Autoscaler still counts.
	Value            int    `json:"value"`
	PreemptionPolicy string `json:"preemptionPolicy"`
	GlobalDefault    bool   `json:"globalDefault"`
	Description      string `json:"description"`
}

// PlaceholderDeployment is a Deployment of apps/v1.
type PlaceholderDeployment struct {
	APIVersion string          `json:"apiVersion"`
	Kind       string          `json:"kind"`
	Metadata   PlaceholderMeta `json:"metadata"`
	Spec       PlaceholderSpec `json:"spec"`
}

// PlaceholderMeta is the metadata of a Deployment of placeholders.
type PlaceholderMeta struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// PlaceholderSpec is the spec of a Deployment of placeholders.
type PlaceholderSpec struct {
	Replicas int                 `json:"replicas"`
	Strategy UpdateStrategy      `json:"strategy"`
	Selector LabelSelector       `json:"selector"`
	Template PlaceholderTemplate `json:"template"`
}

// UpdateStrategy is how a Deployment replaces its pods.
type UpdateStrategy struct {
	Type string `json:"type"`
}

// LabelSelector selects pods.
type LabelSelector struct {
	MatchLabels map[string]string `json:"matchLabels"`
}

// PlaceholderTemplate is what placeholders are made from.
type PlaceholderTemplate struct {
	Metadata ObjectMeta         `json:"metadata"`
	Spec     PlaceholderPodSpec `json:"spec"`
}

// PlaceholderPodSpec is the spec of a placeholder.
type PlaceholderPodSpec struct {
	PriorityClassName             string            `json:"priorityClassName"`
	TerminationGracePeriodSeconds int               `json:"terminationGracePeriodSeconds"`
	AutomountServiceAccountToken  bool              `json:"automountServiceAccountToken"`
	NodeSelector                  map[string]string `json:"nodeSelector"`
	Tolerations                   []NodeToleration  `json:"tolerations,omitempty"`
	// TopologySpreadConstraints are there where the zones of a fresh cluster have no names.
	TopologySpreadConstraints []PlaceholderSpread    `json:"topologySpreadConstraints,omitempty"`
	Containers                []PlaceholderContainer `json:"containers"`
}

// PlaceholderSpread spreads placeholders over domains.
type PlaceholderSpread struct {
	MaxSkew           int           `json:"maxSkew"`
	TopologyKey       string        `json:"topologyKey"`
	WhenUnsatisfiable string        `json:"whenUnsatisfiable"`
	LabelSelector     LabelSelector `json:"labelSelector"`
}

// NodeToleration lets a pod onto nodes with a taint.
type NodeToleration struct {
	Key      string `json:"key"`
	Operator string `json:"operator"`
	Value    string `json:"value,omitempty"`
	Effect   string `json:"effect,omitempty"`
}

// PlaceholderContainer asks for room and does nothing.
type PlaceholderContainer struct {
	Name      string               `json:"name"`
	Image     string               `json:"image"`
	Resources PlaceholderResources `json:"resources"`
}

// PlaceholderResources is what a placeholder asks for; of devices the limit is the same.
type PlaceholderResources struct {
	Requests map[string]string `json:"requests"`
	Limits   map[string]string `json:"limits,omitempty"`
}
