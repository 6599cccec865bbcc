package verdict

// Cost is what the tree's requests cost, in USD a month, and what they cost
// before the change.
type Cost struct {
	// Known says that there are prices; without them all money is 0.
	Known bool `json:"known"`
	// Base names what is compared with; "" where nothing is.
	Base   string  `json:"base,omitempty"`
	Before float64 `json:"before"`
	After  float64 `json:"after"`
	Delta  float64 `json:"delta"`
	// Prices says where the prices are from.
	Prices string `json:"prices,omitempty"`
	// Workloads are sorted by the size of their delta, then by cost.
	Workloads []CostLine `json:"workloads"`
	// Uncounted are workloads whose number of pods nobody knows: DaemonSets
	// and jobs without evidence.
	Uncounted []string `json:"uncounted,omitempty"`
}

// CostLine is one workload's part.
type CostLine struct {
	Object         string   `json:"object"`
	Tree           string   `json:"tree,omitempty"` // the environment
	Before         float64  `json:"before"`
	After          float64  `json:"after"`
	Delta          float64  `json:"delta"`
	ReplicasBefore float64  `json:"replicasBefore"`
	ReplicasAfter  float64  `json:"replicasAfter"`
	RequestsBefore Requests `json:"requestsBefore"`
	RequestsAfter  Requests `json:"requestsAfter"`
	ReplicasFrom   string   `json:"replicasFrom"` // manifest, observed, minReplicas
}

// Requests is what one pod asks for, as quantities.
type Requests struct {
	CPU    string `json:"cpu,omitempty"`
	Memory string `json:"memory,omitempty"`
	GPU    int64  `json:"gpu,omitempty"`
}
