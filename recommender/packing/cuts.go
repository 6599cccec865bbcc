package packing

import (
	"context"
	"math"
	"slices"
	"sync"
)

// cut is a row that every plan satisfies: the weights of its nodes' kinds add
// up to at least least.
type cut struct {
	weight []float64 // by kind
	least  float64
}

// cuts lists the rows that tighten the relaxation: node counts first, then the
// price of what pods that share a pool need by themselves, in whole nodes.
func (inst *instance) cuts(ctx context.Context) []cut {
	counts := inst.countCuts()
	return append(counts, inst.poolCuts(ctx, counts)...)
}

// countCuts asks for enough nodes: one for every pod that exists, and
// ceil(n/limit) for a group that puts at most limit pods on a node. For each
// set of kinds the strongest stays.
func (inst *instance) countCuts() []cut {
	best := map[string]cut{}
	offer := func(set []bool, count float64) {
		if key := setKey(set); best[key].least < count {
			weight := make([]float64, len(set))
			for k := range set {
				if set[k] {
					weight[k] = 1
				}
			}
			best[key] = cut{weight, count}
		}
	}
	for _, c := range inst.classes {
		offer(c.ok, 1)
	}
	members := make([][]int, len(inst.groups))
	for c := range inst.classes {
		if g := inst.classes[c].group; g >= 0 {
			members[g] = append(members[g], c)
		}
	}
	for g, grp := range inst.groups {
		if grp.limit == 0 || !grp.uniform {
			continue
		}
		set := make([]bool, len(inst.kinds))
		for _, c := range members[g] {
			for k, ok := range inst.classes[c].ok {
				set[k] = set[k] || ok
			}
		}
		offer(set, math.Ceil(float64(grp.size)/float64(grp.limit)))
	}
	var out []cut
	for _, key := range sortedKeys(best) {
		out = append(out, best[key])
	}
	return out
}

// maxPools bounds the pools, and with them the work on cuts.
const maxPools = 60

// poolCuts looks at each set of kinds that some pod is confined to, and at all
// kinds. The pods confined to such a pool need whole nodes of it; the cheapest
// whole nodes with enough room in sum bound what the plan spends in the pool.
func (inst *instance) poolCuts(ctx context.Context, counts []cut) []cut {
	pools := map[string][]bool{}
	everything := make([]bool, len(inst.kinds))
	for k := range everything {
		everything[k] = true
	}
	pools[setKey(everything)] = everything
	for _, c := range inst.classes {
		pools[setKey(c.open)] = c.open
	}
	keys := sortedKeys(pools)
	keys = keys[:min(len(keys), maxPools)]
	found := make([]cut, len(keys)) // side by side: each takes a relaxation of its own
	var all sync.WaitGroup
	for i, key := range keys {
		all.Go(func() {
			if c, ok := inst.poolCut(ctx, pools[key], counts); ok {
				found[i] = c
			}
		})
	}
	all.Wait()
	return slices.DeleteFunc(found, func(c cut) bool { return c.weight == nil })
}

func (inst *instance) poolCut(ctx context.Context, pool []bool, counts []cut) (cut, bool) {
	need := make([]float64, inst.dims)
	for _, c := range inst.classes {
		if within(c.open, pool) {
			for r, v := range c.size {
				need[r] += v * float64(len(c.pods))
			}
		}
	}
	cover := covering{nodes: leastCoverNodes, work: coverWork}
	if inst.effort < 1 {
		cover.nodes, cover.work = hastyCoverNodes, hastyCoverWork
	}
	var kinds []int
	for k := range pool {
		if pool[k] {
			kinds = append(kinds, k)
			cover.price = append(cover.price, inst.kinds[k].price)
		}
	}
	for r, v := range need {
		row := make([]float64, len(kinds))
		for i, k := range kinds {
			row[i] = inst.kinds[k].size[r]
		}
		cover.add(row, v)
	}
	for _, c := range counts {
		inside := !slices.ContainsFunc(slices.Collect(indexes(c.weight)), func(k int) bool { return !pool[k] })
		if !inside {
			continue
		}
		row := make([]float64, len(kinds))
		for i, k := range kinds {
			row[i] = c.weight[k]
		}
		cover.add(row, c.least)
	}
	least := cover.bound(ctx)
	weight := make([]float64, len(pool))
	for _, k := range kinds {
		weight[k] = inst.kinds[k].price
	}
	return cut{weight, least}, least > 0
}

// indexes yields the places that aren't zero.
func indexes(v []float64) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i, x := range v {
			if x != 0 && !yield(i) {
				return
			}
		}
	}
}

func within(a, b []bool) bool {
	for i := range a {
		if a[i] && !b[i] {
			return false
		}
	}
	return true
}
