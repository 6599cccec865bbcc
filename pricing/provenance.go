package pricing

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// Provenance says where prices come from, as a report lists it.
type Provenance struct {
	Provider string `json:"provider"`
	AsOf     string `json:"asOf"` // YYYY-MM-DD or coarser; empty when unknown
	Source   string `json:"source"`
	Of       string `json:"of,omitempty"` // one of the below; empty for machines
}

// What prices may be of, beside machines.
const (
	OfVolumes       = "volumes"
	OfLoadBalancers = "loadBalancers"
	OfControlPlane  = "controlPlane"
	OfCommitments   = "commitments"
	OfSpot          = "spot" // machines on spot, whose prices move within days
)

// OfWords says for people what prices are of; empty for machines.
func OfWords(of string) string {
	switch of {
	case OfLoadBalancers:
		return "load balancers"
	case OfControlPlane:
		return "the control plane"
	case OfSpot:
		return "spot machines"
	}
	return of
}

// Used lists each source behind some node prices once, sorted; nodes without a price add nothing.
func Used(prices []NodePrice) []Provenance {
	var out []Provenance
	for _, p := range prices {
		if p.Status != Missing {
			of := ""
			if p.Offering.CapacityType == Spot && p.Cause != UnknownCapacityType { // else its on-demand price stands in
				of = OfSpot
			}
			out = append(out, Provenance{Provider: p.Offering.Provider, AsOf: p.AsOf, Source: p.Source, Of: of})
		}
	}
	return distinct(out)
}

// SourcesOf lists each source behind the prices of some machines once, sorted.
func (c *Catalog) SourcesOf(machines ...Query) []Provenance {
	prices := make([]NodePrice, 0, len(machines))
	for _, q := range machines {
		p := c.Lookup(q)
		prices = append(prices, NodePrice{Offering: p.Offering, Source: p.Offering.Source, AsOf: p.Offering.AsOf, Status: p.Status, Cause: p.Cause})
	}
	return Used(prices)
}

// SourceOf is where a price of something beside machines is from.
func SourceOf(of, provider, source, asOf string) Provenance {
	source, _, _ = strings.Cut(source, " internal/") // the project is enough; its path is in the price table
	return Provenance{Provider: cmp.Or(provider, "default"), AsOf: asOf, Source: source, Of: of}
}

// Sources lists each source in the catalog's tables once, sorted. It reads all
// of them; the error names one that can't be read.
func (c *Catalog) Sources() ([]Provenance, error) {
	seen := map[Provenance]bool{}
	for _, provider := range c.Providers() {
		t := c.table(provider)
		for _, region := range t.names {
			for _, r := range t.region(region).rows {
				for s := range slotCount {
					if r.usd[s] > 0 {
						seen[Provenance{Provider: provider, AsOf: r.from.asOf[s], Source: r.from.source[s], Of: s.of()}] = true
					}
				}
			}
		}
		commitments, err := c.Commitments(provider)
		if err != nil {
			return nil, err
		}
		for _, d := range commitments {
			seen[Provenance{Provider: provider, AsOf: d.AsOf, Source: d.Source, Of: OfCommitments}] = true
		}
		managed, err := c.ManagedPrices(provider)
		if err != nil {
			return nil, err
		}
		for _, m := range managed {
			if of := categories[m.Category]; of != "" {
				seen[Provenance{Provider: provider, AsOf: m.AsOf, Source: m.Source, Of: of}] = true
			}
		}
	}
	return distinct(slices.Collect(maps.Keys(seen))), nil
}

// categories says what the table of managed prices holds under a category.
var categories = map[string]string{"block_storage": OfVolumes, "load_balancer": OfLoadBalancers, "control_plane": OfControlPlane}

func distinct(list []Provenance) []Provenance {
	slices.SortFunc(list, func(a, b Provenance) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Source, b.Source), cmp.Compare(a.AsOf, b.AsOf), cmp.Compare(a.Of, b.Of))
	})
	return slices.Compact(list)
}

// CommitmentSources lists the sources behind the discounts on the families of
// a region, of all terms and payments and the provider's own for what runs
// long, once each, sorted. The error names a table that can't be read.
func (c *Catalog) CommitmentSources(provider, region string, families ...string) ([]Provenance, error) {
	var out []Provenance
	for _, family := range families {
		offers, err := c.familyOffers(provider, region, family)
		if err != nil {
			return nil, err
		}
		for _, o := range offers {
			out = append(out, Provenance{Provider: cloud.Canonical(provider), AsOf: o.AsOf, Source: o.Source, Of: OfCommitments})
		}
	}
	return distinct(out), nil
}

// HeldSources lists where what is known of commitments that exist comes from:
// the user's files, and for those in vCPUs and GiB the prices of their families.
func (c *Catalog) HeldSources(provider, region string, held []HeldCommitment) []Provenance {
	var out []Provenance
	for _, h := range held {
		if h.Source != "" {
			out = append(out, Provenance{Provider: cloud.Canonical(provider), Source: h.Source, Of: OfCommitments})
		}
		if h.Units > 0 {
			if _, o := c.unitPrice(provider, region, CommitmentScope{h.Family, h.Resource}); o.Source != "" {
				out = append(out, Provenance{Provider: o.Provider, AsOf: o.AsOf, Source: o.Source})
			}
		}
	}
	return distinct(out)
}

// Unused warns of the user's price files none of whose prices is among those
// used: a misspelt type or region matches nothing. Whole price tables and prices of
// services are not looked at.
func (c *Catalog) Unused(used []Provenance) []string {
	var out []string
	seen := map[string]bool{}
	for i := range c.entries {
		source := c.entries[i].source
		if seen[source] {
			continue
		}
		seen[source] = true
		if !slices.ContainsFunc(used, func(p Provenance) bool { return (p.Of == "" || p.Of == OfSpot) && strings.Contains(p.Source, source) }) {
			out = append(out, fmt.Sprintf("no node, running or planned, has a price from %s: check its providers, regions, instance types and selectors", source))
		}
	}
	return out
}
