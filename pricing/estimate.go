package pricing

import (
	"fmt"

	"strings"
)

// listed answers from the tables alone. The offering always names what was asked
// for, also where no price is found.
func (c *Catalog) listed(q Query) Price {
	p := Price{Offering: Offering{
		Provider: q.Provider, Region: q.Region, InstanceType: q.InstanceType,
		CapacityType: q.CapacityType, TermYears: q.TermYears, LocalDiskBytes: -1,
	}}
	t := c.table(q.Provider)
	s, known := slotOf(q.CapacityType, q.TermYears)
	switch {
	case q.Provider == "":
		return p.missing(UnknownProvider, "no provider is named (there are price tables of %s); name it with --provider or give prices with --pricing",
			strings.Join(c.Providers(), ", "))
	case t == nil:
		return p.missing(UnknownProvider, "no price table for provider %q (there are %s); give its prices with --pricing",
			q.Provider, strings.Join(c.Providers(), ", "))
	case q.InstanceType == "":
		return p.missing(UnknownType, "the instance type is not known: no label names it")
	case t.broken(q.Region) != nil:
		return p.missing(BrokenTable, "the %s price table can't be read: %v", q.Provider, t.broken(q.Region))
	case !known:
		term := ""
		if q.TermYears != 0 {
			term = fmt.Sprintf(" over %d years", q.TermYears)
		}
		return p.missing(UnknownCapacityType, "no prices for capacity type %q%s; known are on-demand, spot, reserved for 1 or 3 years", q.CapacityType, term)
	}
	r := t.find(q.Region, q.InstanceType)
	if r == nil {
		return t.estimate(p, s)
	}
	p.Offering = r.offering(s)
	switch {
	case r.usd[s] > 0:
		p.Status = Listed
	case s == slotSpot:
		p.useOnDemand(r)
		p.Reason = fmt.Sprintf("no spot price is known for %s in %s: its on-demand price stands in", q.InstanceType, q.Region)
	default:
		return p.missing(UnknownCapacityType, "no %d-year reserved price is known for %s in %s", q.TermYears, q.InstanceType, q.Region)
	}
	return p
}

// broken is why a region's table can't be used; nil where it can, or there is none.
func (t *table) broken(region string) error {
	if r := t.region(region); r != nil {
		return r.err
	}
	return nil
}

func (p Price) missing(cause Cause, format string, args ...any) Price {
	p.Status, p.Cause, p.Reason = Missing, cause, fmt.Sprintf(format, args...)
	return p
}

// useOnDemand puts the on-demand price where the spot price is unknown: dearer
// than the truth, never cheaper.
func (p *Price) useOnDemand(r *row) {
	od := r.offering(slotOnDemand)
	p.Offering.USDPerHour, p.Offering.Source, p.Offering.AsOf = od.USDPerHour, od.Source, od.AsOf
	p.Status, p.Cause = Estimated, UnknownCapacityType
}
