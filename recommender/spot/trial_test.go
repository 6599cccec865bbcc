package spot_test

import (
	"math"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/spot"
)

// TestTrials: a packing that came out dear by chance takes no advice away, and what packing
// finds without any move is not what moves save.
func TestTrials(t *testing.T) {
	for _, c := range []struct {
		name        string
		left, moved []float64
		moves       int
		saved       float64
	}{
		{"all save", []float64{10, 9, 8, 7}, []float64{0, 1, 2, 3}, 3, 3 - 0.4*3},
		{"more pods go and nodes come", []float64{10, 9, 7, 10}, []float64{0, 1, 2, 3}, 3, 3 - 0.4*3},
		{"fewer pods take more nodes", []float64{10, 9, 8, 7}, []float64{0, 5, 5, 3}, 3, 3 - 0.4*3},
		{"all would cost, two save", []float64{10, 9, 8, 8}, []float64{0, 1, 2, 9}, 2, 2 - 0.4*2},
		{"none saves", []float64{10, 10, 10, 10}, []float64{0, 1, 2, 3}, 1, -0.4},
	} {
		if moves, saved := spot.Best(c.left, c.moved); moves != c.moves || math.Abs(saved-c.saved) > 1e-9 {
			t.Errorf("%s: got %d moves that save %.2f, want %d and %.2f", c.name, moves, saved, c.moves, c.saved)
		}
	}
}
