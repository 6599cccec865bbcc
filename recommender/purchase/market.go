package purchase

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/commitment"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/demand"
)

// market is what can be bought for the demand of a cluster.
type market struct {
	ctx     context.Context // ends the searches
	offers  []familyOffer
	tiers   [][]float64 // sustained use, by family
	untold  []string    // families whose GPUs have no price of their own
	capital float64
	change  float64 // the chance that demand moves to another family within three years
	terms   []int   // that are bought, the longest first
	// curve is the demand of all hours, recent that of the last week.
	curve, recent *commitment.Curve
}

// familyOffer is an offer for one family, or a flexible one for all of them.
type familyOffer struct {
	pricing.CommitmentOffer
	family int       // index of the demand, -1 for all
	rates  []float64 // by family
	step   float64   // USD an hour of the least that is sold of it; 0 where any amount is
	// smallest is the machine that reserved instances of the family are counted in; zero
	// where none stand for the offer.
	smallest pricing.Offering
	hurdle   []float64 // the same where money costs what prepaying has to earn; of flexible ones
}

// rate is the offer's rate in its family; of a flexible one the mean.
func (o *familyOffer) rate() float64 {
	if o.family >= 0 {
		return o.rates[o.family]
	}
	sum, n := 0.0, 0.0
	for _, r := range o.rates {
		if r > 0 {
			sum, n = sum+r, n+1
		}
	}
	return sum / max(n, 1)
}

// newMarket looks up the offers for every family of the demand: those of a family at
// the payment that is cheapest, flexible ones at each payment that is cheapest in
// some family.
func newMarket(p *advice.Pass, d *demand.Curve) (*market, error) {
	o := p.Options.Commitment
	m := &market{
		ctx: p.Context, capital: cmp.Or(o.CapitalCost, advice.DefaultCapitalCost), change: cmp.Or(o.FamilyChange, advice.DefaultFamilyChange),
		terms: slices.Clone(o.Terms),
	}
	if len(m.terms) == 0 {
		m.terms = []int{1}
	}
	slices.SortFunc(m.terms, func(a, b int) int { return cmp.Compare(b, a) })
	n := len(d.Families)
	oneSize := p.Costs.OneSize(cost.Place{Provider: d.Provider, Region: d.Region})
	for j, f := range d.Families {
		if f.Resource == pricing.ResourceUntold {
			m.tiers = append(m.tiers, nil)
			m.untold = append(m.untold, f.Family)
			d.Warn("gpu-prices", untold(partOf(d, f.Family)))
			continue
		}
		offers, tiers, err := p.Costs.Catalog.CommitmentOffers(d.Provider, d.Region, f.Family, m.capital, o.Payments...)
		if err != nil {
			return nil, err
		}
		m.tiers = append(m.tiers, tiers)
		for _, offer := range offers {
			if !offer.Flexible {
				rates := make([]float64, n)
				rates[j] = offer.Rate(m.capital)
				if f.Resource == pricing.ResourceGPU {
					offer.Note = strings.TrimPrefix(offer.Note+"; "+cloud.GPUReservation, "; ")
				}
				if why := oneSize[f.Family]; why != "" {
					plan, ok := offer.PlanAlone("a reserved instance of " + f.Family + " holds for one size alone on " + why + ", which nodes of it run on")
					if !ok {
						continue
					}
					offer = plan
				}
				m.offers = append(m.offers, newFamilyOffer(p.Costs.Catalog, d, j, offer, rates))
			}
		}
	}
	flexible, err := flexibleOffers(p, d, m.capital)
	m.offers = append(m.offers, flexible...)
	m.measure(d)
	return m, err
}

// partOf names a family of which the tables tell some machines' GPUs apart: what is
// said of the others does not go for those.
func partOf(d *demand.Curve, family string) string {
	told := func(f demand.Family) bool { return f.Family == family && f.Resource != pricing.ResourceUntold }
	if slices.ContainsFunc(d.Families, told) {
		return "a part of " + family
	}
	return family
}

// untold says why nothing is committed to for GPUs.
func untold(family string) string {
	return family + " is left out: the tables do not tell its GPUs' price from that of its vCPUs and memory, " + cloud.GPUsApart
}

// measure makes the curves of the demand.
func (m *market) measure(d *demand.Curve) {
	m.curve = commitment.NewCurve(d.Hours, m.tiers)
	m.recent = commitment.NewCurve(d.Hours[max(0, len(d.Hours)-lastWeek):], m.tiers)
}

// flexibleOffers lists the flexible offers of each term and payment, those left out that
// cost as much or more than another of their term in every family.
func flexibleOffers(p *advice.Pass, d *demand.Curve, capital float64) ([]familyOffer, error) {
	var all []familyOffer
	payments := p.Options.Commitment.Payments
	if len(payments) == 0 {
		payments = pricing.Payments()
	}
	for _, payment := range payments {
		byTerm := map[int]*familyOffer{}
		for j, f := range d.Families {
			if f.Resource == pricing.ResourceGPU || f.Resource == pricing.ResourceUntold {
				continue // Google's flexible commitments cover vCPUs and memory
			}
			offers, _, err := p.Costs.Catalog.CommitmentOffers(d.Provider, d.Region, f.Family, capital, payment)
			if err != nil {
				return nil, err
			}
			for _, offer := range offers {
				if !offer.Flexible {
					continue
				}
				if byTerm[offer.TermYears] == nil {
					byTerm[offer.TermYears] = &familyOffer{CommitmentOffer: offer, family: -1, rates: make([]float64, len(d.Families)), hurdle: make([]float64, len(d.Families))}
				}
				byTerm[offer.TermYears].rates[j] = offer.Rate(capital)
				byTerm[offer.TermYears].hurdle[j] = offer.Rate(capital + pricing.PrepayPremium)
			}
		}
		for _, years := range []int{1, 3} {
			if one := byTerm[years]; one != nil && !slices.ContainsFunc(all, func(o familyOffer) bool { return o.TermYears == years && o.covers(one) }) {
				all = slices.DeleteFunc(all, func(o familyOffer) bool { return o.TermYears == years && one.covers(&o) })
				all = append(all, *one)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b familyOffer) int { return cmp.Compare(a.TermYears, b.TermYears) })
	return all, nil
}

// covers reports whether the offer covers all that another does at no higher rate,
// where money costs what prepaying has to earn.
func (o *familyOffer) covers(other *familyOffer) bool {
	for j, r := range other.hurdle {
		if r > 0 && (o.hurdle[j] == 0 || o.hurdle[j] > r) {
			return false
		}
	}
	return true
}

// paid is the share of hours that a commitment at the rate must be used for,
// beside the provider's own discount for what runs long.
func (m *market) paid(family int, rate float64) float64 {
	if rate == 0 {
		return 0
	}
	share := pricing.Deal{OnDemand: 1, Rate: rate, SustainedUse: m.tiers[family]}.BreakEven()
	if math.IsInf(share, 1) {
		return 1.01 // it never pays
	}
	return share
}

// instruments gives offers, by their indexes, as the program knows them.
func (m *market) instruments(offers []int) []commitment.Instrument {
	var out []commitment.Instrument
	for _, k := range offers {
		o := &m.offers[k]
		out = append(out, commitment.Instrument{Name: o.Instrument, Years: o.TermYears, Flexible: o.Flexible, Rates: o.rates})
	}
	return out
}

// all are the indexes of the offers, and onSale of those of the terms that are bought.
func (m *market) all() []int {
	out := make([]int, len(m.offers))
	for k := range out {
		out[k] = k
	}
	return out
}

func (m *market) onSale() []int {
	return slices.DeleteFunc(m.all(), func(k int) bool { return !slices.Contains(m.terms, m.offers[k].TermYears) })
}

// program is the choice among offers: what costs least of all that survives.
func (m *market) program(offers []int) commitment.Program {
	p := commitment.Program{Instruments: m.instruments(offers), Expect: m.expected()}
	for _, s := range m.changes() {
		if s.required {
			p.Survive = append(p.Survive, s.demand...)
		}
	}
	return p
}

// unbound is the choice among offers on scenarios that nothing has to survive.
func (m *market) unbound(offers []int, expect []commitment.Scenario) commitment.Program {
	return commitment.Program{Instruments: m.instruments(offers), Expect: expect}
}

// best solves the program of some offers and gives the amounts by offer.
func (m *market) best(p commitment.Program, offers []int) ([]float64, error) {
	mix, err := p.Best(m.ctx)
	amounts := make([]float64, len(m.offers))
	for i, k := range offers {
		amounts[k] = mix.Amounts[i]
	}
	return amounts, err
}

// outcome is what amounts come to on scenarios.
func (m *market) outcome(amounts []float64, scenarios []commitment.Scenario) commitment.Outcome {
	return commitment.OutcomeOf(m.instruments(m.all()), amounts, scenarios)
}

// amounts finds what to commit to, in USD an hour by offer: what costs least of all
// that survives, in the amounts that are sold. What is then too small to buy is taken
// off the market, and the rest found anew.
func (m *market) amounts(d *demand.Curve) ([]float64, error) {
	offers := m.onSale()
	var unlimited []float64 // where Google's rule for memory bites
	var whole []float64     // amounts whose units, which are sold whole, are full
	for {
		program := m.program(offers)
		program.Limits = m.wholeLimits(d, offers, whole)
		if unlimited != nil {
			program.Limits = append(program.Limits, m.memoryLimits(d, offers)...)
		}
		amounts, err := m.best(program, offers)
		if err != nil {
			return nil, err
		}
		small := m.small(amounts)
		switch {
		case unlimited == nil && slices.Max(m.limitMemory(d, slices.Clone(amounts))) > 0:
			unlimited = amounts
		case len(small) > 0:
			offers = slices.DeleteFunc(offers, func(k int) bool { return slices.Contains(small, k) })
		case whole == nil && len(m.wholeLimits(d, offers, amounts)) > 0:
			whole = amounts
		default:
			amounts = m.cut(d, amounts)
			m.warnOfMemory(d, unlimited, amounts)
			return amounts, nil
		}
	}
}

// expected are the scenarios that the amounts are best for: demand as it is, and,
// for the share of each term that it is taken to have moved, demand that the
// commitments of that term and of longer ones have lost.
func (m *market) expected() []commitment.Scenario {
	var out []commitment.Scenario
	gone := 0.0
	for _, years := range slices.Backward(m.terms) {
		out = append(out, commitment.Scenario{Name: "another family", Weight: m.leaves(years) - gone, Curve: m.curve, Moved: years})
		gone = m.leaves(years)
	}
	return append(out, commitment.Scenario{Name: "as it is", Weight: 1 - gone, Curve: m.curve})
}
