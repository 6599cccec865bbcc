package horizontal

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
)

// advised is what the best setting is called where it is advised.
const advised = "advised"

// describe files what the advice rests on; best is what the best setting found
// is called.
func (c *scaleCase) describe(r *advice.Advice, best string) {
	r.Show("days of load", float64(c.curve.Seen)/288, "days")
	sorted := slices.Sorted(slices.Values(c.curve.CPU))
	r.Show("demand p50", setting.Quantile(sorted, 0.5), "millicores")
	r.Show("demand p99", setting.Quantile(sorted, 0.99), "millicores")
	r.Show("demand max", sorted[len(sorted)-1], "millicores")
	r.ShowPart(advice.PartStart, "pod start-up assumed", c.bounds.Start.Seconds(), "seconds")
	c.describeController(r)
	c.describeLatency(r)
	if most := c.mostPerPod(c.sizes[0]); most > 0 {
		r.Show("CPU of a pod up to which its memory fits", most, "millicores")
	}
	r.Show("fewest replicas of a new setting while it works", float64(c.bounds.Floor), "count")
	if c.now != nil {
		c.told.ReplicasNow = c.now.whole.Replicas()
		c.describeOutcome(r, "now", c.now)
	}
	if c.best == nil {
		return
	}
	c.describeOutcome(r, best, c.best)
	if c.best.schedule == nil {
		r.Show("time with unserved demand in the first part, "+best, 100*c.best.Train.Unserved, "percent")
		r.Show("time with unserved demand in the last part, "+best, 100*c.best.Check.Unserved, "percent")
	}
	c.describeMost(r)
	c.describeRate(r)
	if c.hpa == nil && c.fixed != nil && !c.best.Fixed {
		r.Show("replica-hours a month of the best fixed number", c.fixed.whole.Replicas()*pricing.HoursPerMonth, "hours")
	}
	if best == advised {
		c.describeTrades(r)
	}
}

func (c *scaleCase) describeOutcome(r *advice.Advice, name string, o *outcome) {
	r.Show("replica-hours a month, "+name, o.whole.Replicas()*pricing.HoursPerMonth, "hours")
	kind := advice.PartKind("")
	if name == advised {
		kind = advice.PartUnserved
	}
	r.ShowPart(kind, "time with unserved demand, "+name, 100*o.whole.Unserved, "percent")
	r.Show("demand unserved, "+name, 100*o.whole.Volume, "percent")
	if o.Fixed || o.seen {
		return
	}
	if o.Target > 0 { // a ScaledObject has none
		r.Show("scale-out point of a pod, "+name, c.scaleOut(o), "millicores")
	}
	r.Show("time at maximum, "+name, 100*o.whole.AtMax, "percent")
	r.Show("flaps a day, "+name, o.whole.FlapsPerDay, "count")
}

// scaleOut is the usage of a pod, in millicores, above which another is added:
// the target and the tolerance above it.
func (c *scaleCase) scaleOut(o *outcome) float64 {
	if o.Fixed {
		return float64(o.size.metric)
	}
	return float64(o.size.metric) * c.demand(o.size).ScaleOut(o.Target, o.Tolerance) / 100
}
