package recommender

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// market is what can be bought for the demand of a cluster.
type market struct {
	offers  []familyOffer
	tiers   [][]float64 // sustained use, by family
	capital float64
	terms   []int // that are bought
	// longest is the term whose scenarios what is bought has to survive.
	longest int
}

// familyOffer is an offer for one family, or a flexible one for all of them.
type familyOffer struct {
	pricing.CommitmentOffer
	family int       // index of the demand, -1 for all
	rates  []float64 // by family, and last for families that are not here yet
}

// market looks up the offers for every family of the demand.
func (p *Pass) market(d *demandCurve) (*market, error) {
	o := p.Options.Commitment
	m := &market{capital: cmp.Or(o.CapitalCost, DefaultCapitalCost), terms: slices.Clone(o.Terms)}
	if len(m.terms) == 0 {
		m.terms = []int{1}
	}
	slices.SortFunc(m.terms, func(a, b int) int { return cmp.Compare(b, a) })
	m.longest = m.terms[0]
	n := len(d.families)
	flexible := map[int]*familyOffer{} // by years
	for j, f := range d.families {
		offers, tiers, err := p.Costs.Catalog.CommitmentOffers(d.provider, d.region, f.Family, m.capital, o.Payments...)
		if err != nil {
			return nil, err
		}
		m.tiers = append(m.tiers, tiers)
		for _, offer := range offers {
			rate := offer.Rate(m.capital)
			if !offer.Flexible {
				rates := make([]float64, n+1)
				rates[j] = rate
				m.offers = append(m.offers, familyOffer{offer, j, rates})
				continue
			}
			if f.Resource == pricing.ResourceGPU {
				continue // Google's flexible commitments cover vCPUs and memory
			}
			one := flexible[offer.TermYears]
			if one == nil {
				one = &familyOffer{offer, -1, make([]float64, n+1)}
				flexible[offer.TermYears] = one
			}
			one.rates[j] = rate
		}
	}
	for _, years := range []int{1, 3} {
		if one := flexible[years]; one != nil {
			one.rates[n] = meanRate(one.rates[:n])
			m.offers = append(m.offers, *one)
		}
	}
	return m, nil
}

// meanRate is the mean of the rates that there are.
func meanRate(rates []float64) float64 {
	sum, n := 0.0, 0.0
	for _, r := range rates {
		if r > 0 {
			sum, n = sum+r, n+1
		}
	}
	return sum / max(n, 1)
}

// paid is the share of hours that a commitment at the rate must be used for,
// beside the provider's own discount for what runs long. It is what the search
// for the best mix takes for the rate: a slice of demand that is used for just
// that share of the hours costs the same either way.
func (m *market) paid(family int, rate float64) float64 {
	if family >= len(m.tiers) || rate == 0 {
		return rate
	}
	share := pricing.Deal{OnDemand: 1, Rate: rate, SustainedUse: m.tiers[family]}.BreakEven()
	if math.IsInf(share, 1) {
		return 1.01 // it never pays
	}
	return share
}

// instruments gives the offers as the search sees them (searched), or as they
// are paid.
func (m *market) instruments(searched bool) []Instrument {
	var out []Instrument
	for _, o := range m.offers {
		in := Instrument{Name: o.Instrument, Rates: slices.Clone(o.rates)}
		if searched {
			for j, r := range in.Rates {
				in.Rates[j] = m.paid(j, r)
			}
		}
		out = append(out, in)
	}
	return out
}

// amounts finds what to commit to, in USD an hour by offer: of several
// candidates, each cut down to what survives, the one that costs least.
func (m *market) amounts(d *demandCurve) ([]float64, error) {
	best, least := make([]float64, len(m.offers)), m.onDemand(d.hours)
	var limited []float64
	offer := func(some, less []float64) error {
		cost, err := m.expected(d.hours, some)
		if err == nil && cost < least-1e-9 {
			best, limited, least = some, less, cost
		}
		return err
	}
	falls := []float64{0}
	if m.longest >= 3 {
		falls = append(falls, deepFall)
	}
	for _, fall := range falls {
		some, less, err := m.ladder(d, fall)
		if err == nil {
			err = offer(some, less)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, group := range m.groups(d) {
		one := m.only(group)
		if !slices.Contains(m.terms, one.terms[0]) {
			continue
		}
		one.longest = m.longest
		few, _, err := one.ladder(d, 0)
		if err != nil {
			return nil, err
		}
		some := make([]float64, len(m.offers))
		for i, k := range group {
			some[k] = few[i]
		}
		if err := offer(some, nil); err != nil {
			return nil, err
		}
	}
	for k, gib := range limited {
		if f := d.families[max(m.offers[k].family, 0)]; gib >= 1 {
			d.warn("memory-limited", fmt.Sprintf("%.0f GiB more memory of %s would pay, but Google's commitments have at most %.4g GiB for each vCPU that is committed to with it", gib, f.Family, mostMemory(f)))
		}
	}
	return best, nil
}

// only is the market of some offers of one term.
func (m *market) only(offers []int) *market {
	one := &market{tiers: m.tiers, capital: m.capital}
	for _, k := range offers {
		one.offers = append(one.offers, m.offers[k])
	}
	one.longest = one.offers[0].TermYears
	one.terms = []int{one.longest}
	return one
}

// expected is the mean cost of an hour over the longest term that is bought,
// for a share of which the demand may have moved to another family.
func (m *market) expected(hours [][]float64, amounts []float64) (float64, error) {
	years := 0
	for k, a := range amounts {
		if a > 0 {
			years = max(years, m.offers[k].TermYears)
		}
	}
	if years == 0 {
		return m.onDemand(hours), nil
	}
	wide := widen(hours)
	stays, err := m.cost(wide, amounts)
	if err != nil {
		return 0, err
	}
	goes, err := m.cost(moved(wide), amounts)
	return (1-leaves(years))*stays + leaves(years)*goes, err
}

// ladder buys the longest term first, on the demand less a fall; each shorter
// term on what is then left; and cuts the amounts down to what survives.
// limited is the GiB of memory, by offer, that would pay but may not be bought.
func (m *market) ladder(d *demandCurve, fall float64) (amounts, limited []float64, err error) {
	amounts = make([]float64, len(m.offers))
	for _, years := range m.terms {
		left, err := m.left(d.hours, amounts)
		if err != nil {
			return nil, nil, err
		}
		if years >= 3 {
			left = scaledHours(left, 1-fall)
		}
		if err := m.buy(years, left, amounts); err != nil {
			return nil, nil, err
		}
	}
	limited = m.limitMemory(d, amounts)
	return amounts, limited, m.cut(d, amounts)
}

// left gives the demand that the amounts leave, with a column for the families
// that are not here yet.
func (m *market) left(hours [][]float64, amounts []float64) ([][]float64, error) {
	out := widen(hours)
	for _, years := range m.terms {
		instruments, some := m.term(years, amounts, false)
		if len(instruments) == 0 {
			continue
		}
		var err error
		if _, out, err = UseOf(instruments, some, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// widen adds the column for families that are not here yet.
func widen(hours [][]float64) [][]float64 {
	out := make([][]float64, len(hours))
	for i, hour := range hours {
		out[i] = append(slices.Clone(hour), 0)
	}
	return out
}

// term picks the offers of one term and their amounts.
func (m *market) term(years int, amounts []float64, searched bool) (instruments []Instrument, some []float64) {
	for k, in := range m.instruments(searched) {
		if m.offers[k].TermYears == years {
			instruments, some = append(instruments, in), append(some, amounts[k])
		}
	}
	return instruments, some
}

// buy finds the best mix of one term's offers for hours of demand and adds it
// to the amounts. The demand counts as it is, and for the share of the term in
// which it may have moved, as demand of another family.
func (m *market) buy(years int, hours [][]float64, amounts []float64) error {
	instruments, _ := m.term(years, amounts, true)
	if len(instruments) == 0 {
		return nil
	}
	mix, err := BestMix(instruments, []Scenario{
		{Name: "as it is", Weight: 1 - leaves(years), Hours: hours},
		{Name: "another family", Weight: leaves(years), Hours: moved(hours)},
	})
	if err != nil {
		return err
	}
	i := 0
	for k, o := range m.offers {
		if o.TermYears == years {
			amounts[k] = mix.Amounts[i] * m.realShare(k)
			i++
		}
	}
	return nil
}

// realShare turns an amount that the search found into USD that are paid; of
// several families' the smallest counts, so that less is bought rather than more.
func (m *market) realShare(k int) float64 {
	least := 1.0
	for j, r := range m.offers[k].rates {
		if r > 0 {
			least = min(least, r/m.paid(j, r))
		}
	}
	return least
}

func scaledHours(hours [][]float64, by float64) [][]float64 {
	out := make([][]float64, len(hours))
	for i, hour := range hours {
		for _, v := range hour {
			out[i] = append(out[i], v*by)
		}
	}
	return out
}

// moved puts all demand into the family that is not here yet: the last column.
func moved(hours [][]float64) [][]float64 {
	out := make([][]float64, len(hours))
	for i, hour := range hours {
		out[i] = make([]float64, len(hour))
		for _, v := range hour {
			out[i][len(hour)-1] += v
		}
	}
	return out
}

// cost is what an hour costs on average with the amounts committed, what is
// left on demand with the provider's own discounts.
func (m *market) cost(hours [][]float64, amounts []float64) (float64, error) {
	left, err := m.left(hours, amounts)
	if err != nil {
		return 0, err
	}
	return m.onDemand(left) + sum(amounts), nil
}

func sum(values []float64) float64 {
	var s float64
	for _, v := range values {
		s += v
	}
	return s
}

// onDemand is what hours of demand cost without commitments.
func (m *market) onDemand(hours [][]float64) float64 {
	if len(hours) == 0 {
		return 0
	}
	var cost float64
	curve := make([]float64, len(hours))
	for j := range hours[0] {
		for i := range hours {
			curve[i] = hours[i][j]
		}
		deal := pricing.Deal{OnDemand: 1}
		if j < len(m.tiers) {
			deal.SustainedUse = m.tiers[j]
		}
		cost += deal.Cost(pricing.DemandOf(curve), 0)
	}
	return cost
}
