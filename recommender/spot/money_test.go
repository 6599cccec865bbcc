package spot_test

import (
	"math"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/spot"
)

// TestTogether: all moves go where they gain more than the one node that may come with them,
// and none do else; what commitments pay for anyhow is not saved.
func TestTogether(t *testing.T) {
	for _, c := range []struct {
		name      string
		usd       []float64 // on demand; spot is 0.4 of it
		node      float64
		held      float64 // USD an hour that commitments pay for, of 10 on demand
		want, all float64
	}{
		{"no move", nil, 1, 0, 0, 0},
		{"nothing moves", []float64{0, 0}, 1, 0, 0, 0},
		{"less than a node", []float64{0.2, 0.1}, 1, 0, 0.3*0.6 - 0.4, 0.3},
		{"as much as a node", []float64{0.5, 0.5}, 1.5, 0, 0, 1},
		{"more than a node", []float64{2, 1}, 1, 0, 3*0.6 - 0.4, 3},
		{"without a plan", []float64{2, 1}, 0, 0, 3 * 0.6, 3},
		{"commitments pay for what stays", []float64{2, 1}, 1, 7, 3*0.6 - 0.4, 3},
		{"commitments pay for half of it", []float64{2, 1}, 1, 8.5, 3*0.6 - 1.5 - 0.4, 3},
		{"more than there is", []float64{8, 8}, 0, 0, 10 * 0.6, 10},
		{"commitments pay for all", []float64{2, 1}, 1, 10, 3*0.6 - 3 - 0.4, 3},
	} {
		worth, saved := spot.Together(c.usd, c.node, 10, c.held)
		if math.Abs(worth-c.all) > 1e-9 || math.Abs(saved-c.want) > 1e-9 {
			t.Errorf("%s: got %.2f of %.2f on demand, want %.2f of %.2f", c.name, saved, worth, c.want, c.all)
		}
	}
}
