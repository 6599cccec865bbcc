package nodes

import (
	"cmp"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/held"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

const (
	// heldShare is what a node's price comes to, of what commitments to its family
	// cover, where the plan is to use them: little, so that the room on it is used, and
	// not nothing, so that fewer nodes are better still.
	heldShare = 0.1
	// heldPart is the share of a node's price that commitments have to cover for it
	// to be there for them.
	heldPart = 0.5
	// heldGap is the gap in percent above which one more packing looks for a better bound.
	heldGap = 2
	// heldPods is the number of pods above which it does not: each packing takes seconds.
	heldPods = 1000
)

// heldPlan is what commitments do to the plan.
type heldPlan struct {
	*held.Prices
	free  float64 // USD an hour that the bill is with the cheapest nodes at list prices
	used  float64 // with those of the families
	bound float64
}

// heldPrices is nil where there are no commitments.
func (n *nodePlanner) heldPrices() *heldPlan {
	var stays []cost.NodeCost
	for _, node := range n.nodes {
		if node.kept != "" {
			stays = append(stays, node.cost)
		}
	}
	place := func(o *packing.Offering) (at pricing.Place) {
		if pool := n.poolOf[kindOf(o)]; pool != nil {
			at.Provider, at.Region = pool.provider, pool.region
		}
		return at
	}
	if h := held.Of(n.pass.Held(), n.pass.Costs, n.in.Offerings, place, stays); h != nil {
		return &heldPlan{Prices: h}
	}
	return nil
}

// useHeld weighs the plan against plans that use what commitments cover, and takes the
// one with the least bill. Of today's nodes finish takes care.
func (n *nodePlanner) useHeld() error {
	if len(n.nodes) == 0 { // a cluster that does not exist yet is priced by the list
		return nil
	}
	h := n.heldPrices()
	if n.held = h; h == nil {
		return nil
	}
	best := n.plan
	h.free, h.bound = h.Bill(best.Nodes), h.BoundOf(best.LowerBound, 1)
	share := heldShare
	for round := 0; round < 2 && len(h.Families) > 0; round++ {
		plans, err := n.packAt(h, share)
		if err != nil || len(plans) == 0 {
			return err
		}
		for _, plan := range plans {
			if bill := h.Bill(plan.Nodes); h.used == 0 || bill < h.used {
				h.used = bill
			}
			if h.Bill(plan.Nodes) < h.Bill(best.Nodes)-1e-9 && n.affordable(plan) {
				best = plan
			}
		}
		// At the share where both kinds of nodes cost the same the bound is highest.
		even := n.plan.Hourly / plans[0].Hourly
		if h.Bill(best.Nodes) <= h.bound*(1+heldGap/100.0) || even >= 1 || len(n.in.Pods) > heldPods {
			break
		}
		share = even
	}
	if best.LowerBound = n.plan.LowerBound; best.LowerBound > 0 {
		best.GapPercent = 100 * (best.Hourly/best.LowerBound - 1)
	}
	n.plan = best
	return nil
}

// affordable reports whether a plan costs no more at list prices than today's nodes do
// where their pods fit.
func (n *nodePlanner) affordable(plan packing.Plan) bool {
	now, fits := n.today()
	return !fits || plan.Hourly <= now.Hourly
}

// packAt packs with the families' prices at a share, and packs anew, at list prices,
// what is then on nodes that the commitments do not cover.
func (n *nodePlanner) packAt(h *heldPlan, share float64) ([]packing.Plan, error) {
	in, list := n.in, map[string]float64{}
	in.Offerings = slices.Clone(in.Offerings)
	for i := range in.Offerings {
		o := &in.Offerings[i]
		list[kindOf(o)+o.Zone] = o.USDPerHour
		o.USDPerHour *= max(h.Rate(o, share), 1e-3)
	}
	plan, err := packing.Pack(n.pass.Context, in)
	if err != nil || len(plan.Abstained) > 0 {
		return nil, err
	}
	h.bound = max(h.bound, h.BoundOf(plan.LowerBound, share))
	plan.Hourly = 0
	for i := range plan.Nodes {
		o := &plan.Nodes[i].Offering
		o.USDPerHour = list[kindOf(o)+o.Zone]
		plan.Hourly += o.USDPerHour
	}
	plan.Monthly = plan.Hourly * pricing.HoursPerMonth
	out := []packing.Plan{plan}
	mixed, err := n.packRest(h, plan)
	if err == nil && mixed != nil {
		out = append(out, *mixed)
	}
	return out, err
}

// packRest keeps the nodes of a plan that commitments cover, the fullest first, and
// packs the pods of the others at list prices; nil where there are none, or where the
// two do not go together.
func (n *nodePlanner) packRest(h *heldPlan, plan packing.Plan) (*packing.Plan, error) {
	order := slices.Clone(plan.Nodes)
	full := func(node *packing.PlannedNode) float64 {
		return cost.Ratio(node.CPU, node.Offering.CPU) + cost.Ratio(node.Memory, node.Offering.Memory)
	}
	slices.SortStableFunc(order, func(a, b packing.PlannedNode) int { return cmp.Compare(full(&b), full(&a)) })
	narrow := slices.DeleteFunc(slices.Clone(h.Held), func(c pricing.HeldCommitment) bool { return c.Family == "" })
	usage, mixed, there := h.KeptUse(), packing.Plan{Kept: n.in.Kept}, map[string]bool{}
	for _, node := range order {
		with := maps.Clone(usage)
		h.Use(with, &node.Offering)
		if pricing.HeldCover(narrow, with)-pricing.HeldCover(narrow, usage) >= heldPart*node.Offering.USDPerHour {
			usage, mixed.Nodes = with, append(mixed.Nodes, node)
			for _, pod := range node.Pods {
				there[pod] = true
			}
		}
	}
	if len(mixed.Nodes) == 0 || len(mixed.Nodes) == len(order) {
		return nil, nil
	}
	in := n.in
	in.Pods = slices.DeleteFunc(slices.Clone(in.Pods), func(p packing.Pod) bool { return there[p.Name] })
	rest, err := packing.Pack(n.pass.Context, in)
	if err != nil || len(rest.Abstained) > 0 {
		return nil, err
	}
	mixed.Nodes = append(mixed.Nodes, rest.Nodes...)
	for i := range mixed.Nodes {
		mixed.Hourly += mixed.Nodes[i].Offering.USDPerHour
	}
	mixed.Monthly = mixed.Hourly * pricing.HoursPerMonth
	if packing.Check(mixed, n.in.Pods, n.in.DaemonSets) != nil {
		return nil, nil // pods of one spread on both sides
	}
	return &mixed, nil
}

// billOf is what a plan comes to: its list price, where there are commitments the bill.
func (n *nodePlanner) billOf(plan packing.Plan) float64 {
	if n.held == nil {
		return plan.Hourly
	}
	return n.held.Bill(plan.Nodes)
}

// tellHeld says what the commitments made of the plan, and of the one that was not
// taken.
func (n *nodePlanner) tellHeld(r *advice.Advice) {
	h := n.held
	if h == nil {
		return
	}
	now, _ := n.today()
	bill := &held.Bill{
		Commitments: h.Pays * pricing.HoursPerMonth, MonthlyNow: h.Bill(now.Nodes) * pricing.HoursPerMonth, Monthly: h.Bill(n.plan.Nodes) * pricing.HoursPerMonth,
		MonthlyFree: h.free * pricing.HoursPerMonth, MonthlyUsed: h.used * pricing.HoursPerMonth, Families: h.Families,
	}
	bill.LowerBound = min(h.bound*pricing.HoursPerMonth, bill.Monthly)
	if bill.LowerBound > 0 {
		bill.GapPercent = 100 * (bill.Monthly/bill.LowerBound - 1)
	}
	advice.As[Plan](r.Detail).Held = bill
	r.Show("bill with the commitments held", bill.Monthly, "usd")
	r.Show("lower bound of that bill", bill.LowerBound, "usd")
	if len(h.Families) > 0 {
		r.Warnings = append(r.Warnings, analyzer.Warning{Code: "held-commitments", Subject: nodesSubject, Message: bill.Why(n.same)})
	}
}
