package recommender

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// AddPlanned adds to the prices those of the machines that a plan of the nodes
// starts: they stand in the report as today's do.
func (c *Costs) AddPlanned(recs []Recommendation) {
	if c.Catalog == nil {
		return
	}
	var used []pricing.NodePrice
	for i := range recs {
		if recs[i].Nodes == nil {
			continue
		}
		for _, g := range recs[i].Nodes.Groups {
			for _, s := range g.Shapes {
				for _, name := range s.Types[:s.Planned] {
					p := c.Catalog.Lookup(pricing.Query{Provider: g.Provider, Region: g.Region, InstanceType: name, CapacityType: pricing.CapacityType(g.CapacityType)})
					used = append(used, pricing.NodePrice{Offering: p.Offering, Source: p.Offering.Source, AsOf: p.Offering.AsOf, Status: p.Status})
				}
			}
		}
	}
	for _, p := range sources(used) {
		if !slices.Contains(c.Prices, p) {
			c.Prices = append(c.Prices, p)
		}
	}
}
