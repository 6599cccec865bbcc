package packing

import "math"

// roomTree finds, among the nodes of one zone, those that a pod fits on and would fill
// most, without looking at all: each branch knows the least and the most CPU and memory
// that its nodes have left.
type roomTree struct {
	nodes  []int    // of the plan, in order
	spans  []extent // 1 is the root, i has the branches 2i and 2i+1
	leaves int
}

// extent is the least and the most that nodes have left.
type extent struct{ leastCPU, mostCPU, leastMemory, mostMemory int64 }

func newRoomTree(nodes []int, rooms []resources) *roomTree {
	t := &roomTree{nodes: nodes, leaves: 1}
	for t.leaves < len(nodes) {
		t.leaves *= 2
	}
	t.spans = make([]extent, 2*t.leaves)
	for i := range t.leaves {
		t.spans[t.leaves+i] = extent{math.MaxInt64, math.MinInt64, math.MaxInt64, math.MinInt64}
		if i < len(nodes) {
			t.spans[t.leaves+i] = extentOf(&rooms[nodes[i]])
		}
	}
	for i := t.leaves - 1; i > 0; i-- {
		t.spans[i] = t.spans[2*i].with(t.spans[2*i+1])
	}
	return t
}

func extentOf(r *resources) extent { return extent{r.cpu, r.cpu, r.memory, r.memory} }

func (e extent) with(o extent) extent {
	return extent{min(e.leastCPU, o.leastCPU), max(e.mostCPU, o.mostCPU), min(e.leastMemory, o.leastMemory), max(e.mostMemory, o.mostMemory)}
}

// set notes what the node at a place in nodes has left.
func (t *roomTree) set(place int, r *resources) {
	i := t.leaves + place
	t.spans[i] = extentOf(r)
	for i /= 2; i > 0; i /= 2 {
		t.spans[i] = t.spans[2*i].with(t.spans[2*i+1])
	}
}

// visit calls seen with the nodes that have as much room, in order. It passes by
// branches that skip says to.
func (t *roomTree) visit(branch int, cpu, memory int64, skip func(extent) bool, seen func(node int)) {
	e := t.spans[branch]
	if e.mostCPU < cpu || e.mostMemory < memory || skip(e) {
		return
	}
	if branch >= t.leaves {
		seen(t.nodes[branch-t.leaves])
		return
	}
	t.visit(2*branch, cpu, memory, skip, seen)
	t.visit(2*branch+1, cpu, memory, skip, seen)
}
