package packing

import (
	"cmp"
	"fmt"
	"slices"
)

// refit finds room for pods on the nodes of a plan.
type refit struct {
	plan   Plan
	pods   map[string]*Pod
	member map[string]*Pod // by group: one of its pods
	in     Input
	beside []Beside
	rooms  []resources // by node, with its pods on it
	hosts  []map[string]int64
	zones  map[string]map[string]int64
	usable map[string]*admission // by signature
	words  map[podZone]string    // signatures
	keeps  map[string][]keeper   // by group: what keeps its pods away
	counts map[string]*counted   // by what a spread compares for a pod
	floors map[floor]int64       // fewest pods on a node or in a zone, while nothing moves
	trees  map[string]*roomTree  // by zone
	place  []int                 // of a node in its zone's tree
	order  []string              // zones
	zoneOf []int                 // by node: its zone in order
	away   []bool                // by node: it is of the plan no more
	mean   Offering

	seats   []seated // where pods found room since this was emptied; nil: not noted
	floored bool     // since then it was asked what pods other nodes have
}

// podZone is what a pod's signature depends on in a plan: a loss frees some of their
// zone.
type podZone struct{ pod, zone string }

// keeper is a group whose pods the scheduler keeps apart from others, on a node or in
// a zone.
type keeper struct{ group, key string }

// admission is the nodes that admit pods like one, and how many of each zone do.
type admission struct {
	like   Pod
	node   []bool
	inZone map[string]int
}

// counted is the nodes whose zones the scheduler compares, and how many of the plan's each
// zone has.
type counted struct {
	like       Pod
	spread     Spread
	node, kept []bool
	inZone     map[string]int
}

// floor is what a spread measures a pod's node or zone by.
type floor struct {
	pod    *Pod
	spread Spread
}

func newRefit(in Input, plan Plan, beside []Beside) *refit {
	r := &refit{plan: plan, in: in, beside: beside, pods: map[string]*Pod{}, member: map[string]*Pod{}, zones: map[string]map[string]int64{},
		usable: map[string]*admission{}, words: map[podZone]string{}, keeps: map[string][]keeper{}, trees: map[string]*roomTree{}, counts: map[string]*counted{}, floors: map[floor]int64{}}
	for i := range in.Pods {
		r.know(&in.Pods[i])
	}
	for i := range beside {
		for k := range beside[i].Pods {
			r.know(&beside[i].Pods[k])
		}
	}
	r.stand()
	r.run()
	return r
}

// run puts the plan's pods on its nodes.
func (r *refit) run() {
	for n := range r.plan.Nodes {
		r.rooms = append(r.rooms, r.roomOf(n))
		r.hosts = append(r.hosts, map[string]int64{})
		for _, name := range r.plan.Nodes[n].Pods {
			r.rooms[n].take(r.pods[name])
			r.add(n, r.pods[name].Group, 1)
		}
	}
	r.away = append(r.away, make([]bool, len(r.plan.Nodes)-len(r.away))...)
	r.largest()
	r.index()
}

// roomOf is what a node leaves for pods.
func (r *refit) roomOf(n int) resources {
	return Input{Offerings: []Offering{r.plan.Nodes[n].Offering}, DaemonSets: r.in.DaemonSets}.rooms()[0].clone()
}

// largest notes the most that a node has.
func (r *refit) largest() {
	r.mean = Offering{}
	for n := range r.plan.Nodes {
		if o := &r.plan.Nodes[n].Offering; !r.away[n] {
			r.mean.CPU, r.mean.Memory = max(r.mean.CPU, o.CPU), max(r.mean.Memory, o.Memory)
		}
	}
}

// with is the refit of another plan of the same pods: what is known of these is shared.
func (r *refit) with(plan Plan) *refit {
	out := *r
	out.plan, out.rooms, out.hosts, out.seats, out.floors = plan, nil, nil, nil, map[floor]int64{}
	out.away = slices.Clone(r.away[:min(len(r.away), len(plan.Nodes))])
	out.zones, out.usable, out.trees, out.counts = map[string]map[string]int64{}, map[string]*admission{}, map[string]*roomTree{}, map[string]*counted{}
	for i := range out.in.Kept {
		for k := range out.in.Kept[i].Pods {
			out.inZone(out.in.Kept[i].Zone, out.in.Kept[i].Pods[k].Group, 1)
		}
	}
	out.run()
	return &out
}

// know takes a pod down, and what its group keeps away.
func (r *refit) know(p *Pod) {
	r.pods[p.Name] = p
	if r.member[p.Group] != nil {
		return
	}
	r.member[p.Group] = p
	r.keepAway(p)
}

func (r *refit) keepAway(p *Pod) {
	for _, a := range p.freed().AntiAffinity {
		for _, other := range a.Groups {
			r.keeps[other] = append(r.keeps[other], keeper{p.Group, a.TopologyKey})
		}
	}
}

// stand counts what stands on kept nodes where its like is spread over zones.
func (r *refit) stand() {
	seen := map[string]bool{}
	for i := range r.in.Kept {
		k := &r.in.Kept[i]
		for j := range k.Pods {
			p := &k.Pods[j]
			if k.Zone != "" {
				r.inZone(k.Zone, p.Group, 1)
			}
			if r.member[p.Group] == nil && !seen[p.Group] {
				seen[p.Group] = true
				r.keepAway(p)
			}
		}
	}
}

func (r *refit) inZone(zone, group string, by int64) {
	if r.zones[zone] == nil {
		r.zones[zone] = map[string]int64{}
	}
	r.zones[zone][group] += by
}

// fall takes the pods of kept nodes that are lost off their zones, or puts them back.
func (r *refit) fall(g gone, by int64) {
	for i := range r.in.Kept {
		if k := &r.in.Kept[i]; k.Zone != "" && g.takesKept(k) {
			for j := range k.Pods {
				r.inZone(k.Zone, k.Pods[j].Group, by)
			}
		}
	}
}

// index plants a tree for each zone.
func (r *refit) index() {
	nodes := map[string][]int{}
	r.place = make([]int, 0, len(r.plan.Nodes))
	for n := range r.plan.Nodes {
		zone := r.plan.Nodes[n].Offering.Zone
		r.place = append(r.place, len(nodes[zone]))
		nodes[zone] = append(nodes[zone], n)
	}
	r.order = sortedKeys(nodes)
	r.zoneOf = make([]int, len(r.plan.Nodes))
	for i, zone := range r.order {
		r.trees[zone] = newRoomTree(nodes[zone], r.rooms)
		for _, n := range nodes[zone] {
			r.zoneOf[n] = i
		}
	}
}

func (r *refit) take(n int, p *Pod) {
	r.rooms[n].take(p)
	r.trees[r.plan.Nodes[n].Offering.Zone].set(r.place[n], &r.rooms[n])
	r.add(n, p.Group, 1)
}

func (r *refit) add(n int, group string, by int64) {
	clear(r.floors)
	r.hosts[n][group] += by
	r.inZone(r.plan.Nodes[n].Offering.Zone, group, by)
}

func (r *refit) drop(n int, p *Pod) {
	r.rooms[n].release(p)
	r.trees[r.plan.Nodes[n].Offering.Zone].set(r.place[n], &r.rooms[n])
	r.add(n, p.Group, -1)
}

// freed is the pod without what only the plan asks of its place.
func (p *Pod) freed() Pod {
	out := *p
	if p.SoftZone {
		out.Zone, out.SoftZone = "", false
	}
	out.Spread = slices.DeleteFunc(slices.Clone(p.Spread), func(s Spread) bool { return s.Soft })
	out.AntiAffinity = slices.DeleteFunc(slices.Clone(p.AntiAffinity), func(a AntiAffinity) bool { return a.Soft })
	return out
}

// seatAll seats pods, the largest first, each on the node that it fills most, and
// takes them off again.
func (r *refit) seatAll(pods []Pod, g gone) (at map[string]int, left []string) {
	slices.SortStableFunc(pods, func(a, b Pod) int { return cmp.Or(cmp.Compare(r.share(&b), r.share(&a)), cmp.Compare(a.Name, b.Name)) })
	clear(r.floors) // other nodes may be gone
	at = map[string]int{}
	for i := range pods {
		p := &pods[i]
		c := r.seat(p, g)
		r.note(p, c)
		if n := c.node; n >= 0 {
			at[p.Name] = n
			r.take(n, p)
		} else {
			left = append(left, p.Name)
		}
	}
	for i := range pods {
		if n, ok := at[pods[i].Name]; ok {
			r.drop(n, &pods[i])
		}
	}
	return at, left
}

// share is the larger of the parts that a pod takes of a large node.
func (r *refit) share(p *Pod) float64 { return r.part(p.CPU, p.Memory) }

func (r *refit) part(cpu, memory int64) float64 {
	return max(float64(cpu)/float64(max(r.mean.CPU, 1)), float64(memory)/float64(max(r.mean.Memory, 1)))
}

// note takes down where a pod found room, where that is asked for.
func (r *refit) note(p *Pod, c choice) {
	if r.seats == nil {
		return
	}
	at := seated{cpu: p.CPU, memory: p.Memory, admits: r.admitted(p), choice: c}
	if zonal(p) {
		at.inZone = make([]int64, len(r.order))
		for i, zone := range r.order {
			at.inZone[i] = r.zones[zone][p.Group]
		}
	}
	r.seats = append(r.seats, at)
}

// seat chooses a node for the pod, the one with the least room then; of a spread over
// zones in the zone with the fewest of its like.
func (r *refit) seat(p *Pod, g gone) choice {
	admits, byZone := r.admitted(p), zonal(p)
	best := choice{node: -1}
	for _, zone := range r.order {
		inZone := int64(0)
		if byZone {
			inZone = r.zones[zone][p.Group]
		}
		if admits.inZone[zone] == 0 || best.node >= 0 && inZone > best.fewest {
			continue
		}
		here := best.node < 0 || inZone < best.fewest // so any node of the zone is better
		skip := func(e extent) bool { return !here && r.part(e.leastCPU-p.CPU, e.leastMemory-p.Memory) > best.rest }
		r.trees[zone].visit(1, p.CPU, p.Memory, skip, func(n int) {
			c := choice{n, r.part(r.rooms[n].cpu-p.CPU, r.rooms[n].memory-p.Memory), inZone}
			if (here || c.before(&best)) && r.takes(p, n, admits, g) {
				best, here = c, false
			}
		})
	}
	return best
}

// takes reports whether a node that is there still takes the pod.
func (r *refit) takes(p *Pod, n int, admits *admission, g gone) bool {
	return admits.node[n] && !g.takes(&r.plan, n) && r.rooms[n].fits(p) && r.lives(p, n, g)
}

func zonal(p *Pod) bool {
	return slices.ContainsFunc(p.Spread, func(s Spread) bool { return s.TopologyKey == LabelZone })
}

// signed is the signature of a pod, spelt out once.
func (r *refit) signed(p *Pod) string {
	key := podZone{p.Name, p.Zone}
	sig, known := r.words[key]
	if !known {
		sig = p.signature()
		r.words[key] = sig
	}
	return sig
}

func (r *refit) admitted(p *Pod) *admission {
	sig := r.signed(p)
	if r.usable[sig] == nil {
		a := &admission{*p, make([]bool, len(r.plan.Nodes)), map[string]int{}}
		for n := range a.node {
			if a.node[n] = !r.away[n] && Admits(&r.plan.Nodes[n].Offering, p); a.node[n] {
				a.inZone[r.plan.Nodes[n].Offering.Zone]++
			}
		}
		r.usable[sig] = a
	}
	return r.usable[sig]
}

// lives reports whether the pods that are there let the pod in.
func (r *refit) lives(p *Pod, n int, g gone) bool {
	zone := r.plan.Nodes[n].Offering.Zone
	for _, s := range p.Spread {
		if then := r.hosts[n][p.Group] + 1; s.TopologyKey == LabelHostname && then > s.MaxSkew && then-r.leastOnNode(p, &s, g) > s.MaxSkew {
			return false
		}
		if s.TopologyKey == LabelZone && r.zones[zone][p.Group]+1-r.leastInZone(p, &s, g) > s.MaxSkew {
			return false
		}
	}
	for _, a := range p.AntiAffinity {
		there := r.hosts[n]
		if a.TopologyKey == LabelZone {
			there = r.zones[zone]
		}
		if slices.ContainsFunc(a.Groups, func(g string) bool { return there[g] > 0 }) {
			return false
		}
	}
	return !r.refused(p, n)
}

// refused reports whether a pod of the node, or of its zone, keeps the pod's group
// away.
func (r *refit) refused(p *Pod, n int) bool {
	return slices.ContainsFunc(r.keeps[p.Group], func(k keeper) bool {
		return k.key == LabelHostname && r.hosts[n][k.group] > 0 || k.key == LabelZone && r.zones[r.plan.Nodes[n].Offering.Zone][k.group] > 0
	})
}

// leastOnNode is the fewest pods of the pod's group on a node that a spread compares. A
// plan has no more than maxSkew on a node, since an empty one may come at any time; the
// scheduler measures by the nodes that are there, so that a loss leaves room beside them.
func (r *refit) leastOnNode(p *Pod, s *Spread, g gone) int64 {
	r.floored = true
	key := floor{p, *s}
	if least, known := r.floors[key]; known {
		return least
	}
	c, nodes, least := r.counted(p, s), int64(0), int64(-1)
	count := func(there int64) {
		if nodes++; least < 0 || there < least {
			least = there
		}
	}
	for n := range c.node {
		if c.node[n] && !g.takes(&r.plan, n) {
			count(r.hosts[n][p.Group])
		}
	}
	for i := range c.kept {
		if k := &r.in.Kept[i]; c.kept[i] && !g.takesKept(k) {
			count(k.has(p.Group))
		}
	}
	if nodes < s.MinDomains {
		least = 0
	}
	r.floors[key] = max(least, 0)
	return r.floors[key]
}

// leastInZone is the fewest pods of the pod's group in a zone that a spread compares.
func (r *refit) leastInZone(p *Pod, s *Spread, g gone) int64 {
	key := floor{p, *s}
	least, known := r.floors[key]
	if !known {
		least = r.fewestInZones(r.counted(p, s), p.Group, s.MinDomains, g)
		r.floors[key] = least
	}
	return least
}

func (r *refit) fewestInZones(c *counted, group string, domains int64, g gone) int64 {
	zones := make(map[string]bool, len(c.inZone))
	for zone, nodes := range c.inZone {
		if g.node >= 0 && c.node[g.node] && r.plan.Nodes[g.node].Offering.Zone == zone {
			nodes--
		}
		if nodes > 0 && !(g.all && zone == g.zone) {
			zones[zone] = true
		}
	}
	for i := range c.kept {
		if k := &r.in.Kept[i]; c.kept[i] && k.Zone != "" && !g.takesKept(k) {
			zones[k.Zone] = true
		}
	}
	if int64(len(zones)) < domains {
		return 0
	}
	least := int64(-1)
	for zone := range zones {
		if n := r.zones[zone][group]; least < 0 || n < least {
			least = n
		}
	}
	return max(least, 0)
}

// counted are the nodes whose zones a spread of a pod compares.
func (r *refit) counted(p *Pod, s *Spread) *counted {
	anywhere := *p
	anywhere.Zone = ""
	key := fmt.Sprintf("%v %v %q %s", s.Soft, s.HonorTaints, p.Own, r.signed(&anywhere))
	if r.counts[key] == nil {
		c := &counted{*p, *s, make([]bool, len(r.plan.Nodes)), make([]bool, len(r.in.Kept)), map[string]int{}}
		for n := range c.node {
			if c.node[n] = !r.away[n] && s.counts(&r.plan.Nodes[n].Offering, p); c.node[n] {
				c.inZone[r.plan.Nodes[n].Offering.Zone]++
			}
		}
		for i := range c.kept {
			o := r.in.Kept[i].offering()
			c.kept[i] = s.counts(&o, p)
		}
		r.counts[key] = c
	}
	return r.counts[key]
}

// anywhere reports whether some node takes the pod.
func (r *refit) anywhere(p *Pod, g gone) bool {
	clear(r.floors)
	admits := r.admitted(p)
	for n := range r.rooms {
		if r.takes(p, n, admits, g) {
			return true
		}
	}
	return false
}
