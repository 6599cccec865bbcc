package replay

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// Replay runs the autoscaler over the load. It gives what working out every sync would give, but
// works out only those at which something can change.
//
// The target follows at once: status.replicas equals spec.replicas, and pods are created and removed
// at the sync that asks for it. Demand and pods are those of Workload. Once the context has ended its
// error comes back.
func Replay(ctx context.Context, load Curve, w Workload, a Autoscaler, o Options) (Outcome, error) {
	if err := a.Validate(); err != nil {
		return Outcome{}, err
	}
	sp := o.Controller.read(&a)
	if sp.min == 0 && !sp.scaleToZero {
		return Outcome{}, errors.New("replay: minReplicas 0 needs the gate HPAScaleToZero, off in this version; set the gate or minReplicas 1")
	}
	if err := validateLoad(load, w, o, sp); err != nil {
		return Outcome{}, err
	}
	e := newEngine(sp, load, w, o)
	e.signals = newSignals(e.sp.metrics, &e.load, &e.w, o.Signals)
	return e.run(ctx)
}

// engine is one replay under way.
type engine struct {
	sp      spec
	load    Curve
	w       Workload
	o       Options
	signals []signal
	keda    *keda // nil without KEDA

	fleet     fleet
	up, down  history
	state     State // scale events and conditions; recommendations live in up and down
	seeded    bool
	proposals []Proposal
	plain     bool   // one signal, which follows the curve's steps and never fails
	bands     []band // of the only signal, by replicas; high is -1 where not yet known
	reaches   []reach
	top       int64 // the signal's highest total
	end       time.Duration
	lastDown  time.Duration
	out       Outcome
}

// whole drops what is finer than the millisecond in which volumes are counted.
func whole(d time.Duration) time.Duration { return d.Truncate(time.Millisecond) }

func newEngine(sp spec, load Curve, w Workload, o Options) *engine {
	load.Step = whole(load.Step)
	w.StartUp, w.Lag, w.SampleWindow = whole(w.StartUp), whole(w.Lag), whole(w.SampleWindow)
	o.Phase, o.FlapWindow = whole(o.Phase), orDefault(o.FlapWindow, defaultFlapWindow)
	sp.syncPeriod, sp.cpuInitialization = whole(sp.syncPeriod), whole(sp.cpuInitialization)
	e := &engine{sp: sp, load: load, w: w, o: o, end: load.Duration(), lastDown: -never / 2}
	e.fleet = fleet{startUp: w.StartUp, lag: w.Lag, sampleWindow: w.SampleWindow, cpuInitialization: sp.cpuInitialization}
	e.fleet.settled = orDefault(w.Replicas, sp.min)
	e.fleet.total = e.fleet.settled
	if e.fleet.total == 0 && sp.scaleToZero && sp.hasTotal {
		e.state.Conditions.ScaledToZero = isTrue(wentToZero)
	}
	e.proposals = make([]Proposal, len(sp.metrics))
	if sp.behaved {
		e.up = history{lowest: true, window: sp.up.window}
		e.down = history{window: sp.down.window}
	} else {
		e.up = history{lowest: true}
		e.down = history{window: sp.downscaleWindow, inclusive: true}
	}
	return e
}

func (e *engine) run(ctx context.Context) (Outcome, error) {
	for _, d := range e.load.Demand {
		e.out.DemandVolume += d * e.load.Step.Milliseconds()
	}
	e.out.Duration, e.out.Peak = e.end, e.fleet.total
	e.segment(0)
	e.plain = len(e.signals) == 1 && e.signals[0].total != nil && len(e.signals[0].outages) == 0
	now := time.Duration(0)
	sync, poll := e.o.Phase, never
	if e.keda != nil {
		poll = 0
	}
	for round := 0; now < e.end; round++ {
		if round%checkEvery == 0 && ctx.Err() != nil {
			return Outcome{}, ctx.Err()
		}
		next := min(sync, poll, e.end)
		e.account(now, next)
		now = next
		if now == e.end {
			break
		}
		if now == poll {
			changed, wait := e.poll(now)
			poll = wait
			if changed {
				sync = e.interrupt(now)
			}
		}
		if now == sync {
			changed, wait := e.sync(now)
			sync = wait
			if changed && e.keda != nil {
				poll = e.keda.resume(now)
			}
		}
	}
	return e.out, nil
}

// checkEvery is after how many events the context is asked: some tens of microseconds.
const checkEvery = 256

// atSync is the first sync at or after t.
func (e *engine) atSync(t time.Duration) time.Duration { return grid(t, e.o.Phase, e.sp.syncPeriod) }

// interrupt takes back the syncs passed over beyond now, and returns the first of them.
func (e *engine) interrupt(now time.Duration) time.Duration {
	sync := e.atSync(now)
	e.up.cut(sync - e.sp.syncPeriod)
	e.down.cut(sync - e.sp.syncPeriod)
	return sync
}

// grid is the first of phase, phase+period, ... at or after t.
func grid(t, phase, period time.Duration) time.Duration {
	if t <= phase {
		return phase
	}
	if t > never/2 {
		return never
	}
	return phase + (t-phase+period-1)/period*period
}

// sync is one sync of the controller. It returns whether replicas changed and when the next sync is
// due that could decide otherwise than by repeating this one.
func (e *engine) sync(now time.Duration) (bool, time.Duration) {
	e.out.Syncs++
	e.fleet.settle(now)
	current := e.fleet.total
	if !e.seeded {
		e.seeded = true
		e.record(current, now)
	}
	atZero := e.sp.scaleToZero && e.state.Conditions.ScaledToZero.Status == "True"
	switch {
	case current == 0 && !e.sp.wakes(atZero):
		return false, never
	case current > e.sp.max:
		return e.rescale(e.sp.max, now)
	case current != 0 && current < e.sp.min:
		return e.rescale(e.sp.min, now)
	}
	seen := max(now-e.w.Lag, 0)
	wanted, failing, ok := e.want(seen, now)
	if !ok {
		return false, e.next(now, seen, failing, nil)
	}
	e.expire(now)
	replicas := e.normalize(current, wanted, now)
	e.record(wanted, now)
	if current == 0 && e.sp.min != 0 && atZero {
		replicas = max(replicas, e.sp.min)
	}
	if replicas != current {
		return e.rescale(replicas, now)
	}
	return false, e.next(now, seen, failing, &wanted)
}

// want is the combined proposal. It returns whether a metric is failing, and false if there is no
// proposal to go by.
func (e *engine) want(seen, now time.Duration) (wanted int32, failing, ok bool) {
	step, current := e.load.at(seen), e.fleet.total
	if e.plain && current > 0 && len(e.fleet.young) == 0 {
		return max(e.signals[0].settled(&e.sp, current, e.signals[0].total[step]), 0), false, true
	}
	failing = e.propose(step, seen, now)
	c := combine(e.proposals, current)
	return max(c.replicas, 0), failing, !c.failed
}

// propose fills in the proposals and tells whether a metric is failing.
func (e *engine) propose(step int, seen, now time.Duration) bool {
	failing := false
	for i := range e.signals {
		s := &e.signals[i]
		total := s.at(step, seen)
		if len(s.outages) > 0 {
			down := within(s.outages, now)
			var err error
			if total, err = e.keda.fallback(s, total, e.fleet.total, down); err != nil {
				e.proposals[i] = Proposal{Err: err}
				failing = true
				continue
			}
			failing = failing || down
		}
		e.proposals[i] = s.propose(&e.sp, &e.fleet, total, now)
	}
	return failing
}

func (e *engine) normalize(current, wanted int32, now time.Duration) int32 {
	highest := e.down.best(wanted)
	if !e.sp.behaved {
		n, _ := limitLegacy(current, highest, e.sp.min, e.sp.max)
		return n
	}
	n, _ := e.state.limit(&e.sp, current, between(current, e.up.best(wanted), highest), now)
	return n
}

func (e *engine) expire(now time.Duration) {
	e.up.expire(now)
	e.down.expire(now)
}

func (e *engine) record(replicas int32, now time.Duration) {
	e.up.record(replicas, now)
	e.down.record(replicas, now)
}

// rescale makes the target n replicas as the controller would.
func (e *engine) rescale(n int32, now time.Duration) (bool, time.Duration) {
	d := Decision{Replicas: n}
	current := e.fleet.total
	e.sp.finish(&d, &e.state, current, now)
	e.scale(n, now)
	return n != current, now + e.sp.syncPeriod
}

// scale makes the fleet n pods, whoever asked for it.
func (e *engine) scale(n int32, now time.Duration) {
	switch current := e.fleet.total; {
	case n > current:
		e.out.ScaleUps++
		if now-e.lastDown <= e.o.FlapWindow {
			e.out.Flaps++
		}
	case n < current:
		e.out.ScaleDowns++
		e.lastDown = now
	default:
		return
	}
	e.fleet.scale(n, now)
	e.out.Peak = max(e.out.Peak, n)
	e.segment(now)
}

func (e *engine) segment(now time.Duration) {
	if !e.o.Series {
		return
	}
	s := &e.out.Series
	if k := len(*s); k > 0 && (*s)[k-1].From == now {
		*s = (*s)[:k-1]
	}
	*s = append(*s, Segment{now, e.fleet.total})
}

// account adds up cost and unserved demand from one event to the next; replicas do not change
// between them, but pods become ready and demand moves on.
func (e *engine) account(from, to time.Duration) {
	if to <= from {
		return
	}
	n := e.fleet.total
	e.out.ReplicaTime += time.Duration(n) * (to - from)
	if n >= e.sp.max {
		e.out.AtMax += to - from
	}
	if n <= e.sp.min {
		e.out.AtMin += to - from
	}
	for from < to {
		until := min(to, e.fleet.nextReady(from))
		e.serve(from, until, int64(e.fleet.serving(from)))
		from = until
	}
}

// serve compares demand with what so many pods can do.
func (e *engine) serve(from, to time.Duration, pods int64) {
	capacity, prompt := pods*e.w.Capacity, pods*e.w.Prompt
	if e.w.Prompt == 0 {
		prompt = math.MaxInt64
	}
	step := e.load.at(from)
	edge := time.Duration(step+1) * e.load.Step
	for {
		until := min(edge, to)
		if e.load.Demand[step] > prompt {
			e.out.SlowTime += until - from
		}
		if over := e.load.Demand[step] - capacity; over > 0 {
			e.out.UnservedTime += until - from
			e.out.UnservedVolume += over * (until - from).Milliseconds()
		}
		if until == to {
			return
		}
		from, step, edge = until, step+1, edge+e.load.Step
	}
}

// String is a one-line summary.
func (o Outcome) String() string {
	return fmt.Sprintf("%.1f replica-hours, unserved %.3f%% of the time and %.3f%% of the demand, %.2f flaps a day",
		o.ReplicaHours(), 100*o.UnservedTimeShare(), 100*o.UnservedVolumeShare(), o.FlapsPerDay())
}
