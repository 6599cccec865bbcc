package build

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/demand"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
	"github.com/plimsoll-k8s/plimsoll/recommender/spot"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// purchase gives the section, or nil where no rule of the lever reported.
func (b *builder) purchase() *document.Purchase {
	out := &document.Purchase{Commitments: []document.Commitment{}, Alternatives: []document.Commitment{}, Scenarios: []document.Scenario{}, Warnings: []analyzer.Warning{},
		Spot: document.SpotMarket{Workloads: []document.SpotWorkload{}}}
	found := false
	var saved document.USD
	for i := range b.recs {
		r := &b.recs[i]
		if advice.As[purchase.Advice](r.Detail) != nil {
			found = true
			b.fillPurchase(out, r, b.savings[i])
		}
		if advice.As[spot.Readiness](r.Detail) != nil {
			found = true
			saved += b.savings[i]
			addSpot(&out.Spot, b, r, b.savings[i])
		}
	}
	if !found {
		return nil
	}
	out.Spot.Savings = b.known(saved)
	out.Warnings = sortedWarnings(out.Warnings)
	return out
}

func (b *builder) fillPurchase(out *document.Purchase, r *advice.Advice, savings document.USD) {
	a := advice.As[purchase.Advice](r.Detail)
	out.Provider, out.Region, out.Held = a.Provider, a.Region, b.heldCommitments(a)
	if a.Capital > 0 { // a share of 0 that the user gave is the least that there is
		capital, change := document.Decimals(document.Finite(a.Capital), 4), document.Decimals(document.Finite(a.Change), 4)
		out.CapitalCost, out.FamilyChange = &capital, &change
	}
	out.Warnings = append(out.Warnings, r.Warnings...)
	for _, w := range r.Withheld {
		out.Withheld = append(out.Withheld, withheld(w))
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
		onDemand, cost := document.Cents(s.OnDemand), document.Cents(s.Cost)
		out.Scenarios = append(out.Scenarios, document.Scenario{
			Name: s.Name, Required: s.Required, MonthlyOnDemand: onDemand, MonthlyCost: cost,
			MonthlySavings: onDemand - cost, MonthlyRegret: document.Cents(s.Regret), Utilization: document.Share(s.Utilization),
		})
	}
}

func hourlyDemand(d *demand.Hourly) *document.HourlyDemand {
	out := &document.HourlyDemand{
		Hours: d.Hours, Mean: document.Hourly(d.Mean), Min: document.Hourly(d.Min), P10: document.Hourly(d.P10), P50: document.Hourly(d.P50),
		P90: document.Hourly(d.P90), Max: document.Hourly(d.Peak), Held: document.Hourly(d.Held), Spot: document.Hourly(d.Spot), Families: []document.FamilyDemand{},
	}
	for _, v := range d.ByHour {
		out.ByHour = append(out.ByHour, document.Hourly(v))
	}
	if d.Planned {
		for _, v := range d.Nodes {
			out.NodesByHour = append(out.NodesByHour, document.Decimals(document.Finite(v), 2))
		}
	}
	mean := 0.0
	for i, f := range d.Families { // a family's resources stand together
		if last := len(out.Families) - 1; last < 0 || out.Families[last].Family != f.Family {
			out.Families, mean = append(out.Families, document.FamilyDemand{Family: f.Family}), 0
		}
		mean += f.Mean
		one := &out.Families[len(out.Families)-1]
		one.Mean = document.Hourly(mean)
		addDemand(one, &d.Families[i])
	}
	return out
}

// addDemand says how much of a resource the family's demand is.
func addDemand(f *document.FamilyDemand, d *demand.Family) {
	if d.PerUnit <= 0 {
		return
	}
	units := document.Decimals(document.Finite(d.Mean/d.PerUnit), 1)
	switch d.Resource {
	case pricing.ResourceMemory:
		f.MemoryGiB = units
	case pricing.ResourceGPU:
		f.GPUs = units
	default:
		f.VCPUs = units
	}
}

func commitment(c purchase.Commitment) document.Commitment {
	return document.Commitment{
		Instrument: c.Instrument, Family: c.Family, Resource: c.Resource, TermYears: c.Years, Payment: c.Payment, Discount: document.Decimals(document.Finite(c.Discount), 4),
		Amount: document.Hourly(c.Amount), SafeToday: document.Hourly(c.SafeToday), Covers: document.Hourly(c.Covers), VCPUs: document.Decimals(document.Finite(c.VCPUs), 1), MemoryGiB: document.Decimals(document.Finite(c.GiB), 2), GPUs: document.Decimals(document.Finite(c.GPUs), 1), UpfrontPayment: document.Cents(c.Upfront),
		Coverage: document.Share(c.Coverage), Utilization: document.Share(c.Utilization), BreakEven: document.Decimals(document.Finite(c.BreakEven), 4),
		MonthlySavings: document.Cents(c.MonthlySavings), UnusedMonthly: document.Cents(c.UnusedMonthly), Survives: c.Survives, Note: c.Note,
	}
}
