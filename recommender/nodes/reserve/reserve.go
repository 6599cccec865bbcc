// Package reserve says which placeholder pods keep the room that a plan counts on. An
// autoscaler of nodes takes away what no pod asks for; a pod of the lowest priority asks for
// it, and gives way to any other.
package reserve

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// Pods are placeholders that are alike.
type Pods struct {
	Group       string // of their nodes, as the caller names it
	Zone        string // the one that they have to be in; empty for any
	CPU, Memory int64  // of each, millicores and bytes
	GPUs        int64
	Devices     map[string]int64 // by resource
	Count       int
	For         string // the loss that the first of them are for, in words
	Spread      bool   // over zones, evenly: the zones have no names
}

// Room is what the placeholders keep, and what they can't.
type Room struct {
	Pods []Pods
	// Left is how many pods of losses have their room where no placeholder fits beside the
	// others, by group: it goes when an autoscaler packs its nodes anew.
	Left map[string]int
}

// Of sizes the placeholders by the losses that a plan lives through, as packing.Losses has
// them: the pods of each loss find room in those of the placeholders that are not lost with
// it, and all of these fit on the plan's nodes beside their pods. The largest loss comes
// first, so that others need few more. beside are the nodes beside the plan that losses may
// take, device tells the resources that a placeholder has to ask for, group names the group
// of an offering.
func Of(in packing.Input, plan packing.Plan, losses []packing.Loss, beside []packing.Beside, device func(string) bool, group func(*packing.Offering) string) Room {
	r := newRoom(in, plan, device, group)
	for i := range beside {
		for k := range beside[i].Pods {
			r.pods[beside[i].Pods[k].Name] = &beside[i].Pods[k]
		}
	}
	needs := make([]need, 0, len(losses))
	for i := range losses {
		if n := r.need(&losses[i]); len(n.pods) > 0 {
			needs = append(needs, n)
		}
	}
	slices.SortStableFunc(needs, func(a, b need) int { return cmp.Compare(b.size, a.size) })
	left := map[string]int{}
	for i := range needs {
		missed := map[string]int{}
		r.hold(&needs[i], missed)
		for g, n := range missed {
			left[g] = max(left[g], n)
		}
	}
	return Room{r.gathered(), left}
}

// amount is what a pod asks for.
type amount struct {
	cpu, memory, gpus int64
	pods              int64
	devices           map[string]int64
}

func (a *amount) holds(b *amount) bool {
	for name, n := range b.devices {
		if a.devices[name] < n {
			return false
		}
	}
	return a.cpu >= b.cpu && a.memory >= b.memory && a.gpus >= b.gpus && a.pods >= b.pods
}

func (a *amount) take(b *amount) {
	a.cpu, a.memory, a.gpus, a.pods = a.cpu-b.cpu, a.memory-b.memory, a.gpus-b.gpus, a.pods-b.pods
	for name, n := range b.devices {
		a.devices[name] -= n
	}
}

func (a *amount) plus(b *amount) amount {
	out := amount{a.cpu + b.cpu, a.memory + b.memory, a.gpus + b.gpus, a.pods + b.pods, maps.Clone(a.devices)}
	for name, n := range b.devices {
		out.devices[name] += n
	}
	return out
}

func (a amount) clone() amount {
	a.devices = maps.Clone(a.devices)
	return a
}

// mostPods is a number of pods that no node takes: those that come where a placeholder was have
// places of their own, as the plan counts.
const mostPods = 1 << 20

// holder is one placeholder on a node of the plan.
type holder struct {
	node int
	zone string // that it has to be in
	amount
	why string
}

// seated is a pod of a loss with the node that takes it in.
type seated struct {
	amount
	name  string
	node  int
	zonal bool // it may not go to just any zone
	count int  // of pods, where it stands for several
}

// need is a loss as far as placeholders are asked for.
type need struct {
	*packing.Loss
	pods []seated // the largest first
	size float64  // of all together
}

type room struct {
	plan    packing.Plan
	device  func(string) bool
	pods    map[string]*packing.Pod
	member  map[string]*packing.Pod // by group of pods
	groups  []string                // by node
	rest    []amount                // by node, beside its pods and placeholders
	mean    packing.Offering
	holders []holder
}

func newRoom(in packing.Input, plan packing.Plan, device func(string) bool, group func(*packing.Offering) string) *room {
	r := &room{plan: plan, device: device, pods: map[string]*packing.Pod{}, member: map[string]*packing.Pod{}}
	for i := range in.Pods {
		p := &in.Pods[i]
		r.pods[p.Name], r.member[p.Group] = p, p
	}
	for i := range plan.Nodes {
		n := &plan.Nodes[i]
		rest := amount{n.Offering.CPU - n.CPU, n.Offering.Memory - n.Memory, n.Offering.GPUs, n.Offering.Pods - int64(len(n.Pods)), maps.Clone(n.Offering.Extended)}
		if rest.devices == nil {
			rest.devices = map[string]int64{}
		}
		for k := range in.DaemonSets {
			if packing.Admits(&n.Offering, &in.DaemonSets[k]) {
				rest.pods--
			}
		}
		for _, name := range n.Pods {
			if p := r.pods[name]; p != nil {
				taken := r.amountOf(p)
				rest.take(&amount{gpus: taken.gpus, devices: taken.devices})
			}
		}
		r.rest, r.groups = append(r.rest, rest), append(r.groups, group(&n.Offering))
		r.mean.CPU, r.mean.Memory = max(r.mean.CPU, n.Offering.CPU), max(r.mean.Memory, n.Offering.Memory)
	}
	return r
}

func (r *room) amountOf(p *packing.Pod) amount {
	out := amount{p.CPU, p.Memory, p.GPUs, 1, map[string]int64{}}
	for name, n := range p.Extended {
		if r.device(name) {
			out.devices[name] = n
		}
	}
	return out
}

// share is the larger of the parts that an amount takes of a large node.
func (r *room) share(a *amount) float64 {
	return max(float64(a.cpu)/float64(max(r.mean.CPU, 1)), float64(a.memory)/float64(max(r.mean.Memory, 1)))
}

// need reads a loss. A pod of an update that does not run yet is like the others of its group.
func (r *room) need(loss *packing.Loss) need {
	out := need{Loss: loss}
	for _, name := range slices.Sorted(maps.Keys(loss.Refuge)) {
		p := r.pods[name]
		if p == nil {
			p = r.member[loss.Group]
		}
		if p == nil {
			continue
		}
		one := seated{r.amountOf(p), name, loss.Refuge[name], loss.Zone != "" || zonal(p), 1}
		out.pods, out.size = append(out.pods, one), out.size+r.share(&one.amount)
	}
	slices.SortStableFunc(out.pods, func(a, b seated) int { return cmp.Compare(r.share(&b.amount), r.share(&a.amount)) })
	return out
}

// zonal reports whether a pod asks for a zone, or where its like are in others.
func zonal(p *packing.Pod) bool {
	return p.Zone != "" && !p.SoftZone || p.NodeSelector[packing.LabelZone] != "" ||
		slices.ContainsFunc(p.Spread, func(s packing.Spread) bool { return s.TopologyKey == packing.LabelZone && !s.Soft }) ||
		slices.ContainsFunc(p.AntiAffinity, func(a packing.AntiAffinity) bool { return a.TopologyKey == packing.LabelZone && !a.Soft })
}

// hold makes sure that the placeholders have room for the pods of a loss. Those that need
// more get a placeholder each in an update, and one for all that a node would take in
// otherwise: nobody wants one for every small pod.
func (r *room) hold(n *need, missed map[string]int) {
	bins := make([]amount, len(r.holders))
	for i := range r.holders {
		bins[i] = r.holders[i].clone()
		bins[i].pods = mostPods
	}
	var more []seated
	at := map[int]int{} // in more, by node
	for i := range n.pods {
		p := &n.pods[i]
		if b := r.bin(n, p, bins); b >= 0 {
			bins[b].take(&p.amount)
			continue
		}
		if k, begun := at[p.node]; begun && n.Group == "" {
			more[k].add(p)
			continue
		}
		at[p.node] = len(more)
		one := *p
		one.amount, one.count = p.clone(), 1
		more = append(more, one)
	}
	for i := range more {
		p := &more[i]
		if r.grow(n, p, bins, true) {
			continue
		}
		node := r.place(n, p)
		if node < 0 {
			if !r.grow(n, p, bins, false) {
				missed[r.groups[p.node]] += p.count
			}
			continue
		}
		h := holder{node: node, amount: p.amount, why: n.words()}
		if p.zonal {
			h.zone = r.plan.Nodes[node].Offering.Zone
		}
		r.rest[node].take(&h.amount)
		r.holders, bins = append(r.holders, h), append(bins, amount{pods: mostPods, devices: map[string]int64{}})
	}
}

// grow makes a placeholder larger, so that what this loss leaves of it holds the pod, where
// its node has room for that: one that the loss has not touched, or any. It reports whether
// there is one.
func (r *room) grow(n *need, p *seated, bins []amount, whole bool) bool {
	for i := range bins {
		h, b := &r.holders[i], &bins[i]
		if !r.like(n, p, h.node) || p.zonal && h.zone == "" || whole && !b.holds(&amount{cpu: h.cpu, memory: h.memory, gpus: h.gpus, devices: h.devices}) {
			continue
		}
		more := amount{cpu: max(p.cpu-b.cpu, 0), memory: max(p.memory-b.memory, 0), gpus: max(p.gpus-b.gpus, 0), devices: map[string]int64{}}
		for name, k := range p.devices {
			more.devices[name] = max(k-b.devices[name], 0)
		}
		if r.rest[h.node].holds(&more) {
			r.rest[h.node].take(&more)
			h.amount, *b = h.plus(&more), b.plus(&more)
			b.take(&p.amount)
			return true
		}
	}
	return false
}

// like reports whether a placeholder on a node would be for a pod: it is of the group, not
// lost, and where the pod asks for it in the zone that the plan counts on.
func (r *room) like(n *need, p *seated, node int) bool {
	return r.groups[node] == r.groups[p.node] && !n.takes(&r.plan, node) && (!p.zonal || r.plan.Nodes[node].Offering.Zone == r.plan.Nodes[p.node].Offering.Zone)
}

// add makes one placeholder of two pods.
func (s *seated) add(p *seated) {
	places := s.pods
	s.amount = s.plus(&p.amount)
	s.pods, s.zonal, s.count = places, s.zonal || p.zonal, s.count+1
}

// bin is the placeholder with the least room for the pod that gives it; -1 for none.
func (r *room) bin(n *need, p *seated, bins []amount) int {
	best, least := -1, 0.0
	for i := range bins {
		h := &r.holders[i]
		if !r.like(n, p, h.node) || p.zonal && h.zone == "" || !bins[i].holds(&p.amount) {
			continue
		}
		if s := r.share(&bins[i]); best < 0 || s < least {
			best, least = i, s
		}
	}
	return best
}

// place is a node for one more placeholder: where the plan has the pod go, else one like it.
func (r *room) place(n *need, p *seated) int {
	if r.rest[p.node].holds(&p.amount) {
		return p.node
	}
	for i := range r.rest {
		if r.like(n, p, i) && r.rest[i].holds(&p.amount) {
			return i
		}
	}
	return -1
}

// takes reports whether a node of the plan is lost.
func (n *need) takes(plan *packing.Plan, node int) bool {
	return n.Node == node && n.Zone == "" && n.Group == "" && n.Beside == "" || n.Zone != "" && plan.Nodes[node].Offering.Zone == n.Zone
}

func (n *need) words() string {
	switch {
	case n.Group != "":
		return "an update of " + n.Group
	case n.Zone != "":
		return "the loss of zone " + n.Zone
	}
	return "the loss of a node"
}

// gathered are the placeholders by what they are alike in.
func (r *room) gathered() []Pods {
	at, out := map[string]int{}, []Pods(nil)
	for i := range r.holders {
		h := &r.holders[i]
		maps.DeleteFunc(h.devices, func(_ string, n int64) bool { return n <= 0 })
		key := fmt.Sprint(r.groups[h.node], "\x00", h.zone, h.cpu, h.memory, h.gpus, h.devices)
		if _, seen := at[key]; !seen {
			at[key] = len(out)
			out = append(out, Pods{r.groups[h.node], h.zone, h.cpu, h.memory, h.gpus, h.devices, 0, h.why, false})
		}
		out[at[key]].Count++
	}
	slices.SortStableFunc(out, func(a, b Pods) int { return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Zone, b.Zone)) })
	return out
}
