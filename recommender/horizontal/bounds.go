package horizontal

import (
	"math"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/bounds"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/slow"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// leastScaledRequest is the CPU request, in millicores, below which a
// percentage of it is noise: a garbage collection is a tenth of it.
const leastScaledRequest = 50

// demand is the load as pods of that size meet it.
func (c *scaleCase) demand(s podSize) setting.Demand {
	d := setting.Demand{Step: 5 * time.Minute, Millicores: c.curve.CPU, Request: s.metric, Controller: c.controller}
	if b := c.keptBehavior(); b != nil {
		d.Kept = &replay.Behavior{ScaleUp: rulesOf(b.Up), ScaleDown: rulesOf(b.Down)}
	}
	if slowdown := c.pass.Options.Slowdown; slowdown > 1 {
		d.Prompt = replay.Prompt(c.coresOf(s), s.metric, slowdown, c.variable.Variability)
	}
	return d
}

// describeMost files what holds the maximum below three times the highest demand.
func (c *scaleCase) describeMost(r *advice.Advice) {
	if c.best.Fixed {
		return
	}
	free, b := c.bounds, c.boundsOf(c.best.size)
	free.Ceiling = 0
	want := c.demandOf(c.best).HighestFor(free, c.best.Min, c.best.Target)
	if want <= c.best.Max {
		return
	}
	r.Show("replicas that three times the highest demand needs", float64(want), "count")
	for _, held := range []struct {
		by   string
		most int32
	}{{"quota, or nodes that no two of its pods share, let run", b.Ceiling}, {"nodes and money let run beyond 1.5 times the highest demand", b.Roof}} {
		if held.most > 0 && held.most < want {
			r.Show("replicas that "+held.by, float64(held.most), "count")
		}
	}
}

// findVariability works out how variable load and requests are inside a step.
func (c *scaleCase) findVariability() {
	if c.rate != nil && c.rate.poor == "" {
		c.variable.ByRequests(c.rate.costs)
	}
	c.variable.ByUsage(slow.Followed(c.w, c.container), c.curve, c.pass.Facts.Snapshot.Window.Step.Seconds())
}

// describeLatency files from where on a pod is slow, and what that rests on.
func (c *scaleCase) describeLatency(r *advice.Advice) {
	d := c.demand(c.sizes[0])
	if d.Prompt == 0 {
		return
	}
	r.Show("CPU of a pod from which it is slow", float64(d.Prompt), "millicores")
	if c.variable.ByCost {
		r.Show("variation of requests, by their CPU cost", 100*math.Sqrt(c.variable.Service-1), "percent")
	}
	if by := c.variable.Source(); by != "" {
		r.Show("variation of load inside a step, by "+by, 100*c.variable.Load, "percent")
	}
}

// coresOf is the millicores that one pod can run on at once: its limit, else
// the request that it is promised.
func (c *scaleCase) coresOf(s podSize) int64 {
	if limit := c.limitOf(s); limit > 0 {
		return limit
	}
	return s.metric
}

// boundsOf are the bounds of a search over pods of a size.
func (c *scaleCase) boundsOf(s podSize) setting.Bounds {
	b := c.bounds
	if quota := bounds.Quota(c.pass, c.w, s.requests); quota > 0 && (b.Ceiling == 0 || quota < b.Ceiling) {
		b.Ceiling = quota
	}
	b.Roof, b.MostPerPod = bounds.Roof(c.pass, c.w, s.requests, setting.Mean(c.curve.Pods)), c.mostPerPod(s)
	b.HighestTarget = c.highestTargetFor(s)
	return b
}
