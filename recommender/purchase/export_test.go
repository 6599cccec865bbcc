package purchase

import (
	"context"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/commitment"
	"github.com/plimsoll-k8s/plimsoll/recommender/demand"
)

// Sale is what is on sale for hours of demand by family, as the rule sees it.
type Sale struct {
	m *market
	d *demand.Curve
}

// SaleOf puts instruments on sale.
func SaleOf(instruments []commitment.Instrument, hours [][]float64) Sale {
	d := &demand.Curve{Hours: hours}
	for range instruments[0].Rates {
		d.Families = append(d.Families, demand.Family{})
	}
	m := &market{ctx: context.Background(), tiers: make([][]float64, len(d.Families)), change: advice.DefaultFamilyChange}
	for _, in := range instruments {
		o := familyOffer{CommitmentOffer: pricing.CommitmentOffer{Commitment: pricing.Commitment{TermYears: in.Years}, Instrument: in.Name, Flexible: in.Flexible}, family: -1, rates: in.Rates}
		if !in.Flexible {
			o.family = slices.IndexFunc(in.Rates, func(r float64) bool { return r > 0 })
		}
		m.offers = append(m.offers, o)
		if !slices.Contains(m.terms, in.Years) {
			m.terms = append(m.terms, in.Years)
		}
	}
	slices.Sort(m.terms)
	slices.Reverse(m.terms)
	m.measure(d)
	return Sale{m, d}
}

// Amounts is what the rule commits to, in USD an hour by instrument.
func (s Sale) Amounts() ([]float64, error) { return s.m.amounts(s.d) }

// Program is the choice that the rule makes, before amounts are rounded to what is
// sold.
func (s Sale) Program() commitment.Program { return s.m.program(s.m.onSale()) }

// PartOf names a family that is left out, or a part of it.
var PartOf = partOf
