package setting

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// Score is what a setting did over a stretch of demand.
type Score struct {
	ReplicaHours float64
	Hours        float64
	Unserved     float64 // share of time
	Slow         float64 // share of time, unserved or served late
	Volume       float64 // share of demand
	AtMax        float64 // share of time
	FlapsPerDay  float64
}

// Replicas is the mean number of replicas.
func (s Score) Replicas() float64 {
	if s.Hours == 0 {
		return 0
	}
	return s.ReplicaHours / s.Hours
}

// Autoscaler is the HPA of a candidate.
func (c Candidate) autoscaler() replay.Autoscaler {
	a := replay.Autoscaler{MinReplicas: c.Min, MaxReplicas: c.Max, Metrics: []replay.Metric{replay.CPUUtilization(c.Target)}}
	if c.DownWindow > 0 || c.Tolerance != (Tolerance{}) {
		a.Behavior = &replay.Behavior{}
	}
	if c.DownWindow > 0 {
		a.Behavior.ScaleDown.Window = &c.DownWindow
	}
	if c.Tolerance != (Tolerance{}) {
		up, down := float64(c.Tolerance.Up)/1000, float64(c.Tolerance.Down)/1000
		a.Behavior.ScaleUp.Tolerance, a.Behavior.ScaleDown.Tolerance = &up, &down
	}
	return a
}

// Score replays the candidate.
func (d Demand) Score(ctx context.Context, c Candidate, start time.Duration) (Score, error) {
	if c.Fixed {
		return d.ScoreFixed(c.Min), nil
	}
	return d.Replay(ctx, d.Autoscaler(c), start, min(max(d.PodsFor(d.Millicores[0], c.Target), c.Min), c.Max))
}

// Replay runs an autoscaler over the demand from so many replicas on.
func (d Demand) Replay(ctx context.Context, a replay.Autoscaler, start time.Duration, replicas int32) (Score, error) {
	load := d.Curve()
	// The signal is given so that usage is not cut at the request: pods may
	// burst beyond it, and the controller sees that they do.
	signals := make([]replay.Signal, len(a.Metrics))
	for i, m := range a.Metrics {
		signals[i].Total = d.SignalFor(m, load)
	}
	out, err := replay.Replay(ctx, load, d.Workload(start, replicas), a, replay.Options{Signals: signals, Controller: d.Controller})
	if err != nil {
		return Score{}, err
	}
	return ScoreOf(out), nil
}

// ScoreOf scores what a replay came to.
func ScoreOf(out replay.Outcome) Score {
	return Score{
		ReplicaHours: out.ReplicaHours(), Hours: out.Duration.Hours(), Unserved: out.UnservedTimeShare(),
		Slow: max(out.SlowTimeShare(), out.UnservedTimeShare()), Volume: out.UnservedVolumeShare(), AtMax: out.AtMaxShare(), FlapsPerDay: out.FlapsPerDay(),
	}
}

// ScoreFixed scores a fixed number of pods.
func (d Demand) ScoreFixed(n int32) Score {
	hours := d.Step.Hours() * float64(len(d.Millicores))
	s := Score{ReplicaHours: float64(n) * hours, Hours: hours, AtMax: 1}
	capacity, over, slow, lost, all := float64(n)*float64(d.Request), 0, 0, 0.0, 0.0
	prompt := capacity
	if d.Prompt > 0 {
		prompt = float64(n) * float64(d.Prompt)
	}
	for _, v := range d.Millicores {
		all += v
		if math.Round(v) > prompt {
			slow++
		}
		if math.Round(v) > capacity {
			over++
			lost += v - capacity
		}
	}
	s.Unserved = float64(over) / float64(max(len(d.Millicores), 1))
	s.Slow = float64(slow) / float64(max(len(d.Millicores), 1))
	if all > 0 {
		s.Volume = lost / all
	}
	return s
}

// ScoreSeen scores the pods that there were in each step; a step without any tells
// nothing.
func (d Demand) ScoreSeen(pods []float64) Score {
	var s Score
	steps, over, slow, lost, all := 0.0, 0.0, 0.0, 0.0, 0.0
	for i, n := range pods {
		if n <= 0 || i >= len(d.Millicores) {
			continue
		}
		v, capacity := d.Millicores[i], n*float64(d.Request)
		steps, all, s.ReplicaHours = steps+1, all+v, s.ReplicaHours+n*d.Step.Hours()
		if math.Round(v) > capacity {
			over, lost = over+1, lost+v-capacity
		}
		if d.Prompt > 0 && math.Round(v) > n*float64(min(d.Prompt, d.Request)) || math.Round(v) > capacity {
			slow++
		}
	}
	if steps == 0 {
		return s
	}
	s.Hours, s.Unserved, s.Slow = steps*d.Step.Hours(), over/steps, slow/steps
	if all > 0 {
		s.Volume = lost / all
	}
	return s
}

// scoreAll scores settings, cheapest first; of equals the one that can grow.
func (d Demand) scoreAll(ctx context.Context, cs []Candidate, b Bounds) ([]Candidate, error) {
	d = d.ready()
	for i := range cs {
		var err error
		if cs[i].Train, err = d.Score(ctx, cs[i], b.Start); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(cs, func(x, y Candidate) int {
		return cmp.Or(cmp.Compare(x.effort(), y.effort()), BoolFirst(!x.Fixed, !y.Fixed), cmp.Compare(x.Train.Slow, y.Train.Slow), cmp.Compare(x.Target, y.Target))
	})
	return cs, nil
}
