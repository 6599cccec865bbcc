package ledger

import (
	"cmp"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
)

// Held is what the commitments that exist do to the bill.
type Held struct {
	Today HeldBill
	// Planned is with the nodes of the plan; nil without one.
	Planned *HeldBill
}

// heldOf works it out for the advice that knows of commitments; nil where none
// does.
func heldOf(c *cost.Costs, all []advice.Advice, plan *nodes.Plan) *Held {
	for i := range all {
		a := advice.As[purchase.Advice](all[i].Detail)
		if a == nil || len(a.Held) == 0 {
			continue
		}
		out := &Held{Today: today(c, a).bill()}
		if plan != nil {
			then := planned(c, a, plan).bill()
			out.Planned = &then
		}
		return out
	}
	return nil
}

// heldUsage is what nodes use on demand and which commitments exist for it.
type heldUsage struct {
	held  []pricing.HeldCommitment
	usage map[pricing.CommitmentScope]float64 // USD an hour at list prices
}

// HeldBill is what the commitments that exist do to a bill at list prices, in
// USD a month.
type HeldBill struct {
	Pays    float64 // what they cost, used or not
	Covered float64 // usage that they pay for: it leaves the bill
	Unused  float64 // usage that they could pay for besides, and there is none
}

// today is the usage of the nodes that the bill is of. Those that do not say their provider
// are the advice's.
func today(c *cost.Costs, a *purchase.Advice) heldUsage {
	h := heldUsage{a.Held, map[pricing.CommitmentScope]float64{}}
	for _, n := range c.Paid() {
		if n.CapacityType == string(pricing.OnDemand) && !n.Windows {
			o := n.Offering
			o.Provider, o.InstanceType = cmp.Or(o.Provider, a.Provider), n.InstanceType
			h.add(c, o, n.Count*(n.Hourly-n.Fee))
		}
	}
	return h
}

// planned is the usage of the nodes of a plan.
func planned(c *cost.Costs, a *purchase.Advice, plan *nodes.Plan) heldUsage {
	h := heldUsage{a.Held, map[pricing.CommitmentScope]float64{}}
	for _, p := range plan.Pools {
		if p.CapacityType != string(pricing.OnDemand) {
			continue
		}
		o := pricing.Offering{}
		if c.Catalog != nil {
			o = c.Catalog.Lookup(pricing.Query{Provider: a.Provider, Region: a.Region, InstanceType: p.InstanceType}).Offering
		}
		o.Provider, o.InstanceType = a.Provider, p.InstanceType
		h.add(c, o, float64(p.Count)*(p.Hourly-p.Fee))
	}
	return h
}

func (h *heldUsage) add(c *cost.Costs, o pricing.Offering, usd float64) {
	for _, part := range c.Catalog.CommitmentParts(o, usd) {
		h.usage[part.CommitmentScope] += part.USD
	}
}

// bill is what the commitments do to it.
func (h heldUsage) bill() HeldBill {
	var pays, covers float64
	for _, c := range h.held {
		pays, covers = pays+c.Pays, covers+c.Covers
	}
	covered := pricing.HeldCover(h.held, h.usage)
	return HeldBill{Pays: pays * pricing.HoursPerMonth, Covered: covered * pricing.HoursPerMonth, Unused: max(0, covers-covered) * pricing.HoursPerMonth}
}
