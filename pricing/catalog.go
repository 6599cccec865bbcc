package pricing

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// Config says what a Catalog holds beside the embedded tables.
type Config struct {
	// Overrides are the user's price files; later ones win.
	Overrides []Overrides
	// Provider and Region stand in where a node names none (--provider, --region).
	Provider, Region string
	// SpotLabels mark nodes as spot beside the labels that are known.
	SpotLabels []Label
}

// Catalog answers what machines cost. It reads the table of a provider's region
// when first asked about it, never changes afterwards, and may be used from many goroutines.
type Catalog struct {
	tables           map[string]func() *table // by provider
	entries          []entry                  // of all price files, weakest first
	services         []serviceEntry           // likewise
	provider, region string
	spot             []Label // the user's
	extras           extras
}

// New returns the embedded tables with the user's prices laid over them.
func New(cfg Config) *Catalog {
	c := &Catalog{
		tables:   map[string]func() *table{},
		provider: cloud.Canonical(cfg.Provider),
		region:   cfg.Region,
		spot:     cfg.SpotLabels,
		extras:   embeddedExtras(),
	}
	for _, p := range embeddedProviders {
		c.tables[p] = sync.OnceValue(func() *table { return embeddedTable(p) })
	}
	var renewed []cached
	for _, o := range cfg.Overrides {
		renewed = append(renewed, o.cached...)
	}
	c.layCached(renewed) // below all files of the user's
	added := map[string][]row{}
	for _, o := range cfg.Overrides {
		c.extras.lay(o.commitments)
		c.entries = append(c.entries, o.entries...)
		c.services = append(c.services, o.services...)
		for _, r := range o.rows {
			added[r.provider] = append(added[r.provider], r)
		}
	}
	for p, rows := range added {
		base, over := c.tables[p], map[string]func() ([]*row, error){}
		byRegion := map[string][]*row{}
		for _, r := range pointers(rows) {
			byRegion[r.region] = append(byRegion[r.region], r)
		}
		for region, rows := range byRegion {
			over[region] = func() ([]*row, error) { return rows, nil }
		}
		c.tables[p] = sync.OnceValue(func() *table { return layOver(p, base, over) })
	}
	if c.region != strings.ToLower(c.region) { // as most are written nothing is to be looked up
		c.region = c.SpellRegion(c.provider, c.region)
	}
	return c
}

// layOver lays rows over a provider's table, region by region.
func layOver(provider string, base func() *table, over map[string]func() ([]*row, error)) *table {
	t := &table{provider: provider, regions: map[string]func() *regionTable{}}
	if base != nil {
		t.regions = base().regions
	}
	t.regions = maps.Clone(t.regions)
	for region, read := range over {
		below := t.regions[region]
		t.regions[region] = sync.OnceValue(func() *regionTable {
			rows, err := read()
			if err != nil {
				return &regionTable{err: err}
			}
			if below == nil {
				return newRegion(rows)
			}
			b := below()
			if b.err != nil {
				return b
			}
			return newRegion(slices.Concat(b.rows, rows))
		})
	}
	t.names = slices.Sorted(maps.Keys(t.regions))
	return t
}

// Providers lists the providers that have a table, sorted.
func (c *Catalog) Providers() []string { return slices.Sorted(maps.Keys(c.tables)) }

// HasProvider reports whether prices of a provider are known: from a table, or from
// entries of the user's that name it or any.
func (c *Catalog) HasProvider(provider string) bool {
	p := cloud.Canonical(provider)
	if c.tables[p] != nil {
		return true
	}
	for i := range c.entries {
		if c.entries[i].provider == p || c.entries[i].provider == "" {
			return true
		}
	}
	return slices.ContainsFunc(c.services, func(s serviceEntry) bool { return s.provider == p })
}

// HasRegion is the same for a region of a provider.
func (c *Catalog) HasRegion(provider, region string) bool {
	p := cloud.Canonical(provider)
	if slices.ContainsFunc(c.Regions(p), func(name string) bool { return strings.EqualFold(name, region) }) {
		return true
	}
	for i := range c.entries {
		if e := &c.entries[i]; (e.provider == p || e.provider == "") && (strings.EqualFold(e.region, region) || e.region == "" && c.tables[p] == nil) {
			return true
		}
	}
	return false
}

// SpellRegion gives a region's name as the provider's table spells it, of an empty provider as any
// table does; one that no table has is given back.
func (c *Catalog) SpellRegion(provider, region string) string {
	providers := []string{provider}
	if provider == "" {
		providers = c.Providers()
	}
	spelled := ""
	for _, p := range providers {
		for _, name := range c.Regions(p) {
			if name == region {
				return region
			}
			if spelled == "" && strings.EqualFold(name, region) {
				spelled = name
			}
		}
	}
	return cmp.Or(spelled, region)
}

// Regions lists the regions of a provider's table, sorted; none for an unknown provider.
func (c *Catalog) Regions(provider string) []string {
	if t := c.table(provider); t != nil {
		return slices.Clone(t.names)
	}
	return nil
}

// RegionsNear lists the regions of a provider's table: first those that a name which
// need not be among them may have meant, then those in the same part of the world.
func (c *Catalog) RegionsNear(provider, region string) []string {
	out := c.Regions(provider)
	near := func(name string) int {
		if far := edits(strings.ToLower(region), name); far <= 2 {
			return far - 2
		}
		if g := geography(region); g != "" && geography(name) == g {
			return 1
		}
		return 2
	}
	slices.SortStableFunc(out, func(a, b string) int { return near(a) - near(b) })
	return out
}

// Offerings lists everything on sale in a region, every capacity type, by type
// name and then price from high to low. It is empty for a region without a table.
func (c *Catalog) Offerings(provider, region string) []Offering {
	t := c.table(provider)
	if t == nil {
		return nil
	}
	r := t.region(region)
	if r == nil {
		return nil
	}
	rows := r.rows
	out := make([]Offering, 0, int(slotCount)*len(rows))
	for _, r := range rows {
		for s := range slotCount {
			if r.usd[s] > 0 {
				p := Price{Offering: r.offering(s), Status: Listed}
				out = append(out, c.matchOffering(p.Offering).apply(p).Offering)
			}
		}
	}
	return out
}

// Lookup prices one offering. What the tables lack is estimated where a sister
// type, another region or another capacity type allows it, and marked so.
func (c *Catalog) Lookup(q Query) Price {
	q.Provider = cloud.Canonical(q.Provider)
	q.CapacityType = cmp.Or(q.CapacityType, OnDemand)
	if q.CapacityType == Reserved {
		q.TermYears = cmp.Or(q.TermYears, 1)
	} else {
		q.TermYears = 0
	}
	p := c.listed(q)
	return c.matchOffering(p.Offering).apply(p)
}

func (c *Catalog) table(provider string) *table {
	if load, ok := c.tables[cloud.Canonical(provider)]; ok {
		return load()
	}
	return nil
}

// find returns the row for a type in a region, nil when there is none. Clouds take a type's
// name in any case, and nodes have it as their makers wrote it.
func (t *table) find(region, instanceType string) *row {
	r := t.region(region)
	if r == nil {
		return nil
	}
	if found := r.types[instanceType]; found != nil || r.lower == nil {
		return found
	}
	return r.lower()[strings.ToLower(instanceType)]
}
