package purchase

import (
	"cmp"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/commitment"
	"github.com/plimsoll-k8s/plimsoll/recommender/demand"
)

// The falls of demand that advice has to survive.
const (
	fall     = 0.2
	deepFall = 0.4
)

// hoursPerYear is twelve months.
const hoursPerYear = 12 * pricing.HoursPerMonth

// lastWeek is the hours of the short window: demand that has just fallen shows
// there first.
const lastWeek = 7 * 24

// scenario is a change of the demand.
type scenario struct {
	name     string
	required bool
	demand   []commitment.Scenario
}

// changes lists the scenarios. Those that advice has to survive are required; what
// another family would cost is in what it expects.
func (m *market) changes() []scenario {
	one := func(s commitment.Scenario) []commitment.Scenario {
		s.Weight = 1
		return []commitment.Scenario{s}
	}
	return []scenario{
		{"demand as it is", false, one(commitment.Scenario{Curve: m.curve})},
		{"demand as in the last 7 days", true, one(commitment.Scenario{Curve: m.recent})},
		{"20 % less demand", true, one(commitment.Scenario{Curve: m.curve, Scale: 1 - fall})},
		{"40 % less demand", true, one(commitment.Scenario{Curve: m.curve, Scale: 1 - deepFall})},
		{"another family for the second half of the term", false, []commitment.Scenario{{Weight: 0.5, Curve: m.curve}, {Weight: 0.5, Curve: m.curve, Moved: 1}}},
	}
}

// cut rounds amounts down to what is sold. Rounding moves the proportions, so
// that a little more may have to go until no required scenario costs more than on
// demand.
func (m *market) cut(d *demand.Curve, amounts []float64) []float64 {
	for keep, step := 1.0, 0.001; ; keep, step = max(0, keep-step), 1.5*step {
		some := m.sold(d, amounts, keep)
		if keep == 0 || m.survives(some, aCent) {
			return some
		}
	}
}

// survives reports whether amounts cost no more than on demand in each required
// scenario, but for a tolerance in USD an hour.
func (m *market) survives(amounts []float64, tolerance float64) bool {
	for _, s := range m.changes() {
		if s.required {
			if o := m.outcome(amounts, s.demand); o.Cost > o.OnDemand+tolerance {
				return false
			}
		}
	}
	return true
}

// advice describes what each amount does on the demand as it is. Savings are
// counted commitment by commitment in the order in which they apply, so that
// they add up to the whole.
func (m *market) advice(d *demand.Curve, amounts []float64) []Commitment {
	asIs := m.changes()[0].demand
	bought := make([]float64, len(amounts))
	before := m.outcome(bought, asIs)
	told := make([]Commitment, len(amounts))
	applied := m.order()
	slices.SortStableFunc(applied, func(a, b int) int { return cmp.Compare(width(m.offers[a]), width(m.offers[b])) })
	for _, k := range applied {
		bought[k] = amounts[k]
		after := m.outcome(bought, asIs)
		told[k] = m.describe(d, k, amounts[k], after.Covered-before.Covered)
		told[k].MonthlySavings = (before.Cost - after.Cost) * pricing.HoursPerMonth
		told[k].Survives = true // the program saw to it
		before = after
	}
	var out []Commitment
	for _, k := range m.order() {
		if amounts[k] > 0 {
			out = append(out, told[k])
		}
	}
	return out
}

// order is that in which commitments are told: long terms first, then those of
// one family.
func (m *market) order() []int {
	order := m.all()
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := m.offers[a], m.offers[b]
		return cmp.Or(cmp.Compare(y.TermYears, x.TermYears), cmp.Compare(width(x), width(y)), cmp.Compare(x.family, y.family))
	})
	return order
}

func width(o familyOffer) int {
	if o.Flexible {
		return 1
	}
	return 0
}

// describe fills in what is known of an amount of an offer, levelized, that
// covers so much of the demand.
func (m *market) describe(d *demand.Curve, k int, amount, covered float64) Commitment {
	o := m.offers[k]
	c := Commitment{
		Instrument: o.Instrument, Years: o.TermYears, Payment: o.Payment, Discount: o.DiscountPercent / 100,
	}
	rate := o.rate()
	if o.family >= 0 {
		f := d.Families[o.family]
		c.Family, c.Resource, c.BreakEven = f.Family, f.Resource, m.paid(o.family, rate)
		c.units(f, amount/rate)
	} else {
		for j := range d.Families { // the least favourable family
			c.BreakEven = max(c.BreakEven, m.paid(j, o.rates[j]))
		}
	}
	c.Covers = amount / rate
	c.Note = strings.TrimPrefix(strings.TrimSuffix(o.Note+"; "+o.wholeMachines(c.Covers), "; "), "; ")
	c.Amount = c.Covers * (1 - c.Discount)
	c.Upfront = c.Amount * o.Upfront * hoursPerYear * float64(o.TermYears)
	if demand := m.curve.Mean(); demand > 0 {
		c.Coverage = covered / demand
	}
	if c.Covers > 0 {
		c.Utilization = min(1, covered/c.Covers)
		c.UnusedMonthly = amount * (1 - c.Utilization) * pricing.HoursPerMonth
	}
	return c
}

// scenarios tells what the amounts do under each change, and what would have
// been best there.
func (m *market) scenarios(amounts []float64) ([]ScenarioOutcome, error) {
	var out []ScenarioOutcome
	asIs := 0.0 // the least cost on the demand as it is
	for i, s := range m.changes() {
		got := m.outcome(amounts, s.demand)
		least := asIs * s.demand[0].Scale // all amounts fall with the demand
		if s.demand[0].Scale == 0 {
			best, err := m.best(m.unbound(m.onSale(), s.demand), m.onSale())
			if err != nil {
				return nil, err
			}
			least = m.outcome(best, s.demand).Cost
		}
		if i == 0 {
			asIs = least
		}
		o := ScenarioOutcome{
			Name: s.name, Required: s.required,
			OnDemand: got.OnDemand * pricing.HoursPerMonth, Cost: got.Cost * pricing.HoursPerMonth, Savings: (got.OnDemand - got.Cost) * pricing.HoursPerMonth,
			Regret: max(0, got.Cost-least) * pricing.HoursPerMonth,
		}
		if got.Demand > 0 {
			o.Cover = got.Covered / got.Demand
		}
		if worth := m.worth(amounts); worth > 0 {
			o.Utilization = min(1, got.Covered/worth)
		}
		out = append(out, o)
	}
	return out, nil
}

// worth is the on-demand usage that the amounts could cover.
func (m *market) worth(amounts []float64) float64 {
	var v float64
	for k, a := range amounts {
		v += a / m.offers[k].rate()
	}
	return v
}

// alternatives tells what each offer alone would come to at its own optimum,
// whatever terms are allowed; those of a family's resources count as one.
func (m *market) alternatives(d *demand.Curve) ([]Commitment, error) {
	var out []Commitment
	for _, group := range m.groups(d) {
		some, err := m.alone(d, group)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// groups puts the offers for the resources of a family together, by their indexes.
func (m *market) groups(d *demand.Curve) [][]int {
	var out [][]int
	for _, k := range m.order() {
		o := m.offers[k]
		last := len(out) - 1
		if last >= 0 && o.family >= 0 && m.offers[out[last][0]].family >= 0 {
			first := m.offers[out[last][0]]
			if first.Instrument == o.Instrument && first.TermYears == o.TermYears && d.Families[first.family].Family == d.Families[o.family].Family {
				out[last] = append(out[last], k)
				continue
			}
		}
		out = append(out, []int{k})
	}
	return out
}

// alone tells what a group of offers comes to at its optimum, each by itself;
// none covers what another does.
func (m *market) alone(d *demand.Curve, group []int) ([]Commitment, error) {
	asIs := m.changes()[0].demand
	amounts, err := m.best(m.unbound(group, asIs), group)
	if err != nil {
		return nil, err
	}
	m.limitMemory(d, amounts)
	survives := m.survives(amounts, 1e-9)
	var out []Commitment
	for _, k := range group {
		just := make([]float64, len(amounts))
		just[k] = amounts[k]
		o := m.outcome(just, asIs)
		c := m.describe(d, k, amounts[k], o.Covered)
		c.MonthlySavings, c.Survives = (o.OnDemand-o.Cost)*pricing.HoursPerMonth, survives
		if c.MonthlySavings > 0 {
			out = append(out, c)
		}
	}
	return out, nil
}
