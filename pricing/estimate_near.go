package pricing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// estimate prices a type that its region's table doesn't list, or a region that
// has no table, by what is nearest: the type itself in other regions, other
// sizes of its family here and elsewhere, families of its kind of another
// generation. The reason names what was taken and its range.
func (t *table) estimate(p Price, s slot) Price {
	region, instanceType := p.Offering.Region, p.Offering.InstanceType
	found := t.elsewhere(region, instanceType, s)
	if t.region(region) == nil {
		return t.inUnknownRegion(p, s, found)
	}
	if len(found) > 0 {
		return t.fromOtherRegions(p, s, found)
	}
	name := cloud.ParseType(t.provider, instanceType)
	sameFamily := func(r *row) bool { return cloud.ParseType(t.provider, r.instanceType).Family == name.Family }
	if name.Size > 0 {
		if out, ok := t.fromSisters(p, s, t.region(region).rows, name.Size, sameFamily, "the other sizes of "+name.Family+" in "+region); ok {
			return out
		}
		if out, ok := t.fromSisterRegions(p, s, name, sameFamily); ok {
			return out
		}
		if out, ok := t.fromKind(p, s, name.Size); ok {
			return out
		}
	}
	return p.missing(UnknownType, "no price for %q in %s of %s, nor for its family; give a price with --pricing", instanceType, region, t.provider)
}

// inUnknownRegion takes the median of the regions in the same part of the world, else of all.
func (t *table) inUnknownRegion(p Price, s slot, found []*row) Price {
	region, instanceType := p.Offering.Region, p.Offering.InstanceType
	if len(found) == 0 {
		return p.missing(UnknownRegion, "no prices for region %q of %s (%s) and %q is in none of them; give a price with --pricing",
			region, t.provider, fewNames(t.names), instanceType)
	}
	near := slices.DeleteFunc(slices.Clone(found), func(r *row) bool { return geography(r.region) != geography(region) })
	if len(near) > 0 && geography(region) != "" {
		found = near
	}
	usd := make([]float64, len(found))
	for i, r := range found {
		usd[i] = r.usd[s]
	}
	return p.estimated(UnknownRegion, found[0], s, usd,
		"no prices for region %q of %s: the median of %s in %s stands in", region, t.provider, instanceType, regionsOf(found))
}

// geography is the part of the world that a region's name tells: eu, us, europe.
func geography(region string) string {
	if g, _, ok := strings.Cut(region, "-"); ok {
		return g
	}
	for _, g := range azureGeographies {
		if slices.ContainsFunc(g.words, func(w string) bool { return strings.Contains(region, w) }) {
			return g.name
		}
	}
	return ""
}

// azureGeographies tells the part of the world by a word in the name of a
// region of Azure, which has no dash.
var azureGeographies = []struct {
	name  string
	words []string
}{
	{"oceania", []string{"australia", "newzealand"}},
	{"europe", []string{"europe", "uk", "france", "germany", "norway", "sweden", "switzerland", "poland", "italy", "spain", "belgium", "austria", "denmark"}},
	{"southamerica", []string{"brazil", "chile"}},
	{"mideast", []string{"uae", "qatar", "israel", "southafrica"}},
	{"asia", []string{"asia", "japan", "korea", "india", "malaysia", "indonesia", "taiwan"}},
	{"america", []string{"us", "canada", "mexico"}}, // after australia, which has "us" in it
}

// elsewhere finds a type with a known price in the other regions, by region name.
func (t *table) elsewhere(region, instanceType string, s slot) []*row {
	var out []*row
	for _, name := range t.names {
		if name == region {
			continue
		}
		if r := t.find(name, instanceType); r != nil && r.usd[s] > 0 {
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
	return fewNames(names)
}

// fewNames names the first of a long list and counts the others.
func fewNames(names []string) string {
	const shown = 4
	if len(names) <= shown+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}

// fromOtherRegions carries prices over by the median ratio between two regions' price lists.
func (t *table) fromOtherRegions(p Price, s slot, found []*row) Price {
	to, maker := t.region(p.Offering.Region), cloud.KindOf(t.provider, p.Offering.InstanceType).Maker
	usd := make([]float64, len(found))
	for i, r := range found {
		usd[i] = r.usd[s] * regionRatio(t.region(r.region), to, maker)
	}
	return p.estimated(UnknownType, found[0], s, usd,
		"%s is not listed in %s: worked out from its price in %s and the regions' usual price ratio",
		p.Offering.InstanceType, p.Offering.Region, regionsOf(found))
}

// regionRatio is the median on-demand price ratio of the types that both regions
// list, of those of a CPU's maker where there are any: in ap-south-1 AMD and Arm
// cost half of Intel, elsewhere nine tenths.
func regionRatio(from, to *regionTable, maker string) float64 {
	var ratios, alike []float64
	for _, r := range from.rows {
		if o := to.types[r.instanceType]; o != nil && r.usd[slotOnDemand] > 0 {
			ratio := o.usd[slotOnDemand] / r.usd[slotOnDemand]
			ratios = append(ratios, ratio)
			if cloud.KindOf(r.provider, r.instanceType).Maker == maker {
				alike = append(alike, ratio)
			}
		}
	}
	switch {
	case len(alike) > 0:
		return median(alike)
	case len(ratios) > 0:
		return median(ratios)
	}
	return 1
}

// fromSisters prices a size by the price, vCPU and memory per unit of size of
// the rows that are like it; ok is false where there is none.
func (t *table) fromSisters(p Price, s slot, rows []*row, size float64, like func(*row) bool, by string) (Price, bool) {
	var usd, cpu, mem []float64
	var one *row
	for _, r := range rows {
		sister := cloud.ParseType(t.provider, r.instanceType)
		if sister.Size == 0 || r.usd[s] == 0 || r.nonlinear() || !like(r) {
			continue
		}
		one = r
		usd = append(usd, r.usd[s]/sister.Size*size)
		cpu = append(cpu, float64(r.cpuMillis)/sister.Size)
		mem = append(mem, float64(r.memoryBytes)/sister.Size)
	}
	if one == nil {
		return p, false
	}
	p = p.estimated(UnknownType, one, s, usd, "%s is not listed: worked out from %s", p.Offering.InstanceType, by)
	o := &p.Offering
	o.CPUMillis, o.MemoryBytes = int64(median(cpu)*size), int64(median(mem)*size)
	o.LocalDiskBytes, o.MaxPods = -1, 0
	return p, true
}

// fromSisterRegions does so by the sizes that other regions have of the family,
// at the regions' usual price ratio.
func (t *table) fromSisterRegions(p Price, s slot, name cloud.TypeName, sameFamily func(*row) bool) (Price, bool) {
	to, maker := t.region(p.Offering.Region), cloud.KindOf(t.provider, p.Offering.InstanceType).Maker
	var rows []*row
	var in []string
	for _, region := range t.names {
		ratio := 0.0
		for _, r := range t.region(region).rows {
			if !sameFamily(r) {
				continue
			}
			if ratio == 0 {
				ratio = regionRatio(t.region(region), to, maker)
				in = append(in, region)
			}
			moved := *r
			moved.usd[s] *= ratio
			rows = append(rows, &moved)
		}
	}
	return t.fromSisters(p, s, rows, name.Size, sameFamily, "the sizes of "+name.Family+" in "+fewNames(in)+" and the regions' usual price ratio")
}

// fromKind prices a type of a family that no region has by the nearest
// generation of its kind in its region. Network, disk and memory variants are
// kinds of their own: with them in one median a plain type came out 17 % too dear.
func (t *table) fromKind(p Price, s slot, size float64) (Price, bool) {
	want := cloud.KindOf(t.provider, p.Offering.InstanceType)
	if want.Kind == "" {
		return p, false
	}
	rows := t.region(p.Offering.Region).rows
	best := -1
	for _, r := range rows {
		if k := cloud.KindOf(t.provider, r.instanceType); k.Kind == want.Kind && r.usd[s] > 0 && !r.nonlinear() {
			if d := k.Distance(want); best < 0 || d < best {
				best = d
			}
		}
	}
	if best < 0 {
		return p, false
	}
	var families []string
	nearest := func(r *row) bool {
		k := cloud.KindOf(t.provider, r.instanceType)
		return k.Kind == want.Kind && k.Distance(want) == best
	}
	for _, r := range rows {
		if f := cloud.ParseType(t.provider, r.instanceType).Family; nearest(r) && !slices.Contains(families, f) {
			families = append(families, f)
		}
	}
	return t.fromSisters(p, s, rows, size, nearest, "the nearest generation of its kind, "+fewNames(families)+" in "+p.Offering.Region)
}

// estimated takes hardware and provenance from a similar row and keeps the
// asked-for name and region. The price is the median of usd, which it sorts.
func (p Price) estimated(cause Cause, like *row, s slot, usd []float64, format string, args ...any) Price {
	asked := p.Offering
	p.Offering = like.offering(s)
	p.Offering.Region, p.Offering.InstanceType = asked.Region, asked.InstanceType
	p.Offering.USDPerHour, p.Offering.InterruptionBand = median(usd), ""
	p.Low, p.High = usd[0], usd[len(usd)-1]
	p.Status, p.Cause, p.Reason = Estimated, cause, fmt.Sprintf(format, args...)
	if p.High > 1.005*p.Low {
		p.Reason += fmt.Sprintf("; it may be %.4g to %.4g USD an hour", p.Low, p.High)
	}
	return p
}
