package packing

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// Follower tells which of a plan's nodes there are when other numbers of its
// pods run: what a node autoscaler that has the plan's kinds of nodes to choose
// from comes to. Nodes are taken away where their pods fit on others, replaced
// by cheaper kinds of the plan, and added where pods have no room.
type Follower struct {
	kinds   []Offering
	cheap   []int       // kinds, the cheapest first
	rooms   []resources // by kind, without DaemonSets
	classes []followClass
	groups  map[string][]int // classes of a group
	base    []followNode
	placed  int // pods of the plan
}

// followClass is pods that are alike.
type followClass struct {
	Pod
	base   int    // as many the plan has
	admits []bool // by kind
	most   int64  // of the group on a node; 0 means no bound
	apart  []int  // classes that may not be on its node
	zonal  bool   // what runs in its zone matters
	worth  float64
}

// followNode is a node at one moment.
type followNode struct {
	kind int
	left resources
	has  []int // pods by class
	pods int
	load float64 // worth of the pods
}

// NewFollower reads a plan. pods are those that the plan has placed and others
// that may come to run; only what the plan placed counts as there at first.
func NewFollower(plan Plan, pods, daemonSets []Pod) *Follower {
	f := &Follower{groups: map[string][]int{}}
	kindOf, of := map[string]int{}, make([]int, len(plan.Nodes))
	for i := range plan.Nodes {
		o := plan.Nodes[i].Offering
		key := fmt.Sprint(o.Type, "\x00", o.Zone, "\x00", o.CapacityType, "\x00", o.Labels, o.Taints)
		k, ok := kindOf[key]
		if !ok {
			k = len(f.kinds)
			kindOf[key] = k
			f.kinds = append(f.kinds, o)
		}
		of[i] = k
	}
	for k := range f.kinds {
		f.cheap = append(f.cheap, k)
	}
	slices.SortStableFunc(f.cheap, func(a, b int) int { return cmp.Compare(f.kinds[a].USDPerHour, f.kinds[b].USDPerHour) })
	f.rooms = Input{Offerings: f.kinds, DaemonSets: daemonSets}.rooms()
	class := f.classify(pods)
	for i := range plan.Nodes {
		n := f.empty(of[i])
		for _, name := range plan.Nodes[i].Pods {
			if c, ok := class[name]; ok {
				f.put(&n, c)
				f.classes[c].base++
				f.placed++
			}
		}
		f.base = append(f.base, n)
	}
	return f
}

// classify gathers pods that are alike, and gives each pod's class by name.
func (f *Follower) classify(pods []Pod) map[string]int {
	var cpu, memory float64
	for i := range f.kinds {
		cpu, memory = cpu+float64(f.kinds[i].CPU), memory+float64(f.kinds[i].Memory)
	}
	at, class := map[string]int{}, map[string]int{}
	for i := range pods {
		p := pods[i]
		p.Name = ""
		key := fmt.Sprintf("%+v", p)
		c, ok := at[key]
		if !ok {
			c = len(f.classes)
			at[key] = c
			f.groups[p.Group] = append(f.groups[p.Group], c)
			worth := float64(p.CPU)/max(cpu, 1) + float64(p.Memory)/max(memory, 1)
			f.classes = append(f.classes, f.newClass(p, worth))
		}
		class[pods[i].Name] = c
	}
	f.keepApart()
	return class
}

func (f *Follower) newClass(p Pod, worth float64) followClass {
	c := followClass{Pod: p, worth: worth}
	for k := range f.kinds {
		c.admits = append(c.admits, Admits(&f.kinds[k], &p))
	}
	for _, s := range p.Spread {
		if s.TopologyKey == LabelZone {
			c.zonal = true
		} else if c.most == 0 || s.MaxSkew < c.most {
			c.most = s.MaxSkew
		}
	}
	c.zonal = c.zonal || slices.ContainsFunc(p.AntiAffinity, func(a AntiAffinity) bool { return a.TopologyKey == LabelZone })
	return c
}

// keepApart notes on both sides which classes may not share a node.
func (f *Follower) keepApart() {
	for i := range f.classes {
		for _, a := range f.classes[i].AntiAffinity {
			for _, g := range a.Groups {
				for _, j := range f.groups[g] {
					f.classes[i].apart = append(f.classes[i].apart, j)
					if i != j {
						f.classes[j].apart = append(f.classes[j].apart, i)
					}
				}
			}
		}
	}
}

func (f *Follower) empty(kind int) followNode {
	return followNode{kind: kind, left: f.rooms[kind].clone(), has: make([]int, len(f.classes))}
}

func (f *Follower) put(n *followNode, class int) {
	c := &f.classes[class]
	n.left.take(&c.Pod)
	n.has[class]++
	n.pods++
	n.load += c.worth
}

func (f *Follower) takeOff(n *followNode, class int) {
	c := &f.classes[class]
	n.left.release(&c.Pod)
	n.has[class]--
	n.pods--
	n.load -= c.worth
}

// takes reports whether the node has room for one more pod of the class.
func (f *Follower) takes(n *followNode, class int) bool {
	c := &f.classes[class]
	if !c.admits[n.kind] || !n.left.fits(&c.Pod) || c.most > 0 && f.ofGroup(n, c.Group) >= c.most {
		return false
	}
	return !slices.ContainsFunc(c.apart, func(other int) bool { return n.has[other] > 0 })
}

func (f *Follower) ofGroup(n *followNode, group string) (count int64) {
	for _, c := range f.groups[group] {
		count += int64(n.has[c])
	}
	return count
}

// Nodes gives the nodes for so many pods of each group; groups that are not
// named have none. The nodes' Pods are empty. lost counts pods that no kind of
// the plan can hold. Once the context has ended the nodes are of no use: the
// caller asks it.
func (f *Follower) Nodes(ctx context.Context, pods map[string]int) (nodes []PlannedNode, lost int) {
	at, lost := f.settle(ctx, pods)
	for i := range at {
		o := f.kinds[at[i].kind]
		nodes = append(nodes, PlannedNode{Offering: o, CPU: o.CPU - at[i].left.cpu, Memory: o.Memory - at[i].left.memory})
	}
	return nodes, lost
}

// arrival is a pod that is to be placed; zone is empty where any will do.
type arrival struct {
	class int
	zone  string
}

// settle changes the plan's nodes to those for so many pods, or builds nodes
// anew from the plan's kinds where that comes out cheaper.
func (f *Follower) settle(ctx context.Context, pods map[string]int) (nodes []followNode, lost int) {
	want := f.wanted(pods)
	kept, lost := f.change(ctx, want)
	if f.placed > mostBuilt {
		return kept, lost
	}
	built, lostToo := f.open(ctx, nil, f.arrivals(nil, want, make([]int, len(want))))
	if built = f.consolidate(ctx, built); lostToo <= lost && f.cost(built) < f.cost(kept)*(1-worthBuilding) {
		return built, lostToo
	}
	return kept, lost
}

// mostBuilt bounds the pods of a plan whose nodes are also built anew.
const mostBuilt = 1000

// worthBuilding is the share of the cost from which nodes built anew are
// preferred to those of the plan: below it they would change for nothing.
const worthBuilding = 0.01

func (f *Follower) cost(nodes []followNode) (usd float64) {
	for i := range nodes {
		usd += f.kinds[nodes[i].kind].USDPerHour
	}
	return usd
}

// change takes pods off the plan's nodes and adds others.
func (f *Follower) change(ctx context.Context, want []int) (nodes []followNode, lost int) {
	have := make([]int, len(want))
	for _, n := range f.base {
		n.has, n.left = slices.Clone(n.has), n.left.clone()
		nodes = append(nodes, n)
	}
	for c := range want {
		have[c] = f.classes[c].base
		for range f.classes[c].base - want[c] {
			f.stop(nodes, c)
		}
	}
	var waiting []arrival
	for _, a := range f.arrivals(nodes, want, have) {
		if to := f.target(nodes, a.class, a.zone); to >= 0 {
			f.put(&nodes[to], a.class)
		} else {
			waiting = append(waiting, a)
		}
	}
	nodes, lost = f.open(ctx, nodes, waiting)
	return f.consolidate(ctx, nodes), lost
}

// arrivals lists the pods beyond those that the nodes have, the largest first;
// where zones matter each is for the zone that then has the fewest of its group.
func (f *Follower) arrivals(nodes []followNode, want, have []int) []arrival {
	var out []arrival
	for group, classes := range f.groups {
		var count map[string]int64
		for _, c := range classes {
			for range want[c] - have[c] {
				a := arrival{class: c}
				if f.classes[c].zonal {
					if count == nil {
						count = f.byZone(nodes, group)
					}
					a.zone = f.fewest(count, c)
					count[a.zone]++
				}
				out = append(out, a)
			}
		}
	}
	slices.SortFunc(out, func(a, b arrival) int {
		return cmp.Or(cmp.Compare(f.classes[b.class].worth, f.classes[a.class].worth), cmp.Compare(a.class, b.class), cmp.Compare(a.zone, b.zone))
	})
	return out
}

// byZone counts a group's pods.
func (f *Follower) byZone(nodes []followNode, group string) map[string]int64 {
	count := map[string]int64{}
	for i := range nodes {
		count[f.kinds[nodes[i].kind].Zone] += f.ofGroup(&nodes[i], group)
	}
	return count
}

// fewest is the zone with the smallest count among those with a kind that
// admits the class.
func (f *Follower) fewest(count map[string]int64, class int) string {
	best, found := "", false
	for k := range f.kinds {
		z := f.kinds[k].Zone
		if f.classes[class].admits[k] && (!found || count[z] < count[best] || count[z] == count[best] && z < best) {
			best, found = z, true
		}
	}
	return best
}

// wanted splits the groups' pods over their classes, as they were in the plan.
func (f *Follower) wanted(pods map[string]int) []int {
	out := make([]int, len(f.classes))
	for group, classes := range f.groups {
		left, base := pods[group], 0
		for _, c := range classes {
			base += f.classes[c].base
		}
		for i, c := range classes {
			out[c] = left
			if i < len(classes)-1 && base > 0 {
				out[c] = int(math.Round(float64(left) * float64(f.classes[c].base) / float64(base)))
			}
			left, base = left-out[c], base-f.classes[c].base
		}
	}
	return out
}

// stop ends a pod: where zones matter in the zone with most of its group, on
// the node with the least load.
func (f *Follower) stop(nodes []followNode, class int) {
	var count map[string]int64
	if f.classes[class].zonal {
		count = f.byZone(nodes, f.classes[class].Group)
	}
	best := -1
	for i := range nodes {
		n := &nodes[i]
		if n.has[class] == 0 {
			continue
		}
		more := 0
		if best >= 0 {
			more = cmp.Compare(count[f.kinds[n.kind].Zone], count[f.kinds[nodes[best].kind].Zone])
		}
		if best < 0 || more > 0 || more == 0 && n.load < nodes[best].load {
			best = i
		}
	}
	if best >= 0 {
		f.takeOff(&nodes[best], class)
	}
}

// target is the fullest node that takes a pod of the class, in the zone where
// one is named; -1 where there is none.
func (f *Follower) target(nodes []followNode, class int, zone string) int {
	best := -1
	for i := range nodes {
		n := &nodes[i]
		if zone != "" && f.kinds[n.kind].Zone != zone {
			continue
		}
		if (best < 0 || n.left.cpu < nodes[best].left.cpu) && f.takes(n, class) {
			best = i
		}
	}
	return best
}

// open adds nodes for the pods that wait, each time the kind that holds most
// of them for its price. lost are those that fit on none.
func (f *Follower) open(ctx context.Context, nodes []followNode, waiting []arrival) (all []followNode, lost int) {
	for len(waiting) > 0 && ctx.Err() == nil {
		best, rate := -1, 0.0
		for k := range f.kinds {
			n := f.empty(k)
			f.fill(&n, waiting)
			if n.load > rate*f.kinds[k].USDPerHour {
				best, rate = k, n.load/f.kinds[k].USDPerHour
			}
		}
		if best < 0 {
			return nodes, len(waiting)
		}
		n := f.empty(best)
		on := f.fill(&n, waiting)
		nodes = append(nodes, n)
		rest := waiting[:0]
		for i, a := range waiting {
			if !on[i] {
				rest = append(rest, a)
			}
		}
		waiting = rest
	}
	return nodes, 0
}

// fill puts what fits of the pods that wait on a node, in their order, and
// tells which.
func (f *Follower) fill(n *followNode, waiting []arrival) (on []bool) {
	on = make([]bool, len(waiting))
	for i, a := range waiting {
		if n.left.pods < 1 {
			break
		}
		if (a.zone == "" || a.zone == f.kinds[n.kind].Zone) && f.takes(n, a.class) {
			f.put(n, a.class)
			on[i] = true
		}
	}
	return on
}
