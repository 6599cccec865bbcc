package cost

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// Place is where something is bought.
type Place = pricing.Place

// Home is the place of most nodes, which load balancers and the control plane
// share; the zero Place where no node has one.
func (c *Costs) Home() Place {
	machines := make([]pricing.Offering, 0, len(c.Nodes))
	for _, n := range c.Nodes {
		machines = append(machines, n.Offering)
	}
	return pricing.Home(machines)
}

// Places is where the volumes of the snapshot are, by these costs' nodes.
func (c *Costs) Places(s *analyzer.Snapshot) *allocation.Places {
	taken := make(map[string]pricing.Offering, len(c.Nodes))
	for _, n := range c.Nodes {
		taken[n.Name] = n.Offering
	}
	return allocation.PlacesOf(s, taken)
}

// OnDemand lists the places in which nodes are bought on demand, the one that
// costs most first.
func (c *Costs) OnDemand() []Place {
	usd := map[Place]float64{}
	for _, n := range c.Nodes {
		if n.CapacityType == string(pricing.OnDemand) && n.Offering.Provider != "" && !n.Windows {
			usd[Place{Provider: n.Offering.Provider, Region: n.Offering.Region}] += n.Hourly
		}
	}
	return slices.SortedFunc(maps.Keys(usd), func(a, b Place) int {
		return cmp.Or(cmp.Compare(usd[b], usd[a]), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Region, b.Region))
	})
}

// Families gives the commitment family of each Linux node that is bought on demand
// at a place, by the node's name: commitments hold for one place and system.
func (c *Costs) Families(at Place) map[string]string {
	out := map[string]string{}
	for _, n := range c.Nodes {
		if n.CapacityType == string(pricing.OnDemand) && !n.Windows && n.Offering.Provider == at.Provider && n.Offering.Region == at.Region {
			out[n.Name] = pricing.CommitmentFamily(at.Provider, n.Offering.InstanceType)
		}
	}
	return out
}

// OneSize tells, by family, why reserved instances of what is on demand at a place hold for
// one size alone: what some node says of itself.
func (c *Costs) OneSize(at Place) map[string]string {
	out := map[string]string{}
	for name, family := range c.Families(at) {
		i, _ := slices.BinarySearchFunc(c.Nodes, name, func(n NodeCost, name string) int { return cmp.Compare(n.Name, name) })
		if why := c.Nodes[i].OneSize; why != "" && (out[family] == "" || why < out[family]) {
			out[family] = why
		}
	}
	return out
}

// Held gives the commitments of a list that count where most is bought on
// demand, those in vCPUs and GiB priced there.
func (c *Costs) Held(all []pricing.HeldCommitment) []pricing.HeldCommitment {
	if len(all) == 0 {
		return nil
	}
	at := c.home()
	return c.Catalog.PriceHeld(at.Provider, at.Region, all)
}

// home is where most is bought on demand; empty where nothing is.
func (c *Costs) home() Place {
	if places := c.OnDemand(); len(places) > 0 {
		return places[0]
	}
	return Place{}
}

// NameElsewhere warns of those commitments of a list that hold in another region than
// where most is bought: they count nowhere here.
func (c *Costs) NameElsewhere(all []pricing.HeldCommitment) {
	region := c.home().Region
	for _, h := range all {
		if !h.HoldsIn(region) {
			c.warn("not-counted", fmt.Sprintf("the commitment %q is of %s, and the cluster of %s: it is left out", cmp.Or(h.Name, h.Family), h.Region, region))
		}
	}
}
