package horizontal

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/bounds"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/keda"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// ReplayAs replays a fixed number, an HPA or a ScaledObject over a workload's load, from
// nothing but the fields of the setting: what an operator has who pastes it.
// The requests of p.Cluster are those that right-sizing left.
func ReplayAs(p *advice.Pass, w *analyzer.WorkloadFacts, s Scaling) (setting.Score, error) {
	c := newScaleCase(p, bounds.ZonesOf(p.Facts.Snapshot), w)
	if len(s.Metrics) == 1 && s.Metrics[0].Container != c.container {
		c.container = s.Metrics[0].Container
		c.curve = w.ContainerLoadCurve(p.Facts.Snapshot.Window, c.container)
		c.sizes = c.podSizes()
	}
	if len(c.sizes) == 0 || len(c.curve.CPU) == 0 {
		return setting.Score{}, fmt.Errorf("replay the scaling of %s: it has no load or no CPU request", w.Ref)
	}
	return c.replayAs(s)
}

func (c *scaleCase) replayAs(s Scaling) (setting.Score, error) {
	d := c.demand(c.resized(s.RequestCPU))
	switch s.Kind {
	case ScalingFixed:
		return d.ScoreFixed(s.Replicas), nil
	case ScalingScaledObject:
		return c.replayObject(d, s)
	}
	h := analyzer.HPA{Min: s.Min, Max: s.Max, Metrics: s.Metrics, Behavior: s.Behavior}
	a, err := autoscalerOf(&h)
	if err != nil {
		return setting.Score{}, err
	}
	if len(s.Triggers) > 0 && c.rate != nil && c.rate.Counter == s.Triggers[0].Counter {
		d.Requests = c.rate.signal()
	}
	first := d.PodsFor(d.Millicores[0], max(c.targetPercent(h.Metrics[0], c.resized(s.RequestCPU)), 1))
	return d.Replay(c.pass.Context, a, c.bounds.Start, min(max(first, s.Min, 1), s.Max))
}

// replayObject replays a ScaledObject as one that there is already: its queries read what
// the workload's counters with the same query were seen to say.
func (c *scaleCase) replayObject(d setting.Demand, s Scaling) (setting.Score, error) {
	so, behavior := objectOf(s), s.Behavior
	k := keda.Case{Object: so, Curve: c.curve, Start: c.bounds.Start, Memory: c.keptByMemory, Idle: c.idle}
	if behavior != nil {
		k.Behavior = &replay.Behavior{ScaleUp: rulesOf(behavior.Up), ScaleDown: rulesOf(behavior.Down)}
	}
	for i := range so.Triggers {
		at := slices.IndexFunc(c.w.Requests, func(q analyzer.RequestRate) bool { return q.Query == so.Triggers[i].Query })
		if so.Triggers[i].Type != "prometheus" || at < 0 {
			continue
		}
		read := c.relate(&c.w.Requests[at])
		if d.Requests == nil || d.Requests.Lag < read.signal().Lag {
			d.Requests = read.signal()
		}
		rate := c.w.Requests[at]
		rate.By, rate.Counter = analyzer.CountedByTrigger, analyzer.TriggerCounter(so, i)
		k.Rates = append(k.Rates, rate)
	}
	k.Demand = d
	if reason := k.NotJudged(); reason != "" {
		return setting.Score{}, fmt.Errorf("replay as printed: %s", reason)
	}
	return k.Replay(c.pass.Context)
}

// objectOf is the ScaledObject of a setting, its schedules in UTC, with KEDA's defaults
// where the setting leaves them.
func objectOf(s Scaling) *analyzer.ScaledObject {
	seconds := func(v, otherwise time.Duration) int32 {
		if v == 0 {
			v = otherwise
		}
		return int32(v / time.Second)
	}
	so := &analyzer.ScaledObject{
		Name: s.Name, Min: s.Min, Max: s.Max, IdleAtZero: s.IdleAtZero, Polling: seconds(s.Polling, kedaPolling), Cooldown: seconds(s.Cooldown, kedaCooldown),
	}
	for _, x := range s.Schedules {
		so.Triggers = append(so.Triggers, analyzer.ScaleTrigger{Type: "cron", Start: x.Start, End: x.End, Zones: []analyzer.ZoneOffset{{}}, Replicas: x.Replicas})
	}
	for i := range s.Metrics {
		so.Triggers = append(so.Triggers, analyzer.ScaleTrigger{Type: s.Metrics[i].Name, Metric: &s.Metrics[i]})
	}
	for _, x := range s.Triggers {
		so.Triggers = append(so.Triggers, analyzer.ScaleTrigger{
			Type: "prometheus", Query: x.Query, Threshold: int64(math.Round(1000 * x.Threshold)), Activation: int64(math.Round(1000 * x.Activation)), PerPod: true,
		})
	}
	return so
}

// resized is the pods with those CPU requests.
func (c *scaleCase) resized(cpu map[string]int64) podSize {
	s := c.sizes[0]
	if len(cpu) == 0 {
		return s
	}
	requests := append([]analyzer.Container{}, s.requests...)
	for i := range requests {
		if v, ok := cpu[requests[i].Name]; ok {
			requests[i].Requests.CPU = v
		}
	}
	return c.podSize(requests, cpu)
}

// broken gives the reason for which the setting as it would be printed is not
// advised: replayed from its own fields it must keep what the search promised.
func (c *scaleCase) broken(s Scaling) string {
	score, err := c.replayAs(s)
	if err != nil {
		return "the setting found cannot be replayed as it would be printed: " + err.Error()
	}
	allowed := max(c.bounds.Unserved, c.best.whole.Slow)
	if c.best.rests() && c.now != nil { // it may add as much to what is slow now
		allowed = max(allowed, c.now.whole.Slow+c.bounds.Unserved)
	}
	if score.Slow <= allowed {
		return ""
	}
	return fmt.Sprintf("the setting found would be slow for %.2g %% of the time as it would be printed", 100*score.Slow)
}
