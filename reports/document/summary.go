package document

// Summary is the cluster as a whole. Money is USD a month of 730 hours. It is
// null where the cluster has no prices.
type Summary struct {
	// MonthlyCost is the bill: the sum of all workloads' cost, idle, overhead and unattributed.
	MonthlyCost *USD `json:"monthlyCost" jsonschema:"nullable"`
	// PriceBasis is what monthlyCost and all that is worked out from it go by: list prices, those of your own files among them, without the commitments held; or an estimate alone, where the machines have no list price and you gave none. Absent where nothing has a price.
	PriceBasis string `json:"priceBasis,omitempty" jsonschema:"enum=list,enum=estimate"`
	// MonthlyWithCommitments is what the nodes cost with the commitments held, used or not: allocation's nodes and unusedCommitments. Absent where none are held, and where no purchases are looked at.
	MonthlyWithCommitments *USD `json:"monthlyWithCommitments,omitempty"`
	// MonthlyBill is the whole bill: its nodes are monthlyCost, the rest is in no other figure of the summary. Absent where nothing is paid beside the nodes, or nothing has a price.
	MonthlyBill *AllocationBill `json:"monthlyBill,omitempty"`
	// MonthlySavings is what all recommendations together are worth at the prices of the nodes. With a plan of the nodes it is what leaves the bill: the bill less where the waterfall ends. Without one, freed room is in it, which leaves the bill when nodes go.
	MonthlySavings *USD `json:"monthlySavings" jsonschema:"nullable"`
	// QuietHour says that fewer pods run now than in the busiest hour, which the plan of the nodes holds, and that what today's nodes cost over the window is not known: monthlyCost is the moment's, monthlySavings is null and the waterfall starts from the plan.
	QuietHour bool `json:"quietHour,omitempty"`
	// IdleMonthly is the cost of allocatable that nobody asked for or used.
	IdleMonthly *USD `json:"idleMonthly,omitempty"`
	// OverheadMonthly is the cost of what nodes keep for the system.
	OverheadMonthly *USD `json:"overheadMonthly,omitempty"`
	// UnattributedMonthly is the cost of pods of workloads that are not listed.
	UnattributedMonthly *USD `json:"unattributedMonthly,omitempty"`
	// PriceGaps are the machines without a price in any table. What is estimated is within every sum; what is not priced in none.
	PriceGaps []PriceGap `json:"priceGaps,omitempty"`
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

// PriceGap is an instance type without a price.
type PriceGap struct {
	// InstanceType is empty for machines that name none.
	InstanceType string `json:"instanceType"`
	// Windows says that these run it: the same type with Linux may have a price.
	Windows bool `json:"windows,omitempty"`
	Nodes   int  `json:"nodes"`
	// Estimated is USD a month, which the sums hold; 0 where it is not priced at all.
	Estimated USD `json:"estimated"`
	// Note says how the price was found, or why there is none.
	Note string `json:"note"`
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
