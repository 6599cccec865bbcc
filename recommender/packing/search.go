package packing

import (
	"math"
	"math/rand/v2"
	"slices"
)

// searcher improves a packing by taking a few bins apart and packing their
// pods anew. All its choices come from a seeded generator and a counted
// budget, so that the same input gives the same plan.
type searcher struct {
	inst  *instance
	worth []float64 // dual value of a pod, by class
	rng   *rand.Rand
	left  []int64 // pods of each class still to place, while packing
	live  []int   // classes with pods left
	tally *tally
	rem   []int64
	dot   []float64
	noise []float64
}

func newSearcher(inst *instance) *searcher {
	worth := inst.assignmentBound(nil).pod
	for c := range worth {
		worth[c] = max(worth[c], 1e-9) // a pod that fits in for nothing still fills a node
	}
	return &searcher{
		inst: inst, worth: worth, rng: rand.New(rand.NewPCG(1, 2026)),
		left: make([]int64, len(inst.classes)), tally: newTally(inst),
		rem: make([]int64, inst.dims), dot: make([]float64, inst.dims), noise: make([]float64, len(inst.classes)),
	}
}

// search packs all pods of the instance.
func (inst *instance) search(effort float64) []bin {
	if effort <= 0 {
		effort = 1
	}
	s := newSearcher(inst)
	for c := range inst.classes {
		s.release(c, int64(len(inst.classes[c].pods)))
	}
	bins, _ := s.pack(math.Inf(1), 0)
	return s.improve(bins, int(effort*float64(2000+100*len(bins))))
}

func (s *searcher) release(class int, count int64) {
	if s.left[class] == 0 {
		s.live = append(s.live, class)
	}
	s.left[class] += count
}

// pack places all released pods in new bins and returns their price. It gives
// up, with nothing, as soon as the price must reach the limit. With shake > 0
// its choices vary from call to call.
func (s *searcher) pack(limit float64, shake float64) ([]bin, float64) {
	var bins []bin
	price := 0.0
	s.compact()
	for len(s.live) > 0 {
		room := limit - price
		if s.openWorth() >= room {
			return nil, limit
		}
		b, ok := s.whole(room)
		if !ok {
			b, ok = s.bestBin(room, shake)
		}
		if !ok {
			return nil, limit
		}
		for _, it := range b.items {
			s.left[it.class] -= it.count
		}
		s.compact()
		price += s.inst.kinds[b.kind].price
		bins = append(bins, b)
	}
	return bins, price
}

func (s *searcher) compact() {
	s.live = slices.DeleteFunc(s.live, func(c int) bool { return s.left[c] == 0 })
}

// openWorth is the value of the pods still to place, a lower bound on the price
// of placing them.
func (s *searcher) openWorth() float64 {
	sum := 0.0
	for _, c := range s.live {
		sum += s.worth[c] * float64(s.left[c])
	}
	return sum
}

// whole finds the cheapest kind that takes all remaining pods at once.
func (s *searcher) whole(room float64) (bin, bool) {
	need := make([]int64, s.inst.dims)
	s.tally.reset()
	for _, c := range s.live {
		cl := &s.inst.classes[c]
		if s.tally.room(cl.group, s.left[c]) < s.left[c] {
			return bin{}, false
		}
		s.tally.add(cl.group, s.left[c])
		for r, v := range cl.need {
			need[r] += v * s.left[c]
		}
	}
	for k := range s.inst.kinds { // in order of price
		if s.inst.kinds[k].price >= room {
			break
		}
		if !s.covers(k, need) {
			continue
		}
		b := bin{kind: k}
		for _, c := range s.live {
			b.items = append(b.items, item{c, s.left[c]})
		}
		return b, true
	}
	return bin{}, false
}

func (s *searcher) covers(k int, need []int64) bool {
	for r, v := range s.inst.kinds[k].room {
		if need[r] > v {
			return false
		}
	}
	for _, c := range s.live {
		if !s.inst.classes[c].ok[k] {
			return false
		}
	}
	return true
}

// bestBin fills one node of each kind (or, when shaken, of a few) and returns
// the one with the lowest price for the value packed.
func (s *searcher) bestBin(room, shake float64) (bin, bool) {
	best, bestRatio := bin{kind: -1}, math.Inf(1)
	for _, k := range s.candidates(room, shake) {
		b := s.fill(k, shake)
		if len(b.items) == 0 {
			continue
		}
		ratio := s.inst.kinds[k].price / b.worth(s.worth)
		if shake > 0 {
			ratio *= 1 + 0.02*s.rng.Float64()
		}
		if ratio < bestRatio {
			best, bestRatio = b, ratio
		}
	}
	return best, best.kind >= 0
}

const kindsTried = 6

func (s *searcher) candidates(room, shake float64) []int {
	var out []int
	for k := range s.inst.kinds {
		if s.inst.kinds[k].price >= room {
			break
		}
		if slices.ContainsFunc(s.live, func(c int) bool { return s.inst.classes[c].ok[k] }) {
			out = append(out, k)
		}
	}
	if shake == 0 || len(out) <= kindsTried {
		return out
	}
	for i := range kindsTried {
		j := i + s.rng.IntN(len(out)-i)
		out[i], out[j] = out[j], out[i]
	}
	return out[:kindsTried]
}

// fill puts pods on a node of kind k, always the one whose needs point the way
// the free room does.
func (s *searcher) fill(k int, shake float64) bin {
	kd := &s.inst.kinds[k]
	copy(s.rem, kd.room)
	s.tally.reset()
	b := bin{kind: k}
	placed := make(map[int]int64)
	for _, c := range s.live {
		s.noise[c] = 1
		if shake > 0 {
			s.noise[c] = 1 + shake*s.rng.Float64()
		}
	}
	for {
		for r := range s.rem {
			s.dot[r] = 0
			if kd.size[r] > 0 {
				s.dot[r] = float64(s.rem[r]) / (kd.size[r] * kd.size[r])
			}
		}
		at, top := -1, -1.0
		for _, c := range s.live {
			cl := &s.inst.classes[c]
			if !cl.ok[k] || placed[c] >= s.left[c] || !fitsIn(cl.need, s.rem) || s.tally.room(cl.group, 1) < 1 {
				continue
			}
			score := 0.0
			for r, v := range cl.size {
				score += v * s.dot[r]
			}
			if score *= s.noise[c]; score > top {
				at, top = c, score
			}
		}
		if at < 0 {
			return b
		}
		placed[at]++
		b.add(at, 1)
		s.tally.add(s.inst.classes[at].group, 1)
		for r, v := range s.inst.classes[at].need {
			s.rem[r] -= v
		}
	}
}

func fitsIn(need, room []int64) bool {
	for r, v := range need {
		if v > room[r] {
			return false
		}
	}
	return true
}

// improve repeats: choose a few bins, pack their pods anew, keep what is not
// dearer.
func (s *searcher) improve(bins []bin, steps int) []bin {
	for range steps {
		if len(bins) == 0 {
			break
		}
		picked := s.pick(bins)
		old, waste := 0.0, 0.0
		s.live = s.live[:0]
		clear(s.left)
		for _, i := range picked {
			b := &bins[i]
			old += s.inst.kinds[b.kind].price
			waste += s.spare(b)
			for _, it := range b.items {
				s.release(it.class, it.count)
			}
		}
		fresh, price := s.pack(old+1e-9, 0.1+0.9*s.rng.Float64())
		if fresh == nil {
			continue
		}
		now := 0.0
		for i := range fresh {
			now += s.spare(&fresh[i])
		}
		if price > old-1e-9 && now < waste {
			continue
		}
		slices.Sort(picked)
		for i := len(picked) - 1; i >= 0; i-- {
			bins[picked[i]] = bins[len(bins)-1]
			bins = bins[:len(bins)-1]
		}
		bins = append(bins, fresh...)
	}
	return bins
}

// spare is the square of the money a bin wastes. At equal cost, waste gathered
// in one bin is better than waste spread thin: it can be sold.
func (s *searcher) spare(b *bin) float64 {
	w := s.inst.kinds[b.kind].price - b.worth(s.worth)
	return w * w
}

// pick chooses two to four bins, wasteful ones more often.
func (s *searcher) pick(bins []bin) []int {
	want := min(2+s.rng.IntN(3), len(bins))
	weight := make([]float64, len(bins))
	total := 0.0
	for i := range bins {
		weight[i] = 0.02*s.inst.kinds[bins[i].kind].price + s.inst.kinds[bins[i].kind].price - bins[i].worth(s.worth)
		total += weight[i]
	}
	var out []int
	for len(out) < want {
		x := s.rng.Float64() * total
		for i := range bins {
			if weight[i] == 0 {
				continue
			}
			if x -= weight[i]; x <= 0 {
				out = append(out, i)
				total -= weight[i]
				weight[i] = 0
				break
			}
		}
		if x > 0 {
			break
		}
	}
	return out
}
