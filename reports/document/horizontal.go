package document

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Horizontal is what decides the number of a workload's pods, and what should.
type Horizontal struct {
	Current Scaling `json:"current"`
	// Recommended is complete: what stays is repeated. It is null where the recommendation is withheld.
	Recommended *Scaling `json:"recommended" jsonschema:"nullable"`
	// Withheld says why nothing is advised.
	Withheld []Withheld `json:"withheld,omitempty"`
	// MonthlySavings is what the change is worth, the right-sizing before it already counted; negative where it costs money.
	MonthlySavings *USD    `json:"monthlySavings,omitempty"`
	Confidence     float64 `json:"confidence" jsonschema:"minimum=0,maximum=1"`
	// Variability is what makes the pods' queues longer than those of M/M/c; absent where nothing is known of it.
	Variability *Variability `json:"variability,omitempty"`
	// Slowdown is the mean response that was accepted, in service times, as --slowdown says; absent where it is the default of 3.
	Slowdown float64 `json:"slowdown,omitempty"`
	// Evidence are the figures that the recommendation rests on.
	Evidence []Evidence `json:"evidence"`
	// TradeOff is what lower targets cost and gain.
	TradeOff []TradeOff         `json:"tradeOff,omitempty"`
	Warnings []analyzer.Warning `json:"warnings"`
}

// Variability is that of load and requests inside a step of the load.
type Variability struct {
	// Service is the Allen-Cunneen factor of arrivals and services, by the CPU cost of requests; absent where none are counted.
	Service float64 `json:"service,omitempty"`
	// Load is the coefficient of variation of the load about the mean of its step.
	Load float64 `json:"load"`
	// LoadBy says what tells it: the finest samples, throttling, or both; absent where nothing does.
	LoadBy string `json:"loadBy,omitempty"`
}

// Scaling is how the number of pods comes about.
type Scaling struct {
	// Kind is fixed, HorizontalPodAutoscaler or ScaledObject.
	Kind string `json:"kind" jsonschema:"enum=fixed,enum=HorizontalPodAutoscaler,enum=ScaledObject"`
	// Name is that of the autoscaler; absent for one that is yet to be made.
	Name string `json:"name,omitempty"`
	// Replicas is the fixed number, or the number now.
	Replicas int32 `json:"replicas,omitempty"`
	// MeanReplicas is the mean over the window, by replay of the recorded load.
	MeanReplicas float64               `json:"meanReplicas,omitempty"`
	MinReplicas  *int32                `json:"minReplicas,omitempty"`
	MaxReplicas  *int32                `json:"maxReplicas,omitempty"`
	Metrics      []analyzer.HPAMetric  `json:"metrics,omitempty"`
	Behavior     *analyzer.HPABehavior `json:"behavior,omitempty"`
	// Schedules are cron triggers of a ScaledObject.
	Schedules []Schedule `json:"schedules,omitempty"`
	// Triggers are the request rates that it follows: a ScaledObject's prometheus triggers, or what an HPA's metric must be made of.
	Triggers []RequestTrigger `json:"triggers,omitempty"`
	// IdleReplicas is 0 where a ScaledObject rests without pods although minReplicas is above it.
	IdleReplicas *int32 `json:"idleReplicas,omitempty"`
	// PollingInterval and CooldownPeriod are a ScaledObject's, in seconds.
	PollingInterval int64 `json:"pollingInterval,omitempty"`
	CooldownPeriod  int64 `json:"cooldownPeriod,omitempty"`
	// Requests are CPU requests that belong to the target, by container.
	Requests []ContainerRequest `json:"requests,omitempty"`
}

// RequestTrigger is a request rate as an autoscaler reads it.
type RequestTrigger struct {
	// Counter is the metric's name in Prometheus.
	Counter string `json:"counter"`
	// Query is PromQL for the requests a second to all pods together.
	Query string `json:"query"`
	// Threshold is the requests a second of one pod.
	Threshold float64 `json:"threshold"`
	// ActivationThreshold is the requests a second above which a pod must run.
	ActivationThreshold float64 `json:"activationThreshold"`
}

// Schedule keeps at least Replicas from Start to End.
type Schedule struct {
	// Start and End are cron expressions in UTC.
	Start    string `json:"start"`
	End      string `json:"end"`
	Replicas int32  `json:"replicas"`
}

// ContainerRequest is the CPU request of one container.
type ContainerRequest struct {
	Container string `json:"container"`
	CPU       CPU    `json:"cpu"`
}

// TradeOff is the recommended setting with its own target first, then with lower ones.
// Each costs more than the one before it and leaves less undone.
type TradeOff struct {
	// AllowedPercent is the share of time with demand unserved or served late: what
	// --risk-unserved must allow.
	AllowedPercent  float64 `json:"allowedPercent"`
	UnservedPercent float64 `json:"unservedPercent"`
	// ReplicaHours is for a month of 730 hours.
	ReplicaHours float64 `json:"replicaHours"`
	// MonthlyMore is the cost above the recommendation; absent where pods have no price.
	MonthlyMore *USD  `json:"monthlyMore,omitempty"`
	MinReplicas int32 `json:"minReplicas"`
	// Target is in percent of the request.
	Target int32 `json:"target"`
}

// Finding is a mistake and its remedy.
type Finding struct {
	// Code is a stable word for programs.
	Code string `json:"code"`
	// Severe findings keep the autoscaler or the drain of a node from working.
	Severe  bool   `json:"severe,omitempty"`
	Message string `json:"message"`
	Fix     string `json:"fix"`
}
