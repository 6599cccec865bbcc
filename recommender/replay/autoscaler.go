package replay

import (
	"errors"
	"fmt"
	"time"
)

// Autoscaler is the part of a HorizontalPodAutoscaler's spec that decides replicas.
type Autoscaler struct {
	// MinReplicas is the floor. The API's default for an absent field is 1; here 0 means 0, which
	// asks for scale to zero.
	MinReplicas int32
	MaxReplicas int32
	// Metrics are combined by taking the highest proposal. Empty stands for the API's default, CPU
	// at 80 % of the request.
	Metrics []Metric
	// Behavior is nil when the spec has none. That is not the same as an empty one: without it the
	// controller runs older code with other limits.
	Behavior *Behavior
}

// Behavior is spec.behavior. Fields left empty take the API's defaults.
type Behavior struct {
	ScaleUp, ScaleDown Rules
}

// Rules bound how fast replicas move in one direction.
type Rules struct {
	// Window is stabilizationWindowSeconds. Nil means 0 upwards and the controller's
	// DownscaleStabilization downwards.
	Window *time.Duration
	// Select is selectPolicy; empty means Max.
	Select Selection
	// Policies replace the API's default list as a whole; empty means that list.
	Policies []Policy
	// Tolerance is this HPA's own; nil means the controller's. Ignored before Kubernetes 1.35
	// unless the gate is on.
	Tolerance *float64
}

// Selection is spec.behavior.*.selectPolicy.
type Selection string

// The values of selectPolicy. Max allows the biggest change of all policies, Min the smallest.
const (
	SelectMax      Selection = "Max"
	SelectMin      Selection = "Min"
	SelectDisabled Selection = "Disabled"
)

// Policy allows a change of Value pods, or percent of the pods at the period's start, in any Period.
type Policy struct {
	Kind   PolicyKind
	Value  int32
	Period time.Duration
}

// PolicyKind is the unit of a policy's value.
type PolicyKind string

// The kinds of policy.
const (
	PolicyPods    PolicyKind = "Pods"
	PolicyPercent PolicyKind = "Percent"
)

// Validate tells whether the API server would take the spec, so far as this package reads it. Decide
// and Replay never panic on a spec that fails here, but what they answer then means nothing.
func (a Autoscaler) Validate() error {
	switch {
	case a.MaxReplicas < 1:
		return fmt.Errorf("validate autoscaler: maxReplicas is %d; set it to at least 1", a.MaxReplicas)
	case a.MinReplicas < 0:
		return fmt.Errorf("validate autoscaler: minReplicas is %d; set it to at least 0", a.MinReplicas)
	case a.MinReplicas > a.MaxReplicas:
		return fmt.Errorf("validate autoscaler: minReplicas %d exceeds maxReplicas %d; lower the one or raise the other", a.MinReplicas, a.MaxReplicas)
	case a.MinReplicas == 0 && !hasTotalMetric(a.Metrics):
		return errors.New("validate autoscaler: minReplicas 0 needs an Object or External metric; add one or set minReplicas to 1")
	}
	for i, m := range a.Metrics {
		if err := m.validate(); err != nil {
			return fmt.Errorf("validate autoscaler: metric %d: %w", i, err)
		}
	}
	if a.Behavior == nil {
		return nil
	}
	if err := a.Behavior.ScaleUp.Validate(); err != nil {
		return fmt.Errorf("validate autoscaler: behavior.scaleUp: %w", err)
	}
	if err := a.Behavior.ScaleDown.Validate(); err != nil {
		return fmt.Errorf("validate autoscaler: behavior.scaleDown: %w", err)
	}
	return nil
}

// Validate says what the API server would refuse of the rules.
func (r Rules) Validate() error {
	if r.Window != nil && (*r.Window < 0 || *r.Window > time.Hour) {
		return fmt.Errorf("stabilization window %s is outside 0s..1h", *r.Window)
	}
	if r.Tolerance != nil && !(*r.Tolerance >= 0) {
		return fmt.Errorf("tolerance %v is negative", *r.Tolerance)
	}
	switch r.Select {
	case "", SelectMax, SelectMin, SelectDisabled:
	default:
		return fmt.Errorf("selectPolicy %q is none of Max, Min, Disabled", r.Select)
	}
	for _, p := range r.Policies {
		if p.Kind != PolicyPods && p.Kind != PolicyPercent {
			return fmt.Errorf("policy type %q is neither Pods nor Percent", p.Kind)
		}
		if p.Value <= 0 || p.Period < time.Second || p.Period > 30*time.Minute {
			return fmt.Errorf("policy value %d per %s: want a value above 0 and a period of 1s..30m", p.Value, p.Period)
		}
	}
	return nil
}

func hasTotalMetric(metrics []Metric) bool {
	for i := range metrics {
		if metrics[i].Kind == ObjectMetric || metrics[i].Kind == ExternalMetric {
			return true
		}
	}
	return false
}
