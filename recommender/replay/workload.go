package replay

import (
	"errors"
	"fmt"
	"time"
)

// Curve is total demand over time, in milli-units, constant within each step.
type Curve struct {
	Step   time.Duration
	Demand []int64
}

// Duration is the time the curve covers.
func (c Curve) Duration() time.Duration { return c.Step * time.Duration(len(c.Demand)) }

// at is the index of the step that holds t; times outside the curve take its ends.
func (c *Curve) at(t time.Duration) int {
	if t <= 0 {
		return 0
	}
	return min(int(t/c.Step), len(c.Demand)-1)
}

// Workload is the simple model of the pods behind a demand curve: all alike, the demand spread
// evenly over those that are ready, the youngest removed first, a removed pod gone at once.
type Workload struct {
	// Request is a pod's request of the scaled resource in milli-units; only Utilization reads it.
	Request int64
	// Capacity is the demand one ready pod can serve, in the curve's milli-units. Usage stops there,
	// and demand above it is unserved.
	Capacity int64
	// Prompt is the demand that one ready pod serves without queueing to speak of (SlowFrom times its
	// cores), 0..Capacity; 0 means that nothing is asked of latency.
	Prompt int64
	// StartUp is the time from a pod's creation to readiness; the pod is Pending until then.
	StartUp time.Duration
	// Replicas are there and ready at the start; 0 means the autoscaler's minimum.
	Replicas int32
	// Lag is the age of the newest sample the controller can get of any metric.
	Lag time.Duration
	// SampleWindow is the time a CPU sample covers. A starting pod's sample counts once its whole
	// window lies after readiness.
	SampleWindow time.Duration
}

// Signal is the total that drives one metric where that is not the demand curve itself.
type Signal struct {
	// Total has the demand curve's step and length; nil means the demand curve.
	Total []int64
	// Request is a pod's request of the metric's resource; 0 means Workload.Request.
	Request int64
}

// Options are what a replay needs beside load, workload and autoscaler. The zero value is fine.
type Options struct {
	Controller Controller
	// Phase is the time of the first sync.
	Phase time.Duration
	// Signals belong to the metrics by position; missing ones are the zero Signal.
	Signals []Signal
	// FlapWindow is how soon a scale-up must follow a scale-down to count as a flap; 0 means 15 min.
	FlapWindow time.Duration
	// Series asks for Outcome.Series.
	Series bool
}

const defaultFlapWindow = 15 * time.Minute

// Span is a stretch of time from From up to, but not including, To.
type Span struct {
	From, To time.Duration
}

func (s Span) holds(t time.Duration) bool { return s.From <= t && t < s.To }

func validateLoad(load Curve, w Workload, o Options, sp spec) error {
	pods := float64(max(sp.max, w.Replicas, 1))
	switch {
	case load.Step < time.Millisecond:
		return fmt.Errorf("replay: the curve's step is %s; it must be at least 1ms", load.Step)
	case len(load.Demand) == 0:
		return errors.New("replay: the demand curve is empty; give it at least one step")
	case w.Capacity <= 0 || float64(w.Capacity)*pods > maxTotal:
		return fmt.Errorf("replay: a pod's capacity is %d; it must be above 0 and, times the pods, at most %.0g", w.Capacity, maxTotal)
	case w.Prompt < 0 || w.Prompt > w.Capacity:
		return fmt.Errorf("replay: a pod serves %d promptly; it must be 0 to its capacity, %d", w.Prompt, w.Capacity)
	case w.StartUp < 0 || w.Lag < 0 || w.SampleWindow < 0 || o.Phase < 0 || w.Replicas < 0:
		return errors.New("replay: start-up time, lag, sample window, replicas and phase must not be negative")
	}
	if err := validateDemand(load); err != nil {
		return err
	}
	for i, m := range sp.metrics {
		if err := validateSignal(i, m, load, w, o, pods); err != nil {
			return err
		}
	}
	return nil
}

// validateDemand keeps the curve's values, and their sum, inside int64.
func validateDemand(load Curve) error {
	if err := validateTotals(load.Demand, "the demand curve"); err != nil {
		return err
	}
	var volume float64
	for _, d := range load.Demand {
		volume += float64(d) * float64(load.Step.Milliseconds())
	}
	if volume > maxTotal {
		return fmt.Errorf("replay: the demand adds up to %.3g milli-units times milliseconds; count it in a larger unit to stay below %.0g", volume, maxTotal)
	}
	return nil
}

func validateSignal(i int, m Metric, load Curve, w Workload, o Options, pods float64) error {
	var s Signal
	if i < len(o.Signals) {
		s = o.Signals[i]
	}
	request := orDefault(s.Request, w.Request)
	if m.TargetKind == Utilization && (request <= 0 || float64(request)*pods > maxTotal) {
		return fmt.Errorf("replay: metric %d is a utilization and a pod's request for it is %d; it must be above 0 and, times the pods, at most %.0g", i, request, maxTotal)
	}
	if s.Total == nil {
		return nil
	}
	if len(s.Total) != len(load.Demand) {
		return fmt.Errorf("replay: signal %d has %d steps, the demand curve %d; resample one", i, len(s.Total), len(load.Demand))
	}
	return validateTotals(s.Total, fmt.Sprintf("signal %d", i))
}

// maxTotal keeps sums over pods and time inside int64.
const maxTotal = 4e18

// maxStep keeps a hundredfold of a total inside int64.
const maxStep = 1e16

func validateTotals(totals []int64, what string) error {
	for i, v := range totals {
		if v < 0 || v > maxStep {
			return fmt.Errorf("replay: %s holds %d at step %d; want 0..%.0g milli-units", what, v, i, maxStep)
		}
	}
	return nil
}
