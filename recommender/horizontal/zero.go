package horizontal

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// When a workload may go to zero pods by its requests. Only what counts them on
// their way will do: a pod's own counter ends with the pod, and would never
// wake it.
const (
	// leastQuiet is the share of the time without a request.
	leastQuiet = 0.25
	// mostAtRest is the share of all requests that may come in the hours in
	// which a cron schedule would run no pod.
	mostAtRest = 0.001
)

// ingress gives the requests a second that an ingress counted, by slot, and
// their counter; nil where none was counted, or for too little of the time.
func (c *scaleCase) ingress() *requestRate {
	for i := range c.w.Requests {
		q := &c.w.Requests[i]
		if q.By != analyzer.CountedByService {
			continue
		}
		r := c.relate(q)
		_, known := q.Along(c.curve)
		if known >= leastLoad && float64(known) >= leastCounted*float64(c.curve.Seen) {
			return &r
		}
	}
	return nil
}

// zero is the part of a setting that lets a workload rest without pods while
// no request comes.
type zero struct {
	rate *requestRate
	// threshold is the requests, in thousandths a second, of one pod.
	threshold int64
	quiet     float64 // share of the time
	wakeUps   float64 // a day
}

// toZero is the outcome of resting without pods while no request comes; nil
// where that cannot be.
func (c *scaleCase) toZero(base *outcome) (*outcome, error) {
	if base == nil || c.w.Namespace == "kube-system" || c.w.Kind == "StatefulSet" || c.w.Replicas < 1 || !c.mayRest() {
		return nil, nil
	}
	r := c.ingress()
	if r == nil {
		return nil, nil
	}
	z := c.zeroOf(r, base)
	if z.quiet < leastQuiet || z.quiet == 1 {
		return nil, nil
	}
	out, err := c.replayZero(base, z, replay.Options{Controller: c.controller})
	if err != nil {
		return nil, err
	}
	o := *base
	o.whole, o.zero = setting.ScoreOf(out), z
	return &o, nil
}

// zeroOf works out how often no request comes, and what one pod may get.
func (c *scaleCase) zeroOf(r *requestRate, base *outcome) *zero {
	z := &zero{rate: r}
	quiet, wakes := 0, 0
	var perPod []float64
	for i, v := range r.perSecond {
		if v > 0 {
			perPod = append(perPod, v/max(c.curve.Pods[i], 1))
			if i > 0 && r.perSecond[i-1] == 0 {
				wakes++
			}
			continue
		}
		quiet++
	}
	n := float64(max(len(r.perSecond), 1))
	z.quiet, z.wakeUps = float64(quiet)/n, float64(wakes)/(n/288)
	z.threshold = int64(max(1, math.Floor(1000*setting.Quantile(slices.Sorted(slices.Values(perPod)), 0.99))))
	switch { // else no more is asked of a pod than it was seen to do
	case base.rate != nil && base.rate.Counter == r.Counter:
		z.threshold = r.signal().Target(base.size.metric, base.Target)
	case r.poor == "":
		z.threshold = r.signal().Target(base.size.metric, setting.HighestScaleOut)
	}
	return z
}

// replayZero runs the ScaledObject over the load. What is used while no request
// comes is idling, and no work left undone.
func (c *scaleCase) replayZero(base *outcome, z *zero, o replay.Options) (replay.Outcome, error) {
	d := c.demandOf(base)
	load := d.Curve()
	total := z.rate.signal().Milli()
	for i := range load.Demand {
		if total[i] == 0 {
			load.Demand[i] = 0
		}
	}
	signal := z.rate.signal()
	so := replay.ScaledObject{
		PollingInterval: kedaPolling, Cooldown: kedaCooldown, MinReplicas: base.Min, MaxReplicas: base.Max, IdleAtZero: true,
		Triggers: []replay.Trigger{{
			Metric: replay.Metric{Kind: replay.ExternalMetric, Name: z.rate.Counter, TargetKind: replay.AverageValue, Target: z.threshold},
			Signal: replay.Signal{Total: total},
		}},
	}
	if base.Min <= 1 {
		so.MinReplicas, so.IdleAtZero = 0, false
	}
	if !base.Fixed && (base.rate == nil || base.rate.Counter != z.rate.Counter) {
		a := d.Autoscaler(base.Candidate)
		so.Triggers = append(so.Triggers, replay.Trigger{Metric: a.Metrics[0], Signal: replay.Signal{Total: d.SignalFor(a.Metrics[0], load)}})
		so.Behavior = a.Behavior
	}
	w := d.Workload(c.bounds.Start, 0)
	w.Lag = max(w.Lag, signal.Lag)
	return so.Replay(c.pass.Context, load, w, o)
}

// rests reports whether hardly any request comes in the hours that a schedule
// leaves without pods, as far as an ingress tells.
func (c *scaleCase) rests(s schedule) bool {
	r := c.ingress()
	if r == nil {
		return true
	}
	var all, outside float64
	for i, v := range r.perSecond {
		if all += v; !s.busy(c.slotTime(i)) {
			outside += v
		}
	}
	return outside <= mostAtRest*all
}

// scaledObject is the setting that rests without pods.
func (z *zero) scaledObject(s Scaling, base *outcome) Scaling {
	if base.Fixed {
		s = Scaling{Max: base.Max}
	}
	s.Kind, s.Name, s.Min = ScalingScaledObject, "", base.Min
	if base.Min <= 1 {
		s.Min = 0
	} else {
		s.IdleAtZero = true
	}
	s.Polling, s.Cooldown = kedaPolling, kedaCooldown
	triggers := []RequestTrigger{{Counter: z.rate.Counter, Query: z.rate.Query, Threshold: float64(z.threshold) / 1000}}
	for _, t := range s.Triggers {
		if t.Counter != z.rate.Counter {
			triggers = append(triggers, t)
		}
	}
	s.Triggers = triggers
	if base.rate != nil {
		s.Metrics = nil // a trigger already
	}
	return s
}

func (c *scaleCase) warnZero(r *advice.Advice) {
	z := c.best.zero
	wait := kedaPolling + c.bounds.Start
	r.Warn("zero", fmt.Sprintf("no pod would run while no request comes (%.0f %% of the time): the first requests after that, %.1f times a day, are refused or wait some %.0f s until a pod is ready",
		100*z.quiet, z.wakeUps, (wait+time.Duration(z.rate.RangeSeconds)*time.Second/4).Seconds()))
	if c.hpa != nil {
		r.Warn("keda", fmt.Sprintf("the ScaledObject takes the place of HPA %s: delete that first, or let KEDA take it over", c.hpa.Name))
	}
	r.Show("time without requests", 100*z.quiet, "percent")
	r.Show("wake-ups a day", z.wakeUps, "count")
}

// zeroChanges lists the fields of the new ScaledObject.
func (c *scaleCase) zeroChanges(r *advice.Advice, s Scaling) {
	from := c.told.Current
	if low := cmp.Or(from.Min, from.Replicas); low != s.Min {
		r.Changes = append(r.Changes, advice.Change{Field: "scaledObject.minReplicaCount", From: int64(low), To: int64(s.Min)})
	}
	r.Changes = append(r.Changes,
		advice.Change{Field: "scaledObject.maxReplicaCount", From: int64(from.Max), To: int64(s.Max)},
		advice.Change{Field: "scaledObject.cooldownPeriod", From: 0, To: int64(s.Cooldown / time.Second)})
	scaledObjectTargets(r, s)
}

// scaledObjectTargets lists the targets of a new ScaledObject's triggers, rates
// in thousandths of a request a second.
func scaledObjectTargets(r *advice.Advice, s Scaling) {
	for _, t := range s.Triggers {
		r.Changes = append(r.Changes, advice.Change{Field: "scaledObject.prometheus." + t.Counter + ".thresholdMilli", From: 0, To: int64(math.Round(1000 * t.Threshold))})
	}
	for _, m := range s.Metrics {
		if m.Name == "cpu" {
			r.Changes = append(r.Changes, advice.Change{Field: "scaledObject.cpu.averageUtilization", From: 0, To: m.Target})
		}
	}
}
