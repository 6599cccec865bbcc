// Package keda replays the ScaledObjects that there are: their triggers on CPU, memory,
// the clock and Prometheus, over a workload's own load.
package keda

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// leastKnown is the share of the load's slots in which a query's value must be known.
const leastKnown = 0.9

// Case is a ScaledObject and what its triggers read.
type Case struct {
	Object   *analyzer.ScaledObject
	Behavior *replay.Behavior // of the HPA that KEDA keeps
	Curve    analyzer.LoadCurve
	Demand   setting.Demand
	Rates    []analyzer.RequestRate // the workload's
	Start    time.Duration          // of a pod
	// Idle reports whether a slot's CPU is that of pods that wait for work.
	Idle func(slot int) bool
	// Memory gives the fewest pods that a trigger on memory keeps, or why that cannot be told.
	Memory func(analyzer.HPAMetric) (kept int32, reason string)
}

// NotJudged gives the reason for which the ScaledObject is not replayed, or "": what
// one of its triggers reads is not known.
func (c *Case) NotJudged() string {
	if c.Object.Unread != "" {
		return fmt.Sprintf("ScaledObject %s is not judged: %s is not followed", c.Object.Name, c.Object.Unread)
	}
	for i := range c.Object.Triggers {
		if reason := c.lacks(i); reason != "" {
			return fmt.Sprintf("ScaledObject %s is not judged: trigger %d (%s) %s", c.Object.Name, i+1, c.Object.Triggers[i].Type, reason)
		}
	}
	return ""
}

// lacks gives what a trigger lacks for a replay, or "".
func (c *Case) lacks(i int) string {
	t := &c.Object.Triggers[i]
	switch t.Type {
	case "cpu":
		if t.Metric.Target <= 0 {
			return "has no value that can be read"
		}
		return ""
	case "memory":
		_, reason := c.Memory(*t.Metric)
		return reason
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
func (c *Case) readings(i int) []int64 {
	counter := analyzer.TriggerCounter(c.Object, i)
	for j := range c.Rates {
		q := &c.Rates[j]
		if q.By != analyzer.CountedByTrigger || q.Counter != counter {
			continue
		}
		values, known := q.Along(c.Curve)
		if float64(known) < leastKnown*float64(len(values)) {
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
func (c *Case) cronSpans(t *analyzer.ScaleTrigger) ([]replay.Span, error) {
	total := time.Duration(len(c.Curve.CPU)) * 5 * time.Minute
	end := c.Curve.Start.Add(total)
	var out []replay.Span
	for i, z := range t.Zones {
		from, to := c.Curve.Start, end
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
		shift := from.Sub(c.Curve.Start)
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

// load is the demand. What pods use that wait for work, while no query reads any, is no
// work left undone where they may go to zero.
func (c *Case) load() replay.Curve {
	load := c.Demand.Curve()
	if c.Object.Min > 0 && !c.Object.IdleAtZero {
		return load
	}
	var read [][]int64
	for i := range c.Object.Triggers {
		if c.Object.Triggers[i].Type == "prometheus" {
			read = append(read, c.readings(i))
		}
	}
	for slot := range load.Demand {
		called := slices.ContainsFunc(read, func(r []int64) bool { return slot < len(r) && r[slot] > 0 })
		if !called && c.Idle(slot) {
			load.Demand[slot] = 0
		}
	}
	return load
}

// Replay runs the ScaledObject over the load. Memory is a minimum, as for an
// HPA.
func (c *Case) Replay(ctx context.Context) (setting.Score, error) {
	so := c.Object
	d := c.Demand
	load := c.load()
	out := replay.ScaledObject{
		PollingInterval: max(time.Duration(so.Polling)*time.Second, time.Second), Cooldown: time.Duration(so.Cooldown) * time.Second,
		InitialCooldown: time.Duration(so.InitialCooldown) * time.Second, MinReplicas: so.Min, MaxReplicas: so.Max, IdleAtZero: so.IdleAtZero && so.Min > 0,
	}
	out.Behavior = c.Behavior
	for i := range so.Triggers {
		t := &so.Triggers[i]
		switch t.Type {
		case "cpu":
			m := replay.Metric{Kind: replay.MetricKind(t.Metric.Type), Resource: replay.CPU, Container: t.Metric.Container, TargetKind: replay.TargetKind(t.Metric.TargetType), Target: t.Metric.Target}
			out.Triggers = append(out.Triggers, replay.Trigger{Metric: m, Signal: replay.Signal{Total: load.Demand}})
		case "memory":
			if kept, reason := c.Memory(*t.Metric); reason == "" && out.MinReplicas > 0 {
				out.MinReplicas = min(max(out.MinReplicas, kept), out.MaxReplicas)
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
	first := int32(math.Round(c.Curve.Pods[0]))
	o, err := out.Replay(ctx, load, d.Workload(c.Start, min(max(first, out.MinReplicas), out.MaxReplicas)), replay.Options{Controller: d.Controller})
	if err != nil {
		return setting.Score{}, err
	}
	return setting.ScoreOf(o), nil
}
