package horizontal

import (
	"errors"
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
)

// ReplayAs replays a fixed number or an HPA over a workload's load, from
// nothing but the fields of the setting: what an operator has who pastes it.
// The requests of p.Cluster are those that right-sizing left.
func ReplayAs(p *advice.Pass, w *analyzer.WorkloadFacts, s Scaling) (setting.Score, error) {
	c := newScaleCase(p, w)
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

var errNotReplayed = errors.New("only fixed numbers and HPAs are replayed as printed")

func (c *scaleCase) replayAs(s Scaling) (setting.Score, error) {
	d := c.demand(c.resized(s.RequestCPU))
	switch s.Kind {
	case ScalingFixed:
		return d.ScoreFixed(s.Replicas), nil
	case ScalingHPA:
	default:
		return setting.Score{}, errNotReplayed
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
	switch {
	case errors.Is(err, errNotReplayed):
		return ""
	case err != nil:
		return "the setting found cannot be replayed as it would be printed: " + err.Error()
	}
	allowed := max(c.bounds.Unserved, c.best.whole.Slow)
	if score.Slow <= allowed {
		return ""
	}
	return fmt.Sprintf("the setting found would be slow for %.2g %% of the time as it would be printed", 100*score.Slow)
}
