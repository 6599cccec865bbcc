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
	inst              *instance
	worth             []float64 // dual value of a pod, by class
	rng               *rand.Rand
	left              []int64 // pods of each class still to place, while packing
	live              []int   // classes with pods left
	tally             *tally
	zoned             []int64 // free pods by spread and zone
	rem               []int64
	dot               []float64
	placed            []int64
	items, spareItems []item
	kinds             []int
	open              []open
	wasted, chance    []float64 // by bin that is improved: what it wastes, and its chance of being picked
	takes             []uint64  // by the same bins: see takesOf
	work              int       // comparisons done, the measure of the budget
}

// newSearcher takes what a pod of each class is worth: dual values, such that
// no node can hold more worth than its price. Searchers of different streams
// make different choices.
func newSearcher(inst *instance, worth []float64, stream uint64) *searcher {
	s := &searcher{
		inst: inst, worth: slices.Clone(worth), rng: rand.New(rand.NewPCG(1+stream, 2026)),
		left: make([]int64, len(inst.classes)), tally: newTally(inst),
		zoned: make([]int64, len(inst.perZone)*inst.zones),
		rem:   make([]int64, inst.dims), dot: make([]float64, inst.dims),
		placed: make([]int64, len(inst.classes)),
	}
	for c := range s.worth {
		s.worth[c] = max(s.worth[c], 1e-9) // a pod that fits in for nothing still fills a node
	}
	return s
}

// start packs all pods for the first time.
func (s *searcher) start() []bin {
	if len(s.inst.classes) > manyClasses {
		return s.startInWindows()
	}
	for c := range s.inst.classes {
		s.release(c, int64(len(s.inst.classes[c].pods)))
	}
	bins, _ := s.pack(math.Inf(1), 0)
	return bins
}

// round makes a packing from the relaxation's bins: whole numbers of them
// first, then by chance in proportion to their fractions, then new bins for
// what is left. It returns nil where that leads nowhere.
func (s *searcher) round(shares []share) []bin {
	clear(s.zoned)
	clear(s.left)
	s.live = s.live[:0]
	for c := range s.inst.classes {
		s.release(c, int64(len(s.inst.classes[c].pods)))
	}
	var bins []bin
	order := s.rng.Perm(len(shares))
	for _, i := range order {
		n := math.Floor(shares[i].count + 1e-6)
		if s.rng.Float64() < shares[i].count-n {
			n++
		}
		for ; n > 0 && s.placeable(&shares[i].bin); n-- {
			b := shares[i].bin
			for _, it := range b.items {
				s.left[it.class] -= it.count
			}
			s.count([]bin{b}, 1)
			bins = append(bins, b)
		}
	}
	more, _ := s.pack(math.Inf(1), 0)
	if more == nil {
		return nil
	}
	return append(bins, more...)
}

// placeable says whether the pods of a bin are all still to place and get on
// with each other.
func (s *searcher) placeable(b *bin) bool {
	s.tally.reset()
	for _, it := range b.items {
		if s.left[it.class] < it.count || s.allowed(it.class, b.kind, it.count) < it.count {
			return false
		}
		s.tally.add(s.inst.classes[it.class].group, it.count)
	}
	return true
}

func (s *searcher) release(class int, count int64) {
	if s.left[class] == 0 {
		s.live = append(s.live, class)
	}
	s.left[class] += count
}

// pack places all released pods in new bins and returns them with their price.
// It gives up, with nil, as soon as the price must reach the limit. With shake > 0
// its choices vary from call to call.
func (s *searcher) pack(limit float64, shake float64) ([]bin, float64) {
	bins, price := []bin{}, 0.0
	s.compact()
	for len(s.live) > 0 {
		room := limit - price
		if s.openWorth() >= room {
			s.count(bins, -1)
			return nil, limit
		}
		var b bin
		ok := false
		if shake == 0 || s.rng.IntN(2) == 0 {
			b, ok = s.whole(room)
		}
		if !ok {
			b, ok = s.bestBin(room, shake)
		}
		if !ok {
			s.count(bins, -1)
			return nil, limit
		}
		for _, it := range b.items {
			s.left[it.class] -= it.count
		}
		s.count([]bin{b}, 1)
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

// count adds the bins' free pods to the tallies of their zones, or takes them
// off.
func (s *searcher) count(bins []bin, sign int64) {
	for i := range bins {
		for _, it := range bins[i].items {
			if f := s.inst.classes[it.class].free; f >= 0 {
				s.zoned[f*s.inst.zones+s.inst.kinds[bins[i].kind].zone] += sign * it.count
			}
		}
	}
}

// allowed is how many more pods of the class a node of kind k may take for its
// zone's and group's sake, at most want.
func (s *searcher) allowed(c, k int, want int64) int64 {
	return s.tally.room(s.inst.classes[c].group, s.inZone(c, k, want))
}

// inZone is how many pods of the class the zone of kind k may still have, at most want.
func (s *searcher) inZone(c, k int, want int64) int64 {
	if f := s.inst.classes[c].free; f >= 0 {
		want = min(want, s.inst.perZone[f]-s.zoned[f*s.inst.zones+s.inst.kinds[k].zone])
	}
	return want
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
		if cl := &s.inst.classes[c]; !cl.ok[k] ||
			cl.free >= 0 && s.zoned[cl.free*s.inst.zones+s.inst.kinds[k].zone]+s.left[c] > s.inst.perZone[cl.free] {
			return false
		}
	}
	return true
}

// bestBin fills one node of each kind (or, when shaken, of a few) and returns
// the one with the lowest price for the value packed.
func (s *searcher) bestBin(room, shake float64) (bin, bool) {
	best, bestRatio := bin{kind: -1, items: s.spareItems[:0]}, math.Inf(1)
	for _, k := range s.candidates(room, shake) {
		items, worth := s.fill(k, shake)
		if len(items) == 0 {
			continue
		}
		ratio := s.inst.kinds[k].price / worth
		if shake > 0 {
			ratio *= 1 + 0.04*shake*s.rng.Float64()
		}
		if ratio < bestRatio {
			best.kind, bestRatio = k, ratio
			best.items = append(best.items[:0], items...)
		}
	}
	s.spareItems = best.items
	best.items = slices.Clone(best.items)
	return best, best.kind >= 0
}

const kindsTried = 6

func (s *searcher) candidates(room, shake float64) []int {
	out := s.kinds[:0]
	for k := range s.inst.kinds {
		if s.inst.kinds[k].price >= room {
			break
		}
		for _, c := range s.live {
			if s.inst.classes[c].ok[k] {
				out = append(out, k)
				break
			}
		}
	}
	s.kinds = out
	s.work += len(s.inst.kinds)
	if shake == 0 || len(out) <= kindsTried {
		return out
	}
	for i := range kindsTried {
		j := i + s.rng.IntN(len(out)-i)
		out[i], out[j] = out[j], out[i]
	}
	return out[:kindsTried]
}

// open is a class of which pods may still go on the node being filled. What the choice of
// a pod reads stands side by side: it is the hot loop of the program.
type open struct {
	need  [basic]int64
	size  [basic]float64
	noise float64
	more  int64 // pods that the class and its zone still have
	class int
	group int
}

// basic is the resources that each pod needs: CPU, memory, and its place among the pods.
const basic = 3

// enter lists the classes that may go on a node of kind k.
func (s *searcher) enter(k int, shake float64) []open {
	all := s.open[:0]
	for _, c := range s.live {
		cl := &s.inst.classes[c]
		if !cl.ok[k] {
			continue
		}
		s.placed[c] = 0
		o := open{class: c, group: cl.group, noise: 1, more: s.inZone(c, k, s.left[c])}
		copy(o.need[:], cl.need)
		copy(o.size[:], cl.size)
		if shake > 0 {
			o.noise = 1 + shake*s.rng.ExpFloat64()
		}
		all = append(all, o)
	}
	s.open = all
	return all
}

// fill puts pods on a node of kind k, always the one whose needs point the way
// the free room does. It returns them, until the next call, and their worth.
func (s *searcher) fill(k int, shake float64) (items []item, worth float64) {
	kd := &s.inst.kinds[k]
	copy(s.rem, kd.room)
	s.tally.reset()
	items = s.items[:0]
	all, at := s.enter(k, shake), 0
	for {
		s.aim(kd)
		s.work += len(all)
		if all, at = s.likest(all); at < 0 {
			break
		}
		c := all[at].class
		all[at].more--
		if s.placed[c]++; s.placed[c] == 1 {
			items = append(items, item{class: c})
		}
		worth += s.worth[c]
		s.tally.add(all[at].group, 1)
		for r, v := range s.inst.classes[c].need {
			s.rem[r] -= v
		}
	}
	for i := range items {
		items[i].count = s.placed[items[i].class]
	}
	s.items = items
	return items, worth
}

// likest is the class whose needs point the way that aim has, and those of all that may
// still go on the node: what does not now won't later, as the room only shrinks.
func (s *searcher) likest(all []open) (kept []open, at int) {
	n, top := 0, -1.0
	room, dot := [basic]int64(s.rem), [basic]float64(s.dot)
	at = -1
	for i := range all {
		o := &all[i]
		if o.more < 1 || o.need[0] > room[0] || o.need[1] > room[1] || o.need[2] > room[2] ||
			o.group >= 0 && s.tally.room(o.group, 1) < 1 {
			continue
		}
		score := o.size[0]*dot[0] + o.size[1]*dot[1] + o.size[2]*dot[2]
		if len(s.rem) > basic {
			cl := &s.inst.classes[o.class]
			if !fitsIn(cl.need[basic:], s.rem[basic:]) {
				continue
			}
			for r, v := range cl.size[basic:] {
				score += v * s.dot[basic+r]
			}
		}
		if score *= o.noise; score > top {
			at, top = n, score
		}
		if n < i {
			all[n] = *o
		}
		n++
	}
	return all[:n], at
}

// aim weighs each resource by how much of it is left.
func (s *searcher) aim(kd *kind) {
	for r := range s.rem {
		s.dot[r] = 0
		if kd.size[r] > 0 {
			s.dot[r] = float64(s.rem[r]) / (kd.size[r] * kd.size[r])
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
