package packing

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// relaxation solves the assignment relaxation with few kinds of nodes: it starts with
// the cheapest ones for each class, and adds those that would help until none does. Of
// hundreds of kinds, most of them the same type in another zone, dozens remain.
type relaxation struct {
	inst   *instance
	kinds  []int
	blocks [][]int
	pack   knapsack
	last   *master
}

func newRelaxation(inst *instance) *relaxation {
	return &relaxation{inst: inst, kinds: inst.cheapestKinds(), blocks: inst.blocks(), pack: knapsack{inst: inst}}
}

// cheapestKinds lists, for each class, the kind on which its pods alone cost the least
// by the resource that they use up first, and by all of them together.
func (inst *instance) cheapestKinds() []int {
	chosen := map[int]bool{}
	for c := range inst.classes {
		first, all := -1, -1
		least, low := math.Inf(1), math.Inf(1)
		for k := range inst.kinds {
			if !inst.classes[c].ok[k] {
				continue
			}
			top, sum := inst.takes(c, k)
			if price := inst.kinds[k].price * top; price < least {
				first, least = k, price
			}
			if price := inst.kinds[k].price * sum; price < low {
				all, low = k, price
			}
		}
		chosen[first], chosen[all] = true, true
	}
	return sortedKeys(chosen)
}

// takes is the share of a node of kind k that a pod takes: of the resource that it
// takes most of, and of CPU and memory together.
func (inst *instance) takes(c, k int) (top, sum float64) {
	size, need := inst.kinds[k].size, inst.classes[c].size
	for r, v := range need {
		if v > 0 {
			top = max(top, v/size[r])
		}
	}
	return top, (need[0]/max(size[0], 1) + need[1]/max(size[1], 1)) / 2
}

// grown bounds how often kinds are added. Where it ends the search, the values are
// lower than they could be, and still proven.
const grown = 40

// solve gives the best values with cuts, from where the last solution ended.
func (r *relaxation) solve(ctx context.Context, cuts []cut) values {
	var best values
	bestTotal := -1.0
	for range grown {
		m := newMaster(r.inst, r.kinds, r.blocks, cuts)
		if r.last != nil {
			for _, old := range r.last.routes {
				if r.last.lp.Value(old.column) > 1e-9 {
					m.addRoute(old.block, old.to)
				}
			}
		}
		v := m.solve(ctx)
		r.last = m
		more, worst := r.missing(v, cuts)
		v.shrink(1 / worst)
		if total := v.total(r.inst); total > bestTotal {
			best, bestTotal = v, total
		}
		if len(more) == 0 || ctx.Err() != nil {
			break
		}
		r.kinds = append(slices.Clone(r.kinds), more...)
		slices.Sort(r.kinds)
	}
	return best
}

func (v *values) shrink(by float64) {
	for c := range v.pod {
		v.pod[c] *= by
	}
	for c := range v.cut {
		v.cut[c] *= by
	}
	v.cuts *= by
}

// missing lists kinds that take no part and hold pods worth more than they cost, those
// that hold the most for their price first, and by how much the worst of them exceeds
// its price.
func (r *relaxation) missing(v values, cuts []cut) (more []int, worst float64) {
	ratio, worst := map[int]float64{}, 1.0
	r.pack.worth = v.pod
	for k := range r.inst.kinds {
		if _, in := slices.BinarySearch(r.kinds, k); in {
			continue
		}
		price, extra := r.inst.kinds[k].price, 0.0
		for c := range cuts {
			extra += v.cut[c] * cuts[c].weight[k]
		}
		over := (r.pack.most(k, price-extra) + extra) / price
		worst = max(worst, over)
		if over > 1+1e-7 {
			ratio[k] = over
		}
	}
	order := sortedKeys(ratio)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(ratio[b], ratio[a]) })
	for _, k := range order {
		if len(more) > len(r.kinds)/2+4 {
			break
		}
		if !slices.ContainsFunc(more, func(b int) bool { return r.inst.replaces(b, k, cuts) }) {
			more = append(more, k)
		}
	}
	return more, worst
}

// mixes are the weights of CPU, the rest being memory's, by which implied looks for a
// proof.
func mixes() []float64 { return []float64{1, 0, 0.5, 0.75, 0.25} }

// implied reports whether a kind needs no row for a resource: it has none, or all pods
// that it takes use up a mix of CPU and memory sooner. A bound without a row holds all
// the same.
func (inst *instance) implied(k, r int) bool {
	size := inst.kinds[k].size
	if size[r] <= 0 {
		return true // no pod that runs there needs it
	}
	if r < 2 || size[0] <= 0 || size[1] <= 0 {
		return false
	}
	return slices.ContainsFunc(mixes(), func(cpu float64) bool {
		for c := range inst.classes {
			need := inst.classes[c].size
			if inst.classes[c].ok[k] && need[r]/size[r] > cpu*need[0]/size[0]+(1-cpu)*need[1]/size[1] {
				return false
			}
		}
		return true
	})
}

// replaces says whether as much money spent on kind b as one node of kind a
// costs does all that a does, in the relaxation.
func (inst *instance) replaces(b, a int, cuts []cut) bool {
	ka, kb := &inst.kinds[a], &inst.kinds[b]
	scale := ka.price / kb.price
	for _, c := range cuts {
		if c.weight[b]*scale < c.weight[a] {
			return false
		}
	}
	for r := range ka.size {
		if kb.size[r]*scale < ka.size[r] {
			return false
		}
	}
	for i := range inst.classes {
		if ok := inst.classes[i].ok; ok[a] && !ok[b] {
			return false
		}
	}
	return true
}
