package packing

import (
	"context"
	"slices"
)

// restart sets the tallies to those of a packing.
func (s *searcher) restart(bins []bin) {
	clear(s.zoned)
	s.count(bins, 1)
}

// improve repeats: choose a few bins, pack their pods anew, keep what is not
// dearer. At first it also keeps what is a little dearer, which leads out of
// dead ends; the best packing seen is returned.
func (s *searcher) improve(ctx context.Context, bins []bin, budget int, low float64) []bin {
	if len(bins) == 0 {
		return bins
	}
	s.restart(bins)
	if len(bins) > district {
		return s.improveInDistricts(ctx, bins, budget, low)
	}
	return s.anneal(ctx, bins, budget, low)
}

// anneal is improve for bins that the tallies know of. They know the best packing
// at the end.
func (s *searcher) anneal(ctx context.Context, bins []bin, budget int, low float64) []bin {
	now := s.price(bins)
	best, lowest := slices.Clone(bins), now
	heat := heatShare * now / float64(len(bins))
	s.wasted, s.takes = s.wasted[:0], s.takes[:0]
	s.waste(bins)
	for s.work = 0; s.work < budget && lowest > low*(1+1e-7) && ctx.Err() == nil; s.work += 100 + 4*len(bins) {
		slack := 1e-9
		if cool := 1 - float64(s.work)/float64(budget); cool > 0.1 {
			slack += heat * cool * cool * s.rng.ExpFloat64()
		}
		taken, fresh := s.repack(bins, slack)
		if fresh == nil {
			continue
		}
		now += s.price(fresh)
		for i := len(taken) - 1; i >= 0; i-- {
			now -= s.inst.kinds[bins[taken[i]].kind].price
			last := len(bins) - 1
			bins[taken[i]], s.wasted[taken[i]] = bins[last], s.wasted[last]
			copy(s.takesOf(taken[i]), s.takesOf(last))
			bins, s.wasted, s.takes = bins[:last], s.wasted[:last], s.takes[:last*s.inst.words]
		}
		bins = append(bins, fresh...)
		s.waste(fresh)
		if now < lowest-1e-9 {
			best, lowest = append(best[:0], bins...), now
		}
	}
	s.count(bins, -1)
	s.count(best, 1)
	return best
}

// heatShare is the share of a mean bin's price that a step may lose at first.
const heatShare = 0.02

func (s *searcher) price(bins []bin) float64 { return s.inst.cost(bins) }

func (inst *instance) cost(bins []bin) float64 {
	sum := 0.0
	for i := range bins {
		sum += inst.kinds[bins[i].kind].price
	}
	return sum
}

// repack takes some bins apart, and returns their indexes in order and the bins
// to put in their place; none if no way was found that costs at most slack
// more. At equal price the waste must not be spread thinner.
func (s *searcher) repack(bins []bin, slack float64) (picked []int, fresh []bin) {
	picked = s.pick(bins)
	slices.Sort(picked)
	taken := make([]bin, 0, len(picked))
	s.live = s.live[:0]
	clear(s.left)
	for _, i := range picked {
		taken = append(taken, bins[i])
		for _, it := range bins[i].items {
			s.release(it.class, it.count)
		}
	}
	s.count(taken, -1)
	old := s.price(taken)
	fresh, price := s.pack(old+slack, 0.1+s.rng.ExpFloat64())
	if fresh != nil && price > old-1e-9 && price < old+1e-9 && s.spare(fresh) < s.spare(taken) {
		s.count(fresh, -1)
		fresh = nil
	}
	if fresh == nil {
		s.count(taken, 1)
	}
	return picked, fresh
}

// spare adds up the squares of the money that bins waste. At equal cost, waste
// gathered in one bin is better than waste spread thin: it can be sold.
func (s *searcher) spare(bins []bin) float64 {
	sum := 0.0
	for i := range bins {
		w := s.inst.kinds[bins[i].kind].price - bins[i].worth(s.worth)
		sum += w * w
	}
	return sum
}

// pick chooses a wasteful bin and up to four others that can trade pods with
// it.
func (s *searcher) pick(bins []bin) []int {
	s.chance = append(s.chance[:0], s.wasted...)
	weight := s.chance
	first := s.draw(weight)
	out := []int{first}
	kind, ours := bins[first].kind, s.takesOf(first)
	for i := range bins {
		if !has(ours, bins[i].kind) && !has(s.takesOf(i), kind) {
			weight[i] = 0 // no pod of one may run on the other's kind
		}
	}
	weight[first] = 0
	for want := 1 + s.rng.IntN(4); want > 0; want-- {
		i := s.draw(weight)
		if i < 0 {
			break
		}
		out = append(out, i)
		weight[i] = 0
	}
	return out
}

// waste notes what each of more bins wastes, and a little of its price; and the kinds that
// some pod of it may run on.
func (s *searcher) waste(more []bin) {
	for i := range more {
		p := s.inst.kinds[more[i].kind].price
		s.wasted = append(s.wasted, 0.02*p+max(p-more[i].worth(s.worth), 0))
		at := len(s.takes)
		for range s.inst.words {
			s.takes = append(s.takes, 0)
		}
		for _, it := range more[i].items {
			for w, bits := range s.inst.classes[it.class].on {
				s.takes[at+w] |= bits
			}
		}
	}
}

// takesOf is the kinds, a bit for each, that some pod of the ith bin may run on.
func (s *searcher) takesOf(i int) []uint64 {
	return s.takes[i*s.inst.words : (i+1)*s.inst.words]
}

// draw picks an index by weight, or -1 if all weigh nothing.
func (s *searcher) draw(weight []float64) int {
	total := 0.0
	for _, w := range weight {
		total += w
	}
	x, last := s.rng.Float64()*total, -1
	for i, w := range weight {
		if w == 0 {
			continue
		}
		last = i
		if x -= w; x <= 0 {
			break
		}
	}
	return last
}
