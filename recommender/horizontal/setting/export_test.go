package setting

import (
	"testing"
	"time"
)

// Scored replays a candidate over a demand.
func Scored(t *testing.T, d Demand, c Candidate, start time.Duration) Score {
	t.Helper()
	s, err := d.Score(t.Context(), c, start)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Grid lists what a search tries, the fixed numbers included.
func Grid(d Demand, b Bounds) []Candidate { return append(d.grid(b), d.fixed(b)...) }

// Plan is a search whose promise is still open.
type Plan struct {
	check  Demand
	b      Bounds
	scored []Candidate
}

// PlanFor scores the grid on the first part of the demand.
func PlanFor(t *testing.T, d Demand, b Bounds) *Plan {
	t.Helper()
	train, check := d.Split()
	scored, err := train.scoreAll(t.Context(), append(train.grid(b), train.fixed(b)...), b)
	if err != nil {
		t.Fatal(err)
	}
	return &Plan{check, b, scored}
}

// Choose gives the cheapest setting that keeps the promise on both parts of
// the demand, nil where none does.
func (p *Plan) Choose(t *testing.T, unserved float64) *Candidate {
	t.Helper()
	b := p.b
	b.Unserved = unserved
	c, err := firstThatHolds(t.Context(), p.check, p.scored, b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
