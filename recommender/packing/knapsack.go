package packing

import (
	"math"
	"slices"
)

// knapsack finds the pods worth most that fit on one node.
type knapsack struct {
	inst    *instance
	worth   []float64
	items   []packable
	load    []int64     // by group: pods on the node
	weights []float64   // by resource
	last    [][]float64 // by kind: the weights that were best on it
	halves  []dense
	best    float64  // the worth to beat
	open    float64  // highest bound of what was left untried
	by      [2][]int // items in order of worth for CPU and for memory
	chose   []int64
	now     []int64
	rem     []int64
	steps   int
	fluid   bool // the bound may take long: see fluidLimit
}

// packable is a class that may go on the node.
type packable struct {
	class int
	most  int64
	worth float64
	size  float64 // under the weights
}

// fillBest looks for the pattern of the highest worth on kind k, if it is above
// floor. It returns the pattern and an upper bound on the worth of any pattern:
// the pattern's worth or the floor, unless the search ran out of steps.
func (s *knapsack) fillBest(k, steps int, floor float64) (items []item, limit float64) {
	kd := &s.inst.kinds[k]
	limit = s.most(k, floor)
	if limit <= floor {
		return nil, floor
	}
	s.best, s.steps, s.open = max(floor, 0), steps, 0
	s.chose, s.now = make([]int64, len(s.items)), make([]int64, len(s.items))
	s.rem = slices.Clone(kd.room)
	s.load = make([]int64, len(s.inst.groups))
	s.order(0)
	s.order(1)
	s.greedy(kd)
	s.descend(0, 0, 1)
	for i, n := range s.chose {
		if n > 0 {
			items = append(items, item{s.items[i].class, n})
		}
	}
	limit = min(limit, max(s.best, s.open))
	if s.fluid && limit > max(s.best, floor)*(1+1e-6) {
		low, other := s.fluidLimit(k, max(s.best, floor))
		limit = min(limit, low)
		if b := (bin{k, other}); b.worth(s.worth) > s.best {
			items = other
		}
	}
	return items, max(limit, floor)
}

// most is an upper bound on the worth of any pattern on kind k; once it is no more
// than floor it may be higher than it could be.
func (s *knapsack) most(k int, floor float64) float64 {
	kd := &s.inst.kinds[k]
	s.items = s.items[:0]
	for c := range s.inst.classes {
		cl := &s.inst.classes[c]
		if s.worth[c] <= 1e-12 || !cl.ok[k] {
			continue
		}
		most := int64(len(cl.pods))
		for r, v := range cl.need {
			if v > 0 {
				most = min(most, kd.room[r]/v)
			}
		}
		if cl.group >= 0 && s.inst.groups[cl.group].limit > 0 {
			most = min(most, s.inst.groups[cl.group].limit)
		}
		if cl.free >= 0 {
			most = min(most, s.inst.perZone[cl.free])
		}
		s.items = append(s.items, packable{class: c, most: most, worth: s.worth[c]})
	}
	return s.weigh(k, floor)
}

// greedy fills the node with the item worth most for what it takes of the
// scarce resources, in a few degrees of caring for scarcity.
func (s *knapsack) greedy(kd *kind) {
	for _, care := range []float64{0.5, 1, 2, 4} {
		copy(s.rem, kd.room)
		clear(s.load)
		clear(s.now)
		worth := 0.0
		for {
			i := s.densest(kd, care)
			if i < 0 {
				break
			}
			s.take(i, 1)
			worth += s.items[i].worth
		}
		if worth > s.best {
			s.best = worth
			copy(s.chose, s.now)
		}
	}
	copy(s.rem, kd.room)
	clear(s.load)
	clear(s.now)
}

func (s *knapsack) densest(kd *kind, care float64) int {
	scarce := make([]float64, len(s.rem))
	for r, v := range s.rem {
		if kd.room[r] > 0 && v > 0 {
			scarce[r] = (s.weights[r] + 0.01) / kd.size[r] * math.Pow(kd.size[r]/float64(v), care)
		}
	}
	at, top := -1, -1.0
	for i := range s.items {
		it := &s.items[i]
		cl := &s.inst.classes[it.class]
		if s.now[i] >= it.most || !fitsIn(cl.need, s.rem) || s.crowded(cl) {
			continue
		}
		cost := 1e-12
		for r, v := range cl.size {
			cost += v * scarce[r]
		}
		if d := it.worth / cost; d > top {
			at, top = i, d
		}
	}
	return at
}

func (s *knapsack) crowded(cl *class) bool {
	return cl.group >= 0 && s.inst.groups[cl.group].limit > 0 && s.load[cl.group] >= s.inst.groups[cl.group].limit
}

// descend tries every number of pods of item i and below, most first.
func (s *knapsack) descend(i int, worth, left float64) {
	if worth > s.best+1e-12 {
		s.best = worth
		copy(s.chose, s.now)
	}
	bound := worth + s.rest(i, left)
	for r := 0; r < len(s.by) && bound > s.best; r++ {
		bound = min(bound, worth+s.restBy(r, i))
	}
	if i == len(s.items) || bound <= s.best*(1+1e-9)+1e-12 {
		return
	}
	if s.steps <= 0 {
		s.open = max(s.open, bound)
		return
	}
	s.steps--
	it := &s.items[i]
	cl := &s.inst.classes[it.class]
	most := it.most
	for r, v := range cl.need {
		if v > 0 {
			most = min(most, s.rem[r]/v)
		}
	}
	if g := cl.group; g >= 0 && s.inst.groups[g].limit > 0 {
		most = min(most, s.inst.groups[g].limit-s.load[g])
	}
	for n := most; n >= 0; n-- {
		s.take(i, n)
		s.descend(i+1, worth+float64(n)*it.worth, left-float64(n)*it.size)
		s.take(i, -n)
		if s.steps <= 0 && n > 0 {
			// Fewer of the densest item can't raise the bound.
			s.open = max(s.open, worth+float64(n-1)*it.worth+s.rest(i+1, left-float64(n-1)*it.size))
			return
		}
	}
}

func (s *knapsack) take(i int, n int64) {
	cl := &s.inst.classes[s.items[i].class]
	for r, v := range cl.need {
		s.rem[r] -= n * v
	}
	if cl.group >= 0 {
		s.load[cl.group] += n
	}
	s.now[i] += n
}

// rest is the fractional bound on the worth of items from i on.
func (s *knapsack) rest(i int, left float64) float64 { return fractions(s.items[i:], left) }

// fractions is the worth of items, in their order, that fill so much room as fractions.
func fractions(items []packable, left float64) float64 {
	sum := 0.0
	for i := 0; i < len(items) && left > 1e-12; i++ {
		it := &items[i]
		n := float64(it.most)
		if it.size > 0 {
			n = min(n, left/it.size)
		}
		sum += n * it.worth
		left -= n * it.size
	}
	return sum
}

// order sorts the items by worth for what they take of one resource.
func (s *knapsack) order(r int) {
	s.by[r] = s.by[r][:0]
	for i := range s.items {
		s.by[r] = append(s.by[r], i)
	}
	slices.SortFunc(s.by[r], func(a, b int) int {
		x := s.items[a].worth * s.inst.classes[s.items[b].class].size[r]
		y := s.items[b].worth * s.inst.classes[s.items[a].class].size[r]
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return a - b
	})
}

// restBy is the fractional bound on the worth of items from i on as resource r
// alone, CPU or memory, gives it.
func (s *knapsack) restBy(r, i int) float64 {
	sum, left := 0.0, float64(s.rem[r])
	for _, j := range s.by[r] {
		if j < i {
			continue
		}
		it := &s.items[j]
		n, size := float64(it.most), s.inst.classes[it.class].size[r]
		if size > 0 {
			n = min(n, left/size)
		}
		sum += n * it.worth
		if left -= n * size; left <= 0 {
			break
		}
	}
	return sum
}
