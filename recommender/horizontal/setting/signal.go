package setting

import (
	"math"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// RequestSignal is a request rate that a setting follows in place of CPU.
type RequestSignal struct {
	PerSecond []float64 // all pods together, by step of the demand
	// Cost is the millicores that one request a second takes.
	Cost float64
	// Total says that it is one number for the workload, not one for each pod.
	Total bool
	Lag   time.Duration // its age when the autoscaler reads it
}

// Milli is the total in thousandths of a request a second.
func (s *RequestSignal) Milli() []int64 {
	out := make([]int64, len(s.PerSecond))
	for i, v := range s.PerSecond {
		out[i] = int64(math.Round(1000 * max(v, 0)))
	}
	return out
}

// Target is the requests, in thousandths a second, of a pod that uses so many
// percent of a request, to three digits.
func (s *RequestSignal) Target(request int64, percent int32) int64 {
	v := 1000 * float64(request) * float64(percent) / 100 / s.Cost
	unit := math.Pow(10, max(math.Floor(math.Log10(max(v, 1)))-2, 0))
	return int64(min(max(math.Floor(v/unit)*unit, 1), 1e15))
}

// Metric is the HPA's metric for a target in percent of the CPU request.
func (s *RequestSignal) Metric(request int64, percent int32) replay.Metric {
	m := replay.Metric{Kind: replay.PodsMetric, TargetKind: replay.AverageValue, Target: s.Target(request, percent)}
	if s.Total {
		m.Kind = replay.ExternalMetric
	}
	return m
}

// Autoscaler is the HPA of a candidate, on CPU or on requests.
func (d Demand) Autoscaler(c Candidate) replay.Autoscaler {
	a := c.autoscaler()
	if d.Requests != nil {
		a.Metrics = []replay.Metric{d.Requests.Metric(d.Request, c.Target)}
	}
	if d.Kept != nil {
		up, down := d.Kept.ScaleUp, d.Kept.ScaleDown
		if b := a.Behavior; b != nil {
			up.Tolerance, down.Tolerance, down.Window = b.ScaleUp.Tolerance, b.ScaleDown.Tolerance, b.ScaleDown.Window
		}
		a.Behavior = &replay.Behavior{ScaleUp: up, ScaleDown: down}
	}
	return a
}

// Workload is the pods as the replay has them. Of several metrics the slowest
// to be read sets the lag.
func (d Demand) Workload(start time.Duration, replicas int32) replay.Workload {
	w := replay.Workload{
		Request: d.Request, Capacity: d.Request, Prompt: min(d.Prompt, d.Request), StartUp: start, Replicas: replicas, Lag: metricsLag, SampleWindow: metricsWindow,
	}
	if d.Requests != nil {
		w.Lag = max(w.Lag, d.Requests.Lag)
	}
	return w
}

// SignalFor is the total that a metric reads.
func (d Demand) SignalFor(m replay.Metric, load replay.Curve) []int64 {
	if d.Requests == nil || m.Kind == replay.ResourceMetric || m.Kind == replay.ContainerResourceMetric {
		return load.Demand
	}
	return d.Requests.Milli()
}
