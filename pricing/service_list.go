package pricing

import (
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// ownServices are the categories of the table that a user may have a price for.
var ownServices = map[string]string{"control_plane": serviceControlPlane, "load_balancer": serviceBalancer, "block_storage": serviceStorage}

// Services lists what is no machine in a region: control planes, load balancers,
// disks and network, with the user's own prices in place of the table's. Where the region
// has no load balancer of its own, the one that stands in is there with a Note.
func (c *Catalog) Services(provider, region string) ([]ManagedPrice, error) {
	prices, err := c.ManagedPrices(provider)
	if err != nil {
		return nil, err
	}
	p := cloud.Canonical(provider)
	var out []ManagedPrice
	for _, m := range prices {
		// A control plane costs the same in every region; only one is in the table.
		here := strings.EqualFold(m.Region, region) || m.Category == "control_plane"
		service, ours := ownServices[m.Category]
		if here && !(ours && c.ownService(p, region, service, "") != nil) {
			m.Region = region
			out = append(out, m)
		}
	}
	for i := range c.services {
		e := &c.services[i]
		if (e.provider == "" || e.provider == p) && (e.region == "" || strings.EqualFold(e.region, region)) && c.ownService(p, region, e.service, e.class) == e {
			out = append(out, e.listed(p, region))
		}
	}
	if !slices.ContainsFunc(out, func(m ManagedPrice) bool { return m.Category == "load_balancer" }) {
		b, err := c.LoadBalancer(p, region)
		if err != nil {
			return nil, err
		}
		out = append(out, ManagedPrice{Provider: p, Region: region, Category: "load_balancer", Item: b.Item, Unit: "hour", USD: b.USDPerHour, Note: b.Reason, Source: b.Source, AsOf: b.AsOf})
	}
	return out, nil
}

// listed is the user's price in the shape of the table's.
func (e *serviceEntry) listed(provider, region string) ManagedPrice {
	m := ManagedPrice{Provider: provider, Region: region, Unit: "hour", Item: e.service, USD: e.usd, Source: e.source, AsOf: e.asOf}
	switch e.service {
	case serviceControlPlane:
		m.Category, m.Unit = "control_plane", "cluster-hour"
	case serviceBalancer:
		m.Category = "load_balancer"
	case serviceStorage:
		m.Category, m.Unit = "block_storage", "GiB-month"
		if e.class != "" {
			m.Item += " " + e.class
		}
	}
	return m
}
