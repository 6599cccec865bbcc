package setting

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestCautionHasAPrice: the cheapest setting that keeps to three tenths of the
// promise is taken, but one that uses up to half of it where caution costs a
// quarter more.
func TestCautionHasAPrice(t *testing.T) {
	// A pod serves 1000 millicores. Bursts of every height: the share of time above
	// n pods falls by steps.
	tried := func(costs ...float64) []Candidate {
		var out []Candidate
		for i, hours := range costs {
			n := int32(i + 1)
			out = append(out, Candidate{Fixed: true, Min: n, Max: n, Train: Score{ReplicaHours: hours}})
		}
		return out
	}
	// Of 1000 slots 100 are above one pod, 45 above two, 28 above three, 12 above four.
	check := Demand{Step: time.Minute, Request: 1000}
	for i := range 1000 {
		v := 500.0
		for _, over := range []int{100, 45, 28, 12} {
			if i < over {
				v += 1000
			}
		}
		check.Millicores = append(check.Millicores, v)
	}
	for _, c := range []struct {
		name  string
		costs []float64
		want  int32
	}{
		{"caution is cheap", []float64{1, 80, 90, 95, 100}, 3},
		{"caution is dear", []float64{1, 70, 90, 95, 100}, 2},
		// What two pods leave, 45 in 1000, is held against 27 in 1000: four pods.
		{"just dear enough", []float64{1, 76, 90, 95, 100}, 2},
		{"not quite", []float64{1, 77, 90, 95, 100}, 3},
		{"nothing within half", []float64{1, 1000, 1001, 1002, 1003}, 3},
	} {
		got, err := firstThatHolds(t.Context(), check, tried(c.costs...), Bounds{Unserved: 0.1})
		if err != nil || got == nil {
			t.Fatalf("%s: %v, %v", c.name, got, err)
		}
		if got.Min != c.want {
			t.Errorf("%s: %d pods, want %d", c.name, got.Min, c.want)
		}
	}
	if got, err := firstThatHolds(t.Context(), check, tried(1, 2), Bounds{Unserved: 0.1}); got != nil || err != nil {
		t.Errorf("where nothing keeps to three tenths: %v, %v", got, err)
	}
}

// TestAllowingMoreNeverCostsMore: whatever settings cost and leave, and however few
// there are of them, no larger promise has a dearer one taken.
func TestAllowingMoreNeverCostsMore(t *testing.T) {
	const slots, most = 200, 60
	r := rand.New(rand.NewPCG(17, 18))
	loose := 0
	for i := range 1000 {
		// A pod serves 1000 millicores. n pods are slow for a share of the time that
		// falls with n, seldom to nothing.
		check, left, cost := Demand{Step: time.Minute, Request: 1000, Millicores: make([]float64, slots)}, slots*r.Float64(), 10.0
		var tried []Candidate
		for n := range 2 + r.Int32N(5) {
			for k := range int(left) {
				check.Millicores[k] = 1000*float64(n+1) + 500
			}
			left *= 1 - r.Float64()*r.Float64()
			cost *= 1 + r.Float64()/3
			tried = append(tried, Candidate{Fixed: true, Min: n + 1, Max: n + 1, Train: Score{ReplicaHours: cost}})
		}
		last := math.Inf(1)
		for at := range most {
			allowed := float64(at*at) / (most * most)
			got, err := firstThatHolds(t.Context(), check, slices.Clone(tried), Bounds{Unserved: allowed})
			switch {
			case err != nil:
				t.Fatal(err)
			case got == nil && math.IsInf(last, 1):
				continue
			case got == nil || got.effort() > last:
				t.Fatalf("%d: allowing %.3f gives %+v, allowing less cost %.1f", i, allowed, got, last)
			case got.Check.Slow > Aim*allowed:
				loose++
			}
			last = got.effort()
		}
	}
	if loose == 0 {
		t.Error("no setting was loose: the property was not tried")
	}
}
