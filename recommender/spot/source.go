package spot

import (
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// sources are those of the spot prices of today's types, which workloads are
// told.
func sources(c *cost.Costs) []pricing.Provenance {
	if c.Catalog == nil {
		return nil
	}
	var machines []pricing.Query
	for _, n := range c.Nodes {
		if o := n.Offering; o.CapacityType == pricing.OnDemand && o.InstanceType != "" {
			machines = append(machines, pricing.Query{Provider: o.Provider, Region: o.Region, InstanceType: o.InstanceType, CapacityType: pricing.Spot})
		}
	}
	return c.Catalog.SourcesOf(machines...)
}
