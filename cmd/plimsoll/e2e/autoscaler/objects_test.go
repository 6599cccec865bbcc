//go:build e2e

package autoscaler_test

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// namespace holds all workloads of the test.
const namespace = "scaled"

func node() *corev1.Node {
	size := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("256"), corev1.ResourceMemory: resource.MustParse("1Ti"), corev1.ResourcePods: resource.MustParse("250")}
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-0"}, Status: corev1.NodeStatus{Allocatable: size, Capacity: size}}
}

// deployment runs the container that serves, and the sidecar if there is one.
func (w *workload) deployment() *appsv1.Deployment {
	app := map[string]string{"app": w.name}
	container := func(name string, milli int64) corev1.Container {
		return corev1.Container{Name: name, Image: "registry.example.com/" + name, Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: *resource.NewMilliQuantity(milli, resource.DecimalSI)}}}
	}
	containers := []corev1.Container{container("app", w.request)}
	if w.sidecar {
		containers = append(containers, container("proxy", 2*sidecarCPU))
	}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: w.name, Labels: app},
		Spec: appsv1.DeploymentSpec{Replicas: &w.replicas, Selector: &metav1.LabelSelector{MatchLabels: app}, Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: app},
			Spec:       corev1.PodSpec{Containers: containers},
		}},
	}
}

// object is the autoscaler as the API has it.
func (w *workload) object() *autoscalingv2.HorizontalPodAutoscaler {
	a := &w.autoscaler
	o := &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Name: w.name},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: w.name},
			MinReplicas:    &a.MinReplicas, MaxReplicas: a.MaxReplicas,
		},
	}
	for _, m := range a.Metrics {
		percent := int32(m.Target)
		target := autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent}
		spec := autoscalingv2.MetricSpec{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{Name: corev1.ResourceCPU, Target: target}}
		if m.Kind == replay.ContainerResourceMetric {
			spec = autoscalingv2.MetricSpec{Type: autoscalingv2.ContainerResourceMetricSourceType,
				ContainerResource: &autoscalingv2.ContainerResourceMetricSource{Name: corev1.ResourceCPU, Container: m.Container, Target: target}}
		}
		o.Spec.Metrics = append(o.Spec.Metrics, spec)
	}
	if b := a.Behavior; b != nil {
		o.Spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: rules(b.ScaleUp), ScaleDown: rules(b.ScaleDown)}
	}
	return o
}

func rules(r replay.Rules) *autoscalingv2.HPAScalingRules {
	out := &autoscalingv2.HPAScalingRules{}
	if r.Window != nil {
		seconds := int32(*r.Window / time.Second)
		out.StabilizationWindowSeconds = &seconds
	}
	if r.Select != "" {
		choose := autoscalingv2.ScalingPolicySelect(r.Select)
		out.SelectPolicy = &choose
	}
	for _, p := range r.Policies {
		out.Policies = append(out.Policies, autoscalingv2.HPAScalingPolicy{
			Type: autoscalingv2.HPAScalingPolicyType(p.Kind), Value: p.Value, PeriodSeconds: int32(p.Period / time.Second)})
	}
	return out
}
