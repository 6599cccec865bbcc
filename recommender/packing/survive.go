package packing

import (
	"cmp"
	"fmt"
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
}

// Loss is one thing that may happen, and where the pods that it touches find room.
type Loss struct {
	Node  int    // the planned node that is lost; -1 for none
	Zone  string // the zone that is lost, or nothing
	Group string // the workload that is updated, or nothing

	Refuge map[string]int // by pod: the planned node that takes it
	Left   []string       // pods that find no room, in order
}

// Losses plays every loss of a level against a plan, in a fixed order.
func Losses(in Input, plan Plan, s Survival) []Loss {
	r := newRefit(in, plan)
	var out []Loss
	switch s.Level {
	case SurvivePod:
		for _, group := range sortedKeys(s.Surge) {
			if _, here := r.member[group]; here && s.Surge[group] > 0 && !s.Exempt[group] {
				out = append(out, r.surge(group, s.Surge[group]))
			}
		}
	case SurviveNode:
		for n := range plan.Nodes {
			if len(plan.Nodes[n].Pods) > 0 {
				out = append(out, r.lose(Loss{Node: n}, func(k int) bool { return k == n }, s.Exempt))
			}
		}
	case SurviveZone:
		zones := map[string]bool{}
		for n := range plan.Nodes {
			zones[plan.Nodes[n].Offering.Zone] = true
		}
		for _, zone := range sortedKeys(zones) {
			if zone != "" {
				out = append(out, r.lose(Loss{Node: -1, Zone: zone}, func(k int) bool { return plan.Nodes[k].Offering.Zone == zone }, s.Exempt))
			}
		}
	}
	return out
}

// surgePod names the nth pod that a rolling update of a group starts.
func surgePod(group string, n int) string { return fmt.Sprintf("%s (update, pod %d)", group, n+1) }

// refit finds room for pods on the nodes of a plan.
type refit struct {
	plan   Plan
	pods   map[string]*Pod
	member map[string]int // by group: index of one of its pods in the input
	in     Input
	rooms  []resources // by node, with its pods on it
	hosts  []map[string]int64
	zones  map[string]map[string]int64
	usable map[string][]bool         // by signature: nodes that admit it
	apart  map[string][]AntiAffinity // of groups that the scheduler keeps apart from others
	mean   Offering
}

func newRefit(in Input, plan Plan) *refit {
	r := &refit{plan: plan, in: in, pods: map[string]*Pod{}, member: map[string]int{}, zones: map[string]map[string]int64{}, usable: map[string][]bool{}, apart: map[string][]AntiAffinity{}}
	for i := range in.Pods {
		p := &in.Pods[i]
		r.pods[p.Name] = p
		if _, ok := r.member[p.Group]; !ok {
			r.member[p.Group] = i
			if hard := p.freed().AntiAffinity; len(hard) > 0 {
				r.apart[p.Group] = hard
			}
		}
	}
	for n := range plan.Nodes {
		o := plan.Nodes[n].Offering
		r.rooms = append(r.rooms, Input{Offerings: []Offering{o}, DaemonSets: in.DaemonSets}.rooms()[0].clone())
		r.hosts = append(r.hosts, map[string]int64{})
		r.mean.CPU, r.mean.Memory = max(r.mean.CPU, o.CPU), max(r.mean.Memory, o.Memory)
		for _, name := range plan.Nodes[n].Pods {
			r.take(n, r.pods[name])
		}
	}
	return r
}

func (r *refit) take(n int, p *Pod) {
	r.rooms[n].take(p)
	r.add(n, p.Group, 1)
}

func (r *refit) add(n int, group string, by int64) {
	zone := r.plan.Nodes[n].Offering.Zone
	if r.zones[zone] == nil {
		r.zones[zone] = map[string]int64{}
	}
	r.hosts[n][group] += by
	r.zones[zone][group] += by
}

func (r *refit) drop(n int, p *Pod) {
	r.rooms[n].release(p)
	r.add(n, p.Group, -1)
}

// lose takes nodes away and finds room for their pods; then all is as before.
func (r *refit) lose(loss Loss, gone func(node int) bool, exempt map[string]bool) Loss {
	var pods []Pod
	for n := range r.plan.Nodes {
		if !gone(n) {
			continue
		}
		for _, name := range r.plan.Nodes[n].Pods {
			r.drop(n, r.pods[name])
			if !exempt[name] {
				pods = append(pods, r.pods[name].freed())
			}
		}
	}
	loss.Refuge, loss.Left = r.place(pods, gone)
	for n := range r.plan.Nodes {
		if gone(n) {
			for _, name := range r.plan.Nodes[n].Pods {
				r.take(n, r.pods[name])
			}
		}
	}
	return loss
}

func (r *refit) surge(group string, count int) Loss {
	like := r.in.Pods[r.member[group]].freed()
	var pods []Pod
	for i := range count {
		p := like
		p.Name = surgePod(group, i)
		pods = append(pods, p)
	}
	loss := Loss{Node: -1, Group: group}
	loss.Refuge, loss.Left = r.place(pods, func(int) bool { return false })
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

// place seats pods, the largest first, each on the node that it fills most, and
// takes them off again.
func (r *refit) place(pods []Pod, gone func(int) bool) (at map[string]int, left []string) {
	slices.SortStableFunc(pods, func(a, b Pod) int { return cmp.Or(cmp.Compare(r.share(&b), r.share(&a)), cmp.Compare(a.Name, b.Name)) })
	at = map[string]int{}
	for i := range pods {
		p := &pods[i]
		if n := r.seat(p, gone); n >= 0 {
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
func (r *refit) share(p *Pod) float64 {
	return max(float64(p.CPU)/float64(max(r.mean.CPU, 1)), float64(p.Memory)/float64(max(r.mean.Memory, 1)))
}

// seat chooses a node for the pod; -1 for none.
func (r *refit) seat(p *Pod, gone func(int) bool) int {
	best, least, fewest := -1, 0.0, int64(0)
	for n, ok := range r.admitted(p) {
		if !ok || gone(n) || !r.rooms[n].fits(p) || !r.lives(p, n, gone) {
			continue
		}
		rest := max(float64(r.rooms[n].cpu-p.CPU)/float64(max(r.mean.CPU, 1)), float64(r.rooms[n].memory-p.Memory)/float64(max(r.mean.Memory, 1)))
		inZone := int64(0)
		if zonal(p) {
			inZone = r.zones[r.plan.Nodes[n].Offering.Zone][p.Group]
		}
		if best < 0 || inZone < fewest || inZone == fewest && rest < least {
			best, least, fewest = n, rest, inZone
		}
	}
	return best
}

func zonal(p *Pod) bool {
	return slices.ContainsFunc(p.Spread, func(s Spread) bool { return s.TopologyKey == LabelZone })
}

func (r *refit) admitted(p *Pod) []bool {
	sig := p.signature()
	if r.usable[sig] == nil {
		ok := make([]bool, len(r.plan.Nodes))
		for n := range ok {
			ok[n] = admits(&r.plan.Nodes[n].Offering, p)
		}
		r.usable[sig] = ok
	}
	return r.usable[sig]
}

// lives reports whether the pods that are there let the pod in.
func (r *refit) lives(p *Pod, n int, gone func(int) bool) bool {
	zone := r.plan.Nodes[n].Offering.Zone
	for _, s := range p.Spread {
		if s.TopologyKey == LabelHostname && r.hosts[n][p.Group]+1 > s.MaxSkew {
			return false
		}
		if s.TopologyKey == LabelZone && r.zones[zone][p.Group]+1-r.leastInZone(p, gone) > s.MaxSkew {
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
	keeps := func(there map[string]int64, key string) bool {
		for group, apart := range r.apart {
			if there[group] > 0 && slices.ContainsFunc(apart, func(a AntiAffinity) bool { return a.TopologyKey == key && slices.Contains(a.Groups, p.Group) }) {
				return true
			}
		}
		return false
	}
	return keeps(r.hosts[n], LabelHostname) || keeps(r.zones[r.plan.Nodes[n].Offering.Zone], LabelZone)
}

// leastInZone is the fewest pods of the pod's group in a zone that it may run in.
func (r *refit) leastInZone(p *Pod, gone func(int) bool) int64 {
	anywhere := *p
	anywhere.Zone = ""
	least := int64(-1)
	for n, ok := range r.admitted(&anywhere) {
		if c := r.zones[r.plan.Nodes[n].Offering.Zone][p.Group]; ok && !gone(n) && (least < 0 || c < least) {
			least = c
		}
	}
	return max(least, 0)
}

// Exempt tells what can't live through a level today: groups whose rolling update
// finds no room; pods that no other node, or no other zone, may run, whatever the room.
func Exempt(in Input, today Plan, level Level, surge map[string]int) map[string]bool {
	r := newRefit(in, today)
	out := map[string]bool{}
	if level == SurvivePod {
		for group, n := range surge {
			if _, here := r.member[group]; here && n > 0 && len(r.surge(group, n).Left) > 0 {
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
		gone := func(k int) bool { return k == n }
		if level == SurviveZone {
			gone = func(k int) bool { return today.Nodes[k].Offering.Zone == today.Nodes[n].Offering.Zone }
		}
		for _, name := range today.Nodes[n].Pods {
			p := r.pods[name].freed()
			r.drop(n, &p)
			if r.seat(&p, gone) < 0 {
				out[name] = true
			}
			r.take(n, &p)
		}
	}
	return out
}
