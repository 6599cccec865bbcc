package packing

import (
	"cmp"
	"context"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// mostHardened bounds how often nodes are added, mostEnlarged how often they may be
// enlarged instead, mostFutile how often in a row none of that leaves less without room.
const mostHardened, mostEnlarged, mostFutile = 72, 48, 8

// mostMixed bounds the nodes of a plan of which some may be enlarged: trying each on each
// machine grows with their square, and of many one more or less matters less.
const mostMixed = 2000

// Harden enlarges nodes of a plan, or adds some, until its pods live through what they
// should, but for those that no offering could take. It gives the plan, and the pods, or the
// groups of updates, that can't be helped: the cheaper outcome of adding nodes alone and of taking each time what
// does more for its price. The plan's lower bound stays that of a plan without it.
func Harden(ctx context.Context, in Input, plan Plan, s Survival) (Plan, []string, error) {
	added, lost, err := harden(ctx, in, plan, s, 0)
	if err != nil || len(added.Nodes) == len(plan.Nodes) || len(added.Nodes) > mostMixed {
		return added, lost, err
	}
	mixed, others, err := harden(ctx, in, plan, s, mostEnlarged)
	if len(others) < len(lost) || len(others) == len(lost) && mixed.Hourly < added.Hourly {
		return mixed, others, err
	}
	return added, lost, err
}

// harden enlarges nodes in the first of its steps, and then only adds some.
func harden(ctx context.Context, in Input, plan Plan, s Survival, enlarged int) (Plan, []string, error) {
	s.Exempt = copied(s.Exempt)
	plan.Nodes = slices.Clone(plan.Nodes)
	h := hardening{in: in, s: s, rooms: in.rooms(), lost: map[string]bool{}, replay: newReplay(ctx, newRefit(in, plan, s.Beside), s)}
	worst, short := h.worst()
	futile := 0
	for i := 0; i < mostHardened && worst >= 0 && ctx.Err() == nil; i++ {
		loss := h.again(worst)
		more, hopeless, err := h.spares(ctx, &loss)
		if err != nil {
			return plan, nil, err
		}
		h.give(worst, hopeless)
		if len(more) == 0 && len(hopeless) == 0 {
			break
		}
		next, rest := h.step(&loss, more, short, i < enlarged && len(hopeless) == 0)
		if futile++; rest < short-1e-12 {
			futile = 0
		}
		if futile == mostFutile && next >= 0 { // more of the same helps nobody
			futile = 0
			h.give(next, h.plays[next].loss.Left)
			next, rest = h.worst()
		}
		worst, short = next, rest
	}
	h.trim()
	plan.Nodes = h.standing()
	plan.price()
	return plan, sortedKeys(h.lost), ctx.Err()
}

// hardening is what Harden works with.
type hardening struct {
	*replay
	in    Input
	s     Survival
	rooms []resources     // by offering
	lost  map[string]bool // what can't be helped
}

// give gives up on pods that a loss leaves, or on the group that it updates.
func (h *hardening) give(at int, names []string) {
	for _, name := range names {
		if group := h.plays[at].loss.Group; group != "" {
			name = group
		}
		h.lost[name], h.s.Exempt[name] = true, true
	}
	if len(names) > 0 {
		h.play(at)
	}
}

// step adds nodes or, where that may be and does more for its price, enlarges one.
func (h *hardening) step(loss *Loss, more []PlannedNode, short float64, enlarge bool) (worst int, rest float64) {
	price, n := priceOf(more), -1
	added, other := h.r.plan, h.r.plan
	added.Nodes = slices.Concat(h.r.plan.Nodes, more)
	last := make([]int, len(more))
	for i := range last {
		last[i] = len(h.r.plan.Nodes) + i
	}
	var o Offering
	var cost float64
	if enlarge {
		n, o, cost = h.enlarge(loss, price)
	}
	if n < 0 {
		h.become(added, last, false)
		return h.worst()
	}
	back := h.become(added, last, false)
	worst, rest = h.worst()
	back()
	other.Nodes = slices.Clone(other.Nodes)
	other.Nodes[n] = other.Nodes[n].as(o, h.in.DaemonSets)
	back = h.become(other, []int{n}, false)
	if w, r := h.worst(); (short-r)*price > (short-rest)*cost {
		return w, r
	}
	back()
	h.become(added, last, false)
	return worst, rest
}

func copied(m map[string]bool) map[string]bool {
	out := map[string]bool{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

// price adds up what the nodes cost.
func (plan *Plan) price() {
	plan.Hourly = 0
	for i := range plan.Nodes {
		plan.Hourly += plan.Nodes[i].Offering.USDPerHour
	}
	plan.Monthly = plan.Hourly * pricing.HoursPerMonth
	if plan.LowerBound > 0 {
		plan.GapPercent = 100 * (plan.Hourly/plan.LowerBound - 1)
	}
}

// spares packs the pods that a loss leaves without room on nodes of their own, and
// gives these empty; hopeless are pods that no offering takes.
func (h *hardening) spares(ctx context.Context, loss *Loss) (more []PlannedNode, hopeless []string, err error) {
	in, r := h.in, h.r
	defer r.suffer(loss)()
	sub := Input{DaemonSets: in.DaemonSets, Effort: leastEffort / 5, NoBound: true}
	for _, o := range in.Offerings {
		if loss.Zone == "" || o.Zone != loss.Zone {
			sub.Offerings = append(sub.Offerings, o)
		}
	}
	for _, name := range loss.Left {
		one := r.named(name, loss.Group).freed()
		one.Name = name
		if zonal(&one) || r.keepsZones(&one) {
			zone, ok := r.emptiest(&one, sub.Offerings)
			if !ok { // each zone has what it keeps away from
				hopeless = append(hopeless, name)
				continue
			}
			r.inZone(zone, one.Group, 1)
			defer r.inZone(zone, one.Group, -1)
			one.Zone = zone
			one.Spread = slices.DeleteFunc(one.Spread, func(s Spread) bool { return s.TopologyKey == LabelZone })
		}
		sub.Pods = append(sub.Pods, one)
	}
	switch {
	case len(sub.Offerings) == 0:
		return nil, loss.Left, nil
	case len(sub.Pods) == 0:
		return nil, hopeless, nil
	}
	packed, err := Pack(ctx, sub)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range packed.Abstained {
		hopeless = append(hopeless, a.Pod)
	}
	for _, n := range packed.Nodes {
		own := daemonsOn(&n.Offering, in.DaemonSets)
		more = append(more, PlannedNode{Offering: n.Offering, CPU: own.cpu, Memory: own.memory, Spare: true})
	}
	return more, hopeless, nil
}

// named is the pod of a name, or the like of one that an update starts.
func (r *refit) named(name, group string) *Pod {
	if p := r.pods[name]; p != nil {
		return p
	}
	return r.member[group]
}

// suffer brings a loss about: the pods are where they found room. It gives the way back.
func (r *refit) suffer(loss *Loss) (back func()) {
	g, refuge := loss.gone(), sortedKeys(loss.Refuge)
	each := func(do func(int, *Pod)) {
		for n := range r.plan.Nodes {
			if g.takes(&r.plan, n) {
				for _, name := range r.plan.Nodes[n].Pods {
					do(n, r.pods[name])
				}
			}
		}
	}
	each(r.drop)
	r.fall(g, -1)
	for _, name := range refuge {
		r.take(loss.Refuge[name], r.named(name, loss.Group))
	}
	return func() {
		for _, name := range refuge {
			r.drop(loss.Refuge[name], r.named(name, loss.Group))
		}
		r.fall(g, 1)
		each(r.take)
	}
}

// emptiest is the zone with the fewest pods of the pod's group in which an offering
// takes the pod; not ok where each has pods that it can't share
// a zone with.
func (r *refit) emptiest(p *Pod, offerings []Offering) (best string, ok bool) {
	best, ok = p.Zone, p.Zone != "" && r.letsIn(p.Zone, p)
	for i := range offerings {
		zone := offerings[i].Zone
		if p.Zone != "" || !r.letsIn(zone, p) || !Admits(&offerings[i], p) {
			continue
		}
		if had, has := r.zones[best][p.Group], r.zones[zone][p.Group]; !ok || has < had || has == had && zone < best {
			best, ok = zone, true
		}
	}
	return best, ok
}

// keepsZones reports whether a pod and others can't share a zone.
func (r *refit) keepsZones(p *Pod) bool {
	return slices.ContainsFunc(p.AntiAffinity, func(a AntiAffinity) bool { return a.TopologyKey == LabelZone }) ||
		slices.ContainsFunc(r.keeps[p.Group], func(k keeper) bool { return k.key == LabelZone })
}

// letsIn reports whether no pod of a zone keeps the pod away from it, or the other way round.
func (r *refit) letsIn(zone string, p *Pod) bool {
	there := r.zones[zone]
	for _, a := range p.AntiAffinity {
		if a.TopologyKey == LabelZone && slices.ContainsFunc(a.Groups, func(g string) bool { return there[g] > 0 }) {
			return false
		}
	}
	return !slices.ContainsFunc(r.keeps[p.Group], func(k keeper) bool { return k.key == LabelZone && there[k.group] > 0 })
}

// trim takes spares away that turn out not to be needed, the dearest first.
func (h *hardening) trim() {
	var order []int
	nodes := h.r.plan.Nodes
	for n := range nodes {
		if nodes[n].Spare {
			order = append(order, n)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(nodes[b].Offering.USDPerHour, nodes[a].Offering.USDPerHour)
	})
	for _, n := range order {
		back := h.become(h.r.plan, []int{n}, true)
		if worst, _ := h.worst(); worst >= 0 {
			back()
		}
	}
}

func priceOf(nodes []PlannedNode) float64 {
	sum := 0.0
	for i := range nodes {
		sum += nodes[i].Offering.USDPerHour
	}
	return sum
}

// as is the node on another machine.
func (n PlannedNode) as(o Offering, daemons []Pod) PlannedNode {
	had, has := daemonsOn(&n.Offering, daemons), daemonsOn(&o, daemons)
	n.Offering, n.CPU, n.Memory = o, n.CPU-had.cpu+has.cpu, n.Memory-had.memory+has.memory
	return n
}

// daemonsOn is what DaemonSets take of a machine.
func daemonsOn(o *Offering, daemons []Pod) (sum resources) {
	for d := range daemons {
		if p := &daemons[d]; Admits(o, p) {
			sum.cpu, sum.memory = sum.cpu+p.CPU, sum.memory+p.Memory
		}
	}
	return sum
}

// enlarge finds the node of a plan that, on another machine of its zone, has room for
// all pods that a loss leaves without any, for the least more money and for less than
// limit; -1 for none.
func (h *hardening) enlarge(loss *Loss, limit float64) (node int, best Offering, cost float64) {
	r, plan := h.r, h.r.plan
	defer r.suffer(loss)()
	node, cost = -1, limit
	for n := range plan.Nodes {
		had := plan.Nodes[n].Offering
		if loss.gone().takes(&plan, n) {
			continue
		}
		pods, ok := r.together(n, loss)
		if !ok {
			continue
		}
		cpu, memory := sums(pods)
		for i := range h.in.Offerings {
			o := &h.in.Offerings[i]
			if h.rooms[i].cpu < cpu || h.rooms[i].memory < memory || o.Zone != had.Zone {
				continue
			}
			if more := o.USDPerHour - had.USDPerHour; more > 0 && more < cost-1e-9 && holds(o, h.rooms[i].clone(), pods) {
				node, best, cost = n, *o, more
			}
		}
	}
	return node, best, cost
}

func sums(pods []*Pod) (cpu, memory int64) {
	for _, p := range pods {
		cpu, memory = cpu+p.CPU, memory+p.Memory
	}
	return cpu, memory
}

// together lists the pods that a node would have with those that found no room, if
// they get on with each other.
func (r *refit) together(n int, loss *Loss) (pods []*Pod, ok bool) {
	ok = true
	var added []*Pod
	for _, name := range loss.Left {
		p := r.named(name, loss.Group).freed()
		p.Name = name
		if !r.lives(&p, n, loss.gone()) {
			ok = false
			break
		}
		added = append(added, &p)
		r.add(n, p.Group, 1)
	}
	for _, p := range added {
		r.add(n, p.Group, -1)
	}
	pods = added
	for _, name := range r.plan.Nodes[n].Pods {
		pods = append(pods, r.pods[name])
	}
	for _, name := range sortedKeys(loss.Refuge) {
		if loss.Refuge[name] == n {
			pods = append(pods, r.named(name, loss.Group))
		}
	}
	return pods, ok
}

// holds reports whether an offering with so much room takes pods.
func holds(o *Offering, room resources, pods []*Pod) bool {
	for _, p := range pods {
		if !room.fits(p) || !Admits(o, p) {
			return false
		}
		room.take(p)
	}
	return true
}
