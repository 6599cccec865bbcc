package packing

import (
	"cmp"
	"context"
	"slices"
	"sync"
)

// Budgets of the search in comparisons, a few nanoseconds each: a first, short
// search gives the pattern bound its first patterns; the second profits from
// that bound's duals and patterns.
const (
	firstWork, firstWorkPerBin = 5_000_000, 100_000
	lastWork, lastWorkPerBin   = 120_000_000, 2_500_000
	lastWorkBeyond             = 300_000 // for each bin of those beyond one district
	roundings                  = 30
)

// solve packs the instance, and bounds what any packing costs from below.
func (inst *instance) solve(ctx context.Context, in Input) ([]bin, float64) {
	effort := in.Effort
	if effort <= 0 {
		effort = 1
	}
	inst.effort = effort
	// With cuts, part of the worth is in the nodes and not in the pods.
	look := inst.cuts
	if in.NoBound {
		look = func(context.Context) []cut { return nil }
	}
	plain, v, cuts := inst.assignmentBound(ctx, look)
	s := newSearcher(inst, plain.pod, 0)
	bins := s.start()
	bins = s.improve(ctx, bins, int(effort*float64(firstWork+firstWorkPerBin*len(bins))), max(v.total(inst), in.Known))
	if in.NoBound {
		return inst.search(ctx, bins, plain.pod, nil, in.Known, effort), 0
	}
	p, duals := inst.patternBound(ctx, v, bins, cuts)
	if p == nil {
		low := v.total(inst)
		return inst.search(ctx, bins, plain.pod, nil, low, effort), low
	}
	worth, shares := duals[:len(inst.classes)], p.shares()
	if shares == nil {
		worth = plain.pod
	}
	bins = inst.search(ctx, bins, worth, shares, p.best, effort)
	return bins, p.tighten(ctx, bins, duals)
}

// lastBudget is the work of the last search over so many bins.
func lastBudget(effort float64, bins int) int {
	return int(effort * float64(lastWork+lastWorkPerBin*min(bins, district)+lastWorkBeyond*max(bins-district, 0)))
}

// rounded is the cheapest of a packing and the roundings of the relaxation's bins.
func (s *searcher) rounded(ctx context.Context, best []bin, shares []share) []bin {
	for i := 0; i < roundings/searchers && shares != nil && ctx.Err() == nil; i++ {
		if rounded := s.round(shares); rounded != nil && s.price(rounded) < s.price(best) {
			best = rounded
		}
	}
	return best
}

// searchers is how many look for the last packing side by side, each on a part
// of the budget and by chances of its own.
const searchers = 2

// search rounds the relaxation's bins, if there are any, and improves on what
// is the best then.
func (inst *instance) search(ctx context.Context, bins []bin, worth []float64, shares []share, low, effort float64) []bin {
	if len(bins) > district {
		return inst.searchApart(ctx, newSearcher(inst, worth, searchers).rounded(ctx, bins, shares), worth, low, effort)
	}
	var found [searchers][]bin
	var all sync.WaitGroup
	for i := range found {
		all.Go(func() {
			s := newSearcher(inst, worth, uint64(i))
			best := s.rounded(ctx, slices.Clone(bins), shares)
			found[i] = s.improve(ctx, best, lastBudget(effort, len(best))/searchers, low)
		})
	}
	all.Wait()
	return slices.MinFunc(found[:], func(a, b []bin) int { return cmp.Compare(inst.cost(a), inst.cost(b)) })
}
