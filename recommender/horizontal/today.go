package horizontal

import (
	"errors"
	"math"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// today scores the setting in force; nil where its HPA cannot be replayed.
func (c *scaleCase) today() *outcome {
	s := c.sizes[0]
	d := c.demand(s)
	if c.hpa == nil {
		n := max(c.w.Replicas, 1)
		return &outcome{Candidate: setting.Candidate{Fixed: true, Min: n, Max: n}, size: s, whole: d.ScoreFixed(n)}
	}
	h, ok := c.withoutMemory()
	if !ok {
		return c.asSeen()
	}
	a, err := autoscalerOf(h)
	if err != nil || s.metric == 0 {
		return nil
	}
	if c.follows(c.rate) {
		d.Requests = c.rate.signal()
	}
	first := int32(math.Round(c.curve.Pods[0]))
	score, err := d.Replay(c.pass.Context, a, c.bounds.Start, min(max(first, a.MinReplicas, 1), a.MaxReplicas))
	if err != nil {
		return nil
	}
	o := &outcome{Candidate: setting.Candidate{Min: h.Min, Max: h.Max, Target: c.targetPercent(h.Metrics[0], s), Tolerance: c.toleranceNow()}, size: s, whole: score}
	return o
}

// asSeen scores the pods that there were, where no replay can tell what the HPA would do
// with memory: what it did is known.
func (c *scaleCase) asSeen() *outcome {
	s := c.sizes[0]
	score := c.demand(s).ScoreSeen(c.curve.Pods)
	if score.Hours == 0 {
		return nil
	}
	return &outcome{Candidate: setting.Candidate{Min: c.hpa.Min, Max: c.hpa.Max}, size: s, whole: score, seen: true}
}

// targetPercent is the current HPA's target in percent of the request.
func (c *scaleCase) targetPercent(m analyzer.HPAMetric, s podSize) int32 {
	switch {
	case m.TargetType == "Utilization":
		return int32(m.Target)
	case c.rate != nil && c.rate.serves(m):
		return int32(min(float64(m.Target)/1000*c.rate.cost*100/float64(max(s.metric, 1)), math.MaxInt32))
	}
	return int32(min(100*m.Target/max(s.metric, 1), math.MaxInt32))
}

var errNoMetric = errors.New("the HPA has no metric")

// autoscalerOf reads an HPA as the replay has it.
func autoscalerOf(h *analyzer.HPA) (replay.Autoscaler, error) {
	a := replay.Autoscaler{MinReplicas: h.Min, MaxReplicas: h.Max}
	for _, m := range h.Metrics {
		r := replay.Metric{Kind: replay.MetricKind(m.Type), TargetKind: replay.TargetKind(m.TargetType), Target: m.Target, Container: m.Container}
		switch r.Kind {
		case replay.ResourceMetric, replay.ContainerResourceMetric:
			r.Resource = replay.Resource(m.Name)
		default:
			r.Name = m.Name
		}
		a.Metrics = append(a.Metrics, r)
	}
	if len(a.Metrics) == 0 {
		return a, errNoMetric
	}
	if h.Behavior != nil {
		a.Behavior = &replay.Behavior{ScaleUp: rulesOf(h.Behavior.Up), ScaleDown: rulesOf(h.Behavior.Down)}
	}
	return a, a.Validate()
}

func rulesOf(s *analyzer.HPAScaling) replay.Rules {
	var r replay.Rules
	if s == nil {
		return r
	}
	r.Select = replay.Selection(s.Select)
	if s.StabilizationSeconds != nil {
		w := time.Duration(*s.StabilizationSeconds) * time.Second
		r.Window = &w
	}
	if s.ToleranceMilli != nil {
		t := float64(*s.ToleranceMilli) / 1000
		r.Tolerance = &t
	}
	for _, p := range s.Policies {
		r.Policies = append(r.Policies, replay.Policy{
			Kind: replay.PolicyKind(p.Type), Value: p.Value, Period: time.Duration(p.PeriodSeconds) * time.Second,
		})
	}
	return r
}
