package recommender

import (
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
	"github.com/plimsoll-k8s/plimsoll/recommender/spot"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
)

// AddUsed adds to the prices all that the advice rests on beside today's
// machines, and to the costs what is paid beside them: they stand in the report
// as today's do. The error names a table that can't be read.
func AddUsed(c *cost.Costs, s *analyzer.Snapshot, recs []advice.Advice) error {
	if c.Catalog == nil {
		return nil
	}
	AddPlanned(c, recs)
	addSpot(c, recs)
	if err := addCommitments(c, recs); err != nil {
		return fmt.Errorf("the sources of commitments: %w", err)
	}
	return addBesides(c, s, recs)
}

func cite(c *cost.Costs, prices []pricing.Provenance) {
	for _, p := range prices {
		if !slices.Contains(c.Prices, p) {
			c.Prices = append(c.Prices, p)
		}
	}
}

// AddPlanned adds to the prices those of the machines that a plan of the nodes
// starts.
func AddPlanned(c *cost.Costs, recs []advice.Advice) {
	if c.Catalog == nil {
		return
	}
	var used []pricing.NodePrice
	for i := range recs {
		if advice.As[nodes.Plan](recs[i].Detail) == nil {
			continue
		}
		for _, g := range advice.As[nodes.Plan](recs[i].Detail).Groups {
			for _, s := range g.Shapes {
				for _, name := range s.Types[:s.Planned] {
					used = append(used, looked(c, pricing.Query{Provider: g.Provider, Region: g.Region, InstanceType: name, CapacityType: pricing.CapacityType(g.CapacityType)}))
				}
			}
		}
	}
	cite(c, pricing.Used(used))
}

// looked is a price of the catalog as Used takes it.
func looked(c *cost.Costs, q pricing.Query) pricing.NodePrice {
	p := c.Catalog.Lookup(q)
	return pricing.NodePrice{Offering: p.Offering, Source: p.Offering.Source, AsOf: p.Offering.AsOf, Status: p.Status, Cause: p.Cause}
}

// addSpot adds the spot prices of today's types, where workloads are told them.
func addSpot(c *cost.Costs, recs []advice.Advice) {
	if !slices.ContainsFunc(recs, func(r advice.Advice) bool {
		return advice.As[spot.Readiness](r.Detail) != nil && advice.As[spot.Readiness](r.Detail).Price.Known
	}) {
		return
	}
	var used []pricing.NodePrice
	for _, n := range c.Nodes {
		if o := n.Offering; o.CapacityType == pricing.OnDemand && o.InstanceType != "" {
			used = append(used, looked(c, pricing.Query{Provider: o.Provider, Region: o.Region, InstanceType: o.InstanceType, CapacityType: pricing.Spot}))
		}
	}
	cite(c, pricing.Used(used))
}

// addCommitments adds the tables of the commitments that were weighed, and the
// files of those that exist.
func addCommitments(c *cost.Costs, recs []advice.Advice) error {
	for i := range recs {
		a := advice.As[purchase.Advice](recs[i].Detail)
		if a == nil {
			continue
		}
		provider, region := a.Provider, a.Region
		if provider == "" { // withheld: today's nodes tell
			at := c.Home()
			provider, region = at.Provider, at.Region
		}
		cite(c, c.Catalog.HeldSources(provider, region, a.Held))
		if len(recs[i].Withheld) > 0 {
			continue
		}
		var families []string
		for _, f := range a.Demand.Families {
			families = append(families, f.Family)
		}
		sources, err := c.Catalog.CommitmentSources(a.Provider, a.Region, families...)
		if err != nil {
			return err
		}
		cite(c, sources)
	}
	return nil
}

// addBesides prices volumes, load balancers and the control plane for a month.
// Waste among them has these prices also where no node has one.
func addBesides(c *cost.Costs, s *analyzer.Snapshot, recs []advice.Advice) error {
	priced := c.Bill > 0
	if !priced && !slices.ContainsFunc(recs, func(r advice.Advice) bool {
		return advice.As[waste.Finding](r.Detail) != nil && advice.As[waste.Finding](r.Detail).Monthly > 0
	}) {
		return nil
	}
	a, err := allocation.Besides(s, c.Catalog)
	if err != nil {
		return err
	}
	if priced {
		month := pricing.HoursPerMonth / a.Hours
		c.Besides = cost.Besides{Volumes: a.Bill.Volumes * month, LoadBalancers: a.Bill.LoadBalancers * month, ControlPlane: a.Bill.ControlPlane * month}
	}
	cite(c, a.Prices)
	return nil
}
