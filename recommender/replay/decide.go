package replay

import (
	"fmt"
	"time"
)

// Decision is the outcome of one sync.
type Decision struct {
	// Replicas is what spec.replicas of the target is after the sync.
	Replicas int32
	// Rescaled tells whether the sync changed it.
	Rescaled bool
	// Reason says why Replicas is what it is.
	Reason Reason
	// Metric is the position of the metric whose proposal was the highest, -1 if none counted.
	Metric int
	// Wanted is the combined proposal and Stabilized what the windows left of it; both are
	// Replicas where no metric was looked at.
	Wanted, Stabilized int32
	// Proposals belong to the metrics by position; nil where no metric was looked at.
	Proposals []Proposal
	// Conditions are the HPA's conditions after the sync.
	Conditions Conditions
	// Err is the error the controller reports. With some metrics invalid it may still scale up.
	Err error
}

// Reason says why a sync set or kept the replicas.
type Reason string

// The reasons of a Decision.
const (
	Steady       Reason = "steady"        // the metrics ask for what there is, or windows and limits hold it
	AboveTarget  Reason = "above target"  // scaled up, or would but for windows and limits
	BelowTarget  Reason = "below target"  // scaled down, or would but for windows and limits
	AboveMax     Reason = "above max"     // there were more replicas than maxReplicas
	BelowMin     Reason = "below min"     // there were fewer replicas than minReplicas
	Disabled     Reason = "disabled"      // the target was set to 0 by someone else
	NoMetrics    Reason = "no metrics"    // metrics failed, so replicas are left alone
	ScaleUnknown Reason = "scale unknown" // the target's scale could not be read
	NoPodsKnown  Reason = "pods unknown"  // the selector is invalid or ambiguous
)

// The reasons of the conditions, as the controller writes them.
const (
	failedScale  = "FailedGetScale"
	succeededGet = "SucceededGetScale"
	succeededSet = "SucceededRescale"
	validMetric  = "ValidMetricFound"
	scalingOff   = "ScalingDisabled"
	wentToZero   = "ScaledToZero"
	notAtZero    = "NotScaledToZero"
)

// moved is the reason when the metrics ask for what there is and replicas change all the same: the
// minimum was raised, or an earlier recommendation still counts.
func (r Reason) moved(by int32, toMin bool) Reason {
	switch {
	case r != Steady || by == 0:
		return r
	case by > 0 && toMin:
		return BelowMin
	case by > 0:
		return AboveTarget
	default:
		return BelowTarget
	}
}

// Decide is one sync of the controller at time now. It updates the state as a successful rescale
// would; the caller makes Decision.Replicas the next observation's SpecReplicas. The autoscaler may
// change between calls, as a user may edit an HPA. now must not run backwards.
func (c Controller) Decide(a Autoscaler, state *State, seen Observation, now time.Duration) Decision {
	sp := c.read(&a)
	return sp.decide(state, &seen, now)
}

func (s *spec) decide(state *State, o *Observation, now time.Duration) Decision {
	current := o.SpecReplicas
	d := Decision{Replicas: current, Wanted: current, Stabilized: current, Metric: -1, Reason: Steady}
	conditions := &state.Conditions
	if o.ScaleErr != nil {
		conditions.AbleToScale = isFalse(failedScale)
		d.Reason, d.Err, d.Conditions = ScaleUnknown, o.ScaleErr, *conditions
		return d
	}
	conditions.AbleToScale = isTrue(succeededGet)
	if state.recommendations == nil {
		state.recommendations = append(state.recommendations, recommendation{current, now})
	}
	atZero := s.scaleToZero && conditions.ScaledToZero.Status == "True"
	switch {
	case current == 0 && !s.wakes(atZero):
		conditions.ScalingActive = isFalse(scalingOff)
		if s.minor >= minorZeroCondition && !s.scaleToZero {
			conditions.ScaledToZero = Condition{}
		}
		d.Reason = Disabled
	case current != 0 && current > s.max:
		d.Replicas, d.Wanted, d.Stabilized, d.Reason = s.max, s.max, s.max, AboveMax
	case current != 0 && current < s.min:
		d.Replicas, d.Wanted, d.Stabilized, d.Reason = s.min, s.min, s.min, BelowMin
	default:
		if !s.decideByMetrics(&d, state, o, now) {
			d.Conditions = *conditions
			return d
		}
		if current == 0 && s.min != 0 && atZero {
			d.Replicas = max(d.Replicas, s.min)
		}
		d.Reason = d.Reason.moved(d.Replicas-current, d.Replicas == s.min)
	}
	s.finish(&d, state, current, now)
	return d
}

// wakes tells whether an HPA looks at metrics although its target has no replicas. Before the
// ScaledToZero condition, minReplicas 0 was enough; since then only the HPA's own going to zero is,
// so that a zero set by hand stays a pause.
func (s *spec) wakes(atZero bool) bool {
	if s.minor < minorZeroCondition {
		return s.min == 0
	}
	return atZero && (s.min != 0 || s.hasTotal)
}

// decideByMetrics combines the metrics' proposals and normalizes them. It returns false when the
// controller would give up on this sync.
func (s *spec) decideByMetrics(d *Decision, state *State, o *Observation, now time.Duration) bool {
	conditions := &state.Conditions
	if o.SelectorFault != "" {
		conditions.ScalingActive = isFalse(o.SelectorFault)
		d.Reason, d.Err = NoPodsKnown, fmt.Errorf("find the pods of the autoscaler: %s", o.SelectorFault)
		return false
	}
	d.Proposals = make([]Proposal, len(s.metrics))
	for i := range s.metrics {
		d.Proposals[i] = s.propose(i, o, now)
	}
	current := o.SpecReplicas
	c := combine(d.Proposals, current)
	if c.invalid > 0 {
		d.Err = fmt.Errorf("%d of %d metrics are invalid; the first says: %w", c.invalid, len(s.metrics), d.Proposals[c.firstInvalid].Err)
	}
	if c.failed {
		conditions.ScalingActive = isFalse(s.metrics[c.firstInvalid].failure())
		d.Reason = NoMetrics
		return false
	}
	conditions.ScalingActive = isTrue(validMetric)
	d.Metric, d.Wanted = c.metric, max(c.replicas, 0)
	switch {
	case d.Wanted > current:
		d.Reason = AboveTarget
	case d.Wanted < current:
		d.Reason = BelowTarget
	}
	n := state.normalize(s, current, d.Wanted, now)
	conditions.AbleToScale, conditions.ScalingLimited = n.able, n.limited
	d.Stabilized, d.Replicas = n.stabilized, n.replicas
	return true
}

// finish records a rescale.
func (s *spec) finish(d *Decision, state *State, current int32, now time.Duration) {
	if d.Replicas != current {
		d.Rescaled = true
		state.storeEvent(s, current, d.Replicas, now)
		conditions := &state.Conditions
		conditions.AbleToScale = isTrue(succeededSet)
		switch {
		case s.minor < minorZeroCondition:
		case !s.scaleToZero:
			conditions.ScaledToZero = Condition{}
		case current > 0 && d.Replicas == 0 && s.min == 0 && s.hasTotal:
			conditions.ScaledToZero = isTrue(wentToZero)
		default:
			conditions.ScaledToZero = isFalse(notAtZero)
		}
	}
	d.Conditions = state.Conditions
}

// combined is the outcome of several metrics.
type combined struct {
	replicas     int32
	metric       int // of the proposal taken, -1 if none
	invalid      int
	firstInvalid int
	failed       bool // no scaling on this sync
}

// combine takes the highest valid proposal. Invalid ones forbid scaling down, and all of them
// invalid forbids any scaling.
func combine(proposals []Proposal, current int32) combined {
	c := combined{metric: -1}
	for i := range proposals {
		p := &proposals[i]
		if p.Err != nil {
			if c.invalid == 0 {
				c.firstInvalid = i
			}
			c.invalid++
			continue
		}
		if c.replicas == 0 || p.Replicas > c.replicas {
			c.replicas, c.metric = p.Replicas, i
		}
	}
	c.failed = c.invalid >= len(proposals) || c.invalid > 0 && c.replicas < current
	return c
}
