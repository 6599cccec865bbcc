package horizontal

import (
	"fmt"
	"math"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// finish files the advice, or that today's setting fits.
func (c *scaleCase) finish(r *advice.Advice) error {
	r.Confidence = c.confidence(r)
	c.warnResting(r)
	if reason := c.bursts(); reason != "" {
		c.describe(r, "best found")
		r.Abstain(reason)
		return nil
	}
	if c.fits() {
		c.describe(r, "best found")
		if c.scalesOnNoise() {
			r.Abstain(c.tooSmall())
			return nil
		}
		s := c.told.Current
		c.told.Recommended, c.told.ReplicasAdvised = &s, c.told.ReplicasNow
		r.Title = "the number of replicas fits"
		if c.hpa != nil {
			r.Title = "the HPA fits"
			c.warnMemory(r)
		}
		return nil
	}
	hours, err := c.replicaHours()
	if err != nil {
		return err
	}
	s := c.scaling()
	if reason := c.broken(s); reason != "" {
		c.describe(r, "found")
		r.Abstain(reason)
		return nil
	}
	c.describe(r, advised)
	c.told.Recommended, c.told.ReplicasAdvised = &s, c.best.whole.Replicas()
	c.told.Hours = hours
	c.changes(r, s)
	r.Title = c.title()
	if why := c.safety(); why != "" && c.pennies() {
		r.ForSafety(why)
	}
	if c.now != nil && c.priced() {
		r.MonthlySavings = c.withinCost(c.now.monthly() - c.best.monthly())
	}
	c.warnUnseen(r)
	if c.best.schedule != nil {
		c.warnSchedule(r)
	}
	if c.best.zero != nil {
		c.warnZero(r)
	}
	c.warnRate(r)
	c.warnMemory(r)
	if c.hpa != nil && c.hpa.Behavior != nil {
		r.Warn("behavior", "the advice replaces spec.behavior as a whole: the policies of what it has now are kept, and its window for adding pods; tolerances and the window for taking pods away are the advice's own")
	}
	return nil
}

// fits reports whether a change would be worth too little: today's setting
// serves all that was promised and costs about the same, or less. Where it is
// only slower than promised, nothing is broken that would be worth more money.
func (c *scaleCase) fits() bool {
	switch {
	case c.now == nil || c.now.whole.Unserved > c.bounds.Unserved:
		return false
	case c.best.monthly() > c.now.monthly():
		return true
	case c.safety() != "":
		return false
	}
	return c.best.monthly() > (1-worthChanging)*c.now.monthly() || c.pennies()
}

// safety says why today's setting is not safe, so that a better one is advised whatever it
// saves; nothing where it is, or is not known.
func (c *scaleCase) safety() string {
	switch {
	case c.now == nil:
		return ""
	case c.now.whole.Unserved > c.bounds.Unserved:
		return "today's setting leaves more unserved than was promised"
	case memoryMetric(c.hpa) != nil:
		return "today's HPA scales on memory, which pods don't give back"
	case c.now.Min < min(c.bounds.Floor, max(c.w.Replicas, c.now.Min)):
		return "today's minimum is below the fewest that are safe"
	}
	return ""
}

// priced reports whether the pods' hours are in USD.
func (c *scaleCase) priced() bool {
	return c.pass.Costs != nil && c.pass.Costs.UnitOf(c.w.Ref) != (cost.UnitPrice{})
}

// withinCost bounds what rescaling frees on the mean of the hours by what right-sizing
// leaves of the cost of the pods of now: at a quiet hour no more than that is there.
func (c *scaleCase) withinCost(saves float64) float64 {
	return min(saves, math.Floor(100*rightsize.Left(c.pass, c.w))/100) // in whole cents, as the report adds them up
}

// pennies reports whether the best setting saves less than the user wants of a
// change.
func (c *scaleCase) pennies() bool {
	saves := c.now.monthly() - c.best.monthly()
	return c.priced() && (saves < 0 || c.pass.Options.Pennies(saves, c.now.monthly()))
}

// scaling is the setting advised, complete.
func (c *scaleCase) scaling() Scaling {
	s := c.steady()
	switch {
	case c.best.schedule != nil:
		return c.best.scaledObject(s)
	case c.best.zero != nil:
		return c.best.zero.scaledObject(s, c.best)
	}
	return s
}

// steady is the setting at hours with load.
func (c *scaleCase) steady() Scaling {
	k := c.best
	if k.Fixed {
		return Scaling{Kind: ScalingFixed, Replicas: k.Min}
	}
	m := analyzer.HPAMetric{Type: "Resource", Name: "cpu", TargetType: "Utilization", Target: int64(k.Target)}
	if c.container != "" {
		m.Type, m.Container = "ContainerResource", c.container
	}
	s := Scaling{Kind: ScalingHPA, Min: k.Min, Max: c.maximum(), RequestCPU: k.size.cpu}
	if c.hpa != nil {
		s.Name = c.hpa.Name
		if len(c.hpa.Metrics) == 1 && c.hpa.Metrics[0].TargetType == "AverageValue" {
			m.TargetType, m.Target = "AverageValue", int64(k.Target)*k.size.metric/100
		}
	}
	if k.rate != nil {
		m, s.Triggers = k.rate.hpaMetric(k.size.metric, k.Target), []RequestTrigger{k.trigger()}
	}
	s.Metrics = []analyzer.HPAMetric{m}
	s.Behavior = k.behavior(c.keptBehavior())
	return s
}

// maximum keeps today's where it is enough and not far too high: it costs
// nothing until it is needed. What a quota, or nodes that no two pods share, let run
// holds it all the same.
func (c *scaleCase) maximum() int32 {
	need, most := c.best.Max, c.boundsOf(c.best.size).Ceiling
	if c.hpa != nil && c.hpa.Max >= need && c.hpa.Max <= 3*need && (most == 0 || c.hpa.Max <= most) {
		return c.hpa.Max
	}
	return need
}

func (c *scaleCase) title() string {
	k := c.best
	switch {
	case k.zero != nil:
		return "run no pod while no request comes, by KEDA"
	case k.rate != nil && k.schedule == nil:
		return fmt.Sprintf("scale on %s at %.3g requests/s a pod, %d to %d replicas", k.rate.Counter, k.trigger().Threshold, k.Min, c.maximum())
	case k.schedule != nil:
		return fmt.Sprintf("run from %s only, by KEDA", k.schedule.hours())
	case k.Fixed:
		return fmt.Sprintf("run %d replicas", k.Min)
	case c.hpa == nil:
		return fmt.Sprintf("scale on CPU at %d %%, %d to %d replicas", k.Target, k.Min, c.maximum())
	case len(k.size.cpu) > 0:
		return "set the HPA and the CPU request together"
	}
	return "set the HPA"
}

// leastUnproven is the millicores below which no pod's ability is doubted.
const leastUnproven = 25

// warnUnseen says where pods would have to serve more than any was seen to.
func (c *scaleCase) warnUnseen(r *advice.Advice) {
	if c.best.Fixed && c.now != nil && c.now.Fixed && c.best.Min >= c.now.Min {
		return // no pod serves more than before
	}
	seen := 0.0
	for i := range c.w.Containers {
		f := &c.w.Containers[i]
		if f.Type != analyzer.TypeInit && (c.container == "" || c.container == f.Name) {
			seen += f.CPU.PodPeak.Max()
		}
	}
	if out := c.scaleOut(c.best); out > 1.1*seen && out >= leastUnproven {
		r.Warn("unproven", fmt.Sprintf("a pod would serve up to %.0fm of CPU and none was seen to use more than %.0fm: check that one can", out, seen))
	}
}
