package reports

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
)

// Purchase is what to buy on demand, on spot and in advance for what the levers
// before it leave. Money an hour is USD at list prices.
type Purchase struct {
	Provider string `json:"provider,omitempty"`
	Region   string `json:"region,omitempty"`
	// HourlyDemand is the on-demand usage that is to be bought; absent where the advice is withheld.
	HourlyDemand *HourlyDemand `json:"hourlyDemand,omitempty"`
	// Commitments are advised together. None is advised where the list is empty.
	Commitments []Commitment `json:"commitments"`
	// Alternatives are what each commitment alone would come to, whatever terms are allowed.
	Alternatives []Commitment `json:"alternatives"`
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
	OnDemandFloor  int32  `json:"onDemandFloor"`
	SpotReplicas   int32  `json:"spotReplicas"`
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

// purchase gives the section, or nil where no rule of the lever reported.
func (b *builder) purchase() *Purchase {
	out := &Purchase{Commitments: []Commitment{}, Alternatives: []Commitment{}, Scenarios: []Scenario{}, Warnings: []analyzer.Warning{},
		Spot: SpotMarket{Workloads: []SpotWorkload{}}}
	found := false
	var saved USD
	for i := range b.recs {
		r := &b.recs[i]
		if r.Purchase != nil {
			found = true
			b.fillPurchase(out, r, b.savings[i])
		}
		if r.Spot != nil {
			found = true
			saved += b.savings[i]
			out.Spot.add(b, r, b.savings[i])
		}
	}
	if !found {
		return nil
	}
	out.Spot.Savings = b.known(saved)
	out.Warnings = sortedWarnings(out.Warnings)
	return out
}

func (b *builder) fillPurchase(out *Purchase, r *recommender.Recommendation, savings USD) {
	a := r.Purchase
	out.Provider, out.Region, out.Held = a.Provider, a.Region, b.heldCommitments(a)
	out.Warnings = append(out.Warnings, r.Warnings...)
	for _, w := range r.Withheld {
		out.Warnings = append(out.Warnings, analyzer.Warning{Code: WarnWithheld, Subject: "purchase", Message: w.Reason})
	}
	if a.Demand.Hours > 0 {
		out.HourlyDemand = hourlyDemand(&a.Demand)
	}
	parts := make([]float64, len(a.Commitments))
	for i, c := range a.Commitments {
		parts[i] = c.MonthlySavings
	}
	saved, _ := apportionTo(float64(savings)/100, parts)
	for i, c := range a.Commitments {
		out.Commitments = append(out.Commitments, commitment(c))
		out.Commitments[i].MonthlySavings = saved[i]
	}
	for _, c := range a.Alternatives {
		out.Alternatives = append(out.Alternatives, commitment(c))
	}
	for _, s := range a.Scenarios {
		onDemand, cost := cents(s.OnDemand), cents(s.Cost)
		out.Scenarios = append(out.Scenarios, Scenario{
			Name: s.Name, Required: s.Required, MonthlyOnDemand: onDemand, MonthlyCost: cost,
			MonthlySavings: onDemand - cost, MonthlyRegret: cents(s.Regret), Utilization: share(s.Utilization),
		})
	}
}

func hourlyDemand(d *recommender.HourlyDemand) *HourlyDemand {
	out := &HourlyDemand{
		Hours: d.Hours, Mean: hourly(d.Mean), Min: hourly(d.Min), P10: hourly(d.P10), P50: hourly(d.P50),
		P90: hourly(d.P90), Max: hourly(d.Peak), Held: hourly(d.Held), Spot: hourly(d.Spot), Families: []FamilyDemand{},
	}
	for _, v := range d.ByHour {
		out.ByHour = append(out.ByHour, hourly(v))
	}
	if d.Planned {
		for _, v := range d.Nodes {
			out.NodesByHour = append(out.NodesByHour, decimals(finite(v), 2))
		}
	}
	mean := 0.0
	for i, f := range d.Families { // a family's resources stand together
		if last := len(out.Families) - 1; last < 0 || out.Families[last].Family != f.Family {
			out.Families, mean = append(out.Families, FamilyDemand{Family: f.Family}), 0
		}
		mean += f.Mean
		one := &out.Families[len(out.Families)-1]
		one.Mean = hourly(mean)
		one.add(&d.Families[i])
	}
	return out
}

// add says how much of a resource the family's demand is.
func (f *FamilyDemand) add(d *recommender.FamilyDemand) {
	if d.PerUnit <= 0 {
		return
	}
	units := decimals(finite(d.Mean/d.PerUnit), 1)
	switch d.Resource {
	case pricing.ResourceMemory:
		f.MemoryGiB = units
	case pricing.ResourceGPU:
		f.GPUs = units
	default:
		f.VCPUs = units
	}
}

// cents rounds an amount that is in no sum.
func cents(v float64) USD { return USD(whole(finite(v) * 100)) }

// hourly rounds a price an hour, which is small, to a hundredth of a cent.
func hourly(v float64) float64 { return decimals(finite(v), 4) }

func commitment(c recommender.CommitmentAdvice) Commitment {
	return Commitment{
		Instrument: c.Instrument, Family: c.Family, Resource: c.Resource, TermYears: c.Years, Payment: c.Payment, Discount: decimals(finite(c.Discount), 4),
		Amount: hourly(c.Amount), Covers: hourly(c.Covers), VCPUs: decimals(finite(c.VCPUs), 1), MemoryGiB: decimals(finite(c.GiB), 2), GPUs: decimals(finite(c.GPUs), 1), UpfrontPayment: cents(c.Upfront),
		Coverage: share(c.Coverage), Utilization: share(c.Utilization), BreakEven: decimals(finite(c.BreakEven), 4),
		MonthlySavings: cents(c.MonthlySavings), UnusedMonthly: cents(c.UnusedMonthly), Survives: c.Survives, Note: c.Note,
	}
}

// add counts a workload.
func (m *SpotMarket) add(b *builder, r *recommender.Recommendation, savings USD) {
	s := r.Spot
	w := SpotWorkload{
		Target: r.Workload.String(), Ready: s.Ready, Already: s.Already, Advised: s.Advised, OnDemandFloor: s.OnDemand, SpotReplicas: s.Spot,
		MonthlySavings: b.known(savings), Title: r.Title, Interruption: share(s.Price.Interrupted), Assumed: s.Price.Assumed,
		Types: s.Price.Types, Checks: []SpotCheck{},
	}
	if s.Price.Known {
		list, effective := decimals(finite(s.Price.List), 4), decimals(finite(s.Price.Effective), 4)
		w.Price, w.EffectivePrice = &list, &effective
	}
	for _, c := range s.Checks {
		w.Checks = append(w.Checks, SpotCheck(c))
	}
	if s.Split != nil {
		w.Split = &SpotSplit{
			TopologyKey: s.Split.TopologyKey, OnDemandValues: s.Split.OnDemandValues, SpotValues: s.Split.SpotValues,
			CapacityKey: s.Split.CapacityKey, SpotValue: s.Split.Spot, MaxSkew: s.Split.MaxSkew, MinDomains: s.Split.MinDomains,
			Pools: s.Split.Pools, LostAtOnce: s.Split.LostAtOnce,
		}
		m.diversify(s.Price.Pools)
	}
	if s.Ready {
		m.Ready++
	} else {
		m.NotReady++
	}
	m.Workloads = append(m.Workloads, w)
}

// The weights of the pools: any two do, of which spot's is the larger.
const spotWeight, onDemandWeight = 100, 10

// diversify adds what may stand in for types of today, each once.
func (m *SpotMarket) diversify(pools []recommender.SpotPool) {
	if m.NodePools == nil {
		m.NodePools = []SpotNodePool{{"spot", spotWeight}, {onDemand, onDemandWeight}}
	}
	for _, p := range pools {
		at, found := slices.BinarySearchFunc(m.Diversify, p.Instead, func(t SpotTypes, name string) int { return cmp.Compare(t.Instead, name) })
		if !found {
			m.Diversify = slices.Insert(m.Diversify, at, SpotTypes{p.Instead, append([]string{}, p.Types...), append([]string{}, p.Zones...)})
		}
	}
}

// targetOf names what a recommendation is about.
func targetOf(r *recommender.Recommendation) string {
	if r.Subject != "" {
		return r.Subject
	}
	return r.Workload.String()
}

// riskOf says in words what may go wrong.
func riskOf(r *recommender.Recommendation) string {
	switch {
	case r.Nodes != nil:
		return planRisk(r.Nodes)
	case r.Spot != nil:
		return "a machine is taken back within a month: " + percent(share(r.Spot.Price.Interrupted))
	case r.Purchase != nil && len(r.Purchase.Scenarios) > 0:
		worst := slices.MinFunc(r.Purchase.Scenarios, func(a, b recommender.ScenarioOutcome) int { return cmp.Compare(a.Savings, b.Savings) })
		if worst.Savings < 0 {
			return fmt.Sprintf("%s: %s a month dearer than on demand", worst.Name, cents(-worst.Savings))
		}
		return "in no scenario dearer than on demand"
	}
	return riskWords(r.Risk)
}
