package pricing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// CommitmentOffer is one thing that can be bought for the machines of a family.
type CommitmentOffer struct {
	Commitment
	// Instrument is what it is called in advice.
	Instrument string
	// Flexible commitments follow demand to other families and regions; the
	// others are lost when the family changes.
	Flexible bool
	// Upfront is the share of the price that is paid at once.
	Upfront float64
	// Note says what the discount stands in for; empty where it is the offer's own.
	Note string
	// Whole offers are sold in machines of the family, whole ones, whose sizes stand for each other.
	Whole bool
}

// Rate is the price of a USD of on-demand usage under the offer, upfront
// payments levelized at the yearly cost of capital.
func (o CommitmentOffer) Rate(capital float64) float64 {
	return Levelized(1-o.DiscountPercent/100, o.Upfront, capital, o.TermYears)
}

// CommitmentFamily gives the family of an instance type as purchase programs
// name it: m6i of m6i.2xlarge, n2 of n2-standard-8, dsv5 of Standard_D8s_v5.
func CommitmentFamily(provider, instanceType string) string {
	if of := cloud.Of(cloud.Canonical(provider)); of != nil {
		return of.Series(instanceType)
	}
	return instanceType
}

// CommitmentOffers lists what can be bought for a family in a region, one entry
// a program and term, at the payment that is cheapest at the yearly cost of
// capital; of the payments given, where the program has them to choose from
// (Payments). Where the tables have the family in other regions alone, the
// median of those stands in and a note says so. sustained are the tiers of the provider's own discount
// for what runs long, nil where there is none.
func (c *Catalog) CommitmentOffers(provider, region, family string, capital float64, payments ...string) (offers []CommitmentOffer, sustained []float64, err error) {
	all, err := c.familyOffers(provider, region, family)
	best := map[string]int{}
	for _, o := range all {
		switch {
		case !payable(o.Payment, payments):
		case o.TermYears == 0:
			sustained = sustainedTiers(o.DiscountPercent)
		default:
			key := fmt.Sprint(o.Instrument, o.TermYears)
			i, seen := best[key]
			if !seen {
				best[key] = len(offers)
				offers = append(offers, o)
			} else if better(o, offers[i], capital) {
				offers[i] = o
			}
		}
	}
	offers = cheaperAlone(slices.Clone(offers), capital)
	slices.SortFunc(offers, func(a, b CommitmentOffer) int {
		return cmp.Or(cmp.Compare(a.TermYears, b.TermYears), cmp.Compare(a.Instrument, b.Instrument))
	})
	return offers, sustained, err
}

// familyOffers gives the offers on a family in a region, of every term and
// payment: the region's own, else what other regions' come to, and those that
// hold everywhere.
func (c *Catalog) familyOffers(provider, region, family string) ([]CommitmentOffer, error) {
	p := cloud.Canonical(provider)
	own, err := c.extras.commitmentsIn(p, region)
	offers := withoutStandIns(p, offersOn(family, own))
	if len(offers) == 0 && err == nil {
		var all []Commitment
		all, err = c.Commitments(p)
		all = slices.DeleteFunc(all, func(d Commitment) bool { return d.Region == "" })
		offers = medianOffers(withoutStandIns(p, offersOn(family, all)))
	}
	if err != nil {
		return nil, err
	}
	everywhere, err := c.extras.commitmentsIn(p, Anywhere)
	return append(offers, offersOn(family, everywhere)...), err
}

// withoutStandIns takes the place from programs whose discounts stand in for another's where that
// one's own are known in the region, for the same term. They stay as what they are by themselves,
// or go where that is no choice: convertible reserved instances, and those of one size.
func withoutStandIns(provider string, offers []CommitmentOffer) []CommitmentOffer {
	of := cloud.Of(provider)
	if of == nil {
		return offers
	}
	type stand struct {
		region, program string
		years           int
	}
	known := map[stand]bool{}
	for _, p := range of.Programs {
		for _, o := range offers {
			if p.Standing != "" && o.Program == p.Name {
				known[stand{o.Region, p.Standing, o.TermYears}] = true
			}
		}
	}
	var out []CommitmentOffer
	for _, o := range offers {
		if known[stand{o.Region, o.Program, o.TermYears}] {
			p := of.Program(o.Program)
			if p.Beside == "" || o.Instrument == p.OneSize {
				continue
			}
			o.Instrument, o.Note, o.Whole = p.Beside, "", true
		}
		out = append(out, o)
	}
	return out
}

// cheaperAlone drops offers of whole machines that are no cheaper than one of any amount for the same family
// and term, where money costs what prepaying has to earn.
func cheaperAlone(offers []CommitmentOffer, capital float64) []CommitmentOffer {
	capital += PrepayPremium
	return slices.DeleteFunc(offers, func(o CommitmentOffer) bool {
		return o.Whole && slices.ContainsFunc(offers, func(other CommitmentOffer) bool {
			return !other.Whole && !other.Flexible && other.TermYears == o.TermYears && other.Rate(capital) <= o.Rate(capital)+1e-9
		})
	})
}

func offersOn(family string, list []Commitment) []CommitmentOffer {
	var out []CommitmentOffer
	for _, d := range list {
		if o, ok := offerOf(d, family); ok {
			out = append(out, o)
		}
	}
	return out
}

// medianOffers makes one offer of those of several regions on the same terms:
// at the median discount, the lower of two in the middle, since nobody knows
// which of the regions the one that is asked for is like.
func medianOffers(offers []CommitmentOffer) []CommitmentOffer {
	alike := func(a, b CommitmentOffer) int {
		return cmp.Or(cmp.Compare(a.Instrument, b.Instrument), cmp.Compare(a.TermYears, b.TermYears), cmp.Compare(a.Payment, b.Payment))
	}
	slices.SortStableFunc(offers, func(a, b CommitmentOffer) int {
		return cmp.Or(alike(a, b), cmp.Compare(a.DiscountPercent, b.DiscountPercent), cmp.Compare(a.Region, b.Region))
	})
	var out []CommitmentOffer
	for len(offers) > 0 {
		n := 1
		for n < len(offers) && alike(offers[0], offers[n]) == 0 {
			n++
		}
		o := offers[(n-1)/2]
		note := "the discount is that of " + o.Region
		if n > 1 {
			note = fmt.Sprintf("the discount is the median of %d other regions', which run from %.3g to %.3g %%", n, offers[0].DiscountPercent, offers[n-1].DiscountPercent)
		}
		o.Note = strings.TrimPrefix(o.Note+"; "+note, "; ")
		out = append(out, o)
		offers = offers[n:]
	}
	return out
}

// PrepayPremium is what paying at once has to earn a year beyond the cost of money:
// money that is gone cannot be had back when the demand goes.
const PrepayPremium = 0.02

// better prefers the lower levelized rate where money costs what prepaying has to
// earn, then less money paid at once.
func better(a, b CommitmentOffer, capital float64) bool {
	capital += PrepayPremium
	return cmp.Or(cmp.Compare(a.Rate(capital), b.Rate(capital)), cmp.Compare(a.Upfront, b.Upfront)) < 0
}

// upfront is the share of the price that is paid at once.
var upfront = map[string]float64{"no_upfront": 0, "partial_upfront": 0.5, "all_upfront": 1}

// Payments are the options where a program has several, the least at once first.
func Payments() []string { return []string{"no_upfront", "partial_upfront", "all_upfront"} }

// payable reports whether a payment is among those wanted; one that the program
// leaves no choice of is.
func payable(payment string, wanted []string) bool {
	_, choice := upfront[payment]
	return !choice || len(wanted) == 0 || slices.Contains(wanted, payment)
}

// offerOf reads an entry of the table as an offer for the family.
func offerOf(d Commitment, family string) (CommitmentOffer, bool) {
	o := CommitmentOffer{Commitment: d, Instrument: d.Program, Upfront: upfront[d.Payment]}
	of := cloud.Of(d.Provider)
	if of == nil {
		return o, false
	}
	p := of.Program(d.Program)
	if p == nil {
		return o, strings.EqualFold(d.Family, family)
	}
	o.Instrument, o.Flexible, o.Note = p.Instrument, p.Flexible, p.Note
	if !SizeFlexible(d.Provider, family) {
		o, _ = o.PlanAlone("a reserved instance of " + family + " holds for one size alone: its sizes are not flexible")
	}
	return o, p.Has(d.Family, family)
}

// sustainedTiers gives the price of each quarter of a month, as a share of the
// on-demand price, for the discount that a full month gets.
func sustainedTiers(percent float64) []float64 {
	if percent >= 30 {
		return []float64{1, 0.8, 0.6, 0.4}
	}
	return []float64{1, 0.8678, 0.733, 0.6}
}
