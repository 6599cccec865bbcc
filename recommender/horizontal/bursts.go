package horizontal

import (
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
)

// bursts gives the reason for which nothing dearer takes the place of pods that live on
// more CPU than they request, or "". That may be as their owner wants it: what they lack is
// a promise, and nothing is seen to be broken as long as they are not held by their limit
// and the autoscaler is not at its maximum.
func (c *scaleCase) bursts() string {
	if c.now == nil || c.now.whole.Unserved <= c.bounds.Unserved || c.best.monthly() <= c.now.monthly() || c.throttled() || c.atLimit() {
		return ""
	}
	if c.hpa == nil && c.lowered() {
		return ""
	}
	if c.hpa == nil {
		return fmt.Sprintf("its %d pods use more than the %dm of CPU that each requests for %.3g %% of the time, which nobody promises them. No throttling was seen, so nothing is known to be broken that is worth more money; a higher request would keep the promise, and so would more pods", c.now.Min, c.sizes[0].metric, 100*c.now.whole.Unserved)
	}
	request, out := c.sizes[0].metric, c.addsAbove()
	if out <= float64(request) {
		return ""
	}
	short := 0
	for _, v := range c.curve.CPU {
		if v > float64(c.hpa.Max)*out {
			short++
		}
	}
	if float64(short) > c.bounds.Unserved*float64(len(c.curve.CPU)) {
		return ""
	}
	return fmt.Sprintf("HPA %s adds a pod only above %.0fm of CPU, by its owner's target, and a pod requests %dm: what they use beyond that nobody promises them. No throttling was seen, so nothing is known to be broken that is worth more money; requests of %dm, and pods added at %d %% of them, would keep the promise", c.hpa.Name, out, request, c.best.size.metric, c.best.Target)
}

// lowered reports whether right-sizing leaves the pods less than their owner gave them: what
// is unserved then is of our own making.
func (c *scaleCase) lowered() bool {
	var own int64
	for i := range c.w.Workload.Containers {
		if k := &c.w.Workload.Containers[i]; k.Type != analyzer.TypeInit && (c.container == "" || c.container == k.Name) {
			own += k.Requests.CPU
		}
	}
	return c.sizes[0].metric < own
}

// atLimit reports whether pods use all but a twentieth of their CPU limit for longer than
// may go unserved: it holds them, whether or not their throttling was counted.
func (c *scaleCase) atLimit() bool {
	limit, held := float64(c.limitOf(c.sizes[0])), 0
	for i, v := range c.curve.CPU {
		if limit > 0 && v >= heldAt*limit*max(c.curve.Pods[i], 1) {
			held++
		}
	}
	return float64(held) > c.bounds.Unserved*float64(len(c.curve.CPU))
}

// heldAt is the share of a limit from which it is taken to hold a pod.
const heldAt = 0.95

// addsAbove is the millicores of a pod above which today's HPA adds one, by the lowest of
// its targets; 0 where none is of the load.
func (c *scaleCase) addsAbove() float64 {
	lowest := int32(0)
	for _, m := range slices.DeleteFunc(slices.Clone(c.hpa.Metrics), isMemory) {
		if t := c.targetPercent(m, c.sizes[0]); lowest == 0 || t < lowest {
			lowest = t
		}
	}
	return c.demand(c.sizes[0]).ScaleOut(lowest, c.toleranceNow()) / 100 * float64(c.sizes[0].metric)
}

// toleranceNow is that of today's HPA, where it has its own.
func (c *scaleCase) toleranceNow() (t setting.Tolerance) {
	if b := c.hpa.Behavior; b != nil && b.Up != nil && b.Up.ToleranceMilli != nil {
		t = setting.Tolerance{Up: *b.Up.ToleranceMilli, Down: 1} // the other direction is not asked for
	}
	return t
}
