package replay

import "time"

// next is the first sync after now that could decide otherwise than this one did, given that this
// one left replicas alone. wanted is its combined proposal, nil if the metrics failed. Syncs in
// between are taken as made: they would record wanted again.
func (e *engine) next(now, seen time.Duration, failing bool, wanted *int32) time.Duration {
	following := now + e.sp.syncPeriod
	if failing {
		return following // each sync counts a failure
	}
	if wanted != nil {
		if t := e.coast(now); t > following {
			return t
		}
	}
	due := e.nextTotals(seen)
	if due < never {
		due += e.w.Lag
	}
	due = min(due, e.fleet.nextChange(now))
	for i := range e.signals {
		s := &e.signals[i]
		if len(s.outages) > 0 {
			due = min(due, nextEdge(s.outages, now))
		}
	}
	if wanted != nil {
		due = min(due, e.up.expiry(*wanted), e.down.expiry(*wanted), e.nextEvent(*wanted, now))
	}
	next := max(following, e.atSync(due))
	if wanted != nil && next > following {
		last := min(next, e.atSync(e.end)) - e.sp.syncPeriod
		e.up.extend(last)
		e.down.extend(last)
	}
	return next
}

// nextTotals is the first time after seen at which a total changes enough to matter.
func (e *engine) nextTotals(seen time.Duration) time.Duration {
	due := never
	for i := range e.signals {
		if e.signals[i].total == nil {
			due = min(due, nextEdge(e.signals[i].spans, seen))
		}
	}
	step := e.load.at(seen)
	if e.plain {
		return e.stepStart(e.leaveBand(&e.signals[0], step))
	}
	j := len(e.load.Demand)
	for i := range e.signals {
		if t := e.signals[i].total; t != nil {
			j = min(j, firstOther(t, step))
		}
	}
	return min(due, e.stepStart(j))
}

func (e *engine) stepStart(step int) time.Duration {
	if step >= len(e.load.Demand) {
		return never
	}
	return time.Duration(step) * e.load.Step
}

// firstOther is the first step after step whose total differs.
func firstOther(total []int64, step int) int {
	value := total[step]
	j := step + 1
	for j < len(total) && total[j] == value {
		j++
	}
	return j
}

// leaveBand is the first step after step at which the only signal may ask for other replicas. While
// the total stays within tolerance of what there is, all pods settled, every proposal is the same.
func (e *engine) leaveBand(s *signal, step int) int {
	n := e.fleet.total
	if n == 0 || len(e.fleet.young) > 0 {
		return firstOther(s.total, step)
	}
	b := e.band(s, n)
	j := step
	for j < len(s.total) && b.low <= s.total[j] && s.total[j] <= b.high {
		j++
	}
	if j == step {
		return firstOther(s.total, step)
	}
	return j
}

func (e *engine) band(s *signal, n int32) band {
	if e.bands == nil {
		for _, v := range s.total {
			e.top = max(e.top, v)
		}
	}
	for int(n) >= len(e.bands) {
		e.bands = append(e.bands, band{0, -1})
	}
	b := &e.bands[n]
	if b.high < 0 {
		*b = s.band(&e.sp, int64(n), e.top)
		b.high = max(b.high, 0)
	}
	return *b
}

// nextEvent is when a scale event next leaves a policy's period, if policies held replicas where
// they are although the metrics want others.
func (e *engine) nextEvent(wanted int32, now time.Duration) time.Duration {
	next := never
	if !e.sp.behaved || wanted == e.fleet.total {
		return next
	}
	for _, r := range [...]*rules{&e.sp.up, &e.sp.down} {
		for _, p := range r.policies {
			for _, events := range [...][]event{e.state.ups, e.state.downs} {
				for i := range events {
					if at := events[i].at + p.Period; at > now {
						next = min(next, at)
					}
				}
			}
		}
	}
	return next
}
