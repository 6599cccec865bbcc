package setting

import (
	"context"
	"math"
)

// Aim is the part of what may go unserved that a setting may use up on demand
// that is known. With all of it the promise was broken on the demand that
// followed in one load of six, with a third in one of twenty.
const Aim = 0.3

// Where load comes in bursts, keeping to Aim can cost several times as much as a
// little more. A setting may use up as much as looseAim where it costs at most
// worthLoose of the cheapest that is slow for Aim/looseAim of its own time.
const (
	looseAim   = 0.5
	worthLoose = 0.8
)

// choice is a search for the cheapest setting that holds on the rest of the
// demand too. A setting is replayed there once, and only where that can decide.
type choice struct {
	ctx    context.Context
	check  Demand
	bounds Bounds
	tried  []Candidate // by effort, cheapest first
	scored []bool      // those whose Check is known
}

// firstThatHolds gives the cheapest setting that keeps within what it may use up
// on both parts of the demand; nil where none does. Allowing more never costs
// more: a looser setting is held against those that are less slow than itself.
func firstThatHolds(ctx context.Context, check Demand, tried []Candidate, b Bounds) (*Candidate, error) {
	c := &choice{ctx: ctx, check: check.ready(), bounds: b, tried: tried, scored: make([]bool, len(tried))}
	strict, err := c.within(Aim * b.Unserved)
	if err != nil || strict < 0 {
		return nil, err
	}
	for i := range strict {
		worth, err := c.worthLoose(i)
		if err != nil {
			return nil, err
		}
		if worth {
			return &tried[i], nil
		}
	}
	return &tried[strict], nil
}

// worthLoose reports whether a setting that does not keep to Aim is so much
// cheaper than one that is less slow in its place that it is taken. What may go
// unserved only says which settings come into question, and never what one is held
// against: else allowing more could turn the choice to a dearer one. Where nothing
// is so much less slow there is nothing to hold it against, and it is not taken.
func (c *choice) worthLoose(i int) (bool, error) {
	most := looseAim * c.bounds.Unserved
	slow, err := c.slow(i, most)
	if err != nil || slow > most {
		return false, err
	}
	rival, err := c.within(slow * Aim / looseAim)
	if err != nil || rival < 0 {
		return false, err
	}
	return c.tried[i].effort() <= worthLoose*c.tried[rival].effort(), nil
}

// within gives the cheapest setting that is slow for at most a share of each
// part; -1 where none is.
func (c *choice) within(allowed float64) (int, error) {
	for i := range c.tried {
		slow, err := c.slow(i, allowed)
		if err != nil {
			return -1, err
		}
		if slow <= allowed {
			return i, nil
		}
	}
	return -1, nil
}

// slow is the larger share of time that a setting is slow of the two parts;
// infinite where the first part alone is above most.
func (c *choice) slow(i int, most float64) (float64, error) {
	k := &c.tried[i]
	if k.Train.Slow > most {
		return math.Inf(1), nil
	}
	if !c.scored[i] {
		var err error
		if k.Check, err = c.check.Score(c.ctx, *k, c.bounds.Start); err != nil {
			return 0, err
		}
		c.scored[i] = true
	}
	return max(k.Train.Slow, k.Check.Slow), nil
}
