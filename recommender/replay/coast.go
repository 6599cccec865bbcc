package replay

import (
	"math"
	"sort"
	"time"
)

// reach is the range of totals, from hold up to but not including over, at which the only signal
// asks for as many replicas as there are. Below hold it asks for fewer, from over on for more.
type reach struct {
	hold, over int64
	known      bool
}

// coast is the first sync after now that may move replicas or work out a limit; the sync at now left
// them alone. Replicas stay while no proposal is above them and one in the stabilization window
// reaches them; both are told from the totals by two comparisons, without a proposal. The proposals
// that the window still holds at the end are made up for.
func (e *engine) coast(now time.Duration) time.Duration {
	n, t := e.fleet.total, now+e.sp.syncPeriod
	if !e.plain || e.keda != nil || n == 0 || len(e.fleet.young) > 0 || !e.monotone() {
		return t
	}
	s, r := &e.signals[0], e.reachOf(n)
	held := e.down.heldUntil(n)
	j := e.load.at(max(t-e.w.Lag, 0))
	for edge := e.edge(j); t < e.end; {
		after := e.firstAt(edge, t+e.sp.syncPeriod) // the first sync that sees another step
		switch total := s.total[j]; {
		case total >= r.over:
			return e.recall(now, t)
		case total >= r.hold:
			held = e.down.until(after - e.sp.syncPeriod)
		case held < t:
			return e.recall(now, t)
		case held < after-e.sp.syncPeriod:
			return e.recall(now, e.firstAt(held+1, t))
		}
		for t = after; t >= edge && j < len(s.total)-1; j++ {
			edge += e.load.Step
		}
	}
	return t
}

// monotone tells whether more usage never makes the signal ask for fewer replicas, as it may where a
// percentage does not fit its int32.
func (e *engine) monotone() bool {
	if e.top == 0 {
		for _, v := range e.signals[0].total {
			e.top = max(e.top, v)
		}
	}
	s := &e.signals[0]
	return s.metric.TargetKind != Utilization || e.top/s.request <= math.MaxInt32/200
}

// reachOf finds the range for n settled pods by bisection on the very arithmetic of a sync.
func (e *engine) reachOf(n int32) reach {
	for int(n) >= len(e.reaches) {
		e.reaches = append(e.reaches, reach{})
	}
	r := &e.reaches[n]
	if r.known {
		return *r
	}
	asks := func(total int) int32 { return e.signals[0].settled(&e.sp, n, int64(total)) }
	r.known = true
	r.hold = int64(sort.Search(int(e.top)+1, func(total int) bool { return asks(total) >= n }))
	r.over = r.hold + int64(sort.Search(int(e.top+1-r.hold), func(more int) bool { return asks(int(r.hold)+more) > n }))
	if n == e.sp.min {
		r.hold = 0 // the minimum holds what no proposal does
	}
	if n == e.sp.max {
		r.over = math.MaxInt64
	}
	return *r
}

// edge is when the step after j comes to be seen.
func (e *engine) edge(j int) time.Duration {
	return time.Duration(j+1)*e.load.Step + e.w.Lag
}

// firstAt is the first of the syncs sync, sync+period, ... that is not before t.
func (e *engine) firstAt(t, sync time.Duration) time.Duration {
	if t <= sync {
		return sync
	}
	return grid(t, sync, e.sp.syncPeriod)
}

// recall records the proposals of the syncs between now and the sync at to, as far as a window
// reaches back from there, and returns to.
func (e *engine) recall(now, to time.Duration) time.Duration {
	t := e.firstAt(to-max(e.up.window, e.down.window), now+e.sp.syncPeriod)
	for t < to {
		j := e.load.at(max(t-e.w.Lag, 0))
		after := min(to, e.firstAt(e.edge(j), t+e.sp.syncPeriod))
		e.record(max(e.signals[0].settled(&e.sp, e.fleet.total, e.signals[0].total[j]), 0), t)
		e.up.extend(after - e.sp.syncPeriod)
		e.down.extend(after - e.sp.syncPeriod)
		t = after
	}
	return to
}
