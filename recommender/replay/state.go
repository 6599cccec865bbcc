package replay

import (
	"math"
	"slices"
	"time"
)

// State is what the controller remembers of one HPA between syncs. The zero value is a fresh one.
type State struct {
	// Conditions live in the HPA's status and survive a restart of the controller.
	Conditions Conditions

	recommendations []recommendation
	ups, downs      []event
}

// recommendation is a proposal before stabilization.
type recommendation struct {
	replicas int32
	at       time.Duration
}

// event is a change of replicas; change is positive in both directions.
type event struct {
	change   int32
	at       time.Duration
	outdated bool
}

// Restart forgets what a restarted kube-controller-manager forgets: recommendations and scale
// events. Its first sync then holds replicas up for one stabilization window.
func (s *State) Restart() {
	s.recommendations, s.ups, s.downs = nil, nil, nil
}

// Clone is a deep copy.
func (s *State) Clone() *State {
	return &State{s.Conditions, slices.Clone(s.recommendations), slices.Clone(s.ups), slices.Clone(s.downs)}
}

// Conditions are the conditions of the HPA's status. One that was never set is empty.
type Conditions struct {
	AbleToScale, ScalingActive, ScalingLimited, ScaledToZero Condition
}

// Condition is a condition's status and reason.
type Condition struct {
	Status string // True, False, or empty when never set
	Reason string
}

func isTrue(reason string) Condition  { return Condition{"True", reason} }
func isFalse(reason string) Condition { return Condition{"False", reason} }

// record keeps a recommendation in the slot of the last expired one, if there is one.
func (s *State) record(expired int, replicas int32, now time.Duration) {
	r := recommendation{replicas, now}
	if expired >= 0 {
		s.recommendations[expired] = r
		return
	}
	s.recommendations = append(s.recommendations, r)
}

// stabilize is the highest recommendation of the window, for an HPA without behavior.
func (s *State) stabilize(replicas int32, window, now time.Duration) int32 {
	cutoff := now - window
	expired, highest := -1, replicas
	for i, r := range s.recommendations {
		if r.at < cutoff {
			expired = i
		} else if r.replicas > highest {
			highest = r.replicas
		}
	}
	s.record(expired, replicas, now)
	return highest
}

// stabilizeBoth are the lowest recommendation of the up window and the highest of the down window,
// the newest one included in each.
func (s *State) stabilizeBoth(replicas int32, up, down, now time.Duration) (lowest, highest int32) {
	expired := -1
	lowest, highest = replicas, replicas
	upCutoff, downCutoff := now-up, now-down
	for i, r := range s.recommendations {
		if r.at > upCutoff {
			lowest = min(lowest, r.replicas)
		}
		if r.at > downCutoff {
			highest = max(highest, r.replicas)
		}
		if r.at < upCutoff && r.at < downCutoff {
			expired = i
		}
	}
	s.record(expired, replicas, now)
	return lowest, highest
}

// storeEvent remembers a change of replicas for as long as the longest policy of its direction.
func (s *State) storeEvent(sp *spec, from, to int32, now time.Duration) {
	if !sp.behaved {
		return
	}
	if to > from {
		s.ups = addEvent(s.ups, longestPeriod(sp.up.policies), to-from, now)
	} else {
		s.downs = addEvent(s.downs, longestPeriod(sp.down.policies), from-to, now)
	}
}

func addEvent(events []event, longest time.Duration, change int32, now time.Duration) []event {
	slot := -1
	for i := range events {
		if events[i].at < now-longest {
			events[i].outdated = true
		}
		if events[i].outdated {
			slot = i
		}
	}
	if slot < 0 {
		return append(events, event{change: change, at: now})
	}
	events[slot] = event{change: change, at: now}
	return events
}

func longestPeriod(policies []Policy) time.Duration {
	var longest time.Duration
	for _, p := range policies {
		longest = max(longest, p.Period)
	}
	return longest
}

func changeWithin(events []event, period, now time.Duration) int32 {
	var sum int32
	for i := range events {
		if events[i].at > now-period {
			sum += events[i].change
		}
	}
	return sum
}

// upLimit is the highest count the scale-up policies allow now.
func (s *State) upLimit(r *rules, current int32, now time.Duration) int32 {
	if r.choose == SelectDisabled {
		return current
	}
	limit := int32(math.MinInt32)
	if r.choose == SelectMin {
		limit = math.MaxInt32
	}
	for _, p := range r.policies {
		start := current - changeWithin(s.ups, p.Period, now) + changeWithin(s.downs, p.Period, now)
		allowed := start + p.Value
		if p.Kind == PolicyPercent {
			allowed = int32(math.Ceil(float64(start) * (1 + float64(p.Value)/100)))
		}
		if r.choose == SelectMin {
			limit = min(limit, allowed)
		} else {
			limit = max(limit, allowed)
		}
	}
	return limit
}

// downLimit is the lowest count the scale-down policies allow now. A percentage is truncated, that
// is, rounded towards the bigger change.
func (s *State) downLimit(r *rules, current int32, now time.Duration) int32 {
	if r.choose == SelectDisabled {
		return current
	}
	limit := int32(math.MaxInt32)
	if r.choose == SelectMin {
		limit = math.MinInt32
	}
	for _, p := range r.policies {
		start := current - changeWithin(s.ups, p.Period, now) + changeWithin(s.downs, p.Period, now)
		allowed := start - p.Value
		if p.Kind == PolicyPercent {
			allowed = int32(float64(start) * (1 - float64(p.Value)/100))
		}
		if r.choose == SelectMin {
			limit = max(limit, allowed)
		} else {
			limit = min(limit, allowed)
		}
	}
	return limit
}
