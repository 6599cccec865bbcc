package packing

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestFluidLimit holds the bound on what a node can hold to all ways of filling it: none is worth
// more, and where all pods are large it is the best of them.
func TestFluidLimit(t *testing.T) {
	below := 0
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 8))
		in := Input{Offerings: []Offering{{Type: "m", Zone: "a", CPU: 1000, Memory: 1000, Pods: 9, USDPerHour: 1}}}
		sizes := []int64{500, 90}
		if seed%4 == 0 {
			sizes = sizes[:1]
		}
		for g := range 7 {
			least := sizes[rng.IntN(len(sizes))]
			for i := range 1 + rng.IntN(3) {
				in.Pods = append(in.Pods, Pod{Name: fmt.Sprint(g, "-", i), Group: fmt.Sprint(g), CPU: least * 9 / 10, Memory: least/2 + int64(g)*least/14})
			}
		}
		inst := newInstance(in, settleZones(in, in.Pods))
		s := knapsack{inst: inst, worth: make([]float64, len(inst.classes))}
		for c := range s.worth {
			s.worth[c] = rng.Float64()
		}
		s.load = make([]int64, len(inst.groups))
		s.rem = append([]int64(nil), inst.kinds[0].room...)
		s.most(0, 0)
		limit, pattern := s.fluidLimit(0, 0)
		best := fullest(inst, s.worth, 0, append([]int64(nil), inst.kinds[0].room...))
		if limit < best*(1-1e-12) {
			t.Errorf("seed %d: at most %v, but a node holds pods worth %v", seed, limit, best)
		}
		if got := (&bin{0, pattern}).worth(s.worth); got > best+1e-9 || len(sizes) == 1 && math.Abs(limit-best) > 1e-6 {
			t.Errorf("seed %d: a pattern worth %v, at most %v; the best is %v", seed, got, limit, best)
		}
		if limit < s.rest(0, 1)*(1-1e-6) {
			below++
		}
	}
	if below == 0 {
		t.Error("the bound is never below that of fractions")
	}
}

// fullest is the most that pods of class c and after are worth that go into the room.
func fullest(inst *instance, worth []float64, c int, room []int64) float64 {
	if c == len(inst.classes) {
		return 0
	}
	best := 0.0
	for n := range int64(len(inst.classes[c].pods)) + 1 {
		if n > 0 {
			if !fitsIn(inst.classes[c].need, room) {
				break
			}
			for r, v := range inst.classes[c].need {
				room[r] -= v
			}
		}
		best = max(best, float64(n)*worth[c]+fullest(inst, worth, c+1, append([]int64(nil), room...)))
	}
	return best
}
