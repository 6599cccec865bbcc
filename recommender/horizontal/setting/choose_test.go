package setting

import (
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
