package replay

import (
	"math"
	"time"
)

// signal is what one metric reads during a replay.
type signal struct {
	metric  *Metric
	total   []int64 // by step of the curve; nil for a schedule
	request int64
	// capacity bounds what a pod can use; 0 when the signal is not the demand that pods serve.
	capacity int64
	// A schedule reads inside within its spans and outside elsewhere.
	spans           []Span
	inside, outside int64
	// outages are when the metric cannot be read; failures counts the syncs since one began.
	outages  []Span
	failures int
}

func newSignals(metrics []Metric, load *Curve, w *Workload, given []Signal) []signal {
	out := make([]signal, len(metrics))
	for i := range metrics {
		s := &out[i]
		s.metric, s.total, s.request = &metrics[i], load.Demand, w.Request
		if i >= len(given) || given[i].Total == nil {
			s.capacity = w.Capacity
		} else {
			s.total = given[i].Total
		}
		if i < len(given) && given[i].Request > 0 {
			s.request = given[i].Request
		}
	}
	return out
}

// at is the signal's total at time t, of which step is the curve's.
func (s *signal) at(step int, t time.Duration) int64 {
	if s.total != nil {
		return s.total[step]
	}
	if within(s.spans, t) {
		return s.inside
	}
	return s.outside
}

// within tells whether any span holds t. Spans are few and need no search.
func within(spans []Span, t time.Duration) bool {
	for i := range spans {
		if spans[i].holds(t) {
			return true
		}
	}
	return false
}

// nextEdge is the first time after t at which a span begins or ends.
func nextEdge(spans []Span, t time.Duration) time.Duration {
	next := never
	for i := range spans {
		if spans[i].From > t {
			next = min(next, spans[i].From)
		}
		if spans[i].To > t {
			next = min(next, spans[i].To)
		}
	}
	return next
}

// propose is the signal's proposal for the fleet at time now; total was read lag earlier.
func (s *signal) propose(sp *spec, f *fleet, total int64, now time.Duration) Proposal {
	m := s.metric
	switch m.Kind {
	case ObjectMetric, ExternalMetric:
		if m.TargetKind == AverageValue {
			return sp.proposeShare(m, f.total, total)
		}
		return sp.proposeTotal(m, f.total, int(f.total), int64(f.serving(now)), total)
	}
	if f.total == 0 {
		return Proposal{Err: errNoPods}
	}
	t := f.tally(m, total, s.request, s.capacity, now)
	if t.samples == 0 {
		return Proposal{Err: errNoMetrics}
	}
	return sp.proposePerPod(m, f.total, &t, nil)
}

// settled is the proposal's replicas where all n pods are settled and none is missing or unready. It
// is propose without what that leaves no use for.
func (s *signal) settled(sp *spec, n int32, total int64) int32 {
	r := s.ratio(int64(n), total)
	m := s.metric
	switch {
	case sp.within(r):
		return n
	case m.TargetKind != AverageValue || m.Kind == PodsMetric || m.Kind == ResourceMetric || m.Kind == ContainerResourceMetric:
		return ceil(m, r*float64(n))
	}
	return sp.proposeShare(m, n, total).Replicas
}

// ceil rounds replicas up as the controller does for the metric's kind: totals saturate.
func ceil(m *Metric, replicas float64) int32 {
	if m.TargetKind == Value {
		return saturate(replicas)
	}
	return int32(math.Ceil(replicas))
}

// ratio is the signal's usage over target when all n pods are settled.
func (s *signal) ratio(n, total int64) float64 {
	m := s.metric
	switch {
	case m.Kind == ObjectMetric || m.Kind == ExternalMetric:
		if m.TargetKind == AverageValue {
			return float64(total) / (float64(m.Target) * float64(n))
		}
		return float64(total) / float64(m.Target)
	case m.TargetKind == Utilization:
		_, r := utilization(usage(n, n, total, s.capacity), n*s.request, int32(m.Target))
		return r
	default:
		return float64(usage(n, n, total, s.capacity)/n) / float64(m.Target)
	}
}

// band is the range of totals at which the metric keeps n settled pods; it is empty when low > high.
type band struct {
	low, high int64
}

// band finds the range by bisection on the very arithmetic the decision uses; the ratio never falls
// as the total grows.
func (s *signal) band(sp *spec, n, top int64) band {
	if s.metric.TargetKind == Utilization && top/s.request > math.MaxInt32/200 {
		return band{1, 0} // the percentage may not fit its int32, and then rises no more
	}
	low, high := int64(0), top+1 // the first total whose ratio is at least 1, or within
	for low < high {
		mid := low + (high-low)/2
		if r := s.ratio(n, mid); r >= 1 || sp.within(r) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	first := low
	low, high = first, top+1 // the first total whose ratio is above 1 and not within
	for low < high {
		mid := low + (high-low)/2
		if r := s.ratio(n, mid); r > 1 && !sp.within(r) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return band{first, low - 1}
}
