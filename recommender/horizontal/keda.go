package horizontal

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// scaledObject is an existing ScaledObject and the HPA that KEDA keeps for it.
type scaledObject struct {
	*analyzer.ScaledObject
	hpa *analyzer.HPA
}

func scaledObjectOf(p *advice.Pass, h *analyzer.HPA) *scaledObject {
	if h.ManagedBy != "keda" {
		return nil
	}
	all := p.Facts.Snapshot.ScaledObjects
	for i := range all {
		if all[i].Namespace == h.Namespace && all[i].HPA == h.Name {
			return &scaledObject{&all[i], h}
		}
	}
	return nil
}

// notJudged gives the reason for which an HPA of KEDA's is not replayed, or "":
// the ScaledObject, or what one of its triggers reads, is not known.
func (c *scaleCase) notJudged() string {
	if c.keda == nil {
		return fmt.Sprintf("KEDA scales it by HPA %s, and the snapshot has neither its ScaledObject nor a history of its triggers", c.hpa.Name)
	}
	if c.keda.Unread != "" {
		return fmt.Sprintf("ScaledObject %s is not judged: %s is not followed", c.keda.Name, c.keda.Unread)
	}
	for i := range c.keda.Triggers {
		if reason := c.lacks(i); reason != "" {
			return fmt.Sprintf("ScaledObject %s is not judged: trigger %d (%s) %s", c.keda.Name, i+1, c.keda.Triggers[i].Type, reason)
		}
	}
	return ""
}

// lacks gives what a trigger lacks for a replay, or "".
func (c *scaleCase) lacks(i int) string {
	t := &c.keda.Triggers[i]
	switch t.Type {
	case "cpu":
		if t.Metric.Target <= 0 {
			return "has no value that can be read"
		}
		return ""
	case "memory":
		u, ok := c.memoryUse(*t.Metric)
		if !ok {
			return "has no history of memory"
		}
		if !u.constant || u.high >= 1-c.controller.UpTolerance() {
			return "follows a memory that no replay can foretell: it is not constant, or at the target"
		}
		return ""
	case "cron":
		if len(t.Zones) == 0 {
			return "names a time zone that is not known here"
		}
		if _, err := c.cronSpans(t); err != nil || t.Replicas < 1 {
			return "has a schedule or a number of replicas that cannot be read"
		}
		return ""
	case "prometheus":
		if t.Threshold <= 0 {
			return "has no threshold that can be read"
		}
		if c.readings(i) == nil {
			return "has no history of its query here"
		}
		return ""
	}
	return "has no history here"
}

// readings are what a prometheus trigger read, by slot; nil where that is not
// known.
func (c *scaleCase) readings(i int) []int64 {
	counter := analyzer.TriggerCounter(c.keda.ScaledObject, i)
	for j := range c.w.Requests {
		q := &c.w.Requests[j]
		if q.By != analyzer.CountedByTrigger || q.Counter != counter {
			continue
		}
		values, known := q.Along(c.curve)
		if float64(known) < leastCounted*float64(len(values)) {
			return nil
		}
		out := make([]int64, len(values))
		for k, v := range values {
			if !math.IsNaN(v) {
				out[k] = int64(math.Round(1000 * v))
			}
		}
		return out
	}
	return nil
}

// cronSpans are the spans of a cron trigger within the load, each read by the
// offset that its zone has then.
func (c *scaleCase) cronSpans(t *analyzer.ScaleTrigger) ([]replay.Span, error) {
	total := time.Duration(len(c.curve.CPU)) * 5 * time.Minute
	end := c.curve.Start.Add(total)
	var out []replay.Span
	for i, z := range t.Zones {
		from, to := c.curve.Start, end
		if at := time.Unix(z.From, 0); i > 0 && at.After(from) {
			from = at
		}
		if i+1 < len(t.Zones) {
			if at := time.Unix(t.Zones[i+1].From, 0); at.Before(to) {
				to = at
			}
		}
		if !to.After(from) {
			continue
		}
		spans, err := replay.CronSpans(t.Start, t.End, from.In(time.FixedZone("", int(z.Offset))), to.Sub(from))
		if err != nil {
			return nil, err
		}
		shift := from.Sub(c.curve.Start)
		for _, s := range spans {
			s.From, s.To = s.From+shift, s.To+shift
			if n := len(out); n > 0 && out[n-1].To == s.From {
				out[n-1].To = s.To
				continue
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// replayKEDA runs the ScaledObject over the load. Memory is a minimum, as for an
// HPA.
func (c *scaleCase) replayKEDA() (setting.Score, error) {
	so := c.keda
	d := c.demand(c.sizes[0])
	load := d.Curve()
	out := replay.ScaledObject{
		PollingInterval: max(time.Duration(so.Polling)*time.Second, time.Second), Cooldown: time.Duration(so.Cooldown) * time.Second,
		InitialCooldown: time.Duration(so.InitialCooldown) * time.Second, MinReplicas: so.Min, MaxReplicas: so.Max, IdleAtZero: so.IdleAtZero && so.Min > 0,
	}
	if b := so.hpa.Behavior; b != nil {
		out.Behavior = &replay.Behavior{ScaleUp: rulesOf(b.Up), ScaleDown: rulesOf(b.Down)}
	}
	for i := range so.Triggers {
		t := &so.Triggers[i]
		switch t.Type {
		case "cpu":
			a, err := autoscalerOf(&analyzer.HPA{Min: 1, Max: 1, Metrics: []analyzer.HPAMetric{*t.Metric}})
			if err != nil {
				return setting.Score{}, err
			}
			out.Triggers = append(out.Triggers, replay.Trigger{Metric: a.Metrics[0], Signal: replay.Signal{Total: load.Demand}})
		case "memory":
			if u, ok := c.memoryUse(*t.Metric); ok && out.MinReplicas > 0 {
				out.MinReplicas = min(max(out.MinReplicas, u.kept()), out.MaxReplicas)
			}
		case "cron":
			spans, err := c.cronSpans(t)
			if err != nil {
				return setting.Score{}, err
			}
			out.Triggers = append(out.Triggers, replay.Trigger{Cron: &replay.Cron{Spans: spans, Replicas: t.Replicas}})
		case "prometheus":
			m := replay.Metric{Kind: replay.ExternalMetric, Name: "prometheus", TargetKind: replay.AverageValue, Target: t.Threshold}
			if !t.PerPod {
				m.TargetKind = replay.Value
			}
			out.Triggers = append(out.Triggers, replay.Trigger{Metric: m, Signal: replay.Signal{Total: c.readings(i)}, Activation: t.Activation})
		}
	}
	first := int32(math.Round(c.curve.Pods[0]))
	o, err := out.Replay(c.pass.Context, load, d.Workload(c.bounds.Start, min(max(first, out.MinReplicas), out.MaxReplicas)), replay.Options{Controller: c.controller})
	if err != nil {
		return setting.Score{}, err
	}
	return setting.ScoreOf(o), nil
}

// judgeKEDA files how the ScaledObject goes. What its triggers should be is for
// its owner to say: nothing takes their place.
func (c *scaleCase) judgeKEDA(r *advice.Advice) error {
	c.warnings(r)
	s := &c.told.Current
	s.Name, s.Min, s.Max, s.IdleAtZero = c.keda.Name, c.keda.Min, c.keda.Max, c.keda.IdleAtZero
	if !slices.ContainsFunc(c.keda.Triggers, func(t analyzer.ScaleTrigger) bool { return t.Type != "memory" }) {
		r.Abstain(fmt.Sprintf("ScaledObject %s follows memory alone, which is no measure of load", c.keda.Name))
		return nil
	}
	score, err := c.replayKEDA()
	if err != nil {
		if c.pass.Context.Err() != nil {
			return err
		}
		r.Abstain(fmt.Sprintf("ScaledObject %s is not judged: %v", c.keda.Name, err))
		return nil
	}
	c.now = &outcome{Candidate: setting.Candidate{Min: c.keda.Min, Max: c.keda.Max}, size: c.sizes[0], whole: score}
	c.describe(r, "")
	r.Confidence = c.confidence(r)
	if score.Unserved > c.bounds.Unserved {
		r.Abstain(fmt.Sprintf("ScaledObject %s leaves demand unserved for %.2g %% of the time by replay: raise its minimum or maximum, or lower a trigger's value; which one is for its owner to say", c.keda.Name, 100*score.Unserved))
		return nil
	}
	keep := c.told.Current
	c.told.Recommended, c.told.ReplicasAdvised = &keep, c.told.ReplicasNow
	r.Title = "the ScaledObject fits"
	return nil
}
