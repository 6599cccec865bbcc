package recommender

import (
	"cmp"
	"slices"
)

// The falls of demand that advice is held against: commitments of a year have
// to survive the first, those of three years both.
const (
	fall     = 0.2
	deepFall = 0.4
)

// hoursPerYear is twelve months.
const hoursPerYear = 12 * HoursPerMonth

// lastWeek is the hours of the short window: demand that has just fallen shows
// there first.
const lastWeek = 7 * 24

// scenario is a change of the demand.
type scenario struct {
	name     string
	required bool
	change   func(hours [][]float64) [][]float64
}

// changes lists the scenarios. Those that the longest term bought has to
// survive are required.
func (m *market) changes() []scenario {
	by := func(share float64) func([][]float64) [][]float64 {
		return func(h [][]float64) [][]float64 { return scaledHours(h, share) }
	}
	same := func(h [][]float64) [][]float64 { return h }
	recent := func(h [][]float64) [][]float64 { return h[max(0, len(h)-lastWeek):] }
	return []scenario{
		{"demand as it is", false, same},
		{"demand as in the last 7 days", true, recent},
		{"20 % less demand", true, by(1 - fall)},
		{"40 % less demand", m.longest >= 3, by(1 - deepFall)},
		{"another family for the second half of the term", false, halfMoved},
	}
}

// halfMoved gives the demand twice: as it is, and moved to another family.
func halfMoved(hours [][]float64) [][]float64 {
	wide := widen(hours)
	return slices.Concat(wide, moved(wide))
}

// cut scales the amounts down until no required scenario costs more than on
// demand, rounds them down to what is sold, and leaves out what is then too small
// to buy. Rounding moves the proportions, so that it may take a little more.
func (m *market) cut(d *demandCurve, amounts []float64) error {
	keep, err := m.largest(d, amounts)
	if err != nil {
		return err
	}
	for {
		some := m.sold(d, amounts, keep)
		ok := true
		for _, s := range m.changes() {
			if s.required && ok {
				if ok, err = m.survives(s.change(d.hours), some, 1, aCent); err != nil {
					return err
				}
			}
		}
		if ok || keep == 0 {
			copy(amounts, some)
			return nil
		}
		if keep -= 0.01; keep < 0 {
			keep = 0
		}
	}
}

// largest is the largest scale of the amounts, at most 1, that survives. The cost
// is convex in the scale and none at all costs what on demand does, so that
// bisection finds it.
func (m *market) largest(d *demandCurve, amounts []float64) (float64, error) {
	keep := 1.0
	for _, s := range m.changes() {
		if !s.required {
			continue
		}
		hours := s.change(d.hours)
		low, high := 0.0, keep
		for range 50 {
			ok, err := m.survives(hours, amounts, high, 1e-9)
			if err != nil {
				return 0, err
			}
			if ok {
				break
			}
			middle := (low + high) / 2
			if ok, err = m.survives(hours, amounts, middle, 1e-9); err != nil {
				return 0, err
			} else if ok {
				low = middle
			} else {
				high = middle
			}
			if high-low < 1e-4 {
				high = low
			}
		}
		keep = high
	}
	return keep, nil
}

// survives reports whether so much of the amounts costs no more than on demand,
// but for a tolerance in USD an hour.
func (m *market) survives(hours [][]float64, amounts []float64, scale, tolerance float64) (bool, error) {
	some := make([]float64, len(amounts))
	for k, a := range amounts {
		some[k] = a * scale
	}
	cost, err := m.cost(hours, some)
	return cost <= m.onDemand(hours)+tolerance, err
}

// advice describes what each amount does on the demand as it is. Savings are
// counted commitment by commitment in the order in which they apply, so that
// they add up to the whole.
func (m *market) advice(d *demandCurve, amounts []float64) ([]CommitmentAdvice, error) {
	var out []CommitmentAdvice
	total := m.onDemand(d.hours)
	bought := make([]float64, len(amounts))
	before := total
	for _, k := range m.order() {
		if amounts[k] == 0 {
			continue
		}
		was, err := m.left(d.hours, bought)
		if err != nil {
			return nil, err
		}
		bought[k] = amounts[k]
		left, err := m.left(d.hours, bought)
		if err != nil {
			return nil, err
		}
		cost := m.onDemand(left) + sum(bought)
		c := m.describe(d, k, amounts[k], volume(was)-volume(left))
		c.MonthlySavings, before = (before-cost)*HoursPerMonth, cost
		c.Survives = true // cut saw to it
		out = append(out, c)
	}
	return out, nil
}

// order is that in which commitments apply: long terms first, then those of
// one family.
func (m *market) order() []int {
	order := make([]int, len(m.offers))
	for k := range order {
		order[k] = k
	}
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

// volume is the mean demand of an hour.
func volume(hours [][]float64) float64 {
	var v float64
	for _, hour := range hours {
		v += sum(hour)
	}
	return v / float64(max(len(hours), 1))
}

// describe fills in what is known of an amount of an offer, levelized, that
// covers so much of the demand.
func (m *market) describe(d *demandCurve, k int, amount, covered float64) CommitmentAdvice {
	o := m.offers[k]
	c := CommitmentAdvice{
		Instrument: o.Instrument, Years: o.TermYears, Payment: o.Payment, Discount: o.DiscountPercent / 100,
		Note: o.Note,
	}
	rate := o.rates[len(o.rates)-1]
	if o.family >= 0 {
		f := d.families[o.family]
		rate = o.rates[o.family]
		c.Family, c.Resource, c.BreakEven = f.Family, f.Resource, m.paid(o.family, rate)
		c.units(f, amount/rate)
	} else {
		for j := range d.families { // the least favourable family
			c.BreakEven = max(c.BreakEven, m.paid(j, o.rates[j]))
		}
	}
	c.Covers = amount / rate
	c.Amount = c.Covers * (1 - c.Discount)
	c.Upfront = c.Amount * o.Upfront * hoursPerYear * float64(o.TermYears)
	if demand := volume(d.hours); demand > 0 {
		c.Coverage = covered / demand
	}
	if c.Covers > 0 {
		c.Utilization = min(1, covered/c.Covers)
		c.UnusedMonthly = amount * (1 - c.Utilization) * HoursPerMonth
	}
	return c
}

// scenarios tells what the amounts do under each change, and what would have
// been best there.
func (m *market) scenarios(d *demandCurve, amounts []float64) ([]ScenarioOutcome, error) {
	var out []ScenarioOutcome
	for _, s := range m.changes() {
		hours := s.change(d.hours)
		cost, err := m.cost(hours, amounts)
		if err != nil {
			return nil, err
		}
		left, err := m.left(hours, amounts)
		if err != nil {
			return nil, err
		}
		best, err := m.best(hours)
		if err != nil {
			return nil, err
		}
		o := ScenarioOutcome{
			Name: s.name, Required: s.required,
			OnDemand: m.onDemand(hours) * HoursPerMonth, Cost: cost * HoursPerMonth,
			Regret: max(0, cost-best) * HoursPerMonth,
		}
		o.Savings = o.OnDemand - o.Cost
		covered := volume(hours) - volume(left)
		if v := volume(hours); v > 0 {
			o.Cover = covered / v
		}
		if worth := m.worth(amounts); worth > 0 {
			o.Utilization = min(1, covered/worth)
		}
		out = append(out, o)
	}
	return out, nil
}

// worth is the on-demand usage that the amounts could cover.
func (m *market) worth(amounts []float64) float64 {
	var v float64
	for k, a := range amounts {
		rate := m.offers[k].rates[len(m.offers[k].rates)-1]
		if f := m.offers[k].family; f >= 0 {
			rate = m.offers[k].rates[f]
		}
		v += a / rate
	}
	return v
}

// best is the least mean cost of an hour with the terms allowed and the demand
// known beforehand.
func (m *market) best(hours [][]float64) (float64, error) {
	amounts := make([]float64, len(m.offers))
	least := m.onDemand(hours)
	for _, years := range m.terms {
		instruments, _ := m.term(years, amounts, true)
		if len(instruments) == 0 {
			continue
		}
		wide := hours
		if n := len(m.tiers) + 1; len(hours) > 0 && len(hours[0]) < n {
			wide = widen(hours)
		}
		mix, err := BestMix(instruments, []Scenario{{Weight: 1, Hours: wide}})
		if err != nil {
			return 0, err
		}
		some, i := make([]float64, len(m.offers)), 0
		for k, o := range m.offers {
			if o.TermYears == years {
				some[k] = mix.Amounts[i] * m.realShare(k)
				i++
			}
		}
		cost, err := m.cost(hours, some)
		if err != nil {
			return 0, err
		}
		least = min(least, cost)
	}
	return least, nil
}

// alternatives tells what each offer alone would come to at its own optimum,
// whatever terms are allowed; those of a family's resources count as one.
func (m *market) alternatives(d *demandCurve) ([]CommitmentAdvice, error) {
	var out []CommitmentAdvice
	for _, group := range m.groups(d) {
		one := m.only(group)
		some, err := one.alone(d)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// groups puts the offers for the resources of a family together, by their indexes.
func (m *market) groups(d *demandCurve) [][]int {
	var out [][]int
	for _, k := range m.order() {
		o := m.offers[k]
		last := len(out) - 1
		if last >= 0 && o.family >= 0 && m.offers[out[last][0]].family >= 0 {
			first := m.offers[out[last][0]]
			if first.Instrument == o.Instrument && first.TermYears == o.TermYears && d.families[first.family].Family == d.families[o.family].Family {
				out[last] = append(out[last], k)
				continue
			}
		}
		out = append(out, []int{k})
	}
	return out
}

// alone tells what the market's offers come to at their optimum, each by itself;
// none covers what another does.
func (m *market) alone(d *demandCurve) ([]CommitmentAdvice, error) {
	mix, err := BestMix(m.instruments(true), []Scenario{{Weight: 1, Hours: widen(d.hours)}})
	if err != nil {
		return nil, err
	}
	amounts := make([]float64, len(m.offers))
	for k := range amounts {
		amounts[k] = mix.Amounts[k] * m.realShare(k)
	}
	m.limitMemory(d, amounts)
	survives := true
	for _, s := range m.changes() {
		if s.required && survives {
			if survives, err = m.survives(s.change(d.hours), amounts, 1, 1e-9); err != nil {
				return nil, err
			}
		}
	}
	var out []CommitmentAdvice
	for k := range amounts {
		just := make([]float64, len(amounts))
		just[k] = amounts[k]
		left, err := m.left(d.hours, just)
		if err != nil {
			return nil, err
		}
		c := m.describe(d, k, amounts[k], volume(d.hours)-volume(left))
		c.MonthlySavings, c.Survives = (m.onDemand(d.hours)-m.onDemand(left)-amounts[k])*HoursPerMonth, survives
		if c.MonthlySavings > 0 {
			out = append(out, c)
		}
	}
	return out, nil
}
