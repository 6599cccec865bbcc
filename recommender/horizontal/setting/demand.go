package setting

import (
	"math"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// The reaction times that a replay assumes, stated as evidence; a pod that was
// seen to take longer to be ready does. docs/method/horizontal.md has the reasons.
const (
	PodStartUp    = time.Minute
	metricsLag    = 30 * time.Second
	metricsWindow = 30 * time.Second
)

// Demand is a curve of CPU demand and the size of the pods that serve it.
type Demand struct {
	Step       time.Duration
	Millicores []float64 // all pods together, by step
	// Request is what one pod asks for, in millicores. Demand above the
	// requests of the ready pods counts as unserved: beyond them nothing is
	// promised.
	Request int64
	// Prompt is the demand, in millicores, that one pod serves without queueing
	// to speak of; 0 asks nothing of latency.
	Prompt int64
	// Controller is how the HPA controller runs.
	Controller replay.Controller
	// Kept has the owner's policies and window for adding pods, which a new setting
	// keeps: what the pods need before they come and go is in no load curve. nil for none.
	Kept *replay.Behavior
	// Requests is what a setting follows in place of CPU; nil for CPU.
	Requests *RequestSignal
	curve    *replay.Curve // where it was worked out, see ready
}

// TrainShare is the part of the demand, the first, on which settings are
// searched. The rest checks them.
const TrainShare = 0.7

// Split gives the demand's first part and its rest.
func (d Demand) Split() (train, check Demand) {
	at := int(TrainShare * float64(len(d.Millicores)))
	train, check = d, d
	train.Millicores, check.Millicores = d.Millicores[:at], d.Millicores[at:]
	if s := d.Requests; s != nil {
		first, rest := *s, *s
		first.PerSecond, rest.PerSecond = s.PerSecond[:at], s.PerSecond[at:]
		train.Requests, check.Requests = &first, &rest
	}
	return train, check
}

// Quantile of the demand, by nearest rank; sorted is the demand in order.
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}

func (d Demand) sorted() []float64 {
	s := slices.Clone(d.Millicores)
	slices.Sort(s)
	return s
}

// PodsFor is the number of pods that serve so much at so many percent of their
// requests.
func (d Demand) PodsFor(millicores float64, percent int32) int32 {
	n := math.Ceil(millicores * 100 / (float64(d.Request) * float64(percent)))
	return int32(min(max(n, 1), MostReplicas))
}

// Raised is the demand with a margin of so many percent on top.
func (d Demand) Raised(percent float64) Demand {
	d.Millicores = slices.Clone(d.Millicores)
	for i := range d.Millicores {
		d.Millicores[i] = cost.AddPercent(d.Millicores[i], percent)
	}
	return d
}

// Curve is the demand as a replay takes it: whole millicores, none below zero.
func (d Demand) Curve() replay.Curve {
	if d.curve != nil {
		return *d.curve
	}
	c := replay.Curve{Step: d.Step, Demand: make([]int64, len(d.Millicores))}
	for i, v := range d.Millicores {
		c.Demand[i] = int64(math.Round(max(v, 0)))
	}
	return c
}

// ready works the curve out once, for many replays of the same demand.
func (d Demand) ready() Demand {
	load := d.Curve()
	d.curve = &load
	return d
}
