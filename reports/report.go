package reports

import (
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// The identity of the document.
const (
	APIVersion = "plimsoll.dev/v1alpha1"
	Kind       = "Report"
)

// Report is the one document that every format prints. Lists are sorted, so
// equal input gives equal bytes. Sections of levers that did not run are
// absent.
type Report struct {
	// APIVersion is the version of the document's form.
	APIVersion string `json:"apiVersion" jsonschema:"enum=plimsoll.dev/v1alpha1"`
	// Kind is always Report.
	Kind     string   `json:"kind" jsonschema:"enum=Report"`
	Metadata Metadata `json:"metadata"`
	Summary  Summary  `json:"summary"`
	// Workloads are those that exist now, by namespace, kind and name.
	Workloads []Workload `json:"workloads"`
	// Recommendations are all changes that are advised, by savings, largest first.
	Recommendations []Recommendation `json:"recommendations"`
	Nodes           Nodes            `json:"nodes"`
	// Purchase is what to buy on demand, on spot and in advance.
	Purchase *Purchase `json:"purchase,omitempty"`
	// Waste is what costs money and does nothing, by cost, largest first.
	Waste []Waste `json:"waste"`
	// Allocation is whose the bill of the window is; absent unless asked for.
	Allocation *Allocation `json:"allocation,omitempty"`
	// Prices are the tables that prices were taken from.
	Prices []PriceSource `json:"prices"`
	// Warnings are the doubts that concern the whole report.
	Warnings []analyzer.Warning `json:"warnings"`
}

// Metadata tells what the report is about and what made it.
type Metadata struct {
	Cluster       string `json:"cluster"`
	GeneratedFrom Window `json:"generatedFrom"`
	// Version is the version of plimsoll.
	Version string `json:"version"`
	// Sources are where the facts were read.
	Sources []analyzer.Source `json:"sources"`
}

// Window is the time that the usage covers.
type Window struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	// Step is the time between two samples, such as 30s; 0s for a moment.
	Step string `json:"step"`
	// Moment says that usage is one reading and no history.
	Moment bool `json:"moment,omitempty"`
}

// Summary is the cluster as a whole. Money is USD a month of 730 hours. It is
// null where the cluster has no prices.
type Summary struct {
	// MonthlyCost is the bill: the sum of all workloads' cost, idle, overhead and unattributed.
	MonthlyCost *USD `json:"monthlyCost" jsonschema:"nullable"`
	// MonthlyBill is the whole bill: its nodes are monthlyCost, the rest is in no other figure of the summary. Absent where nothing is paid beside the nodes, or nothing has a price.
	MonthlyBill *AllocationBill `json:"monthlyBill,omitempty"`
	// MonthlySavings is what all recommendations together are worth at the prices of the nodes. With a plan of the nodes it is what leaves the bill: the bill less where the waterfall ends. Without one, freed room is in it, which leaves the bill when nodes go.
	MonthlySavings *USD `json:"monthlySavings" jsonschema:"nullable"`
	// IdleMonthly is the cost of allocatable that nobody asked for or used.
	IdleMonthly *USD `json:"idleMonthly,omitempty"`
	// OverheadMonthly is the cost of what nodes keep for the system.
	OverheadMonthly *USD `json:"overheadMonthly,omitempty"`
	// UnattributedMonthly is the cost of pods of workloads that are not listed.
	UnattributedMonthly *USD `json:"unattributedMonthly,omitempty"`
	// FreedRoom is what right-sizing frees on nodes. It leaves the bill when nodes go: with a plan of the nodes it is not added to its savings, since the plan makes use of it.
	FreedRoom FreedRoom `json:"freedRoom"`
	// Rightsize is the part of FreedRoom that right-sizing frees by itself.
	Rightsize FreedRoom `json:"rightsize"`
	// Waterfall is the bill before and after each lever; each works on what the one before left.
	Waterfall []Step `json:"waterfall"`
	// Requests is what the pods of all workloads ask for: the scheduler's sum for a pod, times replicas.
	Requests Resources `json:"requests"`
	// Usage is the mean usage of a pod over the window, times replicas.
	Usage Resources `json:"usage"`
	// Recommended is what Requests would be with every recommendation followed.
	Recommended Resources `json:"recommended"`
	// Containers counts the containers of all pod templates by what is advised.
	Containers Counts `json:"containers"`
}

// FreedRoom is what the recommendations take off requests; negative where they add.
type FreedRoom struct {
	Resources
	// Monthly is its value at the prices of the nodes.
	Monthly *USD `json:"monthly" jsonschema:"nullable"`
}

// Step is one step of the waterfall.
type Step struct {
	Lever         string `json:"lever"`
	MonthlyBefore USD    `json:"monthlyBefore"`
	MonthlyAfter  USD    `json:"monthlyAfter"`
	// FreedRoom is what the lever frees on nodes, at their prices. With a later step that plans the nodes it is not yet off the bill here; without one it stands for the step's savings.
	FreedRoom USD `json:"freedRoom,omitempty"`
	// WithCommitments is the same step with the commitments that exist: what they cover is off the bill, what they cost is on it, used or not. Absent where none were given.
	WithCommitments *StepMoney `json:"withCommitments,omitempty"`
}

// StepMoney is the bill before and after a step.
type StepMoney struct {
	MonthlyBefore USD `json:"monthlyBefore"`
	MonthlyAfter  USD `json:"monthlyAfter"`
}

// Counts counts containers.
type Counts struct {
	Total int `json:"total"`
	// Change are those with a recommendation that changes something.
	Change int `json:"change"`
	// Fine are those which are right as they are.
	Fine int `json:"fine"`
	// Withheld are those without a recommendation.
	Withheld int `json:"withheld"`
}

// Resources is a set of amounts as Kubernetes quantities. What is not set is
// absent.
type Resources struct {
	CPU    CPU     `json:"cpu,omitzero"`
	Memory Bytes   `json:"memory,omitzero"`
	GPU    Devices `json:"gpu,omitzero"`
}

// Workload is a top-level controller, or a pod that nothing controls.
type Workload struct {
	Namespace string `json:"namespace"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	// Replicas is what the controller is asked for now.
	Replicas int32 `json:"replicas"`
	// MeanPods is the mean number of pods while there were any.
	MeanPods float64 `json:"meanPods,omitempty"`
	// MonthlyCost is its share of the bill; null where there are no prices.
	MonthlyCost *USD        `json:"monthlyCost" jsonschema:"nullable"`
	Containers  []Container `json:"containers"`
	// Horizontal is what decides the number of pods; absent where the workload cannot be scaled or no rule has looked.
	Horizontal *Horizontal `json:"horizontal,omitempty"`
	// VPA is the VerticalPodAutoscaler that suits the workload; absent in clusters without any.
	VPA *VPA `json:"vpa,omitempty"`
	// Findings are mistakes in its autoscalers and disruption budgets.
	Findings []Finding `json:"findings,omitempty"`
}

// Container is one container of a workload's pod template. Amounts are for one
// pod, money is for all pods of the workload.
type Container struct {
	Name string `json:"name"`
	Type string `json:"type" jsonschema:"enum=container,enum=init,enum=sidecar"`
	// MonthlyCost is its share of the workload's cost.
	MonthlyCost *USD `json:"monthlyCost,omitempty"`
	// MonthlySavings is what its recommendation is worth; negative where it costs money.
	MonthlySavings *USD    `json:"monthlySavings,omitempty"`
	Current        Setting `json:"current"`
	// Recommended is complete: what stays is repeated. It is null where the recommendation is withheld; a warning has the reason.
	Recommended *Setting `json:"recommended" jsonschema:"nullable"`
	Usage       Usage    `json:"usage"`
	Risk        Risk     `json:"risk"`
	// Confidence, from 0 to 1, is how much the history supports the recommendation.
	Confidence float64 `json:"confidence" jsonschema:"minimum=0,maximum=1"`
	// Coverage, from 0 to 1, is the share of the window in which the container was seen.
	Coverage float64 `json:"coverage" jsonschema:"minimum=0,maximum=1"`
	// OOMKills and Restarts are counted over the window and all pods.
	OOMKills int64 `json:"oomKills,omitempty"`
	Restarts int64 `json:"restarts,omitempty"`
	// ThrottledShare, from 0 to 1, is the share of CPU periods that were throttled; absent where it was not measured.
	ThrottledShare *float64 `json:"throttledShare,omitempty"`
	// Evidence are the figures that the recommendation rests on.
	Evidence []Evidence         `json:"evidence"`
	Warnings []analyzer.Warning `json:"warnings"`
}

// Setting is what a container asks for.
type Setting struct {
	Requests Resources `json:"requests"`
	Limits   Resources `json:"limits"`
}

// Usage is what one pod's container used over the window, by the samples of
// all pods; absent where there are none. Percentiles are off by less than 1 %;
// mean and max are exact.
type Usage struct {
	CPU    *CPUUsage    `json:"cpu,omitempty"`
	Memory *MemoryUsage `json:"memory,omitempty"`
}

// CPUUsage is rounded to the microcore.
type CPUUsage struct {
	Mean CPU `json:"mean"`
	P50  CPU `json:"p50"`
	P95  CPU `json:"p95"`
	P99  CPU `json:"p99"`
	Max  CPU `json:"max"`
}

// MemoryUsage is rounded up to the KiB.
type MemoryUsage struct {
	Mean Bytes `json:"mean"`
	P50  Bytes `json:"p50"`
	P95  Bytes `json:"p95"`
	P99  Bytes `json:"p99"`
	Max  Bytes `json:"max"`
}

// Risk is what may go wrong with the recommendation followed. What is not
// known is absent.
type Risk struct {
	// OOMProbability is the probability of an OOM kill within a week.
	OOMProbability *float64 `json:"oomProbability,omitempty" jsonschema:"minimum=0,maximum=1"`
	// CPUOverRequest is the share of time in which CPU usage is above the request.
	CPUOverRequest *float64 `json:"cpuOverRequest,omitempty" jsonschema:"minimum=0,maximum=1"`
}

// Evidence is one figure that a recommendation rests on.
type Evidence struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	// Unit is one of millicores, bytes, percent, share, count, seconds, hours, days, usd.
	Unit string `json:"unit"`
}

// Recommendation is one piece of advice that changes something, or a mistake
// that was found and its fix.
type Recommendation struct {
	Rule  string `json:"rule"`
	Lever string `json:"lever"`
	// Target is namespace/kind/name of the workload, or what else the advice is about, such as Cluster or Nodes.
	Target string `json:"target"`
	// Container is absent where the whole workload is meant.
	Container string `json:"container,omitempty"`
	Title     string `json:"title"`
	// MonthlySavings is null where there are no prices.
	MonthlySavings *USD `json:"monthlySavings" jsonschema:"nullable"`
	// Risk says in words what may go wrong.
	Risk       string   `json:"risk"`
	Confidence float64  `json:"confidence" jsonschema:"minimum=0,maximum=1"`
	Changes    []Change `json:"changes"`
	// Fix is what to do where something is wrong as it stands.
	Fix string `json:"fix,omitempty"`
}

// Change is one field that changes.
type Change struct {
	// Field is requests.cpu, requests.memory, limits.cpu or limits.memory, replicas, a field of the HPA, such as hpa.minReplicas, or nodes.TYPE/CAPACITY-TYPE for a number of nodes.
	Field string `json:"field"`
	// From and To are quantities or numbers; null means not set, or none.
	From *string `json:"from" jsonschema:"nullable"`
	To   *string `json:"to" jsonschema:"nullable"`
}

// Nodes is the node inventory, and what it should be.
type Nodes struct {
	Current NodeSet `json:"current"`
	// Plan is absent where the lever did not run or gave no plan; a warning has the reason.
	Plan *NodePlan `json:"plan,omitempty"`
}

// NodePlan is the set of nodes that the pods need at their recommended
// requests. It repeats today's nodes where nothing better is worth the moves.
type NodePlan struct {
	// MonthlyCost is the cost of all nodes of the plan, those that are kept too.
	MonthlyCost USD `json:"monthlyCost"`
	// LowerBoundMonthly is proven: no set of nodes of the offered types that runs the same pods costs less.
	LowerBoundMonthly USD `json:"lowerBoundMonthly"`
	// GapPercent is how far MonthlyCost lies above the lower bound.
	GapPercent float64 `json:"gapPercent" jsonschema:"minimum=0"`
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
	// Kept are the nodes that the plan leaves as they are, with all their pods.
	Kept []KeptNode `json:"kept,omitempty"`
	// Groups are the plan's nodes, but the kept ones, as the pools of an autoscaler; what follows is the groups in its terms.
	Groups            []NodeGroup        `json:"groups,omitempty"`
	Karpenter         *Karpenter         `json:"karpenter,omitempty"`
	ClusterAutoscaler *ClusterAutoscaler `json:"clusterAutoscaler,omitempty"`
	EKSNodegroups     []EKSNodegroup     `json:"eksNodegroups,omitempty"`
	GKENodePools      []GKENodePool      `json:"gkeNodePools,omitempty"`
	AKSNodePools      []AKSNodePool      `json:"aksNodePools,omitempty"`
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
}

// NodeSet is a set of nodes and what they cost.
type NodeSet struct {
	// MonthlyCost is the sum of all pools' cost; null where there are no prices.
	MonthlyCost *USD   `json:"monthlyCost" jsonschema:"nullable"`
	Count       int    `json:"count"`
	Pools       []Pool `json:"pools"`
}

// Pool is all nodes that share type, capacity type, zone and price.
type Pool struct {
	InstanceType string `json:"instanceType"`
	// CapacityType is on-demand, spot or reserved.
	CapacityType string `json:"capacityType"`
	Zone         string `json:"zone,omitempty"`
	Count        int    `json:"count"`
	// Hourly is the price of one node in USD, not rounded to cents; absent where it is not known.
	Hourly float64 `json:"hourly,omitzero"`
	// MonthlyCost is the cost of all nodes of the pool; absent where it is not known.
	MonthlyCost USD `json:"monthlyCost,omitzero"`
	// Estimated says that no table has the price; Note says how it was found.
	Estimated bool   `json:"estimated,omitempty"`
	Note      string `json:"note,omitempty"`
}

// PriceSource is one table or file of prices.
type PriceSource struct {
	Provider string `json:"provider"`
	// AsOf is the date of the prices.
	AsOf   string `json:"asOf"`
	Source string `json:"source"`
	// Of is what the prices are of; absent for machines.
	Of string `json:"of,omitempty" jsonschema:"enum=volumes,enum=loadBalancers,enum=controlPlane,enum=commitments"`
}
