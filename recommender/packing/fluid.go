package packing

import (
	"context"
	"math"
	"slices"
)

// Where a plan is further above its bound than wideGap, as a share, the pattern bound is
// worked on once more, in at most so many rounds that help little, with large pods of a node as
// whole ones and the others as a fluid. fluidSteps bounds what is tried for one kind.
const (
	wideGap          = 0.03
	fluidStaleRounds = 60
	fluidSteps       = 20_000
)

// largeShares are the shares of a node above which pods are tried as whole ones.
func largeShares() []float64 { return []float64{0.4, 0.2, 0.08} }

// fluid bounds what a node can hold by the numbers of its large pods and, for each, the most
// that the room left is worth if crumbs fill it without a gap. The search of whole patterns
// does not end where crumbs are many, while there are few ways to put large pods on a node.
type fluid struct {
	s        *knapsack
	large    []packable // by worth for size, that of most
	measures []measure
	rem      []int64
	best     float64
	steps    int
	now      []int64 // by large item
	chose    []int64 // the best of them
}

// measure is the crumbs in order of worth for what they take of a mix of resources, and what
// the first of them together take and are worth.
type measure struct {
	mix         []float64 // by resource: of a node
	size, worth []float64
	crumbs      []packable
}

// fluidLimit is an upper bound on the worth of any pattern on kind k, or floor where that is
// higher, and a pattern whose large pods have that. The items are those of most, with their sizes.
func (s *knapsack) fluidLimit(k int, floor float64) (low float64, pattern []item) {
	kd, last := &s.inst.kinds[k], -1
	low = math.Inf(1)
	for _, share := range largeShares() {
		f := fluid{s: s, rem: slices.Clone(kd.room), best: floor, steps: fluidSteps}
		var crumbs []packable
		for _, it := range s.items {
			if top, _ := s.inst.takes(it.class, k); top > share {
				f.large = append(f.large, it)
			} else {
				crumbs = append(crumbs, it)
			}
		}
		if len(f.large) == last {
			continue
		}
		last = len(f.large)
		f.measures = []measure{s.measured(kd, s.weights, crumbs)}
		for _, w := range crumbMixes() {
			mix := make([]float64, s.inst.dims)
			copy(mix, w[:])
			f.measures = append(f.measures, s.measured(kd, mix, crumbs))
		}
		f.now = make([]int64, len(f.large))
		f.descend(0, 0, 1)
		if f.steps <= 0 {
			break // of more there are more ways
		}
		if now := f.best * (1 + roundOff); now < low {
			low, pattern = now, f.pattern(kd)
		}
	}
	return low, pattern
}

// pattern is the best large pods, and crumbs that go with them by their worth for size.
func (f *fluid) pattern(kd *kind) (out []item) {
	if f.chose == nil {
		return nil
	}
	copy(f.s.rem, kd.room)
	clear(f.s.load)
	put := func(it *packable, want int64) {
		n, cl := int64(0), &f.s.inst.classes[it.class]
		for n < want && fitsIn(cl.need, f.s.rem) && !f.s.crowded(cl) {
			for r, v := range cl.need {
				f.s.rem[r] -= v
			}
			if n++; cl.group >= 0 {
				f.s.load[cl.group]++
			}
		}
		if n > 0 {
			out = append(out, item{it.class, n})
		}
	}
	for i := range f.large {
		put(&f.large[i], f.chose[i])
	}
	for i := range f.measures[0].crumbs {
		put(&f.measures[0].crumbs[i], f.measures[0].crumbs[i].most)
	}
	return out
}

// crumbMixes are the weights of CPU, memory and the number of pods by which crumbs are measured.
func crumbMixes() (out [][basic]float64) {
	const parts = 4
	for cpu := range parts + 1 {
		for memory := range parts + 1 - cpu {
			out = append(out, [basic]float64{float64(cpu) / parts, float64(memory) / parts, float64(parts-cpu-memory) / parts})
		}
	}
	return out
}

func (s *knapsack) measured(kd *kind, mix []float64, crumbs []packable) measure {
	m := measure{mix: make([]float64, len(mix)), crumbs: slices.Clone(crumbs)}
	for r, w := range mix {
		if kd.size[r] > 0 {
			m.mix[r] = w / kd.size[r]
		}
	}
	for i := range m.crumbs {
		it := &m.crumbs[i]
		it.size = 0
		for r, v := range s.inst.classes[it.class].size {
			it.size += m.mix[r] * v
		}
	}
	slices.SortFunc(m.crumbs, byWorth)
	size, worth := 0.0, 0.0
	for _, it := range m.crumbs {
		size, worth = size+float64(it.most)*it.size, worth+float64(it.most)*it.worth
		m.size, m.worth = append(m.size, size), append(m.worth, worth)
	}
	return m
}

// most is the worth of the crumbs that fill so much room, as fractions.
func (m *measure) most(rem []int64) float64 {
	left := 0.0
	for r, v := range rem {
		left += m.mix[r] * float64(v)
	}
	i, _ := slices.BinarySearch(m.size, left)
	worth, size := 0.0, 0.0
	if i > 0 {
		worth, size = m.worth[i-1], m.size[i-1]
	}
	if i < len(m.crumbs) && m.crumbs[i].size > 0 {
		worth += (left - size) / m.crumbs[i].size * m.crumbs[i].worth
	}
	return worth
}

// descend tries every set of the large items from i on beside those that are there.
func (f *fluid) descend(i int, worth, left float64) {
	crumbs := math.Inf(1)
	for k := range f.measures {
		crumbs = min(crumbs, f.measures[k].most(f.rem))
	}
	if worth+crumbs > f.best {
		f.best, f.chose = worth+crumbs, append(f.chose[:0], f.now...)
	}
	for ; i < len(f.large); i++ {
		it := &f.large[i]
		if worth+fractions(f.large[i:], left)+crumbs <= f.best {
			return
		}
		need := f.s.inst.classes[it.class].need
		if it.most == 0 || !fitsIn(need, f.rem) {
			continue
		}
		if f.steps--; f.steps <= 0 {
			return
		}
		f.put(need, 1)
		it.most--
		f.now[i]++
		f.descend(i, worth+it.worth, left-it.size)
		it.most++
		f.now[i]--
		f.put(need, -1)
	}
}

func (f *fluid) put(need []int64, n int64) {
	for r, v := range need {
		f.rem[r] -= n * v
	}
}

// tighten works on the bound once more where a packing is far above it. The packing's bins
// are patterns too.
func (p *patterns) tighten(ctx context.Context, bins []bin, centre []float64) float64 {
	if p.inst.cost(bins) < p.best*(1+wideGap) {
		return p.best
	}
	for i := range bins {
		p.add(bins[i].kind, bins[i].items)
	}
	p.work = pivoting * p.inst.effort
	for i := range p.pack {
		p.pack[i].fluid = true
	}
	if err := p.solve(ctx); err != nil {
		return p.best
	}
	far := p.lp.Objective() - p.best
	if centre = p.run(ctx, centre); p.lp.Objective()-p.best > far*(1-staleShare) {
		return p.best // the first rounds brought nothing: the solver turns on the spot
	}
	p.stale = fluidStaleRounds
	p.run(ctx, centre)
	return p.best
}
