package hpadiff

import (
	"math"
	"math/rand/v2"
	"time"

	"k8s.io/utils/ptr"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// source makes random inputs that crowd around the points at which the controller decides
// otherwise: the edges of tolerance, windows, periods and delays.
type source struct{ *rand.Rand }

func pick[T any](s source, from ...T) T { return from[s.IntN(len(from))] }

func (s source) oneIn(n int) bool { return s.IntN(n) == 0 }

func (s source) seconds(from ...int) time.Duration {
	return time.Duration(pick(s, from...)) * time.Second
}

// moment is so many seconds, now and then with a part of one.
func (s source) moment(from ...int) time.Duration {
	d := s.seconds(from...)
	if s.oneIn(4) {
		d += time.Duration(pick(s, 1, 250, 500, 999)) * time.Millisecond
	}
	if s.oneIn(40) {
		d++ // a nanosecond
	}
	return d
}

// below zero now and then stands in for a rate that an adapter gives after a
// counter's reset.
func (s source) below(v int64) int64 {
	if s.oneIn(60) {
		return -v
	}
	return v
}

func (s source) rules() replay.Rules {
	r := replay.Rules{Select: pick[replay.Selection](s, "", "", replay.SelectMax, replay.SelectMin, replay.SelectDisabled)}
	if s.oneIn(2) {
		r.Window = ptr.To(s.seconds(0, 15, 30, 60, 300, 301, 600, 3600))
	}
	for range s.IntN(4) {
		r.Policies = append(r.Policies, replay.Policy{Kind: pick(s, replay.PolicyPods, replay.PolicyPercent), Value: int32(pick(s, 1, 2, 4, 10, 33, 50, 100, 150, 900, math.MaxInt32, math.MaxInt32-1)), Period: s.seconds(15, 30, 60, 61, 300, 1800)})
	}
	if s.oneIn(3) {
		q := milli(int64(pick(s, 0, 10, 50, 75, 100, 200, 1000)))
		r.Tolerance = ptr.To(q.AsApproximateFloat64())
	}
	return r
}

func (s source) metric() replay.Metric {
	m := replay.Metric{Kind: pick(s, replay.ResourceMetric, replay.ResourceMetric, replay.ContainerResourceMetric, replay.PodsMetric, replay.ObjectMetric, replay.ExternalMetric)}
	switch m.Kind {
	case replay.ResourceMetric, replay.ContainerResourceMetric:
		m.Resource = pick(s, replay.CPU, replay.CPU, replay.Memory)
		m.TargetKind = pick(s, replay.Utilization, replay.Utilization, replay.AverageValue)
		if m.Kind == replay.ContainerResourceMetric {
			m.Container = pick(s, "app", "app", "proxy", "gone")
		}
	case replay.PodsMetric:
		m.TargetKind = replay.AverageValue
	default:
		m.TargetKind = pick(s, replay.Value, replay.AverageValue)
	}
	m.Target = int64(pick(s, 1, 10, 30, 50, 66, 80, 100, 120, 250, 1+s.IntN(300)))
	return m
}

func (s source) autoscaler() replay.Autoscaler {
	var a replay.Autoscaler
	for range pick(s, 1, 1, 1, 2, 2, 3, 6, 0) {
		a.Metrics = append(a.Metrics, s.metric())
	}
	a.MinReplicas = int32(pick(s, 1, 1, 1, 2, 3))
	for _, m := range a.Metrics {
		if (m.Kind == replay.ObjectMetric || m.Kind == replay.ExternalMetric) && s.oneIn(2) {
			a.MinReplicas = 0
		}
	}
	a.MaxReplicas = max(a.MinReplicas, 1) + int32(s.IntN(30))
	if s.oneIn(20) {
		a.MaxReplicas = math.MaxInt32
	}
	if !s.oneIn(3) {
		a.Behavior = &replay.Behavior{ScaleUp: s.rules(), ScaleDown: s.rules()}
	}
	return a
}

// near is a value about base: exactly at, one off, at the default tolerance, or anywhere.
func (s source) near(base int64) int64 {
	switch s.IntN(12) {
	case 0:
		return base
	case 1:
		return base * 11 / 10
	case 2:
		return base*11/10 + 1
	case 3:
		return base * 9 / 10
	case 4:
		return max(0, base*9/10-1)
	case 5:
		return 0
	case 6:
		return base * int64(2+s.IntN(20))
	default:
		return s.Int64N(2*base + 2)
	}
}

// huge now and then stands in for a value no cluster reports, to meet the overflows.
func (s source) huge(v int64) int64 {
	if s.oneIn(400) {
		return pick[int64](s, math.MaxInt64, math.MaxInt64-1, math.MaxInt64/2+1, 1<<53+1, 1<<40)
	}
	return v
}

func (s source) observation(a replay.Autoscaler, replicas int32, wild bool, now time.Duration) replay.Observation {
	o := replay.Observation{SpecReplicas: replicas, StatusReplicas: replicas}
	if s.oneIn(6) {
		o.StatusReplicas = max(0, replicas+int32(s.IntN(5))-2)
	}
	odds := 400
	if wild {
		odds = 60
	}
	if s.oneIn(odds) {
		o.ScaleErr = errAPI
	}
	if s.oneIn(odds) {
		o.SelectorFault = "InvalidSelector"
	}
	if s.oneIn(odds) {
		o.UsageErr = errAPI
	}
	n := int(min(replicas, 12))
	switch {
	case s.oneIn(25):
		n = 70
	case wild:
		n = s.IntN(8)
	}
	target := int64(50)
	if len(a.Metrics) > 0 {
		target = a.Metrics[0].Target
	}
	request := int64(1 + s.IntN(300))
	level := s.near(request * target / 100)
	for range n {
		o.Pods = append(o.Pods, s.pod(request, level, wild, now))
	}
	for range pick(s, 0, 0, 0, 0, 0, 0, 0, 1, 2) {
		o.Strays = append(o.Strays, *s.usage(s.containers(request, wild), level, wild, now))
	}
	for _, m := range a.Metrics {
		o.Readings = append(o.Readings, s.reading(m, o, wild))
	}
	return o
}

func (s source) containers(request int64, wild bool) []replay.Container {
	amounts := func() replay.Amounts {
		r := request
		if wild && s.oneIn(3) {
			r = int64(s.IntN(200))
		}
		return replay.Amounts{replay.CPU: r, replay.Memory: s.huge(r * 1000)}
	}
	out := []replay.Container{{Name: "app", Requests: amounts()}}
	if s.oneIn(3) {
		out = append(out, replay.Container{Name: "proxy", Requests: amounts(), Sidecar: s.oneIn(2)})
	}
	if wild && s.oneIn(60) {
		delete(out[0].Requests, replay.CPU)
	}
	return out
}

func (s source) pod(request, level int64, wild bool, now time.Duration) replay.Pod {
	p := replay.Pod{Phase: replay.Running, Ready: replay.ReadyTrue, Started: true, Containers: s.containers(request, wild)}
	p.StartAt = now - s.moment(0, 9, 10, 11, 15, 45, 60, 119, 120, 121, 299, 300, 301, 315, 3600, 3600, 3600)
	p.ReadyAt = p.StartAt + s.moment(0, 0, 9, 10, 15, 29, 30, 31, 60)
	p.Usage = s.usage(p.Containers, level, wild, now)
	odds := 30
	if wild {
		odds = 4
	}
	if s.oneIn(odds) {
		p.Phase = pick(s, replay.Pending, replay.Pending, replay.Succeeded, replay.Failed)
	}
	if s.oneIn(odds) {
		p.Ready = pick(s, replay.ReadyFalse, replay.ReadyFalse, replay.ReadyUnknown, replay.NoReadyCondition)
	}
	p.Deleting = s.oneIn(2 * odds)
	p.Started = !s.oneIn(4 * odds)
	if s.oneIn(odds) {
		p.Usage = nil
	}
	return p
}

func (s source) usage(containers []replay.Container, level int64, wild bool, now time.Duration) *replay.Usage {
	u := &replay.Usage{At: now - s.moment(0, 0, 1, 15, 30, 60), Window: s.moment(10, 15, 30, 60)}
	for _, c := range containers {
		v := level
		if wild || s.oneIn(4) {
			v = s.near(level)
		}
		u.Containers = append(u.Containers, replay.ContainerUsage{Name: c.Name, Amounts: replay.Amounts{replay.CPU: s.below(s.huge(v)), replay.Memory: v * 1000}})
	}
	if wild && s.oneIn(40) {
		delete(u.Containers[0].Amounts, replay.CPU)
	}
	if wild && s.oneIn(40) {
		u.Containers = nil
	}
	return u
}

func (s source) reading(m replay.Metric, o replay.Observation, wild bool) replay.Reading {
	var r replay.Reading
	if wild && s.oneIn(15) {
		r.Err = errAPI
		return r
	}
	switch m.Kind {
	case replay.PodsMetric:
		level := s.near(m.Target)
		for range o.Pods {
			r.Pods = append(r.Pods, replay.Sample{Present: !wild || !s.oneIn(5), Value: s.below(s.huge(level))})
		}
		for range pick(s, 0, 0, 0, 0, 0, 1) {
			r.Strays = append(r.Strays, s.below(s.near(m.Target)))
		}
	case replay.ObjectMetric:
		r.Values = []int64{s.huge(s.near(m.Target * int64(max(1, o.StatusReplicas%1000))))}
	case replay.ExternalMetric:
		for range pick(s, 1, 1, 1, 2, 3, 0) {
			r.Values = append(r.Values, s.below(s.huge(s.near(m.Target*int64(max(1, o.StatusReplicas%1000))))))
		}
	}
	return r
}
