package purchase

import (
	"fmt"
	"math"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/demand"
)

// Rule advises on commitments for 1 and 3 years from the hourly demand that
// right-sizing, packing and spot leave. See docs/rules/purchase.md.
var Rule = advice.Rule{
	Name:  "purchase",
	Doc:   "Advises what to commit to for the hourly demand that right-sizing, packing and spot leave.",
	Lever: advice.LeverPurchase,
	Run:   run,
}

// The assumptions of the rule; docs/rules/purchase.md explains each.
const (
	// leastCommitment is the USD an hour, and leastShare the share of the
	// demand, below which a commitment is left out.
	leastCommitment, leastShare = 0.01, 0.01
)

// yearsShare is the share of the chance of three years that one year has.
const yearsShare = 0.2

// leaves is the share of a term's demand, by years, that is taken to have moved
// to another family: what a commitment to one family must outweigh.
func (m *market) leaves(years int) float64 {
	if years >= 3 {
		return m.change
	}
	return m.change * yearsShare
}

// Advice is what the rule says of the whole cluster.
type Advice struct {
	Provider, Region string
	// Held are the commitments that exist at the window's end.
	Held        []pricing.HeldCommitment
	Demand      demand.Hourly
	Commitments []Commitment
	// Capital is what money costs a year, and Change the chance that the demand moves to
	// another family within three years, that the amounts are best for.
	Capital, Change float64
	// Alternatives is what each instrument alone would come to.
	Alternatives []Commitment
	// Scenarios is what the advice does when demand changes.
	Scenarios []ScenarioOutcome
}

// Commitment is one commitment.
type Commitment struct {
	Instrument string
	Family     string // empty where it covers all
	Resource   string // of the family, where it covers that alone
	Years      int
	Payment    string
	Discount   float64 // share off the on-demand price
	Amount     float64 // USD an hour that is committed, upfront payments spread over the term
	SafeToday  float64 // of Amount, what pays on today's nodes and requests just as on those that are advised
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

func run(p *advice.Pass) error {
	if p.Costs == nil || p.Costs.Bill <= 0 || p.Costs.Catalog == nil {
		return nil // the report as a whole says that there are no prices
	}
	r := advice.Advice{
		Rule: "purchase", Lever: advice.LeverPurchase, Subject: "Cluster",
	}
	a := &Advice{Held: p.Held()}
	r.Detail = a
	d, reason := demand.New(p)
	if reason == "" {
		a.Provider, a.Region, a.Demand = d.Provider, d.Region, d.Summary()
		var err error
		if reason, err = advisePurchase(p, &r, d); err != nil {
			return err
		}
	}
	if reason != "" {
		r.Abstain(reason)
	}
	if err := cite(p.Costs, &r); err != nil {
		return fmt.Errorf("the sources of commitments: %w", err)
	}
	p.Report(r)
	return nil
}

func advisePurchase(p *advice.Pass, r *advice.Advice, d *demand.Curve) (reason string, err error) {
	m, err := newMarket(p, d)
	if err != nil {
		return "", err
	}
	if len(m.offers) == 0 && len(m.untold) > 0 {
		return untold(strings.Join(m.untold, ", ")), nil
	}
	if len(m.offers) == 0 {
		return fmt.Sprintf("no commitments are known for %s of %s", demand.FamilyList(d), d.Provider), nil
	}
	amounts, err := m.amounts(d)
	if err != nil {
		return "", err
	}
	a := advice.As[Advice](r.Detail)
	a.Commitments = m.advice(d, amounts)
	if saves := savingsOf(a.Commitments); saves > 0 && p.Options.Pennies(saves, a.Demand.Mean*pricing.HoursPerMonth) {
		a.Commitments = nil
		return "what commitments would save is less than asked for (--min-savings)", nil
	}
	a.Capital, a.Change = m.capital, m.change
	m.safeToday(a.Commitments, demand.Before(p, d))
	a.Scenarios, err = m.scenarios(amounts)
	if err != nil {
		return "", err
	}
	a.Alternatives, err = m.alternatives(d)
	if err != nil {
		return "", err
	}
	r.MonthlySavings = savingsOf(a.Commitments)
	r.Confidence = 1 - math.Exp(-float64(d.Seen)/24/14)
	r.Title = purchaseTitle(a)
	r.Show("mean demand", a.Demand.Mean, "usd")
	r.Show("history", float64(d.Seen)/24, "days")
	r.Warnings = append(r.Warnings, d.Warnings...)
	return "", nil
}

func savingsOf(all []Commitment) (usd float64) {
	for i := range all {
		usd += all[i].MonthlySavings
	}
	return usd
}

func purchaseTitle(a *Advice) string {
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
func survived(a *Advice) string {
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
