// Package held prices nodes where commitments are held, which are paid with any nodes.
package held

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// Bill is what the commitments that exist make of the plan. The nodes' bill is
// their list price, less what commitments cover of it, and what the commitments cost,
// which is paid with any nodes. Money is in USD a month.
type Bill struct {
	Commitments float64 // what they cost, used or not
	MonthlyNow  float64 // the bill with today's nodes
	Monthly     float64 // with the plan's
	MonthlyFree float64 // with the nodes that are cheapest at list prices
	MonthlyUsed float64 // with those of the committed families that were found; 0 where none were looked for
	// LowerBound is proven: no nodes make the bill less, with the kept nodes kept and
	// the pods held apart. GapPercent is how far Monthly lies above it.
	LowerBound float64
	GapPercent float64
	// Families are those that commitments are tied to, by name.
	Families []string
}

// Prices is what commitments do to the prices of nodes.
type Prices struct {
	Held     []pricing.HeldCommitment // that some node could use
	Pays     float64                  // USD an hour, of all
	Families []string                 // that commitments are tied to, by name

	catalog *pricing.Catalog
	at      pricing.Place // where they count
	place   func(*packing.Offering) pricing.Place
	stays   []cost.NodeCost
	parts   map[string][]pricing.CommitmentPart
	keptUse map[pricing.CommitmentScope]float64
	kept    float64 // USD an hour of kept nodes
}

// Of gives the prices with commitments on offerings, of which place says where they are,
// and on nodes that stay; nil where there are no commitments.
func Of(all []pricing.HeldCommitment, costs *cost.Costs, offerings []packing.Offering, place func(*packing.Offering) pricing.Place, stays []cost.NodeCost) *Prices {
	if len(all) == 0 {
		return nil
	}
	h := &Prices{catalog: costs.Catalog, place: place, stays: stays, parts: map[string][]pricing.CommitmentPart{}, keptUse: map[pricing.CommitmentScope]float64{}}
	if places := costs.OnDemand(); len(places) > 0 {
		h.at = places[0]
	}
	seen := h.usable(offerings)
	for _, c := range all {
		h.Pays += c.Pays
		if c.Family == "" || seen[c.Family] {
			h.Held = append(h.Held, c)
		}
		if c.Family != "" && seen[c.Family] && c.Covers > 0 && !slices.Contains(h.Families, c.Family) {
			h.Families = append(h.Families, c.Family)
		}
	}
	slices.Sort(h.Families)
	return h
}

// usable lists the families that nodes may be of, and takes down what those that stay
// use.
func (h *Prices) usable(offerings []packing.Offering) map[string]bool {
	seen := map[string]bool{}
	for i := range offerings {
		for _, part := range h.partsOf(&offerings[i]) {
			seen[part.Family] = true
		}
	}
	for i := range h.stays {
		node := &h.stays[i]
		h.kept += node.Hourly
		if h.counts(node) {
			for _, part := range h.partsOfType(node.InstanceType) {
				seen[part.Family] = true
				h.keptUse[part.CommitmentScope] += (node.Hourly - node.Fee) * part.USD
			}
		}
	}
	return seen
}

// counts reports whether commitments may cover a node of today.
func (h *Prices) counts(node *cost.NodeCost) bool {
	o := &node.Offering
	return node.CapacityType == string(pricing.OnDemand) && o.Provider == h.at.Provider && o.Region == h.at.Region
}

// partsOf are the shares of an offering's price that commitments can cover; none of
// what is not bought on demand where they count.
func (h *Prices) partsOf(o *packing.Offering) []pricing.CommitmentPart {
	if at := h.place(o); o.CapacityType != string(pricing.OnDemand) || at != h.at {
		return nil
	}
	parts := h.partsOfType(o.Type)
	if o.Fee > 0 {
		parts = slices.Clone(parts)
		for i := range parts {
			parts[i].USD *= 1 - o.Fee/o.USDPerHour
		}
	}
	return parts
}

func (h *Prices) partsOfType(name string) []pricing.CommitmentPart {
	if _, ok := h.parts[name]; !ok {
		o := h.catalog.Lookup(pricing.Query{Provider: h.at.Provider, Region: h.at.Region, InstanceType: name}).Offering
		o.Provider, o.InstanceType = h.at.Provider, name
		h.parts[name] = h.catalog.CommitmentParts(o, 1)
	}
	return h.parts[name]
}

// tied reports whether commitments are tied to what a part is of.
func (h *Prices) tied(part pricing.CommitmentPart) bool {
	return slices.ContainsFunc(h.Held, func(c pricing.HeldCommitment) bool {
		return c.Family == part.Family && c.Covers > 0 && (c.Resource == "" || c.Resource == part.Resource)
	})
}

// Rate is the price of an offering where what commitments are tied to counts a share of it,
// as a part of its list price.
func (h *Prices) Rate(o *packing.Offering, share float64) float64 { return h.rate(h.partsOf(o), share) }

// rate is a price with what commitments are tied to at a share of it.
func (h *Prices) rate(parts []pricing.CommitmentPart, share float64) float64 {
	rate := 1.0
	for _, part := range parts {
		if h.tied(part) {
			rate -= (1 - share) * part.USD
		}
	}
	return rate
}

// Bill is what nodes come to beside those that stay, in USD an hour.
func (h *Prices) Bill(nodes []packing.PlannedNode) float64 {
	sum, usage := h.kept+h.Pays, maps.Clone(h.keptUse)
	for i := range nodes {
		sum += nodes[i].Offering.USDPerHour
		h.Use(usage, &nodes[i].Offering)
	}
	return sum - pricing.HeldCover(h.Held, usage)
}

// Use adds to usage what commitments may cover of an offering, in USD an hour.
func (h *Prices) Use(usage map[pricing.CommitmentScope]float64, o *packing.Offering) {
	for _, part := range h.partsOf(o) {
		usage[part.CommitmentScope] += o.USDPerHour * part.USD
	}
}

// BoundOf makes a bound of the bill out of one on nodes with the prices of the families
// at a share. Of usage U and commitments H at least U - H is left, and no less than
// nothing: so at least share*(U - H), for each share from 0 to 1.
func (h *Prices) BoundOf(low, share float64) float64 {
	sum := low + h.Pays
	for i := range h.stays {
		node := &h.stays[i]
		rate := 1.0
		if h.counts(node) {
			rate = h.rate(h.partsOfType(node.InstanceType), share)
		}
		sum += node.Fee + (node.Hourly-node.Fee)*rate
	}
	for _, c := range h.Held {
		if c.Family == "" {
			sum -= c.Covers
		} else {
			sum -= share * c.Covers
		}
	}
	return max(sum, h.Pays)
}

// KeptUse is what the nodes that stay use of commitments, in USD an hour.
func (h *Prices) KeptUse() map[pricing.CommitmentScope]float64 { return maps.Clone(h.keptUse) }

// Why says in one line which nodes were taken, with the bill of the others.
func (b *Bill) Why(same bool) string {
	families := strings.Join(b.Families, ", ")
	paid := fmt.Sprintf("the commitments held cost %.2f USD a month with any nodes", b.Commitments)
	proof := fmt.Sprintf("no nodes make it less than %.2f", b.LowerBound)
	switch {
	case same:
		return fmt.Sprintf("%s: with them the bill of today's nodes is %.2f, that of the nodes cheapest at list prices %.2f; %s", paid, b.Monthly, b.MonthlyFree, proof)
	case b.Monthly < b.MonthlyFree-0.005:
		return fmt.Sprintf("%s, and the plan uses those to %s: with them its bill is %.2f, that of the nodes cheapest at list prices %.2f; %s", paid, families, b.Monthly, b.MonthlyFree, proof)
	case b.MonthlyUsed > b.Monthly+0.005:
		return fmt.Sprintf("%s, and the plan does not pack for those to %s: with them its bill is %.2f, that of the best nodes found that use them %.2f; %s", paid, families, b.Monthly, b.MonthlyUsed, proof)
	}
	return fmt.Sprintf("%s: with them the plan's bill is %.2f; %s", paid, b.Monthly, proof)
}
