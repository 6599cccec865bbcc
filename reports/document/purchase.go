package document

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// HeldCommitments is what the commitments that exist do to today's bill at list
// prices, in USD a month.
type HeldCommitments struct {
	// MonthlyCost is what they cost, used or not.
	MonthlyCost USD `json:"monthlyCost"`
	// MonthlyCovered is the usage that they pay for, at list prices: it is off the bill.
	MonthlyCovered USD `json:"monthlyCovered"`
	// MonthlyUnused is the usage that they could pay for besides and that there is not, at list prices.
	MonthlyUnused USD `json:"monthlyUnused"`
	// MonthlyUnusedByPlan is the same on the nodes of the plan; absent without one.
	MonthlyUnusedByPlan *USD `json:"monthlyUnusedByPlan,omitempty"`
}

// Purchase is what to buy on demand, on spot and in advance for what the levers
// before it leave. Money an hour is USD at list prices.
type Purchase struct {
	Provider string `json:"provider,omitempty"`
	Region   string `json:"region,omitempty"`
	// HourlyDemand is the on-demand usage that is to be bought; absent where the advice is withheld.
	HourlyDemand *HourlyDemand `json:"hourlyDemand,omitempty"`
	// Commitments are advised together. None is advised where the list is empty.
	Commitments []Commitment `json:"commitments"`
	// CapitalCost is what money costs a year, and FamilyChange the chance that the demand moves to another family within
	// three years, that the commitments are best for; absent where none is weighed.
	CapitalCost  *float64 `json:"capitalCost,omitempty"`
	FamilyChange *float64 `json:"familyChange,omitempty"`
	// Alternatives are what each commitment alone would come to, whatever terms are allowed.
	Alternatives []Commitment `json:"alternatives"`
	// Withheld says why no commitment is advised.
	Withheld []Withheld `json:"withheld,omitempty"`
	// Scenarios are what the commitments advised do when demand changes.
	Scenarios []Scenario `json:"scenarios"`
	// Held is what the commitments that exist do to the bill; absent where none were given.
	Held     *HeldCommitments   `json:"held,omitempty"`
	Spot     SpotMarket         `json:"spot"`
	Warnings []analyzer.Warning `json:"warnings"`
}

// HourlyDemand is on-demand usage in USD an hour, over the hours of the window
// with history.
type HourlyDemand struct {
	Hours int     `json:"hours"`
	Mean  float64 `json:"mean"`
	Min   float64 `json:"min"`
	P10   float64 `json:"p10"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	Max   float64 `json:"max"`
	// ByHour is the mean of each hour of the day, UTC, from midnight.
	ByHour []float64 `json:"byHour"`
	// NodesByHour is the plan's nodes, kept and spot ones too, in each hour of the day; absent where
	// there is no plan and the demand is that of today's families.
	NodesByHour []float64      `json:"nodesByHour,omitempty"`
	Families    []FamilyDemand `json:"families"`
	// Held is what existing commitments cover; it is not in the other figures.
	Held float64 `json:"held,omitempty"`
	// Spot is what was left out because it can live on spot machines.
	Spot float64 `json:"spot,omitempty"`
}

// FamilyDemand is the mean demand for one family of instance types.
type FamilyDemand struct {
	Family string  `json:"family"`
	Mean   float64 `json:"mean"`
	VCPUs  float64 `json:"vcpus"`
	// MemoryGiB and GPUs are there where the provider commits to them apart.
	MemoryGiB float64 `json:"memoryGiB,omitempty"`
	GPUs      float64 `json:"gpus,omitempty"`
}

// Commitment is one commitment.
type Commitment struct {
	Instrument string `json:"instrument"`
	// Family is what it is tied to; absent where it covers all families.
	Family string `json:"family,omitempty"`
	// Resource is what it covers of the family alone, where the provider commits to vCPUs, memory and GPUs apart; absent elsewhere.
	Resource  string `json:"resource,omitempty" jsonschema:"enum=vcpu,enum=memory,enum=gpu"`
	TermYears int    `json:"termYears"`
	Payment   string `json:"payment"`
	// Discount is the share off the on-demand price.
	Discount float64 `json:"discount"`
	// Amount is the USD an hour that are committed.
	Amount float64 `json:"amount"`
	// SafeToday is the part of Amount that pays on today's nodes and requests just as on those that are advised: it may be bought before
	// the other steps. The rest is for after them. Absent in alternatives.
	SafeToday float64 `json:"safeToday,omitempty"`
	// Covers is the on-demand usage that it pays for, in USD an hour; VCPUs the same in vCPUs of the family, and MemoryGiB the memory of so many. Of a resource, VCPUs, MemoryGiB or GPUs is what to ask for.
	Covers    float64 `json:"covers"`
	VCPUs     float64 `json:"vcpus,omitempty"`
	MemoryGiB float64 `json:"memoryGiB,omitempty"`
	GPUs      float64 `json:"gpus,omitempty"`
	// UpfrontPayment is what is paid at once.
	UpfrontPayment USD `json:"upfrontPayment,omitempty"`
	// Coverage is the share of the demand that it covers.
	Coverage float64 `json:"coverage"`
	// Utilization is the share of it that is used.
	Utilization float64 `json:"utilization"`
	// BreakEven is the utilization below which it costs more than on demand.
	BreakEven float64 `json:"breakEven"`
	// MonthlySavings counts upfront payments at the cost of capital.
	MonthlySavings USD `json:"monthlySavings"`
	UnusedMonthly  USD `json:"unusedMonthly"`
	// Survives says that it costs no more than on demand in every required scenario.
	Survives bool   `json:"survives"`
	Note     string `json:"note,omitempty"`
}

// Scenario is a change of the demand and what the commitments advised do in it.
type Scenario struct {
	Name string `json:"name"`
	// Required says that advice has to survive this: to cost no more than on demand.
	Required        bool `json:"required"`
	MonthlyOnDemand USD  `json:"monthlyOnDemand"`
	MonthlyCost     USD  `json:"monthlyCost"`
	// MonthlySavings is negative where the commitments lose money.
	MonthlySavings USD `json:"monthlySavings"`
	// MonthlyRegret is the cost above the best that could have been bought, had this been known.
	MonthlyRegret USD     `json:"monthlyRegret"`
	Utilization   float64 `json:"utilization"`
}

// SpotMarket is what can live on spot machines.
type SpotMarket struct {
	Ready     int            `json:"ready"`
	NotReady  int            `json:"notReady"`
	Savings   *USD           `json:"monthlySavings" jsonschema:"nullable"`
	Workloads []SpotWorkload `json:"workloads"`
	// NodePools are the two pools that the split needs, with the weights by which Karpenter tries them: spot first, on demand where there is none. Absent where no workload moves.
	NodePools []SpotNodePool `json:"nodePools,omitempty"`
	// Diversify names, for instance types of today, types to allow beside them on spot.
	Diversify []SpotTypes `json:"diversify,omitempty"`
}

// SpotNodePool is a pool of nodes of one capacity type.
type SpotNodePool struct {
	CapacityType string `json:"capacityType"`
	Weight       int    `json:"weight"`
}

// SpotTypes is what to allow in the place of a type: as large, the cheapest with interruptions first.
type SpotTypes struct {
	Instead string   `json:"instead"`
	Types   []string `json:"types"`
	Zones   []string `json:"zones"`
}

// SpotSplit holds a workload to its floor on demand.
type SpotSplit struct {
	// TopologyKey is the node label of a topology spread constraint (DoNotSchedule): that of the capacity type, or one whose onDemandValues are on nodes on demand and spotValues on spot nodes.
	TopologyKey    string   `json:"topologyKey"`
	OnDemandValues []string `json:"onDemandValues,omitempty"`
	SpotValues     []string `json:"spotValues,omitempty"`
	// CapacityKey is the node label that tells the capacity types apart, and SpotValue what spot nodes have there: prefer it by node affinity, or select it where there is no maxSkew.
	CapacityKey string `json:"capacityKey"`
	SpotValue   string `json:"spotValue"`
	// MaxSkew and MinDomains are those of the constraint; absent where all pods may be on spot.
	MaxSkew    int32 `json:"maxSkew,omitempty"`
	MinDomains int32 `json:"minDomains,omitempty"`
	// Pools is the number of pools (types x zones) to spread over, LostAtOnce the pods on one of them.
	Pools      int   `json:"pools"`
	LostAtOnce int32 `json:"lostAtOnce"`
}

// SpotWorkload is one workload's readiness.
type SpotWorkload struct {
	Target string `json:"target"`
	Ready  bool   `json:"ready"`
	// Already says that all its pods run on spot machines.
	Already bool `json:"already,omitempty"`
	// Advised says that its pods should move: it is ready, and that saves.
	Advised bool `json:"advised,omitempty"`
	// OnDemandFloor is the replicas that stay on demand, SpotReplicas those that can move.
	OnDemandFloor int32 `json:"onDemandFloor"`
	SpotReplicas  int32 `json:"spotReplicas"`
	// MonthlySavings is its share of what leaves the bill when all that is advised has moved. Whole nodes go then, with what is idle on them: it can be more than the workload's own monthlyCost.
	MonthlySavings *USD   `json:"monthlySavings" jsonschema:"nullable"`
	Title          string `json:"title"`
	// Price and EffectivePrice are shares of the on-demand price, without and with interruptions; absent where not known.
	Price          *float64 `json:"price,omitempty"`
	EffectivePrice *float64 `json:"effectivePrice,omitempty"`
	// Interruption is the probability that a machine is taken back within a month; assumed says that none is published.
	Interruption float64 `json:"interruption"`
	Assumed      bool    `json:"assumed,omitempty"`
	// Types is the number of instance types to spread over.
	Types int `json:"types"`
	// Split says how the floor is held; absent where no pod moves.
	Split  *SpotSplit  `json:"split,omitempty"`
	Checks []SpotCheck `json:"checks"`
}

// SpotCheck is one reason for or against.
type SpotCheck struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	// Doubt says that it is not known whether this holds: it does not count against, and lowers the confidence.
	Doubt  bool   `json:"doubt,omitempty"`
	Detail string `json:"detail"`
}
