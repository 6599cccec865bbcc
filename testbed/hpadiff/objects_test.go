package hpadiff

import (
	"fmt"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apis "k8s.io/kubernetes/pkg/apis/autoscaling/v2"
	customapi "k8s.io/metrics/pkg/apis/custom_metrics/v1beta2"
	externalapi "k8s.io/metrics/pkg/apis/external_metrics/v1beta1"
	metricsapi "k8s.io/metrics/pkg/apis/metrics/v1beta1"
	"k8s.io/utils/ptr"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// This file writes the inputs of package replay as the Kubernetes objects they stand for.

var appLabels = map[string]string{"app": "subject"}

func milli(v int64) resource.Quantity { return *resource.NewMilliQuantity(v, resource.DecimalSI) }

func metricName(i int) string { return fmt.Sprintf("metric-%d", i) }

func hpaSpec(a replay.Autoscaler) autoscalingv2.HorizontalPodAutoscalerSpec {
	hpa := autoscalingv2.HorizontalPodAutoscaler{Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
		ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "subject"},
		MinReplicas:    &a.MinReplicas, MaxReplicas: a.MaxReplicas,
	}}
	for i, m := range a.Metrics {
		hpa.Spec.Metrics = append(hpa.Spec.Metrics, metricSpec(i, m))
	}
	if a.Behavior != nil {
		hpa.Spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{
			ScaleUp: scalingRules(a.Behavior.ScaleUp), ScaleDown: scalingRules(a.Behavior.ScaleDown)}
	}
	apis.SetDefaults_HorizontalPodAutoscaler(&hpa)
	return hpa.Spec
}

func metricSpec(i int, m replay.Metric) autoscalingv2.MetricSpec {
	target := autoscalingv2.MetricTarget{Type: autoscalingv2.MetricTargetType(m.TargetKind)}
	switch m.TargetKind {
	case replay.Utilization:
		target.AverageUtilization = ptr.To(int32(m.Target))
	case replay.AverageValue:
		target.AverageValue = ptr.To(milli(m.Target))
	case replay.Value:
		target.Value = ptr.To(milli(m.Target))
	}
	id := autoscalingv2.MetricIdentifier{Name: metricName(i)}
	spec := autoscalingv2.MetricSpec{Type: autoscalingv2.MetricSourceType(m.Kind)}
	switch m.Kind {
	case replay.ResourceMetric:
		spec.Resource = &autoscalingv2.ResourceMetricSource{Name: corev1.ResourceName(m.Resource), Target: target}
	case replay.ContainerResourceMetric:
		spec.ContainerResource = &autoscalingv2.ContainerResourceMetricSource{Name: corev1.ResourceName(m.Resource), Container: m.Container, Target: target}
	case replay.PodsMetric:
		spec.Pods = &autoscalingv2.PodsMetricSource{Metric: id, Target: target}
	case replay.ObjectMetric:
		spec.Object = &autoscalingv2.ObjectMetricSource{DescribedObject: autoscalingv2.CrossVersionObjectReference{APIVersion: "v1", Kind: "Service", Name: "front"}, Metric: id, Target: target}
	case replay.ExternalMetric:
		spec.External = &autoscalingv2.ExternalMetricSource{Metric: id, Target: target}
	}
	return spec
}

func scalingRules(r replay.Rules) *autoscalingv2.HPAScalingRules {
	out := &autoscalingv2.HPAScalingRules{}
	if r.Window != nil {
		out.StabilizationWindowSeconds = ptr.To(int32(r.Window.Seconds()))
	}
	if r.Select != "" {
		out.SelectPolicy = ptr.To(autoscalingv2.ScalingPolicySelect(r.Select))
	}
	if r.Tolerance != nil {
		out.Tolerance = ptr.To(milli(int64(*r.Tolerance*1000 + 0.5)))
	}
	for _, p := range r.Policies {
		out.Policies = append(out.Policies, autoscalingv2.HPAScalingPolicy{Type: autoscalingv2.HPAScalingPolicyType(p.Kind), Value: p.Value, PeriodSeconds: int32(p.Period.Seconds())})
	}
	return out
}

// clock turns offsets into times.
type clock struct{ start time.Time }

func (c clock) at(d time.Duration) metav1.Time { return metav1.NewTime(c.start.Add(d)) }

func podName(i int) string { return fmt.Sprintf("pod-%d", i) }

func resources(a replay.Amounts) corev1.ResourceList {
	out := corev1.ResourceList{}
	for name, v := range a {
		out[corev1.ResourceName(name)] = milli(v)
	}
	return out
}

// podOf leaves out pod-level requests, which the caller sets on the Kubernetes side.
func podOf(namespace string, i int, p replay.Pod, c clock) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: podName(i), Namespace: namespace, Labels: appLabels}}
	pod.Status.Phase = corev1.PodPhase(p.Phase)
	if p.Deleting {
		pod.DeletionTimestamp = ptr.To(c.at(0))
	}
	if p.Started {
		pod.Status.StartTime = ptr.To(c.at(p.StartAt))
	}
	if p.Ready != replay.NoReadyCondition {
		status := map[replay.ReadyCondition]corev1.ConditionStatus{replay.ReadyTrue: corev1.ConditionTrue, replay.ReadyFalse: corev1.ConditionFalse, replay.ReadyUnknown: corev1.ConditionUnknown}[p.Ready]
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: status, LastTransitionTime: c.at(p.ReadyAt)}}
	}
	for _, ctr := range p.Containers {
		out := corev1.Container{Name: ctr.Name, Resources: corev1.ResourceRequirements{Requests: resources(ctr.Requests)}}
		if ctr.Sidecar {
			out.RestartPolicy = ptr.To(corev1.ContainerRestartPolicyAlways)
			pod.Spec.InitContainers = append(pod.Spec.InitContainers, out)
		} else {
			pod.Spec.Containers = append(pod.Spec.Containers, out)
		}
	}
	return pod
}

func podMetrics(namespace, name string, u *replay.Usage, c clock) metricsapi.PodMetrics {
	out := metricsapi.PodMetrics{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Timestamp: c.at(u.At), Window: metav1.Duration{Duration: u.Window}}
	for _, ctr := range u.Containers {
		out.Containers = append(out.Containers, metricsapi.ContainerMetrics{Name: ctr.Name, Usage: resources(ctr.Amounts)})
	}
	return out
}

// fill makes a namespace say what the observation says. Pods go to the informer separately.
func (s *space) fill(namespace string, a replay.Autoscaler, o replay.Observation, c clock) {
	s.scale = autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "subject"},
		Spec: autoscalingv1.ScaleSpec{Replicas: o.SpecReplicas}, Status: autoscalingv1.ScaleStatus{Replicas: o.StatusReplicas, Selector: "app=subject"}}
	if o.SelectorFault == "InvalidSelector" {
		s.scale.Status.Selector = ""
	}
	s.scaleErr, s.usageErr, s.updates = o.ScaleErr, o.UsageErr, 0
	s.usage = metricsapi.PodMetricsList{}
	for i := range o.Pods {
		if o.Pods[i].Usage != nil {
			s.usage.Items = append(s.usage.Items, podMetrics(namespace, podName(i), o.Pods[i].Usage, c))
		}
	}
	for i := range o.Strays {
		s.usage.Items = append(s.usage.Items, podMetrics(namespace, fmt.Sprintf("stray-%d", i), &o.Strays[i], c))
	}
	s.values = map[string]answer{}
	for i, r := range o.Readings {
		s.values[metricName(i)] = answerOf(a.Metrics[i].Kind, r, c)
	}
}

func answerOf(kind replay.MetricKind, r replay.Reading, c clock) answer {
	if r.Err != nil {
		return answer{err: r.Err}
	}
	switch kind {
	case replay.PodsMetric:
		list := &customapi.MetricValueList{}
		add := func(name string, v int64) {
			list.Items = append(list.Items, customapi.MetricValue{DescribedObject: corev1.ObjectReference{Kind: "Pod", Name: name}, Timestamp: c.at(0), Value: milli(v)})
		}
		for i, s := range r.Pods {
			if s.Present {
				add(podName(i), s.Value)
			}
		}
		for i, v := range r.Strays {
			add(fmt.Sprintf("stray-%d", i), v)
		}
		return answer{pods: list}
	case replay.ObjectMetric:
		return answer{object: &customapi.MetricValue{Timestamp: c.at(0), Value: milli(r.Values[0])}}
	case replay.ExternalMetric:
		list := &externalapi.ExternalMetricValueList{}
		for _, v := range r.Values {
			list.Items = append(list.Items, externalapi.ExternalMetricValue{Timestamp: c.at(0), Value: milli(v)})
		}
		return answer{external: list}
	}
	return answer{}
}
