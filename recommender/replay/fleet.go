package replay

import (
	"math"
	"time"
)

// never is later than any time of a replay.
const never = time.Duration(math.MaxInt64)

// fleet is the pods of a replay, oldest first: those long settled, then cohorts that still start.
type fleet struct {
	startUp, lag, sampleWindow time.Duration
	cpuInitialization          time.Duration

	settled int32
	young   []cohort
	total   int32
}

// cohort is pods created together, with the times at which the controller's view of them changes.
type cohort struct {
	pods    int32
	ready   time.Duration // serves demand from here on; Pending before
	sampled time.Duration // has a metrics sample; missing before
	counted time.Duration // its CPU sample counts; unready before
}

// scale makes the fleet n pods at time now.
func (f *fleet) scale(n int32, now time.Duration) {
	if n > f.total {
		ready := now + f.startUp
		sampled := ready + f.lag
		counted := max(sampled, min(sampled+f.sampleWindow, now+f.cpuInitialization))
		f.young = append(f.young, cohort{n - f.total, ready, sampled, counted})
	}
	for n < f.total && len(f.young) > 0 {
		last := &f.young[len(f.young)-1]
		gone := min(last.pods, f.total-n)
		last.pods -= gone
		f.total -= gone
		if last.pods == 0 {
			f.young = f.young[:len(f.young)-1]
		}
	}
	if len(f.young) == 0 && n < f.settled {
		f.settled = n
	}
	f.total = n
}

// settle moves the cohorts that are through with starting to the settled pods.
func (f *fleet) settle(now time.Duration) {
	k := 0
	for k < len(f.young) && f.young[k].counted <= now {
		f.settled += f.young[k].pods
		k++
	}
	if k > 0 {
		f.young = append(f.young[:0], f.young[k:]...)
	}
}

// serving is the number of pods that serve demand at now.
func (f *fleet) serving(now time.Duration) int32 {
	n := f.settled
	for i := range f.young {
		if f.young[i].ready <= now {
			n += f.young[i].pods
		}
	}
	return n
}

// nextReady is the next time after now at which more pods serve.
func (f *fleet) nextReady(now time.Duration) time.Duration {
	for i := range f.young {
		if f.young[i].ready > now {
			return f.young[i].ready
		}
	}
	return never
}

// nextChange is the next time after now at which the controller sees other pods.
func (f *fleet) nextChange(now time.Duration) time.Duration {
	next := never
	for i := range f.young {
		c := &f.young[i]
		for _, t := range [...]time.Duration{c.ready, c.sampled, c.counted} {
			if t > now && t < next {
				next = t
			}
		}
	}
	return next
}

// tally groups the pods for a per-pod metric. demand is the total at the sample's time; each pod
// that has a sample uses its even share of it, but at most capacity (0 means no bound).
func (f *fleet) tally(m *Metric, demand, request, capacity int64, now time.Duration) tally {
	counted, sampled := f.settled, f.settled
	t := tally{}
	for i := range f.young {
		c := &f.young[i]
		n := int64(c.pods)
		switch {
		case now < c.ready:
			t.unready += int(n)
		case now < c.sampled:
			t.missing += int(n)
		case now < c.counted && m.Resource == CPU:
			sampled += c.pods
			t.unready += int(n)
		default:
			sampled += c.pods
			counted += c.pods
		}
	}
	t.ready, t.samples = int(counted), int(counted)
	t.usage = usage(int64(counted), int64(sampled), demand, capacity)
	if m.TargetKind == Utilization {
		t.request = int64(counted) * request
		t.unreadyRequest = int64(t.unready) * request
		t.missingRequest = int64(t.missing) * request
		t.missingUsage = int64(t.missing) * (request * int64(max(100, int32(m.Target))) / 100)
	} else {
		t.missingUsage = int64(t.missing) * m.Target
	}
	return t
}

// usage is what the oldest counted of the sampled pods use of demand. Milli-units are not split:
// the oldest pods carry the remainder.
func usage(counted, sampled, demand, capacity int64) int64 {
	if sampled == 0 {
		return 0
	}
	each := demand / sampled
	if capacity > 0 && each >= capacity {
		return counted * capacity
	}
	if counted == sampled {
		return demand
	}
	return counted*each + min(counted, demand%sampled)
}
