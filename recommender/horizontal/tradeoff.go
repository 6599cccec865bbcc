package horizontal

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// TradeOff is one point of cost against load that is unserved or served late:
// the setting advised with another target.
type TradeOff struct {
	Target, Min int32
	Unserved    float64 // the share of time with demand above the requests
	Slow        float64 // the share unserved or served late
	// ReplicaHours are those of a month, More the USD a month above the advice;
	// 0 where pods have no price.
	ReplicaHours, More float64
}

// tradeStep is what targets of the trade-off lie apart, mostTrades how many of
// them there are below the advice, and lowestTrade the last.
const tradeStep, mostTrades, lowestTrade = 10, 3, 30

// tradeOffs are the advised setting and what lower targets would cost and gain
// over the whole load. Each point costs more than the one before it and leaves
// less undone; what only costs more is left out.
func (c *scaleCase) tradeOffs() []TradeOff {
	o := c.best
	if o == nil || o.Fixed || o.Target <= 0 || o.rests() || o == c.now {
		return nil
	}
	out := []TradeOff{c.tradeOff(o)}
	d := c.demandOf(o)
	b := c.boundsOf(o.size)
	for target := (o.Target - 1) / tradeStep * tradeStep; target >= lowestTrade && len(out) <= mostTrades; target -= tradeStep {
		k := o.Candidate
		k.Target, k.Max = target, d.HighestFor(b, k.Min, target)
		score, err := d.Score(c.pass.Context, k, c.bounds.Start)
		if err != nil {
			return out
		}
		t := c.tradeOff(&outcome{Candidate: k, size: o.size, whole: score, rate: o.rate})
		last := out[len(out)-1]
		if t.ReplicaHours > last.ReplicaHours && t.Unserved <= last.Unserved && t.Slow <= last.Slow && (t.Unserved < last.Unserved || t.Slow < last.Slow) {
			out = append(out, t)
		}
	}
	return out
}

func (c *scaleCase) tradeOff(o *outcome) TradeOff {
	t := TradeOff{Target: o.Target, Min: o.Min, Unserved: o.whole.Unserved, Slow: o.whole.Slow, ReplicaHours: o.whole.Replicas() * pricing.HoursPerMonth}
	if c.priced() {
		t.More = o.monthly() - c.best.monthly()
	}
	return t
}

// describeTrades files the points beyond the advice.
func (c *scaleCase) describeTrades(r *advice.Advice) {
	c.told.TradeOff = c.tradeOffs()
	for _, t := range c.told.TradeOff[min(1, len(c.told.TradeOff)):] {
		r.Show(fmt.Sprintf("replica-hours a month at a target of %d %%", t.Target), t.ReplicaHours, "hours")
		r.Show(fmt.Sprintf("time with unserved demand at a target of %d %%", t.Target), 100*t.Unserved, "percent")
	}
}
