package nodes

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
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

// Held is what the commitments that exist make of the plan. The nodes' bill is
// their list price, less what commitments cover of it, and what the commitments cost,
// which is paid with any nodes. Money is in USD a month.
type Held struct {
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

// heldPrices is what commitments do to the prices of nodes.
type heldPrices struct {
	n        *nodePlanner
	held     []pricing.HeldCommitment // that some node could use
	pays     float64                  // USD an hour, of all
	at       cost.Place               // where they count
	parts    map[string][]pricing.CommitmentPart
	keptUse  map[pricing.CommitmentScope]float64
	kept     float64 // USD an hour of kept nodes
	families []string
	free     float64 // USD an hour that the bill is with the cheapest nodes at list prices
	used     float64 // with those of the families
	bound    float64
}

// heldPrices is nil where there are no commitments.
func (n *nodePlanner) heldPrices() *heldPrices {
	h := &heldPrices{n: n, parts: map[string][]pricing.CommitmentPart{}, keptUse: map[pricing.CommitmentScope]float64{}}
	all := n.pass.Held()
	if len(all) == 0 {
		return nil
	}
	if places := n.pass.Costs.OnDemand(); len(places) > 0 {
		h.at = places[0]
	}
	seen := h.usable()
	for _, c := range all {
		h.pays += c.Pays
		if c.Family == "" || seen[c.Family] {
			h.held = append(h.held, c)
		}
		if c.Family != "" && seen[c.Family] && c.Covers > 0 && !slices.Contains(h.families, c.Family) {
			h.families = append(h.families, c.Family)
		}
	}
	slices.Sort(h.families)
	return h
}

// usable lists the families that nodes may be of, and takes down what the kept ones
// use.
func (h *heldPrices) usable() map[string]bool {
	seen := map[string]bool{}
	for i := range h.n.in.Offerings {
		for _, part := range h.partsOf(&h.n.in.Offerings[i]) {
			seen[part.Family] = true
		}
	}
	for _, node := range h.n.nodes {
		if node.kept == "" {
			continue
		}
		h.kept += node.cost.Hourly
		if h.counts(node) {
			for _, part := range h.partsOfType(node.cost.InstanceType) {
				seen[part.Family] = true
				h.keptUse[part.CommitmentScope] += (node.cost.Hourly - node.cost.Fee) * part.USD
			}
		}
	}
	return seen
}

// counts reports whether commitments may cover a node of today.
func (h *heldPrices) counts(node *plannedFrom) bool {
	o := &node.cost.Offering
	return node.cost.CapacityType == string(pricing.OnDemand) && o.Provider == h.at.Provider && o.Region == h.at.Region
}

// partsOf are the shares of an offering's price that commitments can cover; none of
// what is not bought on demand where they count.
func (h *heldPrices) partsOf(o *packing.Offering) []pricing.CommitmentPart {
	pool := h.n.poolOf[kindOf(o)]
	if o.CapacityType != string(pricing.OnDemand) || pool == nil || pool.provider != h.at.Provider || pool.region != h.at.Region {
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

func (h *heldPrices) partsOfType(name string) []pricing.CommitmentPart {
	if _, ok := h.parts[name]; !ok {
		o := h.n.pass.Costs.Catalog.Lookup(pricing.Query{Provider: h.at.Provider, Region: h.at.Region, InstanceType: name}).Offering
		o.Provider, o.InstanceType = h.at.Provider, name
		h.parts[name] = h.n.pass.Costs.Catalog.CommitmentParts(o, 1)
	}
	return h.parts[name]
}

// tied reports whether commitments are tied to what a part is of.
func (h *heldPrices) tied(part pricing.CommitmentPart) bool {
	return slices.ContainsFunc(h.held, func(c pricing.HeldCommitment) bool {
		return c.Family == part.Family && c.Covers > 0 && (c.Resource == "" || c.Resource == part.Resource)
	})
}

// rate is a price with what commitments are tied to at a share of it.
func (h *heldPrices) rate(parts []pricing.CommitmentPart, share float64) float64 {
	rate := 1.0
	for _, part := range parts {
		if h.tied(part) {
			rate -= (1 - share) * part.USD
		}
	}
	return rate
}

// bill is what nodes come to beside the kept ones, in USD an hour.
func (h *heldPrices) bill(nodes []packing.PlannedNode) float64 {
	sum, usage := h.kept+h.pays, maps.Clone(h.keptUse)
	for i := range nodes {
		sum += nodes[i].Offering.USDPerHour
		h.use(usage, &nodes[i].Offering)
	}
	return sum - pricing.HeldCover(h.held, usage)
}

func (h *heldPrices) use(usage map[pricing.CommitmentScope]float64, o *packing.Offering) {
	for _, part := range h.partsOf(o) {
		usage[part.CommitmentScope] += o.USDPerHour * part.USD
	}
}

// boundOf makes a bound of the bill out of one on nodes with the prices of the families
// at a share. Of usage U and commitments H at least U - H is left, and no less than
// nothing: so at least share*(U - H), for each share from 0 to 1.
func (h *heldPrices) boundOf(low, share float64) float64 {
	sum := low + h.pays
	for _, node := range h.n.nodes {
		if node.kept != "" {
			rate := 1.0
			if h.counts(node) {
				rate = h.rate(h.partsOfType(node.cost.InstanceType), share)
			}
			sum += node.cost.Fee + (node.cost.Hourly-node.cost.Fee)*rate
		}
	}
	for _, c := range h.held {
		if c.Family == "" {
			sum -= c.Covers
		} else {
			sum -= share * c.Covers
		}
	}
	return max(sum, h.pays)
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
	h.free, h.bound = h.bill(best.Nodes), h.boundOf(best.LowerBound, 1)
	share := heldShare
	for round := 0; round < 2 && len(h.families) > 0; round++ {
		plans, err := n.packAt(h, share)
		if err != nil || len(plans) == 0 {
			return err
		}
		for _, plan := range plans {
			if bill := h.bill(plan.Nodes); h.used == 0 || bill < h.used {
				h.used = bill
			}
			if h.bill(plan.Nodes) < h.bill(best.Nodes)-1e-9 && n.affordable(plan) {
				best = plan
			}
		}
		// At the share where both kinds of nodes cost the same the bound is highest.
		even := n.plan.Hourly / plans[0].Hourly
		if h.bill(best.Nodes) <= h.bound*(1+heldGap/100.0) || even >= 1 || len(n.in.Pods) > heldPods {
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
func (n *nodePlanner) packAt(h *heldPrices, share float64) ([]packing.Plan, error) {
	in, list := n.in, map[string]float64{}
	in.Offerings = slices.Clone(in.Offerings)
	for i := range in.Offerings {
		o := &in.Offerings[i]
		list[kindOf(o)+o.Zone] = o.USDPerHour
		o.USDPerHour *= max(h.rate(h.partsOf(o), share), 1e-3)
	}
	plan, err := packing.Pack(n.pass.Context, in)
	if err != nil || len(plan.Abstained) > 0 {
		return nil, err
	}
	h.bound = max(h.bound, h.boundOf(plan.LowerBound, share))
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
func (n *nodePlanner) packRest(h *heldPrices, plan packing.Plan) (*packing.Plan, error) {
	order := slices.Clone(plan.Nodes)
	full := func(node *packing.PlannedNode) float64 {
		return cost.Ratio(node.CPU, node.Offering.CPU) + cost.Ratio(node.Memory, node.Offering.Memory)
	}
	slices.SortStableFunc(order, func(a, b packing.PlannedNode) int { return cmp.Compare(full(&b), full(&a)) })
	narrow := slices.DeleteFunc(slices.Clone(h.held), func(c pricing.HeldCommitment) bool { return c.Family == "" })
	usage, mixed, there := maps.Clone(h.keptUse), packing.Plan{Kept: n.in.Kept}, map[string]bool{}
	for _, node := range order {
		with := maps.Clone(usage)
		h.use(with, &node.Offering)
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
	return n.held.bill(plan.Nodes)
}

// tellHeld says what the commitments made of the plan, and of the one that was not
// taken.
func (n *nodePlanner) tellHeld(r *advice.Advice) {
	h := n.held
	if h == nil {
		return
	}
	now, _ := n.today()
	held := &Held{
		Commitments: h.pays * pricing.HoursPerMonth, MonthlyNow: h.bill(now.Nodes) * pricing.HoursPerMonth, Monthly: h.bill(n.plan.Nodes) * pricing.HoursPerMonth,
		MonthlyFree: h.free * pricing.HoursPerMonth, MonthlyUsed: h.used * pricing.HoursPerMonth, Families: h.families,
	}
	held.LowerBound = min(h.bound*pricing.HoursPerMonth, held.Monthly)
	if held.LowerBound > 0 {
		held.GapPercent = 100 * (held.Monthly/held.LowerBound - 1)
	}
	advice.As[Plan](r.Detail).Held = held
	r.Show("bill with the commitments held", held.Monthly, "usd")
	r.Show("lower bound of that bill", held.LowerBound, "usd")
	if len(h.families) > 0 {
		r.Warnings = append(r.Warnings, analyzer.Warning{Code: "held-commitments", Subject: nodesSubject, Message: held.why(n.same)})
	}
}

// why says in one line which nodes were taken, with the bill of the others.
func (held *Held) why(same bool) string {
	families := strings.Join(held.Families, ", ")
	paid := fmt.Sprintf("the commitments held cost %.2f USD a month with any nodes", held.Commitments)
	proof := fmt.Sprintf("no nodes make it less than %.2f", held.LowerBound)
	switch {
	case same:
		return fmt.Sprintf("%s: with them the bill of today's nodes is %.2f, that of the nodes cheapest at list prices %.2f; %s", paid, held.Monthly, held.MonthlyFree, proof)
	case held.Monthly < held.MonthlyFree-0.005:
		return fmt.Sprintf("%s, and the plan uses those to %s: with them its bill is %.2f, that of the nodes cheapest at list prices %.2f; %s", paid, families, held.Monthly, held.MonthlyFree, proof)
	case held.MonthlyUsed > held.Monthly+0.005:
		return fmt.Sprintf("%s, and the plan does not pack for those to %s: with them its bill is %.2f, that of the best nodes found that use them %.2f; %s", paid, families, held.Monthly, held.MonthlyUsed, proof)
	}
	return fmt.Sprintf("%s: with them the plan's bill is %.2f; %s", paid, held.Monthly, proof)
}
