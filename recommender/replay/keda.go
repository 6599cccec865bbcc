package replay

import (
	"errors"
	"fmt"
	"time"
)

// ScaledObject is a KEDA ScaledObject. KEDA makes an HPA of it, with at least one replica, and takes
// the step between zero and one itself. This follows KEDA 2.18's executor. Periods are taken as
// written, so 0 means 0: KEDA's defaults are 30 s of polling and 5 min of cooldown.
type ScaledObject struct {
	PollingInterval time.Duration
	// Cooldown is how long after a trigger was last active the target goes to zero. It bounds
	// nothing else, and goes to zero from any number of replicas at once.
	Cooldown time.Duration
	// InitialCooldown takes its place as long as no trigger was ever active.
	InitialCooldown time.Duration
	// MinReplicas 0 lets the target go to zero. KEDA's default is 0.
	MinReplicas, MaxReplicas int32
	// IdleAtZero is idleReplicaCount 0: zero while idle, MinReplicas while active.
	IdleAtZero bool
	Triggers   []Trigger
	// Behavior is advanced.horizontalPodAutoscalerConfig.behavior.
	Behavior *Behavior
	Fallback *Fallback
}

// Trigger is one trigger of a ScaledObject.
type Trigger struct {
	// Metric is what the trigger becomes in the HPA: External for most scalers, Resource or
	// ContainerResource for cpu and memory. A cron trigger leaves it empty.
	Metric Metric
	// Signal is its total, unless that is the demand curve.
	Signal Signal
	// Activation is the total above which the trigger is active, in milli-units.
	Activation int64
	// Cron makes it a cron trigger: active in Spans, asking for Replicas in them.
	Cron *Cron
	// Outages are when the scaler cannot be read.
	Outages []Span
}

// Cron is a cron trigger with its spans worked out; CronSpans does so from the expressions.
type Cron struct {
	Spans    []Span
	Replicas int32
}

// Fallback is a ScaledObject's fallback: what AverageValue triggers say once they fail too often.
type Fallback struct {
	FailureThreshold int
	Replicas         int32
	Behavior         FallbackBehavior
}

// FallbackBehavior chooses between the fallback's replicas and those there are.
type FallbackBehavior string

// The behaviors of a fallback; empty is Static.
const (
	FallbackStatic          FallbackBehavior = "static"
	FallbackCurrent         FallbackBehavior = "currentReplicas"
	FallbackCurrentIfHigher FallbackBehavior = "currentReplicasIfHigher"
	FallbackCurrentIfLower  FallbackBehavior = "currentReplicasIfLower"
)

// cronOutside is the replicas a cron trigger asks for outside its spans.
const cronOutside = 1

// Autoscaler is the HPA that KEDA makes of the ScaledObject.
func (so ScaledObject) Autoscaler() Autoscaler {
	a := Autoscaler{MinReplicas: max(1, so.MinReplicas), MaxReplicas: so.MaxReplicas, Behavior: so.Behavior}
	for _, t := range so.Triggers {
		m := t.Metric
		if t.Cron != nil {
			m = Metric{Kind: ExternalMetric, Name: "cron", TargetKind: AverageValue, Target: 1000}
		}
		a.Metrics = append(a.Metrics, m)
	}
	return a
}

// Validate tells whether KEDA would take the ScaledObject, so far as this package reads it.
func (so ScaledObject) Validate() error {
	switch {
	case len(so.Triggers) == 0:
		return errors.New("validate scaled object: it has no triggers; add one")
	case so.PollingInterval < time.Millisecond:
		return fmt.Errorf("validate scaled object: pollingInterval is %s; set it to at least 1s", so.PollingInterval)
	case so.Cooldown < 0 || so.InitialCooldown < 0:
		return errors.New("validate scaled object: cooldown periods must not be negative")
	case so.MinReplicas < 0:
		return fmt.Errorf("validate scaled object: minReplicaCount is %d; set it to at least 0", so.MinReplicas)
	case so.IdleAtZero && so.MinReplicas == 0:
		return errors.New("validate scaled object: idleReplicaCount must be below minReplicaCount; raise the latter")
	case so.Fallback != nil && (so.Fallback.FailureThreshold < 0 || so.Fallback.Replicas < 0):
		return errors.New("validate scaled object: the fallback's numbers must not be negative")
	}
	for i, t := range so.Triggers {
		if t.Cron != nil && t.Cron.Replicas <= 0 {
			return fmt.Errorf("validate scaled object: cron trigger %d asks for %d replicas; want at least 1", i, t.Cron.Replicas)
		}
	}
	return so.Autoscaler().Validate()
}

// Activity is what KEDA's loop makes of the triggers in one poll.
type Activity struct {
	// Active: a trigger other than cpu or memory is above its activation, or there is no other kind.
	Active bool
	// Failing: a trigger could not be read.
	Failing bool
}

// LoopState is what KEDA remembers of a ScaledObject between polls. The zero value is a new one,
// created at time 0.
type LoopState struct {
	EverActive bool
	LastActive time.Duration
}

// Poll is one poll of KEDA's loop: it returns the replicas the target has afterwards.
func (so ScaledObject) Poll(state *LoopState, current int32, seen Activity, now time.Duration) int32 {
	switch {
	case seen.Active && (current == 0 || so.IdleAtZero && current < so.MinReplicas):
		*state = LoopState{true, now}
		return max(so.MinReplicas, 1)
	case seen.Active:
		if !seen.Failing {
			*state = LoopState{true, now}
		}
	case seen.Failing && (so.Fallback == nil || so.Fallback.Replicas != 0):
	case current > 0 && (so.MinReplicas == 0 || so.IdleAtZero):
		if so.cooled(state) < now {
			return 0
		}
	case !so.IdleAtZero && current < so.MinReplicas:
		return so.MinReplicas
	}
	return current
}

// cooled is the time after which an inactive target goes to zero.
func (so ScaledObject) cooled(state *LoopState) time.Duration {
	if state.EverActive {
		return state.LastActive + so.Cooldown
	}
	return so.InitialCooldown
}

// fallbackValue is the total a failing trigger reports so that the HPA lands on the fallback's
// replicas. The target is cut to whole units, as KEDA does.
func (f *Fallback) fallbackValue(target int64, current int32) int64 {
	n := f.Replicas
	switch f.Behavior {
	case FallbackCurrent:
		n = current
	case FallbackCurrentIfHigher:
		n = max(n, current)
	case FallbackCurrentIfLower:
		n = min(n, current)
	}
	return target / 1000 * 1000 * int64(n)
}
