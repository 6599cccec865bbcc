package pricing

import (
	"fmt"
	"slices"
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

// estimate prices a type that its region's table doesn't list, or a region that has no table.
func (t *table) estimate(p Price, s slot) Price {
	region, instanceType := p.Offering.Region, p.Offering.InstanceType
	found := t.elsewhere(region, instanceType, s)
	if t.region(region) != nil {
		if len(found) > 0 {
			return t.fromOtherRegions(p, s, found)
		}
		return t.fromFamily(p, s)
	}
	if len(found) == 0 {
		return p.missing(UnknownRegion, "no prices for region %q of %s (there are %s) and %q is in none of them; give a price with --pricing",
			region, t.provider, strings.Join(t.names, ", "), instanceType)
	}
	near := slices.DeleteFunc(slices.Clone(found), func(r *row) bool { return geography(r.region) != geography(region) })
	if len(near) > 0 {
		found = near
	}
	usd := make([]float64, len(found))
	for i, r := range found {
		usd[i] = r.usd[s]
	}
	return p.estimated(UnknownRegion, found[0], s, median(usd),
		"no prices for region %q of %s: the median of %s in %s stands in", region, t.provider, instanceType, regionsOf(found))
}

// geography is the part of a region's name before the first dash: eu, us, europe. Azure's names have none.
func geography(region string) string {
	g, _, ok := strings.Cut(region, "-")
	if !ok {
		return ""
	}
	return g
}

// elsewhere finds a type with a known price in the other regions, by region name.
func (t *table) elsewhere(region, instanceType string, s slot) []*row {
	var out []*row
	for _, name := range t.names {
		if r := t.find(name, instanceType); name != region && r != nil && r.usd[s] > 0 {
			out = append(out, r)
		}
	}
	return out
}

func regionsOf(rows []*row) string {
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = r.region
	}
	return strings.Join(names, ", ")
}

// fromOtherRegions carries prices over by the median ratio between two regions' price lists.
func (t *table) fromOtherRegions(p Price, s slot, found []*row) Price {
	to := t.region(p.Offering.Region)
	usd := make([]float64, len(found))
	for i, r := range found {
		usd[i] = r.usd[s] * regionRatio(t.region(r.region), to)
	}
	return p.estimated(UnknownType, found[0], s, median(usd),
		"%s is not listed in %s: worked out from its price in %s and the regions' usual price ratio",
		p.Offering.InstanceType, p.Offering.Region, regionsOf(found))
}

// regionRatio is the median on-demand price ratio of the types that both regions list.
func regionRatio(from, to *regionTable) float64 {
	var ratios []float64
	for _, r := range from.rows {
		if o := to.types[r.instanceType]; o != nil && r.usd[slotOnDemand] > 0 {
			ratios = append(ratios, o.usd[slotOnDemand]/r.usd[slotOnDemand])
		}
	}
	if len(ratios) == 0 {
		return 1
	}
	return median(ratios)
}

// fromFamily prices an unlisted size by its family: price, vCPU and memory per unit of size.
func (t *table) fromFamily(p Price, s slot) Price {
	name := parseTypeName(t.provider, p.Offering.InstanceType)
	var usd, cpu, mem []float64
	var like *row
	for _, r := range t.region(p.Offering.Region).rows {
		sister := parseTypeName(t.provider, r.instanceType)
		if sister.family != name.family || sister.size == 0 || r.usd[s] == 0 || r.nonlinear() {
			continue
		}
		like = r
		usd = append(usd, r.usd[s]/sister.size)
		cpu = append(cpu, float64(r.cpuMillis)/sister.size)
		mem = append(mem, float64(r.memoryBytes)/sister.size)
	}
	if like == nil || name.size == 0 {
		return p.missing(UnknownType, "no price for %q in %s of %s, nor for its family; give a price with --pricing",
			p.Offering.InstanceType, p.Offering.Region, t.provider)
	}
	p = p.estimated(UnknownType, like, s, median(usd)*name.size,
		"%s is not listed: worked out from the other sizes of %s in %s", p.Offering.InstanceType, name.family, p.Offering.Region)
	o := &p.Offering
	o.CPUMillis, o.MemoryBytes = int64(median(cpu)*name.size), int64(median(mem)*name.size)
	o.LocalDiskBytes, o.MaxPods = -1, 0
	return p
}

// estimated takes hardware and provenance from a similar row and keeps the asked-for name and region.
func (p Price) estimated(cause Cause, like *row, s slot, usd float64, format string, args ...any) Price {
	asked := p.Offering
	p.Offering = like.offering(s)
	p.Offering.Region, p.Offering.InstanceType = asked.Region, asked.InstanceType
	p.Offering.USDPerHour, p.Offering.InterruptionBand = usd, ""
	p.Status, p.Cause, p.Reason = Estimated, cause, fmt.Sprintf(format, args...)
	return p
}
