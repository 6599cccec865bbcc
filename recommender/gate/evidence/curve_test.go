package evidence_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate/evidence"
)

func TestCurve(t *testing.T) {
	c := evidence.Curve{{Share: 0.5, Value: 100}, {Share: 0.95, Value: 200}, {Share: 1, Value: 400}}
	tests := []struct{ v, want float64 }{{-1, 1}, {0, 1}, {50, 0.75}, {100, 0.5}, {150, 0.275}, {200, 0.05}, {300, 0.025}, {400, 0}, {500, 0}}
	for _, tt := range tests {
		if got := c.ShareAbove(tt.v); got < tt.want-1e-9 || got > tt.want+1e-9 {
			t.Errorf("ShareAbove(%g): got %g, want %g", tt.v, got, tt.want)
		}
	}
	if got := evidence.Curve(nil).ShareAbove(1); got != 0 {
		t.Errorf("without samples: got %g, want 0", got)
	}
}
