package analyzer

import (
	"fmt"
	"slices"
	"time"
)

// HPA is a HorizontalPodAutoscaler.
type HPA struct {
	Namespace string            `json:"namespace"`
	Name      string            `json:"name"`
	Labels    map[string]string `json:"labels,omitempty"`
	Target    Ref               `json:"target"`
	Min       int32             `json:"min"` // 1 where the object leaves it out
	Max       int32             `json:"max"`
	Metrics   []HPAMetric       `json:"metrics,omitempty"`
	Behavior  *HPABehavior      `json:"behavior,omitempty"`
	Current   int32             `json:"current,omitempty"`
	Desired   int32             `json:"desired,omitempty"`
	// ManagedBy is "keda" where a ScaledObject owns the HPA.
	ManagedBy  string         `json:"managedBy,omitempty"`
	Conditions []HPACondition `json:"conditions,omitempty"`
}

// HPAController is how the cluster's HPA controller runs, by the flags of
// kube-controller-manager. nil is a flag that was not seen, or not set: then
// its default holds. 0 means 0.
type HPAController struct {
	// Tolerance is the share of the target that usage may lie off it.
	Tolerance              *float64       `json:"tolerance,omitempty"`
	SyncPeriod             *time.Duration `json:"syncPeriod,omitempty"`
	DownscaleStabilization *time.Duration `json:"downscaleStabilization,omitempty"`
	CPUInitialization      *time.Duration `json:"cpuInitialization,omitempty"`
	InitialReadinessDelay  *time.Duration `json:"initialReadinessDelay,omitempty"`
	// Gates are the feature gates that are set and that the controller reads.
	Gates map[string]bool `json:"gates,omitempty"`
}

// Over gives h with the flags of under where h has none.
func (h HPAController) Over(under *HPAController) HPAController {
	if under == nil {
		return h
	}
	h.Tolerance, h.SyncPeriod = or(h.Tolerance, under.Tolerance), or(h.SyncPeriod, under.SyncPeriod)
	h.DownscaleStabilization = or(h.DownscaleStabilization, under.DownscaleStabilization)
	h.CPUInitialization = or(h.CPUInitialization, under.CPUInitialization)
	h.InitialReadinessDelay = or(h.InitialReadinessDelay, under.InitialReadinessDelay)
	if h.Gates == nil {
		h.Gates = under.Gates
	}
	return h
}

func or[T any](v, fallback *T) *T {
	if v == nil {
		return fallback
	}
	return v
}

// ScaledObject is what KEDA scales a workload by, as far as the HPA that KEDA
// keeps for it does not say it.
type ScaledObject struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	HPA       string `json:"hpa"`
	Min       int32  `json:"min,omitempty"` // KEDA's default is 0
	Max       int32  `json:"max"`           // KEDA's default is 100
	// IdleAtZero is idleReplicaCount 0.
	IdleAtZero bool `json:"idleAtZero,omitempty"`
	// The periods are in seconds, KEDA's defaults filled in.
	Polling         int32          `json:"polling"`
	Cooldown        int32          `json:"cooldown"`
	InitialCooldown int32          `json:"initialCooldown,omitempty"`
	Triggers        []ScaleTrigger `json:"triggers"`
	// Unread names a field that changes what the triggers do and is not read here:
	// a pause, a formula of scaling modifiers; empty where there is none.
	Unread string `json:"unread,omitempty"`
}

// ScaleTrigger is one trigger of a ScaledObject. Its credentials are not kept.
type ScaleTrigger struct {
	Type string `json:"type"` // cpu, memory, cron, prometheus or another of KEDA's
	// Metric is that of a cpu or memory trigger.
	Metric *HPAMetric `json:"metric,omitempty"`
	// Start and End are cron expressions, Zones the offsets they are read by.
	Start    string       `json:"start,omitempty"`
	End      string       `json:"end,omitempty"`
	Zones    []ZoneOffset `json:"zones,omitempty"`
	Replicas int32        `json:"replicas,omitempty"`
	// Query is a prometheus trigger's; Threshold and Activation are in thousandths.
	Query      string `json:"query,omitempty"`
	Threshold  int64  `json:"threshold,omitempty"`
	Activation int64  `json:"activation,omitempty"`
	// PerPod says that Threshold is one pod's, and not the whole.
	PerPod bool `json:"perPod,omitempty"`
}

// ZoneOffset is a zone's seconds east of UTC from a time (Unix seconds) on.
type ZoneOffset struct {
	From   int64 `json:"from"`
	Offset int32 `json:"offset"`
}

// TriggerCounter names the values of a ScaledObject's trigger among the rates of
// its workload.
func TriggerCounter(so *ScaledObject, trigger int) string {
	return fmt.Sprintf("scaledobject/%s/%d", so.Name, trigger)
}

// HPAMetric is one metric of an HPA.
type HPAMetric struct {
	Type      string `json:"type"` // Resource, ContainerResource, Pods, Object, External
	Name      string `json:"name"` // cpu, memory or the metric's name
	Container string `json:"container,omitempty"`
	// TargetType is Utilization (Target in percent of the request), or
	// AverageValue or Value (Target in thousandths of the metric's unit).
	TargetType string `json:"targetType"`
	Target     int64  `json:"target"`
}

// HPABehavior is how fast an HPA may scale. nil means the controller's
// defaults.
type HPABehavior struct {
	Up   *HPAScaling `json:"up,omitempty"`
	Down *HPAScaling `json:"down,omitempty"`
}

// HPAScaling is one direction of HPABehavior.
type HPAScaling struct {
	StabilizationSeconds *int32      `json:"stabilizationSeconds,omitempty"`
	Select               string      `json:"select,omitempty"` // Max, Min, Disabled
	Policies             []HPAPolicy `json:"policies,omitempty"`
	// ToleranceMilli is the tolerance in thousandths; nil is the cluster's.
	ToleranceMilli *int64 `json:"toleranceMilli,omitempty"`
}

// HPAPolicy allows Value pods or percent in PeriodSeconds.
type HPAPolicy struct {
	Type          string `json:"type"` // Pods, Percent
	Value         int32  `json:"value"`
	PeriodSeconds int32  `json:"periodSeconds"`
}

// HPACondition is a condition of an HPA's status.
type HPACondition struct {
	Type   string `json:"type"`
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// Scales reports whether the HPA follows the given resource (cpu or memory) of
// the given container, so that a new request for it moves the HPA's own scale.
func (h HPA) Scales(resource, container string) bool {
	for _, m := range h.Metrics {
		if m.Name != resource || m.TargetType != "Utilization" {
			continue
		}
		if m.Type == "Resource" || m.Type == "ContainerResource" && m.Container == container {
			return true
		}
	}
	return false
}

// VPA is a VerticalPodAutoscaler, read where its API is served.
type VPA struct {
	Namespace  string   `json:"namespace"`
	Name       string   `json:"name"`
	Target     Ref      `json:"target"`
	UpdateMode string   `json:"updateMode,omitempty"`
	Containers []VPARec `json:"containers,omitempty"`
	// Policies are what it may do to containers; none lets it set all.
	Policies []VPAPolicy `json:"policies,omitempty"`
}

// VPAPolicy is what a VPA may do to a container.
type VPAPolicy struct {
	Container string   `json:"container"` // "*" is all others
	Off       bool     `json:"off,omitempty"`
	Resources []string `json:"resources,omitempty"` // nil means cpu and memory
}

// Controls reports whether the VPA's policies let it set the resource of the container.
func (v *VPA) Controls(container, resource string) bool {
	return Controls(v.Policies, container, resource)
}

// Controls reports whether policies let a VPA set the resource of the container.
func Controls(policies []VPAPolicy, container, resource string) bool {
	rule := VPAPolicy{}
	for _, p := range policies {
		if p.Container == container || p.Container == "*" && rule.Container == "" {
			rule = p
		}
	}
	return !rule.Off && (rule.Resources == nil || slices.Contains(rule.Resources, resource))
}

// VPARec is a VPA's own recommendation for a container.
type VPARec struct {
	Container  string  `json:"container"`
	Target     Amounts `json:"target,omitzero"`
	LowerBound Amounts `json:"lowerBound,omitzero"`
	UpperBound Amounts `json:"upperBound,omitzero"`
}

// PDB is a PodDisruptionBudget. Pods holds the names of the pods it selects.
type PDB struct {
	Namespace          string   `json:"namespace"`
	Name               string   `json:"name"`
	MinAvailable       string   `json:"minAvailable,omitempty"` // a number or a percentage
	MaxUnavailable     string   `json:"maxUnavailable,omitempty"`
	DisruptionsAllowed int32    `json:"disruptionsAllowed"`
	Pods               []string `json:"pods,omitempty"`
}

// LimitRange bounds what one container of a namespace may ask for.
type LimitRange struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Min, Max, DefaultRequest and DefaultLimit are those of type Container.
	Min            Amounts `json:"min,omitzero"`
	Max            Amounts `json:"max,omitzero"`
	DefaultRequest Amounts `json:"defaultRequest,omitzero"`
	DefaultLimit   Amounts `json:"defaultLimit,omitzero"`
}

// ResourceQuota bounds a namespace.
type ResourceQuota struct {
	Namespace    string  `json:"namespace"`
	Name         string  `json:"name"`
	Requests     Amounts `json:"requests,omitzero"`
	Limits       Amounts `json:"limits,omitzero"`
	UsedRequests Amounts `json:"usedRequests,omitzero"`
	UsedLimits   Amounts `json:"usedLimits,omitzero"`
	// Pods is how many pods that have not ended there may be, UsedPods how many there
	// are; 0 where the quota does not count them.
	Pods     int64 `json:"pods,omitempty"`
	UsedPods int64 `json:"usedPods,omitempty"`
}
