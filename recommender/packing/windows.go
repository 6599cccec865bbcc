package packing

import (
	"context"
	"math"
	"slices"
	"sync"
)

// What is large is packed in parts, so that the work grows with the pods and not with
// their square. A first packing has at most twice window classes before it at a time, and
// a search at most district bins.
const (
	manyClasses = 2500
	window      = 128
	district    = 200
	passes      = 2 // of a search over all bins, each time in other districts
)

// startInWindows packs all pods for the first time, from a window of classes that is
// filled up as they get fewer.
func (s *searcher) startInWindows() []bin {
	var bins []bin
	guess := make([]float64, len(s.inst.kinds))
	order := s.rng.Perm(len(s.inst.classes))
	for len(order) > 0 {
		if len(s.live) < window {
			n := min(window, len(order))
			for _, c := range order[:n] {
				s.release(c, int64(len(s.inst.classes[c].pods)))
			}
			order = order[n:]
			clear(guess)
		}
		b, ok := s.likelyBin(guess)
		if !ok {
			break
		}
		for _, it := range b.items {
			s.left[it.class] -= it.count
		}
		s.count([]bin{b}, 1)
		s.compact()
		bins = append(bins, b)
	}
	for _, c := range order {
		s.release(c, int64(len(s.inst.classes[c].pods)))
	}
	rest, _ := s.pack(math.Inf(1), 0)
	if rest == nil {
		return nil
	}
	return append(bins, rest...)
}

// likelyBin is bestBin without filling a node of each kind: as pods get fewer nodes
// fill worse, so that a kind whose last node was dearer for its pods than a new one of
// another kind is not tried. guess is the last price for the value packed, by kind.
func (s *searcher) likelyBin(guess []float64) (bin, bool) {
	best, tried := bin{kind: -1}, map[int]bool{}
	kinds := s.candidates(math.Inf(1), 0)
	for {
		at := -1
		for _, k := range kinds {
			if at < 0 || guess[k] < guess[at] {
				at = k
			}
		}
		if at < 0 || tried[at] {
			return best, best.kind >= 0
		}
		tried[at] = true
		items, worth := s.fill(at, 0)
		if guess[at] = math.Inf(1); len(items) == 0 {
			continue
		}
		guess[at] = s.inst.kinds[at].price / worth
		if best.kind < 0 || guess[at] < guess[best.kind] {
			best = bin{at, slices.Clone(items)}
		}
	}
}

// improveInDistricts improves a packing of many bins part by part.
func (s *searcher) improveInDistricts(ctx context.Context, bins []bin, budget int, low float64) []bin {
	var done []bin
	parts := (len(bins) + district - 1) / district
	for i := range parts {
		from, to := i*len(bins)/parts, (i+1)*len(bins)/parts
		others := s.price(done) + s.price(bins[to:])
		done = append(done, s.anneal(ctx, slices.Clone(bins[from:to]), budget/parts, low-others)...)
	}
	return done
}

// searchApart is search for many bins: each searcher has half of them at a time. The
// first may use what zones have free of a spread, the second only what it frees itself.
func (inst *instance) searchApart(ctx context.Context, bins []bin, worth []float64, low, effort float64) []bin {
	var s [searchers]*searcher
	for i := range s {
		s[i] = newSearcher(inst, worth, uint64(i))
	}
	budget := lastBudget(effort, len(bins)) / passes / searchers
	for range passes {
		s[0].rng.Shuffle(len(bins), func(i, j int) { bins[i], bins[j] = bins[j], bins[i] })
		halves := [searchers][]bin{bins[: len(bins)/2 : len(bins)/2], bins[len(bins)/2:]}
		price := [searchers]float64{inst.cost(halves[0]), inst.cost(halves[1])}
		s[0].restart(bins)
		s[1].close()
		var all sync.WaitGroup
		for i := range s {
			all.Go(func() { halves[i] = s[i].improveInDistricts(ctx, halves[i], budget, low-price[1-i]) })
		}
		all.Wait()
		bins = append(halves[0], halves[1]...)
	}
	return bins
}

// close leaves no pod of a spread free room in any zone but what is taken apart.
func (s *searcher) close() {
	for f, most := range s.inst.perZone {
		for z := range s.inst.zones {
			s.zoned[f*s.inst.zones+z] = most
		}
	}
}
