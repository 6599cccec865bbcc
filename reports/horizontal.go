package reports

import (
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender"
)

// Horizontal is what decides the number of a workload's pods, and what should.
type Horizontal struct {
	Current Scaling `json:"current"`
	// Recommended is complete: what stays is repeated. It is null where the recommendation is withheld; a warning has the reason.
	Recommended *Scaling `json:"recommended" jsonschema:"nullable"`
	// MonthlySavings is what the change is worth, the right-sizing before it already counted; negative where it costs money.
	MonthlySavings *USD    `json:"monthlySavings,omitempty"`
	Confidence     float64 `json:"confidence" jsonschema:"minimum=0,maximum=1"`
	// Evidence are the figures that the recommendation rests on.
	Evidence []Evidence `json:"evidence"`
	// TradeOff is what it costs to let less or more demand go unserved.
	TradeOff []TradeOff         `json:"tradeOff,omitempty"`
	Warnings []analyzer.Warning `json:"warnings"`
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

// TradeOff is the cheapest setting for a share of time, in percent, that
// demand may be unserved.
type TradeOff struct {
	AllowedPercent  float64 `json:"allowedPercent"`
	UnservedPercent float64 `json:"unservedPercent"`
	// ReplicaHours is for a month of 730 hours.
	ReplicaHours float64 `json:"replicaHours"`
	MinReplicas  int32   `json:"minReplicas"`
	// Target is in percent of the request.
	Target int32 `json:"target"`
}

// VPA is a VerticalPodAutoscaler as it should be.
type VPA struct {
	Name string `json:"name"`
	// UpdateMode is Off, Initial, Recreate or InPlaceOrRecreate; Reason says why.
	UpdateMode string         `json:"updateMode"`
	Reason     string         `json:"reason"`
	Containers []VPAContainer `json:"containers"`
	// Evidence holds what an existing VPA recommends, beside right-sizing.
	Evidence []Evidence         `json:"evidence"`
	Warnings []analyzer.Warning `json:"warnings"`
}

// VPAContainer is the policy for one container.
type VPAContainer struct {
	Container string `json:"container"`
	// Mode is Auto or Off.
	Mode                string    `json:"mode"`
	ControlledResources []string  `json:"controlledResources"`
	MinAllowed          Resources `json:"minAllowed"`
	MaxAllowed          Resources `json:"maxAllowed"`
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

// scaling is what the recommendations say of one workload as a whole, by index.
type scaling struct {
	horizontal, vpa int // -1 without
	findings        []int
}

func (b *builder) indexScaling() {
	b.scaling = map[analyzer.Ref]scaling{}
	for i := range b.recs {
		r := &b.recs[i]
		s, ok := b.scaling[r.Workload]
		if !ok {
			s = scaling{horizontal: -1, vpa: -1}
		}
		switch {
		case r.Horizontal != nil && s.horizontal < 0:
			s.horizontal = i
		case r.VPA != nil && s.vpa < 0:
			s.vpa = i
		case r.Finding != nil:
			s.findings = append(s.findings, i)
		default:
			continue
		}
		b.scaling[r.Workload] = s
	}
}

// scale fills in what is advised for the workload as a whole.
func (b *builder) scale(out *Workload, ref analyzer.Ref) {
	s, ok := b.scaling[ref]
	if !ok {
		return
	}
	if s.horizontal >= 0 {
		out.Horizontal = b.horizontal(s.horizontal)
	}
	if s.vpa >= 0 {
		out.VPA = b.vpa(&b.recs[s.vpa])
	}
	for _, i := range s.findings {
		r := &b.recs[i]
		out.Findings = append(out.Findings, Finding{Code: r.Finding.Code, Severe: r.Finding.Severe, Message: r.Title, Fix: r.Finding.Fix})
	}
}

func (b *builder) horizontal(i int) *Horizontal {
	r := &b.recs[i]
	h := &Horizontal{
		Current: scalingOf(&r.Horizontal.Current, r.Horizontal.ReplicasNow), Confidence: share(r.Confidence),
		Evidence: evidence(r.Evidence), Warnings: append([]analyzer.Warning{}, r.Warnings...),
	}
	for _, w := range r.Withheld {
		h.Warnings = append(h.Warnings, analyzer.Warning{Code: WarnWithheld, Subject: r.Workload.String(), Message: w.Reason})
	}
	h.Warnings = sortedWarnings(h.Warnings)
	for _, t := range r.Horizontal.TradeOff {
		h.TradeOff = append(h.TradeOff, TradeOff{
			AllowedPercent: decimals(100*t.Allowed, 4), UnservedPercent: decimals(100*t.Unserved, 4),
			ReplicaHours: decimals(t.ReplicaHours, 2), MinReplicas: t.Min, Target: t.Target,
		})
	}
	if to := r.Horizontal.Recommended; to != nil {
		s := scalingOf(to, r.Horizontal.ReplicasAdvised)
		h.Recommended, h.MonthlySavings = &s, b.known(b.savings[i])
	}
	return h
}

// evidence leaves out what is no number.
func evidence(in []recommender.Evidence) []Evidence {
	out := []Evidence{}
	for _, e := range in {
		if isFinite(e.Value) {
			out = append(out, Evidence{Name: e.Name, Value: decimals(e.Value, 4), Unit: e.Unit})
		}
	}
	return out
}

func scalingOf(s *recommender.Scaling, mean float64) Scaling {
	out := Scaling{
		Kind: string(s.Kind), Name: s.Name, Replicas: s.Replicas, MeanReplicas: decimals(mean, 2), Metrics: s.Metrics, Behavior: s.Behavior,
	}
	if s.Kind != recommender.ScalingFixed {
		low, high := s.Min, s.Max
		out.MinReplicas, out.MaxReplicas = &low, &high
	}
	for _, c := range s.Schedules {
		out.Schedules = append(out.Schedules, Schedule(c))
	}
	for _, t := range s.Triggers {
		out.Triggers = append(out.Triggers, RequestTrigger{Counter: t.Counter, Query: t.Query, Threshold: decimals(t.Threshold, 3), ActivationThreshold: decimals(t.Activation, 3)})
	}
	if s.IdleAtZero {
		out.IdleReplicas = new(int32)
	}
	out.PollingInterval, out.CooldownPeriod = int64(s.Polling.Seconds()), int64(s.Cooldown.Seconds())
	for name, cpu := range s.RequestCPU {
		out.Requests = append(out.Requests, ContainerRequest{Container: name, CPU: milli(cpu)})
	}
	slices.SortFunc(out.Requests, func(a, b ContainerRequest) int {
		if a.Container < b.Container {
			return -1
		}
		return 1
	})
	return out
}

func (b *builder) vpa(r *recommender.Recommendation) *VPA {
	out := &VPA{
		Name: r.VPA.Name, UpdateMode: r.VPA.Mode, Reason: r.VPA.Why, Containers: []VPAContainer{},
		Evidence: evidence(r.Evidence), Warnings: sortedWarnings(append([]analyzer.Warning{}, r.Warnings...)),
	}
	for _, c := range r.VPA.Containers {
		out.Containers = append(out.Containers, VPAContainer{
			Container: c.Container, Mode: c.Mode, ControlledResources: append([]string{}, c.Resources...),
			MinAllowed: resources(c.MinAllowed), MaxAllowed: resources(c.MaxAllowed),
		})
	}
	return out
}

// advised sets the CPU requests that an HPA's new target needs and gives the
// number of pods that there would be on average.
func (b *builder) advised(ref analyzer.Ref, pod []analyzer.Container, replicas int64) int64 {
	s, ok := b.scaling[ref]
	if !ok || s.horizontal < 0 || len(b.recs[s.horizontal].Changes) == 0 {
		return replicas
	}
	h := b.recs[s.horizontal].Horizontal
	if h.Recommended == nil {
		return replicas
	}
	for i := range pod {
		if cpu, ok := h.Recommended.RequestCPU[pod[i].Name]; ok {
			pod[i].Requests.CPU = cpu
		}
	}
	return int64(math.Round(h.ReplicasAdvised))
}

func fixOf(r *recommender.Recommendation) string {
	if r.Finding == nil {
		return ""
	}
	return r.Finding.Fix
}
