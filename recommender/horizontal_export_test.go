package recommender

import (
	"testing"
	"time"
)

// ScoreOf replays a candidate over a demand.
func ScoreOf(t *testing.T, d Demand, c Candidate, start time.Duration) Score {
	t.Helper()
	s, err := d.score(c, start)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Grid lists what a search tries, the fixed numbers included.
func Grid(d Demand, b Bounds) []Candidate { return append(d.grid(b), d.fixed(b)...) }
