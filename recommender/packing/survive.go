package packing

import (
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

// EachLoss plays the losses one after the other, as they are asked for. It is for a caller who
// keeps none of them, or may stop early.
func EachLoss(in Input, plan Plan, s Survival) iter.Seq[Loss] {
	return newRefit(in, plan, s.Beside).losses(s)
}

// losses plays one after the other, as they are asked for.
func (r *refit) losses(s Survival) iter.Seq[Loss] {
	return func(yield func(Loss) bool) {
		for _, loss := range r.listed(s) {
			if !s.Exempt[loss.Group] && !yield(r.play(loss, s)) {
				return
			}
		}
	}
}

// listed are the losses of a level in a fixed order, before they are played.
func (r *refit) listed(s Survival) (out []Loss) {
	switch s.Level {
	case SurvivePod:
		for _, group := range sortedKeys(s.Surge) {
			if r.member[group] != nil && s.Surge[group] > 0 {
				out = append(out, Loss{Node: -1, Group: group})
			}
		}
	case SurviveNode:
		for n := range r.plan.Nodes {
			if len(r.plan.Nodes[n].Pods) > 0 {
				out = append(out, Loss{Node: n})
			}
		}
		for i := range s.Beside {
			if len(s.Beside[i].Pods) > 0 {
				out = append(out, Loss{Node: -1, Beside: s.Beside[i].Name})
			}
		}
	case SurviveZone:
		for _, zone := range zonesWithPods(r.plan, s.Beside) {
			out = append(out, Loss{Node: -1, Zone: zone})
		}
	}
	return out
}

// play gives a loss with what it comes to.
func (r *refit) play(loss Loss, s Survival) Loss {
	if loss.Group != "" {
		return r.surge(loss.Group, s.Surge[loss.Group])
	}
	return r.lose(loss, s.Exempt)
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

// lose takes nodes away and finds room for their pods; then all is as before.
func (r *refit) lose(loss Loss, exempt map[string]bool) Loss {
	var pods []Pod
	var lost []int
	if loss.Node >= 0 {
		lost = append(lost, loss.Node)
	}
	for n := range r.plan.Nodes {
		if loss.Zone != "" && r.plan.Nodes[n].Offering.Zone == loss.Zone {
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
