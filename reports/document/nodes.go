package document

// PlanBill is the nodes' bill with the commitments that exist: list prices, less what these cover, plus what they cost.
type PlanBill struct {
	// CommitmentsMonthly is what the commitments cost, with any nodes; it is in all of the bills.
	CommitmentsMonthly USD `json:"commitmentsMonthly"`
	// MonthlyNow is the bill with today's nodes, MonthlyCost that with the plan's.
	MonthlyNow  USD `json:"monthlyNow"`
	MonthlyCost USD `json:"monthlyCost"`
	// MonthlyAtListPrices is the bill with the nodes that are cheapest at list prices, and
	// MonthlyUsed with the best that were found to use what is committed to one family; absent where none were looked for.
	MonthlyAtListPrices USD  `json:"monthlyAtListPrices"`
	MonthlyUsed         *USD `json:"monthlyUsed,omitempty"`
	// LowerBoundMonthly is proven: no nodes make the bill less. GapPercent is how far MonthlyCost lies above it.
	LowerBoundMonthly USD     `json:"lowerBoundMonthly"`
	GapPercent        float64 `json:"gapPercent" jsonschema:"minimum=0"`
	// Families are those that commitments are tied to, of which there are nodes or could be.
	Families []string `json:"families,omitempty"`
}

// Nodes is the node inventory, and what it should be.
type Nodes struct {
	Current NodeSet `json:"current"`
	// Plan is absent where the lever did not run or gave no plan; a warning has the reason.
	Plan *NodePlan `json:"plan,omitempty"`
}

// NodePlan is the nodes that the pods need at their recommended requests: today's where nothing better is worth the moves, or none may go.
type NodePlan struct {
	// MonthlyCost is the cost of all nodes of the plan, those that are kept too.
	MonthlyCost USD `json:"monthlyCost"`
	// BusiestMonthly is what the nodes of the busiest hour cost in all hours, where MonthlyCost is the mean over the window's
	// hours, as the bill of today's nodes is. The lower bound, the gap and the prices of levels are of it. Absent where MonthlyCost is.
	BusiestMonthly USD `json:"busiestMonthlyCost,omitzero"`
	// LowerBoundMonthly is proven: no set of nodes of the offered types that runs the same pods costs less.
	LowerBoundMonthly USD `json:"lowerBoundMonthly"`
	// GapPercent is how far MonthlyCost lies above the lower bound.
	GapPercent float64 `json:"gapPercent" jsonschema:"minimum=0"`
	// ByHour is the plan as an autoscaler of nodes takes away what an hour does not need; absent without one, or without a history.
	ByHour *PlanHours `json:"byHour,omitempty"`
	// WithCommitments is what the commitments held make of it; absent without any.
	WithCommitments *PlanBill `json:"withCommitments,omitempty"`
	Count           int       `json:"count"`
	Pools           []Pool    `json:"pools"`
	// Launch is what of Pools starts before the moves.
	Launch []Pool `json:"launch,omitempty"`
	// Moves lead from today's nodes to the plan, in this order, once its new nodes run.
	Moves []NodeMove `json:"moves"`
	// Stays are the nodes that the plan has too, and whose pods all stay.
	Stays []string `json:"stays,omitempty"`
	// PoolStyle is simple, flexible or exact; ExactMonthlyCost is what nodes of any types cost that live through nothing,
	// with the busiest hour's nodes in all hours: beside busiestMonthlyCost where there is one, else beside monthlyCost.
	PoolStyle        string `json:"poolStyle,omitempty" jsonschema:"enum=simple,enum=flexible,enum=exact"`
	ExactMonthlyCost USD    `json:"exactMonthlyCost"`
	// Survives says whether the pods of any node, or of any zone, find room on the others, but for those that can't today either.
	Survives PlanSurvives `json:"survives"`
	// Placement is where every pod ends up; new nodes are new-1 and so on, in the order in which they start.
	Placement []NodePlacement `json:"placement"`
	// Fresh is set where no node is known: the plan is what a cluster for these pods would cost, and no saving.
	Fresh *FreshCluster `json:"fresh,omitempty"`
	// Risk is what following the plan disturbs, in one line.
	Risk string `json:"risk"`
	// Pinned adds the kept nodes up by what keeps them.
	Pinned []PinnedNodes `json:"pinned,omitempty"`
	// Kept are the nodes that the plan leaves as they are, with all their pods.
	Kept []KeptNode `json:"kept,omitempty"`
	// Groups are the plan's nodes, but the kept ones, as the pools of an autoscaler; what follows is the groups in its terms.
	Groups            []NodeGroup        `json:"groups,omitempty"`
	Karpenter         *Karpenter         `json:"karpenter,omitempty"`
	ClusterAutoscaler *ClusterAutoscaler `json:"clusterAutoscaler,omitempty"`
	EKSNodegroups     []EKSNodegroup     `json:"eksNodegroups,omitempty"`
	GKENodePools      []GKENodePool      `json:"gkeNodePools,omitempty"`
	AKSNodePools      []AKSNodePool      `json:"aksNodePools,omitempty"`
	// Placeholders keep the room that the level of survival counts on; absent where it counts on none.
	Placeholders *Placeholders `json:"placeholders,omitempty"`
}

// FreshCluster is the cluster that a plan is of where none runs yet.
type FreshCluster struct {
	Provider string `json:"provider"`
	Region   string `json:"region"`
	// Zones is how many zones it was given.
	Zones int `json:"zones"`
	// Pods is how many pods the plan has room for, but for DaemonSets'.
	Pods int `json:"pods"`
	// MonthlyCost is of the nodes and of the volumes that its claims would have made.
	MonthlyCost USD `json:"monthlyCost"`
	// Volumes are these volumes; absent without any.
	Volumes *FreshVolumes `json:"volumes,omitempty"`
	// Unrequested is how many of them request neither CPU nor memory, and count as nothing.
	Unrequested int `json:"unrequested,omitempty"`
	// SelectedLabels are labels that pods select nodes by, and that the plan gives to nodes of any type.
	SelectedLabels []string `json:"selectedLabels,omitempty"`
	// LeftOut are workloads with pods that are on no node of the plan.
	LeftOut []LeftOut `json:"leftOut,omitempty"`
}

// FreshVolumes are the volumes that the claims of a fresh cluster would have made.
type FreshVolumes struct {
	Count int `json:"count"`
	// Size is of all together.
	Size Bytes `json:"size"`
	// MonthlyCost is of those that have a price.
	MonthlyCost USD `json:"monthlyCost"`
	// Unpriced says which have none, or are priced as others, and why.
	Unpriced []string `json:"unpriced,omitempty"`
}

// LeftOut is pods of a workload that a plan does not hold, and why.
type LeftOut struct {
	Workload string `json:"workload"`
	Pods     int    `json:"pods"`
	Reason   string `json:"reason"`
}

// PlanHours is the plan's nodes through the hours of the window.
type PlanHours struct {
	// MonthlyCost is the mean over the hours: the bill.
	MonthlyCost USD `json:"monthlyCost"`
	// MeanNodes is how many there are on average, Nodes the same by hour of the day, UTC.
	MeanNodes float64   `json:"meanNodes"`
	Nodes     []float64 `json:"nodes"`
}

// PlanSurvives is what the plan lives through, and what each level costs.
type PlanSurvives struct {
	Node bool `json:"node"`
	Zone bool `json:"zone"`
	// Level is the one that was asked for: none, pod (a rolling update finds room), node or zone.
	Level  string       `json:"level" jsonschema:"enum=none,enum=pod,enum=node,enum=zone"`
	Levels []LevelPrice `json:"levels,omitempty"`
	// Exempt are pods and workloads that can't live through the level today either.
	Exempt []string `json:"exempt,omitempty"`
	// NodeExempt and ZoneExempt are those of node and zone, where these hold and are above the level that was asked for.
	NodeExempt []string `json:"nodeExempt,omitempty"`
	ZoneExempt []string `json:"zoneExempt,omitempty"`
}

// LevelPrice is what the plan costs at a level: beside its busiestMonthlyCost where there is one, else beside its monthlyCost.
type LevelPrice struct {
	Level string `json:"level"`
	// MonthlyCost is that of the busiest hour's nodes in all hours, also where the plan's own is the mean over the hours.
	MonthlyCost USD `json:"monthlyCost"`
	// AtMost says that the price was not searched for: nodes were added until the level held.
	AtMost bool `json:"atMost,omitempty"`
	// Left is how many pods, or workloads of updates, find no room at this price all the same.
	Left int `json:"left,omitempty"`
}

// NodePlacement is the pods of one node, but for DaemonSets' and static ones.
type NodePlacement struct {
	Node string   `json:"node"`
	Pods []string `json:"pods"`
	// Group, of groups by name, InstanceType, CapacityType and Zone say what a new node is; today's nodes are known by name.
	// The zones of a fresh cluster are zone-1 and so on where no pod names one: any will do that are not the same.
	Group        string `json:"group,omitempty"`
	InstanceType string `json:"instanceType,omitempty"`
	CapacityType string `json:"capacityType,omitempty"`
	Zone         string `json:"zone,omitempty"`
}

// PinnedNodes are the nodes that stay for one kind of reason.
type PinnedNodes struct {
	Kind        string `json:"kind"`
	Nodes       int    `json:"nodes"`
	Pods        int    `json:"pods"`
	MonthlyCost USD    `json:"monthlyCost"`
	// ByPod says that they are no machines: a provider bills their pods one by one.
	ByPod bool `json:"byPod,omitempty"`
}

// NodeMove sends pods of one node to others.
type NodeMove struct {
	Node string `json:"node"`
	// Action is drain where the node goes, and shift where it stays with fewer pods.
	Action string `json:"action" jsonschema:"enum=drain,enum=shift"`
	// Evictions is the number of pods that move.
	Evictions int `json:"evictions"`
	// Rounds is in how many rounds PodDisruptionBudgets let them move.
	Rounds int `json:"rounds"`
	// MonthlySavings is the node's cost less its pods' part of new nodes.
	MonthlySavings USD `json:"monthlySavings"`
	// SavingsPerEviction is MonthlySavings for one pod that moves.
	SavingsPerEviction USD `json:"savingsPerEviction,omitempty"`
	// Score is the share of the nodes' cost that the move saves over its share of the disruption that moving every pod would cause.
	Score float64 `json:"score"`
	// Blocked says why the move can't be made at once.
	Blocked string `json:"blocked,omitempty"`
}

// KeptNode is a node that stays as it is.
type KeptNode struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
	// ByPod says that it is no machine: a provider bills its pods one by one.
	ByPod bool `json:"byPod,omitempty"`
}

// NodeSet is a set of nodes and what they cost.
type NodeSet struct {
	// MonthlyCost is the sum of all pools' cost; null where there are no prices.
	MonthlyCost *USD `json:"monthlyCost" jsonschema:"nullable"`
	// Count is of machines: what stands for pods that a provider bills one by one is none.
	Count int `json:"count"`
	// MeanCount is how many there were on the mean of the window's hours, which MonthlyCost is of; absent where that is not
	// known: MonthlyCost is then of the moment's nodes in all hours.
	MeanCount float64 `json:"meanCount,omitzero"`
	Pools     []Pool  `json:"pools"`
}

// Pool is all nodes that share type, capacity type, zone and price.
type Pool struct {
	InstanceType string `json:"instanceType"`
	// CapacityType is on-demand, spot or reserved.
	CapacityType string `json:"capacityType"`
	Zone         string `json:"zone,omitempty"`
	Count        int    `json:"count"`
	// MeanCount is that on the mean of the window's hours, where the bill is of them.
	MeanCount float64 `json:"meanCount,omitzero"`
	// Hourly is the price of one node in USD, not rounded to cents; absent where it is not known.
	Hourly float64 `json:"hourly,omitzero"`
	// MonthlyCost is the cost of all nodes of the pool; absent where it is not known.
	MonthlyCost USD `json:"monthlyCost,omitzero"`
	// Estimated says that no table has the price; Note says how it was found.
	Estimated bool `json:"estimated,omitempty"`
	// ByPod says that it is no machine: a provider bills its pods one by one, and count leaves it out in a plan.
	ByPod bool   `json:"byPod,omitempty"`
	Note  string `json:"note,omitempty"`
}
