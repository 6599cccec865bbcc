package spot

import (
	"cmp"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
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
	scopes          onDemandUsage // the same, where there is no plan
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

// spend is what nodes cost in USD an hour: those on demand, and others by their own price.
type spend struct {
	onDemand onDemandUsage
	other    float64
}

func (s spend) total() float64 { return s.onDemand.total() + s.other }

// spotBill tells what moving does to the bill.
type spotBill interface {
	// now is that of the nodes.
	now() spend
	// worth estimates each move's usd.
	worth(moves []spotMove)
	// after is now once they have moved, and what the nodes for what moved cost: those on
	// demand are yet to be had on spot.
	after(moves []spotMove) (left, moved spend)
}

// moveToSpot chooses what moves and gives what that saves: what leaves the bill
// of the nodes on demand, less what is paid for by commitments anyhow, less the
// spot nodes that come in their place.
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
	chosen := unpaid(p, moves, before.onDemand.total()-paidFor(p, before.onDemand))
	if len(chosen) == 0 {
		return
	}
	t := bestOf(p, bill, chosen)
	if t.worth <= 0 {
		return
	}
	for i := range chosen {
		m := &chosen[i]
		r := m.told
		if t.saved <= 0 || t.gain <= 0 {
			r.Title = "ready for spot, but the nodes on demand that would go cost no more than the spot nodes in their place"
			continue
		}
		if m.usd <= 0 {
			r.Title = "ready for spot, but its pods are on nodes that stay as they are, or too few to move one"
			continue
		}
		if i >= t.moves {
			r.Title = "ready for spot, but with its pods the spot nodes would cost more than the nodes on demand that go"
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
		m.spot.MonthlyOnDemand = t.gone * m.usd / t.worth * monthly
		r.MonthlySavings = savings
	}
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

func (t *todaysBill) now() spend {
	out := onDemandUsage{}
	for _, n := range t.pass.Costs.Nodes {
		if n.CapacityType == string(pricing.OnDemand) {
			out.add(t.pass.Costs.Catalog, n.Offering, n.Hourly-n.Fee)
		}
	}
	return spend{onDemand: out}
}

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

func (t *todaysBill) after(moves []spotMove) (left, moved spend) {
	left, moved = t.now(), spend{onDemand: onDemandUsage{}}
	for i := range moves {
		for scope, usd := range moves[i].scopes {
			usd = min(usd, left.onDemand[scope])
			left.onDemand[scope] -= usd
			moved.onDemand[scope] += usd
		}
	}
	return left, moved
}

// plannedBill packs the plan's nodes without the pods that move, and those by
// themselves.
type plannedBill struct {
	*demand.Follower
	pass *advice.Pass
	plan *nodes.Planned
}

func (b *plannedBill) now() spend {
	out := b.kept()
	for i := range b.plan.Plan.Nodes {
		b.add(&out, &b.plan.Plan.Nodes[i].Offering)
	}
	return out
}

// kept is the nodes on demand that the plan leaves as they are.
func (b *plannedBill) kept() spend {
	out := onDemandUsage{}
	for i := range b.plan.Nodes {
		node := &b.plan.Nodes[i]
		if node.Kept != "" && node.Cost.CapacityType == string(pricing.OnDemand) {
			out.add(b.pass.Costs.Catalog, node.Cost.Offering, node.Cost.Hourly-node.Cost.Fee)
		}
	}
	return spend{onDemand: out}
}

func (b *plannedBill) add(to *spend, o *packing.Offering) {
	if o.CapacityType == string(pricing.OnDemand) {
		to.onDemand.add(b.pass.Costs.Catalog, b.machine(o.Type), o.USDPerHour-o.Fee)
	} else {
		to.other += o.USDPerHour - o.Fee
	}
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
	for i := range moves {
		m := &moves[i]
		at := b.At(m.ref)
		m.lasts = lasting(b.pass, m.w, at.Moved+at.Kept, b.plan.Hours != nil)
		m.usd = b.Hourly(m.ref, b.whole(m))
	}
}

func (b *plannedBill) after(moves []spotMove) (left, moved spend) {
	stay, leave := b.Moved(), map[string]int{}
	for i := range moves {
		n := b.whole(&moves[i])
		stay[moves[i].ref.String()] -= n
		leave[moves[i].ref.String()] = n
	}
	left, moved = b.kept(), spend{onDemand: onDemandUsage{}}
	b.pack(stay, &left)
	b.pack(leave, &moved)
	return left, moved
}

// pack adds the nodes for so many pods.
func (b *plannedBill) pack(pods map[string]int, to *spend) {
	nodes, _ := b.Nodes(pods)
	for i := range nodes {
		b.add(to, &nodes[i].Offering)
	}
}
