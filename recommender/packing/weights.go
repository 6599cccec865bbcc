package packing

import (
	"math"
	"slices"
)

// weigh finds weights of the resources, whose weighted sum a node holds at most
// 1 of, with a low fractional bound; sets the items' sizes, sorts them by worth
// for size, and returns the bound. Any weights give a valid bound; the best ones
// give the linear relaxation's. It starts at the weights that were best on the
// kind the last time, and ends as soon as the bound is no more than floor.
func (s *knapsack) weigh(k int, floor float64) float64 {
	kd := &s.inst.kinds[k]
	if s.last == nil {
		s.last = make([][]float64, len(s.inst.kinds))
	}
	w := s.last[k]
	if w == nil {
		w = make([]float64, len(kd.size))
		w[0], w[1] = 0.5, 0.5
		s.last[k] = w
	}
	s.weights = w
	limit := s.fraction(kd, w) * (1 + roundOff)
	if limit <= floor {
		return limit
	}
	passes := 1
	if len(w) > 3 {
		passes = 2
	}
	for range passes {
		for r := 1; r < len(w); r++ {
			if limit = s.search(kd, w, r, limit, floor); limit <= floor {
				return limit
			}
		}
	}
	return s.relax(kd, w) * (1 + roundOff)
}

// search finds the weight of resource r, the others keeping their proportions,
// at which the bound is lowest, or one at which it is no more than floor, and
// returns the bound, which is low now. It has one valley along that line.
func (s *knapsack) search(kd *kind, w []float64, r int, low, floor float64) float64 {
	rest := 0.0
	for q := range w {
		if q != r {
			rest += w[q]
		}
	}
	if kd.size[r] <= 0 || rest <= 0 {
		return low
	}
	base := slices.Clone(w)
	best := base[r] / (rest + base[r])
	set := func(t float64) {
		for q := range w {
			w[q] = base[q] / rest * (1 - t)
		}
		w[r] = t
	}
	at := func(t float64) float64 {
		set(t)
		f := s.fraction(kd, w) * (1 + roundOff)
		if f < low {
			best, low = t, f
		}
		return f
	}
	const golden = 0.6180339887498949
	lo, hi := 0.0, 0.999
	a, b := hi-golden*(hi-lo), lo+golden*(hi-lo)
	at(0)
	fa, fb := at(a), at(b)
	for i := 0; i < 14 && low > floor; i++ {
		if fa <= fb {
			hi, b, fb = b, a, fa
			a = hi - golden*(hi-lo)
			fa = at(a)
		} else {
			lo, a, fa = a, b, fb
			b = lo + golden*(hi-lo)
			fb = at(b)
		}
	}
	set(best)
	return low
}

// resize sets the items' sizes under the weights.
func (s *knapsack) resize(kd *kind, w []float64) {
	for i := range s.items {
		it := &s.items[i]
		it.size = 0
		for r, v := range s.inst.classes[it.class].size {
			if v > 0 {
				it.size += w[r] * v / kd.size[r]
			}
		}
	}
}

// relax fills the node with fractions of pods in order of worth for weighted
// size, and returns their worth.
func (s *knapsack) relax(kd *kind, w []float64) float64 {
	s.resize(kd, w)
	slices.SortFunc(s.items, byWorth)
	return s.rest(0, 1)
}

// byWorth orders items by worth for size, the best first.
func byWorth(a, b packable) int {
	switch x, y := a.worth*b.size, b.worth*a.size; {
	case x > y:
		return -1
	case x < y:
		return 1
	}
	return a.class - b.class
}

// dense is an item as fraction sees it.
type dense struct{ ratio, worth, size float64 }

// fraction is the worth that relax finds, without putting the items in order:
// it halves the items, as quickselect does, around the one that fills the node.
func (s *knapsack) fraction(kd *kind, w []float64) float64 {
	s.resize(kd, w)
	all := s.halves[:0]
	for i := range s.items {
		it := &s.items[i]
		n := float64(it.most)
		ratio := math.Inf(1)
		if it.size > 0 {
			ratio = it.worth / it.size
		}
		all = append(all, dense{ratio, n * it.worth, n * it.size})
	}
	s.halves = all
	sum, left := 0.0, 1.0
	for len(all) > 0 {
		pivot := median(all[0].ratio, all[len(all)/2].ratio, all[len(all)-1].ratio)
		above, same := divide(all, pivot)
		worth, size := weight(all[:above])
		if size >= left {
			all = all[:above]
			continue
		}
		sum, left = sum+worth, left-size
		worth, size = weight(all[above : above+same])
		if size >= left {
			return sum + left*pivot
		}
		sum, left = sum+worth, left-size
		all = all[above+same:]
	}
	return sum
}

func median(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }

// divide puts the items above the pivot first and those equal to it second, and
// counts both.
func divide(all []dense, pivot float64) (above, same int) {
	below := len(all)
	for i := 0; i < below; {
		switch r := all[i].ratio; {
		case r > pivot:
			all[above], all[i] = all[i], all[above]
			above, i = above+1, i+1
		case r < pivot:
			below--
			all[below], all[i] = all[i], all[below]
		default:
			i++
		}
	}
	return above, below - above
}

func weight(all []dense) (worth, size float64) {
	for i := range all {
		worth, size = worth+all[i].worth, size+all[i].size
	}
	return worth, size
}
