package horizontal

import (
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// replicaHours is what the setting advised runs in each hour of the load.
func (c *scaleCase) replicaHours() (*advice.Hours, error) {
	pods, err := c.replicaSlots()
	if err != nil || len(pods) == 0 {
		return nil, err
	}
	out := &advice.Hours{First: int(c.curve.Start.Unix() / 3600)}
	var count []float64
	for i, n := range pods {
		at := int(c.slotTime(i).Unix()/3600) - out.First
		if at == len(out.Mean) {
			out.Mean, count = append(out.Mean, 0), append(count, 0)
		}
		out.Mean[at] += n
		count[at]++
	}
	for i := range out.Mean {
		out.Mean[i] /= count[i]
	}
	return out, nil
}

// replicaSlots gives the pods of each slot of the load: none outside the
// schedule's hours, where there is one.
func (c *scaleCase) replicaSlots() ([]float64, error) {
	d := c.demandOf(c.best)
	series, err := c.replicaSeries(d)
	if err != nil {
		return nil, err
	}
	pods, k := make([]float64, len(d.Millicores)), 0
	for i := range pods {
		for k+1 < len(series) && series[k+1].From <= time.Duration(i)*d.Step {
			k++
		}
		if s := c.best.schedule; s == nil || s.busy(c.slotTime(i)) {
			pods[i] = float64(series[k].Replicas)
		}
	}
	return pods, nil
}

// replicaSeries is the advised setting's replicas over the load.
func (c *scaleCase) replicaSeries(d setting.Demand) ([]replay.Segment, error) {
	switch {
	case c.best.zero != nil:
		out, err := c.replayZero(c.best, c.best.zero, replay.Options{Series: true, Controller: c.controller})
		return out.Series, err
	case c.best.Fixed:
		return []replay.Segment{{Replicas: c.best.Min}}, nil
	}
	load, a := d.Curve(), d.Autoscaler(c.best.Candidate)
	first := min(max(d.PodsFor(d.Millicores[0], c.best.Target), c.best.Min), c.best.Max)
	out, err := replay.Replay(c.pass.Context, load, d.Workload(c.bounds.Start, first), a,
		replay.Options{Series: true, Controller: c.controller, Signals: []replay.Signal{{Total: d.SignalFor(a.Metrics[0], load)}}})
	return out.Series, err
}
