package ledger

import (
	"math"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
)

// Ledger is what the bill becomes, lever by lever, in USD a month at list prices.
// It is empty where nothing has a price.
type Ledger struct {
	Bill  float64
	Steps []Step
	// Plan is the plan of the nodes, and At its index in the advice; nil without.
	Plan *nodes.Plan
	At   int
	// ByPod is what right-sizing and rescaling take off the bill themselves: of pods that
	// a provider bills one by one. It is in no plan of the nodes.
	ByPod float64
	// Held is what the commitments that exist do; nil where there are none.
	Held *Held
}

// Step is what one lever does to the bill that those before it left.
type Step struct {
	Lever advice.Lever
	// Saved leaves the bill. Freed is what right-sizing and rescaling free on machines: it
	// leaves the bill by a plan of the nodes, not by itself.
	Saved, Freed float64
	// Held is what the commitments that exist do to the bill after the step; nil
	// where there are none.
	Held *HeldBill
}

// Of is the ledger of a cluster's costs and of what was advised. Right-sizing is
// always listed; other levers where they reported anything.
func Of(c *cost.Costs, all []advice.Advice) *Ledger {
	l := &Ledger{}
	if c == nil || !(c.Bill > 0) {
		return l
	}
	l.Bill = c.Bill
	for i := range all {
		if plan := advice.As[nodes.Plan](all[i].Detail); plan != nil {
			l.Plan, l.At = plan, i
			break
		}
	}
	l.Held = heldOf(c, all, l.Plan)
	saved, ran := savedBy(all)
	for _, lever := range advice.Levers() {
		step := Step{Lever: lever}
		switch {
		case lever == advice.LeverWaste: // leaves the bill by what the other levers do
			continue
		case lever == advice.LeverNodes && l.Plan != nil:
			step.Saved = c.Bill - Monthly(c, l.Plan)
		case lever == advice.LeverNodes || lever != advice.LeverRightsize && !ran[lever]:
			continue
		case lever == advice.LeverPurchase:
			step.Saved = saved[lever] * l.left(all)
		default:
			step.Saved = byPod(c, all, lever)
			step.Freed = saved[lever] - step.Saved
			l.ByPod += step.Saved
		}
		step.Held = l.held(lever)
		l.Steps = append(l.Steps, step)
	}
	return l
}

// savedBy adds up what each lever's advice is worth, and says which reported
// any. A plan's worth follows from the bill.
func savedBy(all []advice.Advice) (saved map[advice.Lever]float64, ran map[advice.Lever]bool) {
	saved, ran = map[advice.Lever]float64{}, map[advice.Lever]bool{}
	for i := range all {
		r := &all[i]
		ran[r.Lever] = true
		if v := r.MonthlySavings; !math.IsNaN(v) && !math.IsInf(v, 0) && advice.As[nodes.Plan](r.Detail) == nil {
			saved[r.Lever] += v
		}
	}
	return saved, ran
}

// byPod adds up what a lever saves on workloads whose pods are billed one by one.
func byPod(c *cost.Costs, all []advice.Advice, lever advice.Lever) (usd float64) {
	for i := range all {
		r := &all[i]
		if v := r.MonthlySavings; r.Lever == lever && c.Workloads[r.Workload].ByPod && !math.IsNaN(v) && !math.IsInf(v, 0) {
			usd += v
		}
	}
	return usd
}

// Monthly is the bill of a plan: the mean over the window's hours where today's is, else
// that of its nodes in all hours.
func Monthly(c *cost.Costs, p *nodes.Plan) (usd float64) {
	if c.Mean != nil && p.Hours != nil {
		return p.Hours.Monthly
	}
	for _, pool := range p.Pools {
		usd += float64(pool.Count) * pool.Hourly * pricing.HoursPerMonth
	}
	return usd
}

// left is the share of what purchases save that is left with the plan. Where
// their demand follows the plan, that is all of it: the rules reckon on the
// plan's nodes already. Commitments on a demand of its own, of which the plan
// leaves less, save in proportion.
func (l *Ledger) left(all []advice.Advice) float64 {
	if l.Plan == nil {
		return 1
	}
	demand, left := 0.0, 0.0
	for i := range all {
		if p := advice.As[purchase.Advice](all[i].Detail); p != nil && p.Demand.Hours > 0 && !p.Demand.Planned {
			demand = p.Demand.Mean + p.Demand.Held + p.Demand.Spot
		}
	}
	for _, p := range l.Plan.Pools {
		if p.CapacityType == string(pricing.OnDemand) {
			left += float64(p.Count) * p.Hourly
		}
	}
	if demand <= left {
		return 1
	}
	return left / demand
}

// held is what commitments do once a lever is through: what they cover follows
// the nodes, which the plan alone changes.
func (l *Ledger) held(after advice.Lever) *HeldBill {
	switch {
	case l.Held == nil:
		return nil
	case l.Held.Planned != nil && (after == advice.LeverNodes || after == advice.LeverPurchase):
		return l.Held.Planned
	}
	return &l.Held.Today
}
