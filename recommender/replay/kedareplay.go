package replay

import (
	"context"
	"errors"
	"time"
)

// Replay is the replay of a ScaledObject: KEDA's poll loop beside the HPA it makes.
// Options.Signals is not read; the triggers carry their own. Once the context has
// ended its error comes back.
func (so ScaledObject) Replay(ctx context.Context, load Curve, w Workload, o Options) (Outcome, error) {
	if err := so.Validate(); err != nil {
		return Outcome{}, err
	}
	a := so.Autoscaler()
	sp := o.Controller.read(&a)
	o.Signals = make([]Signal, len(so.Triggers))
	for i, t := range so.Triggers {
		o.Signals[i] = t.Signal
	}
	if err := validateLoad(load, w, o, sp); err != nil {
		return Outcome{}, err
	}
	e := newEngine(sp, load, w, o)
	e.signals = newSignals(e.sp.metrics, &e.load, &e.w, o.Signals)
	for i, t := range so.Triggers {
		s := &e.signals[i]
		s.outages = t.Outages
		if t.Cron != nil {
			s.total, s.spans = nil, t.Cron.Spans
			s.inside, s.outside = int64(t.Cron.Replicas)*1000, cronOutside*1000
		}
	}
	so.PollingInterval = whole(so.PollingInterval)
	e.keda = &keda{so: so}
	if w.Replicas == 0 && (so.MinReplicas == 0 || so.IdleAtZero) {
		e.fleet.settled, e.fleet.total = 0, 0
	}
	return e.run(ctx)
}

// keda is KEDA's side of a replay.
type keda struct {
	so    ScaledObject
	state LoopState
}

var errOutage = errors.New("the trigger could not be read")

// resume is the first poll after now, since the HPA has just changed replicas.
func (k *keda) resume(now time.Duration) time.Duration {
	return grid(now+1, 0, k.so.PollingInterval)
}

// fallback is what the HPA reads of a trigger that may be in an outage.
func (k *keda) fallback(s *signal, total int64, current int32, down bool) (int64, error) {
	if !down {
		s.failures = 0
		return total, nil
	}
	s.failures++
	f := k.so.Fallback
	if f == nil || s.metric.Kind != ExternalMetric || s.metric.TargetKind != AverageValue || s.failures <= f.FailureThreshold {
		return 0, errOutage
	}
	return f.fallbackValue(s.metric.Target, current), nil
}

// activity reads the triggers as KEDA's loop does: at once, without the HPA's lag.
func (e *engine) activity(now time.Duration) Activity {
	var seen Activity
	step, others := e.load.at(now), 0
	for i := range e.signals {
		s, t := &e.signals[i], &e.keda.so.Triggers[i]
		if s.metric.Kind == ResourceMetric || s.metric.Kind == ContainerResourceMetric {
			continue
		}
		others++
		switch {
		case within(s.outages, now):
			seen.Failing = true
		case t.Cron != nil:
			seen.Active = seen.Active || within(s.spans, now)
		default:
			seen.Active = seen.Active || s.at(step, now) > t.Activation
		}
	}
	if others == 0 {
		seen.Active = true
	}
	return seen
}

// poll is one poll of KEDA's loop. Like sync it returns whether replicas changed and when the next
// poll is due that could do otherwise than repeat this one.
func (e *engine) poll(now time.Duration) (bool, time.Duration) {
	k := e.keda
	seen := e.activity(now)
	current := e.fleet.total
	n := k.so.Poll(&k.state, current, seen, now)
	if n != current {
		e.fleet.settle(now)
		e.scale(n, now)
		return true, now + k.so.PollingInterval
	}
	due := e.nextActivity(now)
	if !seen.Active && current > 0 {
		if cooled := k.so.cooled(&k.state); cooled >= now {
			due = min(due, cooled+1)
		}
	}
	next := max(now+k.so.PollingInterval, grid(due, 0, k.so.PollingInterval))
	if seen.Active && !seen.Failing {
		k.state.LastActive = min(next, grid(e.end, 0, k.so.PollingInterval)) - k.so.PollingInterval
	}
	return false, next
}

// nextActivity is the first time after now at which a trigger may turn active, inactive or failing.
func (e *engine) nextActivity(now time.Duration) time.Duration {
	due := never
	step := e.load.at(now)
	for i := range e.signals {
		s := &e.signals[i]
		due = min(due, nextEdge(s.outages, now))
		if s.total == nil {
			due = min(due, nextEdge(s.spans, now))
			continue
		}
		active := s.total[step] > e.keda.so.Triggers[i].Activation
		j := step + 1
		for j < len(s.total) && (s.total[j] > e.keda.so.Triggers[i].Activation) == active {
			j++
		}
		due = min(due, e.stepStart(j))
	}
	return due
}
