package karpenter

import (
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// podLabel carries the packer's group.
const podLabel = "app"

// podOf is the packer's pod as a pending pod of a cluster. The zone of its
// volumes becomes a node selector, which binds it in the same way.
func podOf(p *packing.Pod) *corev1.Pod {
	namespace, name, found := strings.Cut(p.Name, "/")
	if !found {
		namespace, name = "default", p.Name
	}
	alike := &metav1.LabelSelector{MatchLabels: map[string]string{podLabel: p.Group}}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(p.Name), Labels: map[string]string{podLabel: p.Group}},
		Status:     corev1.PodStatus{Phase: corev1.PodPending},
	}
	pod.Spec.NodeSelector = maps.Clone(p.NodeSelector)
	if p.Zone != "" {
		if pod.Spec.NodeSelector == nil {
			pod.Spec.NodeSelector = map[string]string{}
		}
		pod.Spec.NodeSelector[corev1.LabelTopologyZone] = p.Zone
	}
	pod.Spec.Containers = []corev1.Container{{Name: "main", Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewMilliQuantity(p.CPU, resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(p.Memory, resource.BinarySI),
	}}}}
	for _, t := range p.Tolerations {
		pod.Spec.Tolerations = append(pod.Spec.Tolerations, corev1.Toleration{
			Key: t.Key, Operator: corev1.TolerationOperator(t.Operator), Value: t.Value, Effect: corev1.TaintEffect(t.Effect)})
	}
	for _, s := range p.Spread {
		pod.Spec.TopologySpreadConstraints = append(pod.Spec.TopologySpreadConstraints, corev1.TopologySpreadConstraint{
			MaxSkew: int32(s.MaxSkew), TopologyKey: s.TopologyKey, WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: alike})
	}
	pod.Spec.Affinity = affinityOf(p)
	return pod
}

func affinityOf(p *packing.Pod) *corev1.Affinity {
	out := &corev1.Affinity{}
	if len(p.Affinity) > 0 {
		out.NodeAffinity = &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{}}
		terms := &out.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
		for _, term := range p.Affinity {
			var t corev1.NodeSelectorTerm
			for _, r := range term {
				t.MatchExpressions = append(t.MatchExpressions, corev1.NodeSelectorRequirement{
					Key: r.Key, Operator: corev1.NodeSelectorOperator(r.Operator), Values: r.Values})
			}
			*terms = append(*terms, t)
		}
	}
	for _, a := range p.AntiAffinity {
		if out.PodAntiAffinity == nil {
			out.PodAntiAffinity = &corev1.PodAntiAffinity{}
		}
		out.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution = append(out.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution,
			corev1.PodAffinityTerm{TopologyKey: a.TopologyKey, LabelSelector: &metav1.LabelSelector{
				MatchExpressions: []metav1.LabelSelectorRequirement{{Key: podLabel, Operator: metav1.LabelSelectorOpIn, Values: a.Groups}}}})
	}
	return out
}
