package cluster

import (
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const rolloutGroup = "argoproj.io"

var oneGPU = resource.MustParse("1")

// Foundation is what has to be there first: nodes, volumes, namespaces, the kind
// that stands in for Argo Rollouts.
func (s *Spec) Foundation() []*unstructured.Unstructured {
	all := []*unstructured.Unstructured{rolloutDefinition()}
	for _, n := range s.Nodes() {
		all = append(all, plain(n.object()))
	}
	all = append(all, s.storage()...)
	for _, ns := range s.Namespaces {
		environment := ns.Environment
		if environment == "" {
			environment = "production"
		}
		all = append(all, plain(&corev1.Namespace{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
			ObjectMeta: metav1.ObjectMeta{Name: ns.Name, Labels: map[string]string{
				"team": ns.Team, "environment": environment}}}))
	}
	return append(all, plain(&schedulingv1.PriorityClass{
		TypeMeta:   metav1.TypeMeta{APIVersion: "scheduling.k8s.io/v1", Kind: "PriorityClass"},
		ObjectMeta: metav1.ObjectMeta{Name: "revenue"}, Value: 50000}))
}

// Policies have to be there before the first pod, as the claims that pods mount.
// The service accounts are among them, as pods are refused until their namespace's controller made one.
func (s *Spec) Policies() []*unstructured.Unstructured {
	all := s.claims()
	for _, ns := range s.Namespaces {
		meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name, Namespace: ns.Name} }
		all = append(all, plain(&corev1.ServiceAccount{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"}, ObjectMeta: meta("default")}))
		if ns.LimitRange != "" {
			request := resourceList(ns.LimitRange)
			limit := corev1.ResourceList{}
			for k, v := range request {
				v.Add(v)
				limit[k] = v
			}
			all = append(all, plain(&corev1.LimitRange{
				TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "LimitRange"}, ObjectMeta: meta("defaults"),
				Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{Type: corev1.LimitTypeContainer, DefaultRequest: request, Default: limit}}}}))
		}
		if ns.Quota != "" {
			hard := corev1.ResourceList{}
			for k, v := range resourceList(ns.Quota) {
				hard["requests."+k] = v
			}
			all = append(all, plain(&corev1.ResourceQuota{
				TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"}, ObjectMeta: meta("team"),
				Spec: corev1.ResourceQuotaSpec{Hard: hard}}))
		}
	}
	return all
}

// rolloutDefinition has what matters of Argo Rollouts' own definition: names,
// the scale subresource and its paths.
func rolloutDefinition() *unstructured.Unstructured {
	open := map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": "rollouts." + rolloutGroup},
		"spec": map[string]any{
			"group": rolloutGroup, "scope": "Namespaced",
			"names": map[string]any{"kind": "Rollout", "listKind": "RolloutList", "plural": "rollouts", "singular": "rollout", "shortNames": []any{"ro"}},
			"versions": []any{map[string]any{"name": "v1alpha1", "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "properties": map[string]any{"spec": open, "status": open}}},
				"subresources": map[string]any{"status": map[string]any{}, "scale": map[string]any{
					"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.HPAReplicas", "labelSelectorPath": ".status.selector"}},
			}},
		},
	}}
}

func (w *Workload) autoscaler(namespace string) *autoscalingv2.HorizontalPodAutoscaler {
	low := int32(w.HPA.Min)
	h := &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   metav1.TypeMeta{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"},
		ObjectMeta: metav1.ObjectMeta{Name: w.Name, Namespace: namespace, Labels: w.labels()},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{MinReplicas: &low, MaxReplicas: int32(w.HPA.Max),
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: w.Kind, Name: w.Name}}}
	if w.Kind == "Rollout" {
		h.Spec.ScaleTargetRef.APIVersion = rolloutGroup + "/v1alpha1"
	}
	for _, m := range w.HPA.Metrics {
		h.Spec.Metrics = append(h.Spec.Metrics, m.object())
	}
	if w.HPA.Slow {
		window := int32(600)
		h.Spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleDown: &autoscalingv2.HPAScalingRules{
			StabilizationWindowSeconds: &window,
			Policies:                   []autoscalingv2.HPAScalingPolicy{{Type: autoscalingv2.PodsScalingPolicy, Value: 1, PeriodSeconds: 120}}}}
	}
	return h
}

func (m Metric) object() autoscalingv2.MetricSpec {
	target := autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &m.Utilization}
	if m.Average != "" {
		q := resource.MustParse(m.Average)
		target = autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &q}
	}
	switch {
	case m.External != "":
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricSource{
			Metric: autoscalingv2.MetricIdentifier{Name: m.External}, Target: target}}
	case m.Container != "":
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ContainerResourceMetricSourceType, ContainerResource: &autoscalingv2.ContainerResourceMetricSource{
			Name: corev1.ResourceName(m.Resource), Container: m.Container, Target: target}}
	default:
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
			Name: corev1.ResourceName(m.Resource), Target: target}}
	}
}

func (w *Workload) budget(namespace string) *policyv1.PodDisruptionBudget {
	value, unavailable := strings.CutPrefix(w.PDB, "-")
	amount := intstr.Parse(value)
	b := &policyv1.PodDisruptionBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		ObjectMeta: metav1.ObjectMeta{Name: w.Name, Namespace: namespace, Labels: w.labels()},
		Spec:       policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: w.selector()}}}
	if unavailable {
		b.Spec.MaxUnavailable = &amount
	} else {
		b.Spec.MinAvailable = &amount
	}
	return b
}

// services are the workload's: one when its first container has a port, and
// a headless one more when that has a name of its own.
func (w *Workload) services(namespace string) []*unstructured.Unstructured {
	port := w.Containers[0].Port
	if port == 0 {
		return nil
	}
	service := func(name, clusterIP string) *unstructured.Unstructured {
		return plain(&corev1.Service{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: w.labels()},
			Spec: corev1.ServiceSpec{Selector: w.selector(), ClusterIP: clusterIP,
				Ports: []corev1.ServicePort{{Name: "web", Port: port, TargetPort: intstr.FromInt32(port), Protocol: corev1.ProtocolTCP}}}})
	}
	all := []*unstructured.Unstructured{service(w.Name, "")}
	if w.Balancer {
		all[0] = plain(balancer(namespace, w.Name, w.labels(), w.selector(), port))
	}
	if w.Governing != "" {
		all = append(all, service(w.Governing, corev1.ClusterIPNone))
	}
	return all
}

func resourceList(pair string) corev1.ResourceList {
	cpu, memory, err := quantities(pair)
	if err != nil || (cpu == nil && memory == nil) {
		return nil // Load has checked the pair
	}
	l := corev1.ResourceList{}
	if cpu != nil {
		l[corev1.ResourceCPU] = *cpu
	}
	if memory != nil {
		l[corev1.ResourceMemory] = *memory
	}
	return l
}
