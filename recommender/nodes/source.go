package nodes

import (
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/group"
)

// sources are those of the prices of the machines that a plan starts.
func sources(c *pricing.Catalog, groups []group.Group) []pricing.Provenance {
	var machines []pricing.Query
	for _, g := range groups {
		for _, s := range g.Shapes {
			for _, name := range s.Types[:s.Planned] {
				machines = append(machines, pricing.Query{Provider: g.Provider, Region: g.Region, InstanceType: name, CapacityType: pricing.CapacityType(g.CapacityType)})
			}
		}
	}
	return c.SourcesOf(machines...)
}
