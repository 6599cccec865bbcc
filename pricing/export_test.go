package pricing

import (
	"maps"
	"slices"
	"sync"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// WithoutRegion is the catalog as if a provider had no table of a region.
func (c *Catalog) WithoutRegion(provider, region string) *Catalog {
	t := *c.table(provider)
	t.regions = maps.Clone(t.regions)
	delete(t.regions, region)
	t.names = slices.DeleteFunc(slices.Clone(t.names), func(name string) bool { return name == region })
	return c.with(&t)
}

// WithoutFamily is the catalog as if the regions had nothing of a family.
func (c *Catalog) WithoutFamily(provider, family string, regions ...string) *Catalog {
	t := *c.table(provider)
	t.regions = maps.Clone(t.regions)
	for _, region := range regions {
		whole := c.table(provider).region(region)
		t.regions[region] = sync.OnceValue(func() *regionTable {
			r := &regionTable{types: map[string]*row{}}
			for _, row := range whole.rows {
				if cloud.ParseType(provider, row.instanceType).Family != family {
					r.rows, r.types[row.instanceType] = append(r.rows, row), row
				}
			}
			r.rates = sync.OnceValue(func() rateBook { return fitRates(r.rows) })
			return r
		})
	}
	return c.with(&t)
}

func (c *Catalog) with(t *table) *Catalog {
	out := *c
	out.tables = maps.Clone(c.tables)
	out.tables[t.provider] = func() *table { return t }
	return &out
}
