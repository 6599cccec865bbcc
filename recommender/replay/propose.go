package replay

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// The arithmetic below keeps the controller's types and order of operations on purpose: each
// truncation and rounding shows in the result.

// Proposal is what one metric asks for.
type Proposal struct {
	Replicas int32
	// Ratio is usage over target, before anything is assumed for missing and unready pods.
	Ratio float64
	// Current is the metric's present value as the HPA's status shows it: percent for Utilization,
	// milli-units for the others (per pod for AverageValue).
	Current int64
	// Err is set when the metric yields no proposal.
	Err error
}

var (
	errNoRequests = errors.New("the requests of the pods with metrics add up to 0")
	errNoValues   = errors.New("the metrics API returned no values")
)

func (t tolerance) within(ratio float64) bool {
	if t.absolute {
		return math.Abs(1.0-ratio) <= t.up
	}
	return (1.0-t.down) <= ratio && ratio <= (1.0+t.up)
}

// propose computes one metric's proposal from an observation.
func (s *spec) propose(i int, o *Observation, now time.Duration) Proposal {
	m := &s.metrics[i]
	var r Reading
	if i < len(o.Readings) {
		r = o.Readings[i]
	}
	switch m.Kind {
	case ResourceMetric, ContainerResourceMetric:
		t, err := s.resourceTally(m, o, now)
		return s.proposePerPod(m, o.SpecReplicas, &t, err)
	case PodsMetric:
		t, err := s.podsTally(m, o, &r, now)
		return s.proposePerPod(m, o.SpecReplicas, &t, err)
	case ObjectMetric, ExternalMetric:
		return s.proposeReading(m, o, &r)
	default:
		return Proposal{Err: fmt.Errorf("metric type %q is unknown", m.Kind)}
	}
}

func (s *spec) proposePerPod(m *Metric, current int32, t *tally, err error) Proposal {
	switch {
	case err != nil:
		return Proposal{Err: err}
	case m.TargetKind == Utilization:
		return s.proposeUtilization(current, int32(m.Target), t)
	default:
		return s.proposeAverage(current, m.Target, t)
	}
}

// utilization is the percentage of the request in use and its ratio to the target.
func utilization(usage, request int64, target int32) (int32, float64) {
	percent := int32((usage * 100) / request)
	return percent, float64(percent) / float64(target)
}

func (s *spec) proposeUtilization(current, target int32, t *tally) Proposal {
	if t.request == 0 {
		return Proposal{Err: errNoRequests}
	}
	percent, ratio := utilization(t.usage, t.request, target)
	p := Proposal{Replicas: current, Ratio: ratio, Current: int64(percent)}
	upWithUnready := t.unready > 0 && ratio > 1.0
	if !upWithUnready && t.missing == 0 {
		if !s.within(ratio) {
			p.Replicas = int32(math.Ceil(ratio * float64(t.ready)))
		}
		return p
	}
	usage, request, samples := t.assume(ratio, upWithUnready)
	if request == 0 {
		return Proposal{Err: errNoRequests}
	}
	_, adjusted := utilization(usage, request, target)
	p.Replicas = s.settle(current, ratio, adjusted, samples)
	return p
}

func (s *spec) proposeAverage(current int32, target int64, t *tally) Proposal {
	mean := t.usage / int64(t.samples)
	ratio := float64(mean) / float64(target)
	p := Proposal{Replicas: current, Ratio: ratio, Current: mean}
	upWithUnready := t.unready > 0 && ratio > 1.0
	if !upWithUnready && t.missing == 0 {
		if !s.within(ratio) {
			p.Replicas = int32(math.Ceil(ratio * float64(t.ready)))
		}
		return p
	}
	usage, _, samples := t.assume(ratio, upWithUnready)
	adjusted := float64(usage/int64(samples)) / float64(target)
	p.Replicas = s.settle(current, ratio, adjusted, samples)
	return p
}

// assume extends a tally by what the controller supposes of pods it knows no usage of: missing pods
// are busy when scaling down and idle when scaling up, unready ones idle when scaling up.
func (t *tally) assume(ratio float64, upWithUnready bool) (usage, request int64, samples int) {
	usage, request, samples = t.usage, t.request, t.samples
	if ratio < 1.0 {
		usage += t.missingUsage
		request += t.missingRequest
		samples += t.missing
	} else if ratio > 1.0 {
		request += t.missingRequest
		samples += t.missing
	}
	if upWithUnready {
		request += t.unreadyRequest
		samples += t.unready
	}
	return usage, request, samples
}

// settle turns the adjusted ratio into replicas, unless it lies within tolerance or on the other
// side of 1 than the plain ratio.
func (s *spec) settle(current int32, ratio, adjusted float64, samples int) int32 {
	if s.within(adjusted) || (ratio < 1.0 && adjusted > 1.0) || (ratio > 1.0 && adjusted < 1.0) {
		return current
	}
	n := int32(math.Ceil(adjusted * float64(samples)))
	if (adjusted < 1.0 && n > current) || (adjusted > 1.0 && n < current) {
		return current
	}
	return n
}

// proposeReading handles Object and External metrics, whose values are totals.
func (s *spec) proposeReading(m *Metric, o *Observation, r *Reading) Proposal {
	if r.Err != nil {
		return Proposal{Err: r.Err}
	}
	if len(r.Values) == 0 {
		return Proposal{Err: errNoValues}
	}
	if m.TargetKind == AverageValue {
		return s.proposeShare(m, o.StatusReplicas, saturatedSum(m, r.Values))
	}
	ready := int64(0)
	for i := range o.Pods {
		if o.Pods[i].Phase == Running && o.Pods[i].Ready == ReadyTrue {
			ready++
		}
	}
	return s.proposeTotal(m, o.SpecReplicas, len(o.Pods), ready, saturatedSum(m, r.Values))
}

// saturatedSum adds the series of an External metric. The two target types notice an overflow in
// different ways, and an Object metric has but one value.
func saturatedSum(m *Metric, values []int64) int64 {
	if m.Kind == ObjectMetric {
		return values[0]
	}
	var sum int64
	for _, v := range values {
		if m.TargetKind == Value && v > 0 && sum > math.MaxInt64-v {
			return math.MaxInt64
		}
		sum += v
		if m.TargetKind == AverageValue && sum < 0 {
			return math.MaxInt64
		}
	}
	return sum
}

// proposeTotal compares a total with a Value target; ready is the number of running, ready pods.
func (s *spec) proposeTotal(m *Metric, current int32, pods int, ready, total int64) Proposal {
	ratio := float64(total) / float64(m.Target)
	p := Proposal{Replicas: current, Ratio: ratio, Current: total}
	switch {
	case current == 0:
		p.Replicas = int32(math.Ceil(ratio))
	case s.within(ratio):
	case pods == 0:
		p.Err = errNoPods
	default:
		p.Replicas = saturate(ratio * float64(ready))
	}
	return p
}

// proposeShare compares a total with an AverageValue target. It divides by status.replicas, which
// counts surge pods.
func (s *spec) proposeShare(m *Metric, status int32, total int64) Proposal {
	ratio := float64(total) / (float64(m.Target) * float64(status))
	p := Proposal{Replicas: status, Ratio: ratio}
	if !s.within(ratio) {
		share := math.Ceil(float64(total) / float64(m.Target))
		if m.Kind == ObjectMetric {
			p.Replicas = int32(share)
		} else {
			p.Replicas = saturate(share)
		}
	}
	if m.Kind == ExternalMetric && float64(total) >= float64(math.MaxInt64) {
		p.Current = math.MaxInt64
	} else {
		p.Current = int64(math.Ceil(float64(total) / float64(status)))
	}
	return p
}

func saturate(replicas float64) int32 {
	if replicas > math.MaxInt32 {
		return math.MaxInt32
	}
	return int32(math.Ceil(replicas))
}
