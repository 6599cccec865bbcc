package pricing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// ServicePrice is what something beside machines costs an hour.
type ServicePrice struct {
	USDPerHour   float64
	Item         string // what it was taken for; empty where nothing is known to be paid for
	Source, AsOf string
	// Reason says why the price is an estimate, or none; empty for a listed one.
	Reason string
}

// usualLoadBalancer is what a load balancer costs an hour at a provider that no
// table knows: what Google Cloud and Azure ask, the dearest of the three listed.
const usualLoadBalancer = 0.025

// LoadBalancer prices a load balancer before any traffic. Where the region has
// no price another region's stands in, and for other providers the usual one;
// Reason says so. The error names a table that can't be read.
func (c *Catalog) LoadBalancer(provider, region string) (ServicePrice, error) {
	if own := c.ownService(provider, region, serviceBalancer, ""); own != nil {
		return own.price(), nil
	}
	item := ""
	if of := cloud.Of(cloud.Canonical(provider)); of != nil {
		item = of.Balancer
	}
	m, err := c.service(provider, region, "load_balancer", item)
	if m == nil {
		return ServicePrice{
			USDPerHour: usualLoadBalancer, Item: "load balancer of another provider", Source: "the usual price of the providers with a table",
			Reason: fmt.Sprintf("no price of load balancers is known for %s: %g USD an hour is taken, as elsewhere; give the real one with --pricing", named(provider), usualLoadBalancer),
		}, err
	}
	return m.price(region), err
}

// LoadBalancers prices all of a cluster's load balancers together, before any traffic.
// Google and Azure have one price for the first five rules: AKS puts all Services on
// one load balancer, and GKE's forwarding rules are counted by project.
// Sources: cloud.google.com/load-balancing/pricing, azure.microsoft.com/pricing/details/load-balancer.
func (c *Catalog) LoadBalancers(provider, region string, count int) (ServicePrice, error) {
	p, err := c.LoadBalancer(provider, region)
	own := c.ownService(provider, region, serviceBalancer, "") != nil
	if of := cloud.Of(cloud.Canonical(provider)); of != nil && of.RulesTogether && !own && count > 0 {
		p.USDPerHour += furtherRule * float64(max(count-rulesTogether, 0))
		return p, err
	}
	p.USDPerHour *= float64(count)
	return p, err
}

// CloudBalancer reports whether a Service's load balancer is one that the provider bills:
// of its own class, or of none, which its cloud controller serves. One of another class,
// such as MetalLB's, runs in the cluster itself or is another company's.
func CloudBalancer(provider, class string) bool {
	of := cloud.Of(cloud.Canonical(provider))
	return class == "" || of != nil && slices.ContainsFunc(of.BalancerClasses, func(prefix string) bool { return strings.HasPrefix(class, prefix) })
}

// rulesTogether is how many rules have one price, and furtherRule what each beyond
// costs an hour.
const (
	rulesTogether = 5
	furtherRule   = 0.01
)

// ControlPlane prices a managed control plane by its provider. The fee of a
// provider that no table knows is 0, and Reason says so.
func (c *Catalog) ControlPlane(provider, region string) (ServicePrice, error) {
	return c.ControlPlaneOf(provider, region, 0, time.Time{})
}

// ControlPlaneOf is the same of Kubernetes 1.minor at a time: EKS asks more for a
// version that has left standard support. A minor of 0 is not known.
func (c *Catalog) ControlPlaneOf(provider, region string, minor int, at time.Time) (ServicePrice, error) {
	if own := c.ownService(provider, region, serviceControlPlane, ""); own != nil {
		return own.price(), nil
	}
	item, extended := "", false
	of := cloud.Of(cloud.Canonical(provider))
	if of != nil {
		item, extended = of.ControlPlane, of.Extended != "" && ExtendedSupport(minor, at)
	}
	if extended {
		item = of.Extended
	}
	m, err := c.service(provider, region, "control_plane", item)
	if m == nil {
		return ServicePrice{Reason: fmt.Sprintf("no fee of the control plane is known for %s: none is counted; give it with --pricing", named(provider))}, err
	}
	p := m.price(m.Region) // the same in every region
	switch {
	case extended:
		p.Reason = fmt.Sprintf("Kubernetes 1.%d %s: the control plane costs %g USD an hour until it is upgraded", minor, of.Left, p.USDPerHour)
	case of != nil && of.Name == m.Provider:
		p.Reason = of.Tier
	}
	return p, err
}

// standardSupport is the day on which EKS' standard support of Kubernetes 1.minor ends.
// Source: docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html.
var standardSupport = map[int]string{
	23: "2023-10-11", 24: "2024-01-31", 25: "2024-05-01", 26: "2024-06-11", 27: "2024-07-24", 28: "2024-11-26", 29: "2025-03-23",
	30: "2025-07-23", 31: "2025-11-26", 32: "2026-03-23", 33: "2026-07-29", 34: "2026-12-02", 35: "2027-03-27",
}

// oldestListed is the oldest minor with a day. An older kubelet, which may run behind its
// control plane, is not in standard support after that day either.
const oldestListed = 23

// ExtendedSupport reports whether EKS bills extended support for Kubernetes 1.minor at
// a time. Versions newer than those listed are taken as supported.
func ExtendedSupport(minor int, at time.Time) bool {
	if minor > 0 {
		minor = max(minor, oldestListed)
	}
	end, ok := standardSupport[minor]
	return ok && !at.IsZero() && at.UTC().Format(time.DateOnly) > end
}

func named(provider string) string {
	return cmp.Or(provider, "a cluster without a known provider")
}

// service finds a managed price, the region's own if there is one; nil without.
func (c *Catalog) service(provider, region, category, item string) (*ManagedPrice, error) {
	prices, err := c.ManagedPrices(provider)
	var best *ManagedPrice
	for i := range prices {
		m := &prices[i]
		if item != "" && m.Category == category && m.Item == item && (best == nil || m.Region == region) {
			best = m
		}
	}
	return best, err
}

// price makes a service's price of a line of the table.
func (m *ManagedPrice) price(region string) ServicePrice {
	p := ServicePrice{USDPerHour: m.USD, Item: m.Item, Source: m.Source, AsOf: m.AsOf}
	if m.Region != "" && m.Region != region {
		p.Reason = fmt.Sprintf("%s in %s is priced as in %s", m.Item, cmp.Or(region, "a region that is not known"), m.Region)
	}
	return p
}

// LoadBalancerPrice is LoadBalancer without its doubts.
func (c *Catalog) LoadBalancerPrice(provider, region string) (usd float64, item string, err error) {
	p, err := c.LoadBalancer(provider, region)
	return p.USDPerHour, p.Item, err
}
