package packing

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
)

// Level is what a plan has to live through with all its pods running again.
type Level string

// The levels, each harder than the one before.
const (
	SurviveNone Level = "none"
	// SurvivePod: a rolling update of any one workload finds room for the pods that it
	// starts before it ends others.
	SurvivePod Level = "pod"
	// SurviveNode: the pods of any one node find room on the others.
	SurviveNode Level = "node"
	// SurviveZone: the pods of any one zone find room in the others.
	SurviveZone Level = "zone"
)

// Levels lists the levels in order.
func Levels() []Level { return []Level{SurviveNone, SurvivePod, SurviveNode, SurviveZone} }

// Survival is what a plan is to live through.
type Survival struct {
	Level Level
	// Surge is how many pods a rolling update starts at once, by group; groups that are
	// not named start none.
	Surge map[string]int
	// Exempt are pods, and groups for SurvivePod, that can't survive the level today.
	Exempt map[string]bool
	// Beside are nodes that are no part of the plan, such as those that it may not touch.
	// They may be lost too, and take no pods in.
	Beside []Beside
}

// Beside is a node beside a plan.
type Beside struct {
	Name, Zone string
	Pods       []Pod // those that would start again elsewhere
}

// Loss is one thing that may happen, and where the pods that it touches find room.
type Loss struct {
	Node   int    // the planned node that is lost; -1 for none
	Beside string // the node beside the plan that is lost, or nothing
	Zone   string // the zone that is lost, or nothing
	Group  string // the workload that is updated, or nothing

	Refuge map[string]int // by pod: the planned node that takes it
	Left   []string       // pods that find no room, in order
}

// Losses plays every loss of a level against a plan, in a fixed order.
func Losses(in Input, plan Plan, s Survival) []Loss {
	return slices.Collect(newRefit(in, plan, s.Beside).losses(s))
}

// losses plays one after the other, as they are asked for.
func (r *refit) losses(s Survival) iter.Seq[Loss] {
	switch s.Level {
	case SurvivePod:
		return r.updates(s)
	case SurviveNode:
		return r.nodes(s)
	case SurviveZone:
		return func(yield func(Loss) bool) {
			for _, zone := range zonesWithPods(r.plan, s.Beside) {
				if !yield(r.lose(Loss{Node: -1, Zone: zone}, s.Exempt)) {
					return
				}
			}
		}
	}
	return func(func(Loss) bool) {}
}

func (r *refit) updates(s Survival) iter.Seq[Loss] {
	return func(yield func(Loss) bool) {
		for _, group := range sortedKeys(s.Surge) {
			if r.member[group] != nil && s.Surge[group] > 0 && !s.Exempt[group] && !yield(r.surge(group, s.Surge[group])) {
				return
			}
		}
	}
}

func (r *refit) nodes(s Survival) iter.Seq[Loss] {
	return func(yield func(Loss) bool) {
		for n := range r.plan.Nodes {
			if len(r.plan.Nodes[n].Pods) > 0 && !yield(r.lose(Loss{Node: n}, s.Exempt)) {
				return
			}
		}
		for i := range s.Beside {
			if len(s.Beside[i].Pods) > 0 && !yield(r.lose(Loss{Node: -1, Beside: s.Beside[i].Name}, s.Exempt)) {
				return
			}
		}
	}
}

// zonesWithPods lists the zones of planned nodes and of those beside that have pods, sorted.
func zonesWithPods(plan Plan, beside []Beside) []string {
	zones := map[string]bool{}
	for n := range plan.Nodes {
		zones[plan.Nodes[n].Offering.Zone] = true
	}
	for i := range beside {
		if len(beside[i].Pods) > 0 {
			zones[beside[i].Zone] = true
		}
	}
	delete(zones, "")
	return sortedKeys(zones)
}

// surgePod names the nth pod that a rolling update of a group starts.
func surgePod(group string, n int) string { return fmt.Sprintf("%s (update, pod %d)", group, n+1) }

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
	floors map[floor]int64       // fewest pods on a node, while nothing moves
	trees  map[string]*roomTree  // by zone
	place  []int                 // of a node in its zone's tree
	order  []string              // zones
	mean   Offering
}

// podZone is what a pod's signature depends on in a plan: a loss frees some of their
// zone.
type podZone struct{ pod, zone string }

// keeper is a group whose pods the scheduler keeps apart from others, on a node or in
// a zone.
type keeper struct{ group, key string }

// admission is the nodes that admit a pod, and how many of each zone do.
type admission struct {
	node   []bool
	inZone map[string]int
}

// counted is the nodes whose zones the scheduler compares, and how many of the plan's each
// zone has.
type counted struct {
	node, kept []bool
	inZone     map[string]int
}

// floor is what a spread over nodes measures a pod's node by.
type floor struct {
	pod    *Pod
	spread Spread
}

// gone is what a loss takes away: a node, -1 for none, a node beside the plan, or all of a
// zone.
type gone struct {
	node   int
	zone   string
	all    bool
	beside string
}

// takes says whether a node beside the plan is lost.
func (loss *Loss) takes(b *Beside) bool {
	return loss.Beside != "" && b.Name == loss.Beside || loss.Zone != "" && b.Zone == loss.Zone
}

func (loss *Loss) gone() gone { return gone{loss.Node, loss.Zone, loss.Zone != "", loss.Beside} }

// takes says whether a node is gone with it.
func (g gone) takes(plan *Plan, n int) bool {
	return n == g.node || g.all && plan.Nodes[n].Offering.Zone == g.zone
}

// takesKept says whether a node that stays is gone with it.
func (g gone) takesKept(k *Kept) bool {
	return g.beside != "" && k.Name == g.beside || g.all && k.Zone == g.zone
}

// has is how many pods of a group stay on the node.
func (k *Kept) has(group string) (n int64) {
	for i := range k.Pods {
		if k.Pods[i].Group == group {
			n++
		}
	}
	return n
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
		o := r.plan.Nodes[n].Offering
		r.rooms = append(r.rooms, Input{Offerings: []Offering{o}, DaemonSets: r.in.DaemonSets}.rooms()[0].clone())
		r.hosts = append(r.hosts, map[string]int64{})
		r.mean.CPU, r.mean.Memory = max(r.mean.CPU, o.CPU), max(r.mean.Memory, o.Memory)
		for _, name := range r.plan.Nodes[n].Pods {
			r.rooms[n].take(r.pods[name])
			r.add(n, r.pods[name].Group, 1)
		}
	}
	r.index()
}

// with is the refit of another plan of the same pods: what is known of these is shared.
func (r *refit) with(plan Plan) *refit {
	out := *r
	out.plan, out.rooms, out.hosts, out.place, out.mean = plan, nil, nil, nil, Offering{}
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
	for n := range r.plan.Nodes {
		zone := r.plan.Nodes[n].Offering.Zone
		r.place = append(r.place, len(nodes[zone]))
		nodes[zone] = append(nodes[zone], n)
	}
	r.order = sortedKeys(nodes)
	for _, zone := range r.order {
		r.trees[zone] = newRoomTree(nodes[zone], r.rooms)
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

// lose takes nodes away and finds room for their pods; then all is as before.
func (r *refit) lose(loss Loss, exempt map[string]bool) Loss {
	var pods []Pod
	var lost []int
	for n := range r.plan.Nodes {
		if loss.gone().takes(&r.plan, n) {
			lost = append(lost, n)
		}
	}
	for _, n := range lost {
		for _, name := range r.plan.Nodes[n].Pods {
			r.drop(n, r.pods[name])
			if !exempt[name] {
				pods = append(pods, r.pods[name].freed())
			}
		}
	}
	for i := range r.beside {
		if b := &r.beside[i]; loss.takes(b) {
			for k := range b.Pods {
				if !exempt[b.Pods[k].Name] {
					pods = append(pods, b.Pods[k].freed())
				}
			}
		}
	}
	r.fall(loss.gone(), -1)
	loss.Refuge, loss.Left = r.seatAll(pods, loss.gone())
	r.fall(loss.gone(), 1)
	for _, n := range lost {
		for _, name := range r.plan.Nodes[n].Pods {
			r.take(n, r.pods[name])
		}
	}
	return loss
}

func (r *refit) surge(group string, count int) Loss {
	like := r.member[group].freed()
	var pods []Pod
	for i := range count {
		p := like
		p.Name = surgePod(group, i)
		pods = append(pods, p)
	}
	loss := Loss{Node: -1, Group: group}
	loss.Refuge, loss.Left = r.seatAll(pods, loss.gone())
	return loss
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
		if n := r.seat(p, g); n >= 0 {
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

// seat chooses a node for the pod, the one with the least room then; of a spread over
// zones in the zone with the fewest of its like. -1 for none.
func (r *refit) seat(p *Pod, g gone) int {
	admits := r.admitted(p)
	best, least, fewest := -1, 0.0, int64(0)
	for _, zone := range r.order {
		inZone := int64(0)
		if zonal(p) {
			inZone = r.zones[zone][p.Group]
		}
		if admits.inZone[zone] == 0 || best >= 0 && inZone > fewest {
			continue
		}
		here := best < 0 || inZone < fewest // so any node of the zone is better
		skip := func(e extent) bool { return !here && r.part(e.leastCPU-p.CPU, e.leastMemory-p.Memory) > least }
		r.trees[zone].visit(1, p.CPU, p.Memory, skip, func(n int) {
			rest := r.part(r.rooms[n].cpu-p.CPU, r.rooms[n].memory-p.Memory)
			if (here || rest < least || rest == least && n < best) && r.takes(p, n, admits, g) {
				best, least, fewest, here = n, rest, inZone, false
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
		a := &admission{make([]bool, len(r.plan.Nodes)), map[string]int{}}
		for n := range a.node {
			if a.node[n] = Admits(&r.plan.Nodes[n].Offering, p); a.node[n] {
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
	c, zones := r.counted(p, s), map[string]bool{}
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
	if int64(len(zones)) < s.MinDomains {
		return 0
	}
	least := int64(-1)
	for zone := range zones {
		if n := r.zones[zone][p.Group]; least < 0 || n < least {
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
		c := &counted{make([]bool, len(r.plan.Nodes)), make([]bool, len(r.in.Kept)), map[string]int{}}
		for n := range c.node {
			if c.node[n] = s.counts(&r.plan.Nodes[n].Offering, p); c.node[n] {
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

// Exempt tells what can't live through a level today: groups whose rolling update
// finds no room; pods that no other node, or no other zone, may run, whatever the room.
func Exempt(in Input, today Plan, level Level, surge map[string]int, beside []Beside) map[string]bool {
	r := newRefit(in, today, beside)
	out := map[string]bool{}
	if level == SurvivePod {
		for group, n := range surge {
			if r.member[group] != nil && n > 0 && len(r.surge(group, n).Left) > 0 {
				out[group] = true
			}
		}
		return out
	}
	for n := range r.rooms {
		o := today.Nodes[n].Offering
		r.rooms[n] = Input{Offerings: []Offering{o}, DaemonSets: in.DaemonSets}.rooms()[0].clone()
	}
	for n := range today.Nodes {
		g := gone{node: n}
		if level == SurviveZone {
			g = gone{node: -1, zone: today.Nodes[n].Offering.Zone, all: true}
		}
		for _, name := range today.Nodes[n].Pods {
			p := r.pods[name].freed()
			r.add(n, p.Group, -1)
			if !r.anywhere(&p, g) {
				out[name] = true
			}
			r.add(n, p.Group, 1)
		}
	}
	for i := range beside {
		g := gone{node: -1, beside: beside[i].Name}
		if level == SurviveZone && beside[i].Zone != "" {
			g = gone{node: -1, zone: beside[i].Zone, all: true}
		}
		r.fall(g, -1)
		for k := range beside[i].Pods {
			if p := beside[i].Pods[k].freed(); !r.anywhere(&p, g) {
				out[p.Name] = true
			}
		}
		r.fall(g, 1)
	}
	return out
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
