package packing

import (
	"context"
	"slices"
)

// replay knows what each loss of a plan comes to, and plays again only those that a change of
// some nodes may touch. It tells what playing all of them anew would.
type replay struct {
	ctx   context.Context
	r     *refit
	s     Survival
	plays []played
}

// played is a loss, and how its pods found room.
type played struct {
	loss    Loss // without Refuge
	short   float64
	seats   []seated
	floored bool // what pods other nodes have was asked
}

// seated is where a pod found room, and what chose that place.
type seated struct {
	cpu, memory int64
	admits      *admission
	choice
	inZone []int64 // by zone, in order, where these count: pods of its group
}

// choice is a node for a pod, -1 for none: first counts the zone, then what is left, then
// the order.
type choice struct {
	node   int
	rest   float64 // of the node's room with the pod, as part of a large node
	fewest int64   // pods of the group in its zone, where that counts
}

// newReplay plays all losses of a plan.
func newReplay(ctx context.Context, r *refit, s Survival) *replay {
	p := &replay{ctx: ctx, r: r, s: s}
	for _, loss := range r.listed(s) {
		p.plays = append(p.plays, played{loss: loss})
	}
	p.all()
	return p
}

func (p *replay) all() {
	for i := range p.plays {
		if p.ctx.Err() != nil {
			return
		}
		p.play(i)
	}
}

// play plays a loss anew.
func (p *replay) play(i int) {
	v := &p.plays[i]
	p.r.seats, p.r.floored = []seated{}, false
	left := p.again(i).Left
	v.seats, v.floored, v.short = p.r.seats, p.r.floored, 0
	v.loss.Left = left
	p.r.seats = nil
	for _, name := range left {
		v.short += 1e-9 + p.r.share(p.r.named(name, v.loss.Group))
	}
}

// again gives a loss with all that it comes to.
func (p *replay) again(i int) Loss {
	loss := p.plays[i].loss
	loss.Left = nil
	if p.s.Exempt[loss.Group] {
		return loss
	}
	return p.r.play(loss, p.s)
}

// worst is the loss that leaves the most CPU and memory without room, -1 where none leaves
// any, and how much all leave together.
func (p *replay) worst() (at int, total float64) {
	at = -1
	most := 0.0
	for i := range p.plays {
		if sum := p.plays[i].short; sum > most {
			at, most = i, sum
		}
		total += p.plays[i].short
	}
	return at, total
}

// become makes the plan another, of which some nodes are added at its end, changed, or away,
// and plays the losses again that these touch. It gives the way back.
func (p *replay) become(next Plan, changed []int, away bool) (back func()) {
	old := *p
	plan := p.r.plan
	if !p.r.edit(next, changed, away) {
		anew := p.r.with(next)
		p.r.edit(plan, changed, false)
		p.r, p.plays = anew, slices.Clone(p.plays)
		p.all()
		return func() { *p = old }
	}
	were := map[int]played{}
	for i := range p.plays {
		if p.ctx.Err() == nil && p.touched(&p.plays[i], changed) {
			were[i] = p.plays[i]
			p.play(i)
		}
	}
	return func() {
		for i, v := range were {
			p.plays[i] = v
		}
		p.r.edit(plan, changed, false)
	}
}

// touched reports whether a loss may come to something else with other nodes than before.
// It takes for granted that a pod gets on with those that are there.
func (p *replay) touched(v *played, changed []int) bool {
	if v.floored {
		return true
	}
	g := v.loss.gone()
	for _, n := range changed {
		if g.takes(&p.r.plan, n) {
			continue
		}
		for k := range v.seats {
			if s := &v.seats[k]; s.node == n || p.r.prefers(s, n) {
				return true
			}
		}
	}
	return false
}

// prefers reports whether a pod might have gone to a node, as it now is, in place of its own.
func (r *refit) prefers(s *seated, n int) bool {
	room := &r.rooms[n]
	if !s.admits.node[n] || s.cpu > room.cpu || s.memory > room.memory {
		return false
	}
	then := choice{node: n, rest: r.part(room.cpu-s.cpu, room.memory-s.memory)}
	if s.inZone != nil {
		then.fewest = s.inZone[r.zoneOf[n]]
	}
	return s.node < 0 || then.before(&s.choice)
}

func (c *choice) before(o *choice) bool {
	switch {
	case c.fewest != o.fewest:
		return c.fewest < o.fewest
	case c.rest != o.rest:
		return c.rest < o.rest
	}
	return c.node < o.node
}

// edit makes the plan another with as many pods on each node, and reports whether all that
// losses turn on but the changed nodes themselves is as it was: the largest node, the zones,
// and in which of them a spread compares any node.
func (r *refit) edit(next Plan, changed []int, away bool) (same bool) {
	mean, zones := r.mean, len(r.order)
	r.forget(len(next.Nodes))
	r.plan, same = next, true
	for _, n := range changed {
		if n >= len(next.Nodes) {
			continue
		}
		if n == len(r.rooms) {
			r.rooms, r.hosts, r.away = append(r.rooms, resources{}), append(r.hosts, map[string]int64{}), append(r.away, false)
		}
		r.rooms[n], r.away[n] = r.roomOf(n), away
		for _, name := range next.Nodes[n].Pods {
			r.rooms[n].take(r.pods[name])
		}
		same = r.reread(n) && same
	}
	r.largest()
	r.index()
	return same && r.mean.CPU == mean.CPU && r.mean.Memory == mean.Memory && len(r.order) == zones
}

// forget takes the nodes from one on off what is known of the plan's.
func (r *refit) forget(from int) {
	for n := from; n < len(r.rooms); n++ {
		zone := r.plan.Nodes[n].Offering.Zone
		for _, a := range r.usable {
			put(a.node, n, false, a.inZone, zone)
		}
		for _, c := range r.counts {
			put(c.node, n, false, c.inZone, zone)
		}
	}
	for _, a := range r.usable {
		a.node = a.node[:min(from, len(a.node))]
	}
	for _, c := range r.counts {
		c.node = c.node[:min(from, len(c.node))]
	}
	keep := min(from, len(r.rooms))
	r.rooms, r.hosts, r.away = r.rooms[:keep], r.hosts[:keep], r.away[:keep]
}

// enough is how many nodes of a zone a spread has to compare for one more or less of them
// to make no difference, whichever is lost.
const enough = 2

// reread works out whom a node takes in and whose spread compares it, and reports whether
// no spread compares other zones for it.
func (r *refit) reread(n int) (same bool) {
	o := &r.plan.Nodes[n].Offering
	for _, a := range r.usable {
		a.node = put(a.node, n, !r.away[n] && Admits(o, &a.like), a.inZone, o.Zone)
	}
	same = true
	for _, c := range r.counts {
		before := c.inZone[o.Zone]
		c.node = put(c.node, n, !r.away[n] && c.spread.counts(o, &c.like), c.inZone, o.Zone)
		if after := c.inZone[o.Zone]; after != before && min(before, after) < enough {
			same = false
		}
	}
	return same
}

// put sets an element, which may be one beyond the end, and counts by zone those that are set.
func put(set []bool, n int, v bool, inZone map[string]int, zone string) []bool {
	if n == len(set) {
		set = append(set, false)
	}
	switch {
	case v && !set[n]:
		inZone[zone]++
	case !v && set[n]:
		inZone[zone]--
	}
	set[n] = v
	return set
}

// standing are the plan's nodes that are not away.
func (p *replay) standing() (out []PlannedNode) {
	for n := range p.r.plan.Nodes {
		if !p.r.away[n] {
			out = append(out, p.r.plan.Nodes[n])
		}
	}
	return out
}
