package spot

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/demand"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/hourly"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// spotMove is a workload that could move.
type spotMove struct {
	ref  analyzer.Ref
	w    *analyzer.WorkloadFacts
	spot *Readiness
	told *advice.Advice // what is reported of it
	// onDemand is the share of its pods that is on demand now, share the part
	// of all its pods that moves.
	onDemand, share float64
	usd             float64       // an hour, of what moves, on demand
	lasts           float64       // the share of the hours that what moves is paid for
	scopes          onDemandUsage // the same
}

func (m *spotMove) discount() float64 { return 1 - m.spot.Price.Effective }

// onDemandUsage is USD an hour on demand, by what commitments tell apart.
type onDemandUsage map[pricing.CommitmentScope]float64

// add adds what machines of an offering cost.
func (u onDemandUsage) add(c *pricing.Catalog, o pricing.Offering, usd float64) {
	for _, part := range c.CommitmentParts(o, usd) {
		u[part.CommitmentScope] += part.USD
	}
}

func (u onDemandUsage) total() (sum float64) {
	for _, scope := range slices.SortedFunc(maps.Keys(u), demand.CompareScopes) {
		sum += u[scope]
	}
	return sum
}

// spotBill tells what moving does to the bill.
type spotBill interface {
	// now is what the nodes on demand cost.
	now() onDemandUsage
	// worth estimates each move's usd and scopes.
	worth(moves []spotMove)
	// node is what the least of the nodes costs that the moves may need one more of, in USD an
	// hour on demand: theirs and those of what stays are full to their last nodes, which are two.
	node(moves []spotMove) float64
}

// moveToSpot chooses what moves and gives what that saves: what leaves the bill
// of the nodes on demand, less what is paid for by commitments anyhow, less the
// spot nodes that come in their place and one more of them.
func moveToSpot(p *advice.Pass, moves []spotMove) {
	if len(moves) == 0 {
		return
	}
	var bill spotBill = &todaysBill{p}
	if plan := nodes.Of(p); plan != nil && len(plan.Plan.Nodes) > 0 {
		bill = &plannedBill{demand.Follow(p, plan), p, plan}
	}
	bill.worth(moves)
	before := bill.now()
	chosen := unpaid(p, moves, before.total()-paidFor(p, before))
	t := together(chosen, before, bill.node(chosen), func(usage onDemandUsage) float64 { return paidFor(p, usage) })
	if t.worth <= 0 {
		return
	}
	for i := range chosen {
		m := &chosen[i]
		r := m.told
		if t.saved <= 0 || t.gain <= 0 {
			r.Title = "ready for spot, but what could move saves less than the one node more that it may take"
			continue
		}
		if m.usd <= 0 {
			r.Title = "ready for spot, but its pods are on nodes that stay as they are, or too few to move one"
			continue
		}
		monthly := pricing.HoursPerMonth * m.lasts
		savings := t.saved * m.usd * m.discount() / t.gain * monthly
		if p.Options.Pennies(savings, p.Costs.MonthlyOf(m.ref)) {
			r.Title = "ready for spot, but the move saves less than asked for (--min-savings)"
			continue
		}
		m.spot.Advised, m.spot.Moves = true, min(m.share/m.onDemand, 1)
		p.Cluster.SetOnSpot(m.ref, m.spot.Moves)
		m.spot.MonthlyOnDemand = m.usd * monthly
		r.MonthlySavings = savings
	}
}

// sums are what moves come to together, in USD an hour: on demand, on spot, what lies
// between, and what is saved.
type sums struct{ worth, price, gain, saved float64 }

// together adds up moves, all of which gain. Nodes are whole and the moves are not, so that
// one node more is taken off. By packings with the moves and without, each of which is off
// by a node, a thousandth of usage decided on all of them (docs/method/spot.md).
// node is what that one costs on demand, paid what commitments pay of usage.
func together(moves []spotMove, before onDemandUsage, node float64, paid func(onDemandUsage) float64) (t sums) {
	after := maps.Clone(before)
	for i := range moves {
		m := &moves[i]
		for scope, usd := range m.scopes { // no more goes than there is
			m.scopes[scope] = min(usd, after[scope])
			after[scope] -= m.scopes[scope]
		}
		m.usd = m.scopes.total()
		t.worth, t.price, t.gain = t.worth+m.usd, t.price+m.usd*m.spot.Price.Effective, t.gain+m.usd*m.discount()
	}
	if t.worth > 0 {
		t.saved = t.gain - (paid(before) - paid(after)) - node*t.price/t.worth
	}
	return t
}

// unpaid chooses the moves with the largest discounts whose usage no commitment
// pays for: room is the USD an hour above what commitments cover.
func unpaid(p *advice.Pass, moves []spotMove, room float64) (chosen []spotMove) {
	if len(p.Held()) == 0 {
		return moves
	}
	byDiscount := slices.Clone(moves)
	slices.SortStableFunc(byDiscount, func(a, b spotMove) int { return cmp.Compare(b.discount(), a.discount()) })
	for _, m := range byDiscount {
		if m.usd > room {
			m.told.Title = "ready for spot, but commitments that are held pay for what it runs on"
			continue
		}
		room -= m.usd
		chosen = append(chosen, m)
	}
	return chosen
}

// paidFor is what held commitments cover of usage, in USD an hour.
func paidFor(p *advice.Pass, usage onDemandUsage) float64 {
	return pricing.HeldCover(p.Held(), usage)
}

// todaysBill stands where there is no plan of the nodes: what moves is worth
// its share of the bill that the levers before leave.
type todaysBill struct{ pass *advice.Pass }

func (t *todaysBill) now() onDemandUsage {
	out := onDemandUsage{}
	for _, n := range t.pass.Costs.Nodes {
		if n.CapacityType == string(pricing.OnDemand) {
			out.add(t.pass.Costs.Catalog, n.Offering, n.Hourly-n.Fee)
		}
	}
	return out
}

// node is nothing: what today's nodes have room for is not known to be full.
func (t *todaysBill) node([]spotMove) float64 { return 0 }

func (t *todaysBill) worth(moves []spotMove) {
	nodes := map[string]pricing.Offering{}
	for _, n := range t.pass.Costs.Nodes {
		if n.CapacityType == string(pricing.OnDemand) {
			nodes[n.Name] = n.Offering
		}
	}
	for i := range moves {
		m := &moves[i]
		m.usd, m.scopes = t.left(m.w)*m.share/pricing.HoursPerMonth, onDemandUsage{}
		m.lasts = lasting(t.pass, m.w, t.pass.Costs.Workloads[m.ref].Pods, false)
		n := 0.0
		for _, pod := range m.w.Pods {
			if o, ok := nodes[pod.Node]; ok && !pod.Ended() {
				m.scopes.add(t.pass.Costs.Catalog, o, 1)
				n++
			}
		}
		if n == 0 { // a job between two runs takes no node along now
			m.usd = 0
		}
		for scope := range m.scopes {
			m.scopes[scope] *= m.usd / n
		}
	}
}

// left is what the levers before leave of a workload's cost, in USD a month.
func (t *todaysBill) left(w *analyzer.WorkloadFacts) float64 {
	return rightsize.Left(t.pass, w) * t.pass.Cluster.Rescaled(w.Ref)
}

// lasting is the share of the hours that so many pods are paid for: all of them where
// nodes are there whether or not the pods are. What runs in batches takes its node along
// only while it runs, as everything does where nodes follow their pods.
func lasting(p *advice.Pass, w *analyzer.WorkloadFacts, pods int, follows bool) float64 {
	if !w.Batch() && !follows {
		return 1
	}
	return hourly.Lasting(p.Cluster, w, p.Facts.Snapshot.Window, pods)
}

// plannedBill values what moves by the plan's nodes on demand that it is on: each pod by its
// part of what its node has, so that the room of nodes that are not full goes nowhere.
type plannedBill struct {
	*demand.Follower
	pass *advice.Pass
	plan *nodes.Planned
}

func (b *plannedBill) now() onDemandUsage {
	out := b.kept()
	for i := range b.plan.Plan.Nodes {
		if o := &b.plan.Plan.Nodes[i].Offering; o.CapacityType == string(pricing.OnDemand) {
			out.add(b.pass.Costs.Catalog, b.machine(o.Type), o.USDPerHour-o.Fee)
		}
	}
	return out
}

// kept is the nodes on demand that the plan leaves as they are.
func (b *plannedBill) kept() onDemandUsage {
	out := onDemandUsage{}
	for i := range b.plan.Nodes {
		node := &b.plan.Nodes[i]
		if node.Kept != "" && node.Cost.CapacityType == string(pricing.OnDemand) {
			out.add(b.pass.Costs.Catalog, node.Cost.Offering, node.Cost.Hourly-node.Cost.Fee)
		}
	}
	return out
}

// machine is what is known of a type of the plan.
func (b *plannedBill) machine(instanceType string) pricing.Offering {
	q := pricing.Query{InstanceType: instanceType}
	for i := range b.plan.Nodes {
		node := &b.plan.Nodes[i]
		o := &node.Cost.Offering
		if o.InstanceType == instanceType {
			return *o
		}
		if q.Provider == "" {
			q.Provider, q.Region = o.Provider, o.Region
		}
	}
	o := b.pass.Costs.Catalog.Lookup(q).Offering
	o.Provider, o.Region, o.InstanceType = q.Provider, q.Region, instanceType
	return o
}

// whole is how many of a workload's pods on the plan's nodes move: no more than
// its share.
func (b *plannedBill) whole(m *spotMove) int {
	return int(float64(b.At(m.ref).Moved)*min(m.share/m.onDemand, 1) + 1e-9)
}

func (b *plannedBill) worth(moves []spotMove) {
	of := map[string]onDemandUsage{} // what pods take of the nodes on demand, by group
	for o, parts := range b.nodes() {
		for group, part := range parts {
			if of[group] == nil {
				of[group] = onDemandUsage{}
			}
			of[group].add(b.pass.Costs.Catalog, b.machine(o.Type), (o.USDPerHour-o.Fee)*part)
		}
	}
	for i := range moves {
		m := &moves[i]
		at := b.At(m.ref)
		m.lasts = lasting(b.pass, m.w, at.Moved+at.Kept, b.plan.Hours != nil)
		m.scopes = onDemandUsage{}
		for scope, usd := range of[m.ref.String()] {
			m.scopes[scope] = usd * float64(b.whole(m)) / float64(max(at.Moved, 1))
		}
		m.usd = m.scopes.total()
	}
}

// nodes gives the plan's nodes on demand, with the part of each that every group's pods take:
// by what their requests are worth, or by their GPUs where that is more.
func (b *plannedBill) nodes() iter.Seq2[*packing.Offering, map[string]float64] {
	pods, unit := map[string]*packing.Pod{}, b.pass.Costs.MeanUnit
	for i, all := 0, b.plan.Packed(); i < len(all); i++ {
		pods[all[i].Name] = &all[i]
	}
	return func(yield func(*packing.Offering, map[string]float64) bool) {
		for i := range b.plan.Plan.Nodes {
			node := &b.plan.Plan.Nodes[i]
			o := &node.Offering
			if o.CapacityType != string(pricing.OnDemand) {
				continue
			}
			parts, sum := map[string]float64{}, 0.0
			all := unit.Hourly(analyzer.Amounts{CPU: o.CPU, Memory: o.Memory})
			for _, name := range node.Pods {
				p := pods[name]
				part := max(unit.Hourly(analyzer.Amounts{CPU: p.CPU, Memory: p.Memory})/all, cost.Ratio(p.GPUs, o.GPUs))
				parts[p.Group], sum = parts[p.Group]+part, sum+part
			}
			for group := range parts { // parts of cores and of devices may come to more than there is
				parts[group] /= max(sum, 1)
			}
			if !yield(o, parts) {
				return
			}
		}
	}
}

func (b *plannedBill) node(moves []spotMove) float64 {
	least := 0.0
	for o, parts := range b.nodes() {
		on := slices.ContainsFunc(moves, func(m spotMove) bool { return m.usd > 0 && parts[m.ref.String()] > 0 })
		if usd := o.USDPerHour - o.Fee; on && (least == 0 || usd < least) {
			least = usd
		}
	}
	return least
}
