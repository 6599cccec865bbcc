package recommender

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// Purchase advises on commitments for 1 and 3 years from the hourly demand that
// right-sizing, packing and spot leave. See docs/rules/purchase.md.
var Purchase = advice.Rule{
	Name:  "purchase",
	Doc:   "Advises what to commit to for the hourly demand that right-sizing, packing and spot leave.",
	Lever: advice.LeverPurchase,
	Run:   purchase,
}

// The assumptions of the rule; docs/rules/purchase.md explains each.
const (
	// purchaseDays is the days of demand below which the rule abstains.
	purchaseDays = 7
	// packedTo is the share of allocatable that requests fill at most once
	// nodes are packed: the idle room above it is not worth a commitment.
	packedTo = 0.85
	// leastCommitment is the USD an hour, and leastShare the share of the
	// demand, below which a commitment is left out.
	leastCommitment, leastShare = 0.01, 0.01
)

// leaves is the share of a term's demand, by years, that is taken to have moved
// to another family: what a commitment to one family must outweigh.
func leaves(years int) float64 {
	if years >= 3 {
		return 0.25
	}
	return 0.05
}

// PurchaseAdvice is what the rule says of the whole cluster.
type PurchaseAdvice struct {
	Provider, Region string
	// Held are the commitments that exist at the window's end.
	Held        []pricing.HeldCommitment
	Demand      HourlyDemand
	Commitments []CommitmentAdvice
	// Alternatives is what each instrument alone would come to.
	Alternatives []CommitmentAdvice
	// Scenarios is what the advice does when demand changes.
	Scenarios []ScenarioOutcome
}

// HourlyDemand is the on-demand usage to be bought, in USD an hour at list
// prices.
type HourlyDemand struct {
	Hours                          int // hours of history
	Mean, Min, P10, P50, P90, Peak float64
	Families                       []FamilyDemand
	// ByHour is the mean by hour of the day, UTC.
	ByHour [24]float64
	// Held is what existing commitments cover of it on average; it is not in
	// the other figures.
	Held float64
	// Spot is what was left out because it can live on spot.
	Spot float64
	// Planned says that the demand follows the plan of the nodes, of which
	// Nodes are in use, on average, by hour of the day; else today's families.
	Planned bool
	Nodes   [24]float64
}

// FamilyDemand is one family's part of it, or where the provider commits to the
// resources of a family apart, as Google does, one resource's.
type FamilyDemand struct {
	pricing.CommitmentScope
	Mean float64
	// PerUnit is the on-demand price an hour of a vCPU with its memory; of a
	// resource that of a vCPU, a GiB or a GPU.
	PerUnit float64
	// GiBPerVCPU is the memory of its machines beside a vCPU; of the resource
	// memory that of the machine which has most.
	GiBPerVCPU float64
}

// CommitmentAdvice is one commitment.
type CommitmentAdvice struct {
	Instrument string
	Family     string // empty where it covers all
	Resource   string // of the family, where it covers that alone
	Years      int
	Payment    string
	Discount   float64 // share off the on-demand price
	Amount     float64 // USD an hour that is committed, upfront payments spread over the term
	Upfront    float64 // USD that are paid at once
	Covers     float64 // USD an hour of on-demand usage that this pays for
	VCPUs      float64 // the same in vCPUs of the family; 0 where it covers all, or another resource
	GiB        float64 // the memory of so many vCPUs, or what is committed to of memory
	GPUs       float64 // what is committed to of GPUs
	// Coverage is the share of the whole demand, Utilization the share of the
	// commitment that is used, BreakEven the utilization below which it loses.
	Coverage, Utilization, BreakEven float64
	// MonthlySavings counts upfront payments at the cost of capital.
	MonthlySavings, UnusedMonthly float64
	// Survives says that it costs no more than on demand in each required
	// scenario.
	Survives bool
	Note     string
}

// ScenarioOutcome is what the whole advice does in one scenario, in USD a month.
type ScenarioOutcome struct {
	Name string
	// Required says that advice has to survive this: to cost no more than on demand.
	Required           bool
	OnDemand, Cost     float64
	Savings, Regret    float64
	Utilization, Cover float64
}

func purchase(p *advice.Pass) error {
	if p.Costs == nil || p.Costs.Bill <= 0 || p.Costs.Catalog == nil {
		return nil // the report as a whole says that there are no prices
	}
	r := advice.Advice{
		Rule: "purchase", Lever: advice.LeverPurchase, Subject: "Cluster",
	}
	a := &PurchaseAdvice{Held: p.Held()}
	r.Detail = a
	d, reason := newDemand(p)
	if reason == "" {
		a.Provider, a.Region, a.Demand = d.provider, d.region, d.summary()
		var err error
		if reason, err = advisePurchase(p, &r, d); err != nil {
			return err
		}
	}
	if reason != "" {
		r.Abstain(reason)
	}
	p.Report(r)
	return nil
}

func advisePurchase(p *advice.Pass, r *advice.Advice, d *demandCurve) (reason string, err error) {
	m, err := newMarket(p, d)
	if err != nil {
		return "", err
	}
	if len(m.offers) == 0 {
		return fmt.Sprintf("no commitments are known for %s of %s", familyList(d), d.provider), nil
	}
	amounts, err := m.amounts(d)
	if err != nil {
		return "", err
	}
	a := advice.As[PurchaseAdvice](r.Detail)
	a.Commitments = m.advice(d, amounts)
	a.Scenarios, err = m.scenarios(amounts)
	if err != nil {
		return "", err
	}
	a.Alternatives, err = m.alternatives(d)
	if err != nil {
		return "", err
	}
	for _, c := range a.Commitments {
		r.MonthlySavings += c.MonthlySavings
	}
	r.Confidence = 1 - math.Exp(-float64(d.seen)/24/14)
	r.Title = purchaseTitle(a)
	r.Show("mean demand", a.Demand.Mean, "usd")
	r.Show("history", float64(d.seen)/24, "days")
	r.Warnings = append(r.Warnings, d.warnings...)
	return "", nil
}

func purchaseTitle(a *PurchaseAdvice) string {
	if len(a.Commitments) == 0 {
		return "commit to nothing: no commitment pays for itself in all scenarios"
	}
	var amount, coverage float64
	for _, c := range a.Commitments {
		amount, coverage = amount+c.Amount, coverage+c.Coverage
	}
	return fmt.Sprintf("commit to %.2f USD an hour, which covers %.0f %% of the demand and survives %s", amount, 100*coverage, survived(a))
}

// survived names the required scenarios.
func survived(a *PurchaseAdvice) string {
	var names []string
	for _, s := range a.Scenarios {
		if s.Required {
			names = append(names, s.Name)
		}
	}
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

func familyList(d *demandCurve) string {
	var names []string
	for _, f := range d.families {
		if !slices.Contains(names, f.Family) {
			names = append(names, f.Family)
		}
	}
	return strings.Join(names, ", ")
}

// summary describes the curve.
func (d *demandCurve) summary() HourlyDemand {
	totals := make([]float64, len(d.hours))
	h := HourlyDemand{Hours: len(d.hours), Families: slices.Clone(d.families), Held: d.held, Spot: d.spot, Planned: d.planned, Nodes: d.nodes}
	var count [24]float64
	for i, hour := range d.hours {
		for _, v := range hour {
			totals[i] += v
		}
		h.ByHour[d.clock[i]] += totals[i]
		count[d.clock[i]]++
	}
	for i, n := range count {
		if n > 0 {
			h.ByHour[i] /= n
		}
	}
	curve := pricing.DemandOf(totals)
	h.Mean, h.Min, h.P10, h.P50 = curve.Mean(), curve.Quantile(1e-6), curve.Quantile(0.1), curve.Quantile(0.5)
	h.P90, h.Peak = curve.Quantile(0.9), curve.Quantile(1)
	return h
}

// warn notes a doubt about the demand.
func (d *demandCurve) warn(code, message string) {
	d.warnings = append(d.warnings, analyzer.Warning{Code: code, Subject: "purchase", Message: message})
}
