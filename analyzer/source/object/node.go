package object

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

func nodeOf(o *corev1.Node) analyzer.Node {
	n := analyzer.Node{
		Name: o.Name, Labels: o.Labels, ProviderID: o.Spec.ProviderID,
		Capacity: amountsOf(o.Status.Capacity), Allocatable: amountsOf(o.Status.Allocatable),
		Unschedulable: o.Spec.Unschedulable,
	}
	if !o.CreationTimestamp.IsZero() {
		n.Created = o.CreationTimestamp.UTC()
	}
	if q, ok := o.Status.Allocatable[corev1.ResourcePods]; ok {
		n.MaxPods = positive(q.Value())
	}
	for _, t := range o.Spec.Taints {
		n.Taints = append(n.Taints, analyzer.Taint{Key: t.Key, Value: t.Value, Effect: string(t.Effect)})
	}
	for _, c := range o.Status.Conditions {
		if c.Type == corev1.NodeReady {
			n.Ready = c.Status == corev1.ConditionTrue
		}
	}
	return n
}
