package replay_test

import (
	"errors"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// naive is the replay written the plain way: every sync and every poll is worked out, each pod is
// listed, and the decisions come from Controller.Decide and ScaledObject.Poll.
type naive struct {
	load    replay.Curve
	w       replay.Workload
	a       replay.Autoscaler
	o       replay.Options
	so      *replay.ScaledObject
	metrics []replay.Metric

	born     []time.Duration
	state    replay.State
	loop     replay.LoopState
	failures []int
	lastDown time.Duration
	out      replay.Outcome
}

const longAgo = -1000 * time.Hour

func naiveReplay(load replay.Curve, w replay.Workload, a replay.Autoscaler, so *replay.ScaledObject, o replay.Options) replay.Outcome {
	n := &naive{load: load, w: w, a: a, o: o, so: so, metrics: a.Metrics, lastDown: longAgo}
	if len(n.metrics) == 0 {
		n.metrics = []replay.Metric{replay.CPUUtilization(80)}
	}
	n.failures = make([]int, len(n.metrics))
	replicas := w.Replicas
	if replicas == 0 {
		replicas = a.MinReplicas
		if so != nil && (so.MinReplicas == 0 || so.IdleAtZero) {
			replicas = 0
		}
	}
	for range replicas {
		n.born = append(n.born, longAgo)
	}
	if replicas == 0 && so == nil {
		n.state.Conditions.ScaledToZero = replay.Condition{Status: "True", Reason: "ScaledToZero"}
	}
	return n.run()
}

func (n *naive) period() time.Duration {
	if n.o.Controller.SyncPeriod != nil {
		return *n.o.Controller.SyncPeriod
	}
	return 15 * time.Second
}

func (n *naive) run() replay.Outcome {
	end := n.load.Duration()
	for _, d := range n.load.Demand {
		n.out.DemandVolume += d * n.load.Step.Milliseconds()
	}
	n.out.Duration, n.out.Peak = end, int32(len(n.born))
	n.segment(0)
	sync, poll := n.o.Phase, 1000000*time.Hour
	if n.so != nil {
		poll = 0
	}
	for now := time.Duration(0); now < end; {
		next := min(sync, poll, end)
		n.account(now, next)
		now = next
		if now == end {
			break
		}
		if now == poll {
			n.scale(n.so.Poll(&n.loop, int32(len(n.born)), n.activity(now), now), now)
			poll += n.so.PollingInterval
		}
		if now == sync {
			d := n.o.Controller.Decide(n.a, &n.state, n.observe(now), now)
			n.count(d.Proposals != nil, now)
			n.scale(d.Replicas, now)
			sync += n.period()
		}
	}
	return n.out
}

// count counts a sync's failures to read, of which there are none where it did not look at metrics.
func (n *naive) count(looked bool, now time.Duration) {
	for i := range n.failures {
		switch {
		case !looked:
		case inSpan(n.trigger(i).Outages, now):
			n.failures[i]++
		default:
			n.failures[i] = 0
		}
	}
}

func (n *naive) scale(replicas int32, now time.Duration) {
	current := int32(len(n.born))
	switch {
	case replicas > current:
		n.out.ScaleUps++
		window := n.o.FlapWindow
		if window == 0 {
			window = 15 * time.Minute
		}
		if now-n.lastDown <= window {
			n.out.Flaps++
		}
	case replicas < current:
		n.out.ScaleDowns++
		n.lastDown = now
	default:
		return
	}
	for int32(len(n.born)) < replicas {
		n.born = append(n.born, now)
	}
	n.born = n.born[:replicas]
	n.out.Peak = max(n.out.Peak, replicas)
	n.segment(now)
}

func (n *naive) segment(now time.Duration) {
	if !n.o.Series {
		return
	}
	if k := len(n.out.Series); k > 0 && n.out.Series[k-1].From == now {
		n.out.Series = n.out.Series[:k-1]
	}
	n.out.Series = append(n.out.Series, replay.Segment{From: now, Replicas: int32(len(n.born))})
}

func (n *naive) step(t time.Duration) int {
	return max(0, min(int(t/n.load.Step), len(n.load.Demand)-1))
}

func (n *naive) account(from, to time.Duration) {
	for from < to {
		until := min(to, time.Duration(n.step(from)+1)*n.load.Step)
		serving := int64(0)
		for _, b := range n.born {
			if ready := b + n.w.StartUp; ready <= from {
				serving++
			} else {
				until = min(until, ready)
			}
		}
		span := until - from
		replicas := int32(len(n.born))
		n.out.ReplicaTime += span * time.Duration(replicas)
		if replicas >= n.a.MaxReplicas {
			n.out.AtMax += span
		}
		if replicas <= n.a.MinReplicas {
			n.out.AtMin += span
		}
		if n.w.Prompt > 0 && n.load.Demand[n.step(from)] > serving*n.w.Prompt {
			n.out.SlowTime += span
		}
		if over := n.load.Demand[n.step(from)] - serving*n.w.Capacity; over > 0 {
			n.out.UnservedTime += span
			n.out.UnservedVolume += over * span.Milliseconds()
		}
		from = until
	}
}

func inSpan(spans []replay.Span, t time.Duration) bool {
	return slices.ContainsFunc(spans, func(s replay.Span) bool { return s.From <= t && t < s.To })
}

func (n *naive) trigger(i int) replay.Trigger {
	if n.so == nil {
		return replay.Trigger{}
	}
	return n.so.Triggers[i]
}

// total is a metric's total at time t, and whether it is the demand that pods serve.
func (n *naive) total(i int, t time.Duration) (int64, bool) {
	var given []int64
	if n.so != nil {
		given = n.so.Triggers[i].Signal.Total
	} else if i < len(n.o.Signals) {
		given = n.o.Signals[i].Total
	}
	switch cron := n.trigger(i).Cron; {
	case cron != nil && inSpan(cron.Spans, t):
		return int64(cron.Replicas) * 1000, false
	case cron != nil:
		return 1000, false
	case given != nil:
		return given[n.step(t)], false
	default:
		return n.load.Demand[n.step(t)], true
	}
}

func (n *naive) activity(now time.Duration) replay.Activity {
	var a replay.Activity
	others := 0
	for i, t := range n.so.Triggers {
		if t.Cron == nil && (t.Metric.Kind == replay.ResourceMetric || t.Metric.Kind == replay.ContainerResourceMetric) {
			continue
		}
		others++
		total, _ := n.total(i, now)
		switch {
		case inSpan(t.Outages, now):
			a.Failing = true
		case t.Cron != nil:
			a.Active = a.Active || inSpan(t.Cron.Spans, now)
		case total > t.Activation:
			a.Active = true
		}
	}
	a.Active = a.Active || others == 0
	return a
}

func (n *naive) observe(now time.Duration) replay.Observation {
	replicas := int32(len(n.born))
	o := replay.Observation{SpecReplicas: replicas, StatusReplicas: replicas, Readings: make([]replay.Reading, len(n.metrics))}
	for _, b := range n.born {
		o.Pods = append(o.Pods, n.pod(b, now))
	}
	seen := max(now-n.w.Lag, 0)
	for i, m := range n.metrics {
		total, served := n.total(i, seen)
		n.read(&o, i, m, total, served, now)
	}
	return o
}

func (n *naive) pod(born, now time.Duration) replay.Pod {
	p := replay.Pod{Phase: replay.Pending, Started: true, StartAt: born}
	if ready := born + n.w.StartUp; ready <= now {
		p.Phase, p.Ready, p.ReadyAt = replay.Running, replay.ReadyTrue, ready
	}
	for i := range n.metrics {
		request := n.w.Request
		if i < len(n.o.Signals) && n.o.Signals[i].Request > 0 {
			request = n.o.Signals[i].Request
		}
		// One container for each metric lets each have a request and a usage of its own.
		p.Containers = append(p.Containers, replay.Container{Name: name(i), Requests: replay.Amounts{replay.CPU: request, replay.Memory: request}})
	}
	return p
}

func name(i int) string { return string(rune('a' + i)) }

// read adds one metric's values: an even share of the total for each pod that has a sample, the
// remainder to the oldest.
func (n *naive) read(o *replay.Observation, i int, m replay.Metric, total int64, served bool, now time.Duration) {
	r := &o.Readings[i]
	if t := n.trigger(i); inSpan(t.Outages, now) {
		f := n.so.Fallback
		if f == nil || n.failures[i]+1 <= f.FailureThreshold || m.TargetKind != replay.AverageValue || m.Kind != replay.ExternalMetric {
			r.Err = errors.New("outage")
			return
		}
		want := int64(f.Replicas)
		switch current := int64(o.SpecReplicas); f.Behavior {
		case replay.FallbackCurrent:
			want = current
		case replay.FallbackCurrentIfHigher:
			want = max(want, current)
		case replay.FallbackCurrentIfLower:
			want = min(want, current)
		}
		total = m.Target / 1000 * 1000 * want
	}
	if m.Kind == replay.ExternalMetric || m.Kind == replay.ObjectMetric {
		r.Values = []int64{total}
		return
	}
	sampled := 0
	for _, b := range n.born {
		if b+n.w.StartUp+n.w.Lag <= now {
			sampled++
		}
	}
	r.Pods = make([]replay.Sample, len(n.born))
	for j := range sampled {
		v := total / int64(sampled)
		if int64(j) < total%int64(sampled) {
			v++
		}
		if served {
			v = min(v, n.w.Capacity)
		}
		r.Pods[j] = replay.Sample{Present: true, Value: v}
		u := o.Pods[j].Usage
		if u == nil {
			u = &replay.Usage{At: now - n.w.Lag, Window: n.w.SampleWindow}
			o.Pods[j].Usage = u
		}
		u.Containers = append(u.Containers, replay.ContainerUsage{Name: name(i), Amounts: replay.Amounts{replay.CPU: v, replay.Memory: v}})
	}
}
