package horizontal

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
)

// solve searches every pod size and takes the cheapest setting.
func (c *scaleCase) solve() error {
	c.now = c.today()
	if c.hpa == nil && c.floorServes() {
		c.guard()
		return c.rest()
	}
	var err error
	if c.onCPU, err = c.searchOn(nil); err != nil {
		return err
	}
	c.best = c.onCPU
	if c.rate != nil && c.rate.poor == "" {
		if c.onRate, err = c.searchOn(c.rate); err != nil {
			return err
		}
		if c.preferRate(c.onCPU, c.onRate) {
			c.best = c.onRate
		}
	}
	if c.hpa == nil && c.fixed != nil && (c.best == nil || (1-worthScaling)*c.fixed.monthly() <= c.best.monthly()) {
		c.best = c.fixed
	}
	if c.best == nil && c.now != nil && c.now.whole.Slow <= c.bounds.Unserved {
		c.best = c.now // nothing better is known than what keeps both promises already
		return nil
	}
	if c.best == nil {
		return nil
	}
	c.guard()
	return c.rest()
}

// nearSilent is the share of what the floor serves that the mean demand of the
// first half must pass before it says how many pods there should be.
const nearSilent = 0.05

// guard puts an HPA in the place of a smaller bare number where the first half
// of the load was near silent: it says nothing of the load to come, and an HPA
// costs the same until that comes. Its target is the most careful that costs about
// the same; where none does, today's number stays.
func (c *scaleCase) guard() {
	o := c.best
	if c.hpa != nil || !o.Fixed || o.Min >= c.w.Replicas {
		return
	}
	if mean := setting.Mean(c.curve.CPU[:len(c.curve.CPU)/2]); mean >= nearSilent*float64(o.Min)*float64(o.size.metric) {
		return
	}
	d, b := c.demandOf(o), c.boundsOf(o.size)
	for _, target := range d.Wary(b) {
		guarded := c.guarded(d, b, target)
		if guarded != nil && guarded.whole.Slow <= max(o.whole.Slow, setting.Aim*b.Unserved) && guarded.monthly() <= (1+worthChanging)*o.monthly() {
			c.best = guarded
			return
		}
	}
	if c.now != nil {
		c.best = c.now
	}
}

// guarded is an HPA with the minimum of the best setting and a target; nil where it
// cannot be replayed.
func (c *scaleCase) guarded(d setting.Demand, b setting.Bounds, target int32) *outcome {
	k := setting.Candidate{Min: c.best.Min, Target: target}
	k.Max = max(d.HighestFor(b, k.Min, k.Target), c.w.Replicas)
	train, check := d.Split()
	var err error
	if k.Train, err = train.Score(c.pass.Context, k, b.Start); err != nil {
		return nil
	}
	if k.Check, err = check.Score(c.pass.Context, k, b.Start); err != nil {
		return nil
	}
	return c.outcome(d, &k, c.best.size)
}

// searchOn searches every pod size for settings that follow CPU, or a request
// rate, and gives the cheapest, nil where none holds.
func (c *scaleCase) searchOn(rate *requestRate) (best *outcome, err error) {
	for _, s := range c.sizes {
		if s.metric < leastScaledRequest {
			continue
		}
		b, d := c.boundsOf(s), c.demand(s)
		if rate != nil {
			d.Requests = rate.signal()
			b.HighestTarget = 0 // no limit keeps requests down
		}
		scaled, fixed, _, err := setting.Search(c.pass.Context, d, b)
		if err != nil {
			return nil, err
		}
		if fixed != nil {
			c.fixed = cheaper(c.fixed, c.outcome(d, fixed, s))
		}
		if scaled == nil {
			continue
		}
		if o := c.outcome(d, scaled, s); best == nil || o.monthly() < best.monthly() {
			o.rate = rate
			best = o
		}
	}
	return best, nil
}

// demandOf is the load as a setting meets and reads it.
func (c *scaleCase) demandOf(o *outcome) setting.Demand {
	d := c.demand(o.size)
	if o.rate != nil {
		d.Requests = o.rate.signal()
	}
	return d
}

// floorServes takes the fewest replicas of a new setting while it works where they serve all
// there was: nothing can be cheaper at hours with load, and most workloads of
// most clusters need no search.
func (c *scaleCase) floorServes() bool {
	d := c.demand(c.sizes[0])
	k := setting.Candidate{Fixed: true, Min: c.bounds.Floor, Max: c.bounds.Floor}
	if d.Raised(c.bounds.FixedMargin).ScoreFixed(k.Min).Slow > 0 {
		return false
	}
	if most := c.mostPerPod(c.sizes[0]); most > 0 && k.Min < c.w.Replicas && slices.Max(c.curve.CPU) > most*float64(k.Min) {
		return false
	}
	train, check := d.Split()
	k.Train, k.Check = train.ScoreFixed(k.Min), check.ScoreFixed(k.Min)
	c.best = c.outcome(d, &k, c.sizes[0])
	c.fixed = c.best
	return true
}

func cheaper(a, b *outcome) *outcome {
	if a == nil || b.monthly() < a.monthly() {
		return b
	}
	return a
}

// outcome scores a candidate over the whole window. Its maximum is for the peak of all
// of it: the search knew that of the first part.
func (c *scaleCase) outcome(d setting.Demand, k *setting.Candidate, s podSize) *outcome {
	o := &outcome{Candidate: *k, size: s}
	if !o.Fixed {
		o.Max = max(o.Max, d.HighestFor(c.boundsOf(s), o.Min, o.Target))
	}
	var err error
	if o.whole, err = d.Score(c.pass.Context, o.Candidate, c.bounds.Start); err != nil { // the same demand was replayed in two parts
		o.whole = k.Train
	}
	return o
}
