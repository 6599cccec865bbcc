package object

import (
	"cmp"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// managedByKEDA is HPA.ManagedBy of the HPAs that KEDA writes.
const managedByKEDA = "keda"

// defaultUtilization is the CPU target, in percent, of an HPA without metrics.
const defaultUtilization = 80

func hpaOf(o *autoscalingv2.HorizontalPodAutoscaler) analyzer.HPA {
	h := analyzer.HPA{
		Namespace: namespaceOf(o), Name: o.Name, Labels: o.Labels,
		Target:   analyzer.Ref{Namespace: namespaceOf(o), Kind: o.Spec.ScaleTargetRef.Kind, Name: o.Spec.ScaleTargetRef.Name},
		Min:      1,
		Max:      o.Spec.MaxReplicas,
		Behavior: behaviorOf(o.Spec.Behavior),
		Current:  o.Status.CurrentReplicas,
		Desired:  o.Status.DesiredReplicas,
	}
	if o.Spec.MinReplicas != nil {
		h.Min = *o.Spec.MinReplicas
	}
	for i := range o.Spec.Metrics {
		if m, ok := metricOf(&o.Spec.Metrics[i]); ok {
			h.Metrics = append(h.Metrics, m)
		}
	}
	if len(o.Spec.Metrics) == 0 {
		h.Metrics = []analyzer.HPAMetric{{Type: "Resource", Name: "cpu", TargetType: "Utilization", Target: defaultUtilization}}
	}
	for _, c := range o.Status.Conditions {
		h.Conditions = append(h.Conditions, analyzer.HPACondition{Type: string(c.Type), Status: string(c.Status), Reason: c.Reason})
	}
	if owner := ownerOf(o); owner.kind == "ScaledObject" {
		h.ManagedBy = managedByKEDA
	}
	return h
}

// metricOf reads one metric. A metric of an unknown kind, or with its part
// missing, is left out.
func metricOf(m *autoscalingv2.MetricSpec) (analyzer.HPAMetric, bool) {
	out := analyzer.HPAMetric{Type: string(m.Type)}
	var target *autoscalingv2.MetricTarget
	switch {
	case m.Type == autoscalingv2.ResourceMetricSourceType && m.Resource != nil:
		out.Name, target = string(m.Resource.Name), &m.Resource.Target
	case m.Type == autoscalingv2.ContainerResourceMetricSourceType && m.ContainerResource != nil:
		out.Name, out.Container, target = string(m.ContainerResource.Name), m.ContainerResource.Container, &m.ContainerResource.Target
	case m.Type == autoscalingv2.PodsMetricSourceType && m.Pods != nil:
		out.Name, target = m.Pods.Metric.Name, &m.Pods.Target
	case m.Type == autoscalingv2.ObjectMetricSourceType && m.Object != nil:
		out.Name, target = m.Object.Metric.Name, &m.Object.Target
	case m.Type == autoscalingv2.ExternalMetricSourceType && m.External != nil:
		out.Name, target = m.External.Metric.Name, &m.External.Target
	default:
		return out, false
	}
	switch {
	case target.AverageUtilization != nil:
		out.TargetType, out.Target = string(autoscalingv2.UtilizationMetricType), int64(*target.AverageUtilization)
	case target.AverageValue != nil:
		out.TargetType, out.Target = string(autoscalingv2.AverageValueMetricType), target.AverageValue.MilliValue()
	case target.Value != nil:
		out.TargetType, out.Target = string(autoscalingv2.ValueMetricType), target.Value.MilliValue()
	}
	return out, true
}

func behaviorOf(b *autoscalingv2.HorizontalPodAutoscalerBehavior) *analyzer.HPABehavior {
	if b == nil {
		return nil
	}
	return &analyzer.HPABehavior{Up: scalingOf(b.ScaleUp), Down: scalingOf(b.ScaleDown)}
}

func scalingOf(r *autoscalingv2.HPAScalingRules) *analyzer.HPAScaling {
	if r == nil {
		return nil
	}
	s := &analyzer.HPAScaling{StabilizationSeconds: r.StabilizationWindowSeconds, ToleranceMilli: milli(r.Tolerance)}
	if r.SelectPolicy != nil {
		s.Select = string(*r.SelectPolicy)
	}
	for _, p := range r.Policies {
		s.Policies = append(s.Policies, analyzer.HPAPolicy{Type: string(p.Type), Value: p.Value, PeriodSeconds: p.PeriodSeconds})
	}
	return s
}

func milli(q *resource.Quantity) *int64 {
	if q == nil {
		return nil
	}
	return new(q.MilliValue())
}

// hpaController is that of the first pod of kube-controller-manager by name:
// one of several leads, and all are meant to run alike.
func (v *Inventory) hpaController() *analyzer.HPAController {
	var first podKey
	for k := range v.managers {
		if first.name == "" || cmp.Or(strings.Compare(k.namespace, first.namespace), strings.Compare(k.name, first.name)) < 0 {
			first = k
		}
	}
	return v.managers[first]
}

// resolveHPAs lists the HPAs, each by the workload on top of its target.
func (v *Inventory) resolveHPAs(in func(namespace string) bool) []analyzer.HPA {
	var out []analyzer.HPA
	for k, h := range v.hpas {
		if !in(k.namespace) {
			continue
		}
		h.Target = v.top(h.Target)
		if v.kedaHPAs[k] {
			h.ManagedBy = managedByKEDA
		}
		out = append(out, h)
	}
	return append(out, v.promisedHPAs(in)...)
}

// promisedHPAs are those that KEDA keeps for ScaledObjects and that were not read, as from
// a repository or where the reader may not list them: the workload is scaled all the same.
func (v *Inventory) promisedHPAs(in func(namespace string) bool) (out []analyzer.HPA) {
	kept := map[analyzer.Ref]bool{}
	for k, h := range v.hpas {
		if h.ManagedBy == managedByKEDA || v.kedaHPAs[k] {
			kept[v.top(h.Target)] = true
		}
	}
	for k, h := range v.promised {
		h.Target = v.top(h.Target)
		if in(k.namespace) && h.Target.Name != "" && !kept[h.Target] {
			out = append(out, h)
		}
	}
	return out
}

// resolveVPAs lists the VPAs, each by the workload on top of its target.
func (v *Inventory) resolveVPAs(in func(namespace string) bool) []analyzer.VPA {
	var out []analyzer.VPA
	for k, a := range v.vpas {
		if in(k.namespace) {
			a.Target = v.top(a.Target)
			out = append(out, a)
		}
	}
	return out
}
