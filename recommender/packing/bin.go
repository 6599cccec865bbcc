package packing

import "slices"

// bin is a node being filled.
type bin struct {
	kind  int
	items []item
}

// item is a number of pods of one class.
type item struct {
	class int
	count int64
}

// worth is what the values say the bin's pods are worth.
func (b *bin) worth(v []float64) float64 {
	sum := 0.0
	for _, it := range b.items {
		sum += v[it.class] * float64(it.count)
	}
	return sum
}

// tally counts the pods of limited groups on one node.
type tally struct {
	inst  *instance
	count []int64 // by group
	used  []int   // groups with a count
}

func newTally(inst *instance) *tally {
	return &tally{inst: inst, count: make([]int64, len(inst.groups))}
}

func (t *tally) reset() {
	for _, g := range t.used {
		t.count[g] = 0
	}
	t.used = t.used[:0]
}

func (t *tally) add(g int, n int64) {
	if g < 0 {
		return
	}
	if t.count[g] == 0 {
		t.used = append(t.used, g)
	}
	t.count[g] += n
}

// room is how many more pods of group g the node may take, at most want.
func (t *tally) room(g int, want int64) int64 {
	if g < 0 {
		return want
	}
	grp := &t.inst.groups[g]
	for _, e := range grp.apart {
		if t.count[e] > 0 {
			return 0
		}
	}
	if grp.limit > 0 {
		want = min(want, grp.limit-t.count[g])
	}
	return want
}

// planned turns bins into nodes: pods by name, nodes in a fixed order.
func (inst *instance) planned(in Input, pods []Pod, bins []bin) []PlannedNode {
	next := make([]int, len(inst.classes))
	slices.SortFunc(bins, func(a, b bin) int { return inst.compareBins(in, &a, &b) })
	var nodes []PlannedNode
	for i := range bins {
		b := &bins[i]
		n := PlannedNode{Offering: in.Offerings[inst.kinds[b.kind].offering]}
		for d := range in.DaemonSets {
			if ds := &in.DaemonSets[d]; Admits(&n.Offering, ds) {
				n.CPU += ds.CPU
				n.Memory += ds.Memory
			}
		}
		for _, it := range b.items {
			c := &inst.classes[it.class]
			for range it.count {
				p := &pods[c.pods[next[it.class]]]
				next[it.class]++
				n.Pods = append(n.Pods, p.Name)
				n.CPU += p.CPU
				n.Memory += p.Memory
			}
		}
		slices.Sort(n.Pods)
		nodes = append(nodes, n)
	}
	return nodes
}

func (inst *instance) compareBins(in Input, a, b *bin) int {
	oa, ob := &in.Offerings[inst.kinds[a.kind].offering], &in.Offerings[inst.kinds[b.kind].offering]
	if c := oa.compare(ob); c != 0 {
		return c
	}
	return slices.CompareFunc(a.items, b.items, func(x, y item) int {
		if x.class != y.class {
			return x.class - y.class
		}
		return int(y.count - x.count)
	})
}
