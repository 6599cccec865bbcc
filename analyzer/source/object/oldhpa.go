package object

import (
	"encoding/json"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// upgradeHPA carries over what older versions of the API write otherwise:
// autoscaling/v1 has one target of CPU, v2beta1 has its targets beside the
// metric's name.
func upgradeHPA(hpa *autoscalingv2.HorizontalPodAutoscaler, version string, raw []byte) {
	var old struct {
		Spec struct {
			Target  *int32      `json:"targetCPUUtilizationPercentage"`
			Metrics []oldMetric `json:"metrics"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(raw, &old); err != nil {
		return
	}
	switch {
	case version == "v1" && old.Spec.Target != nil:
		hpa.Spec.Metrics = []autoscalingv2.MetricSpec{{
			Type: autoscalingv2.ResourceMetricSourceType,
			Resource: &autoscalingv2.ResourceMetricSource{
				Name:   "cpu",
				Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: old.Spec.Target},
			},
		}}
	case version == "v2beta1":
		hpa.Spec.Metrics = hpa.Spec.Metrics[:0]
		for i := range old.Spec.Metrics {
			hpa.Spec.Metrics = append(hpa.Spec.Metrics, old.Spec.Metrics[i].upgrade())
		}
	}
}

// oldMetric is a metric of autoscaling/v2beta1.
type oldMetric struct {
	Type              autoscalingv2.MetricSourceType `json:"type"`
	Resource          *oldSource                     `json:"resource"`
	ContainerResource *oldSource                     `json:"containerResource"`
	Pods              *oldSource                     `json:"pods"`
	Object            *oldSource                     `json:"object"`
	External          *oldSource                     `json:"external"`
}

type oldSource struct {
	Name                     string             `json:"name"`
	Container                string             `json:"container"`
	MetricName               string             `json:"metricName"`
	TargetAverageUtilization *int32             `json:"targetAverageUtilization"`
	TargetAverageValue       *resource.Quantity `json:"targetAverageValue"`
	AverageValue             *resource.Quantity `json:"averageValue"`
	TargetValue              *resource.Quantity `json:"targetValue"`
}

func (m *oldMetric) upgrade() autoscalingv2.MetricSpec {
	out := autoscalingv2.MetricSpec{Type: m.Type}
	switch {
	case m.Resource != nil:
		out.Resource = &autoscalingv2.ResourceMetricSource{Name: corev1.ResourceName(m.Resource.Name), Target: m.Resource.target()}
	case m.ContainerResource != nil:
		s := m.ContainerResource
		out.ContainerResource = &autoscalingv2.ContainerResourceMetricSource{Name: corev1.ResourceName(s.Name), Container: s.Container, Target: s.target()}
	case m.Pods != nil:
		out.Pods = &autoscalingv2.PodsMetricSource{Metric: autoscalingv2.MetricIdentifier{Name: m.Pods.MetricName}, Target: m.Pods.target()}
	case m.Object != nil:
		out.Object = &autoscalingv2.ObjectMetricSource{Metric: autoscalingv2.MetricIdentifier{Name: m.Object.MetricName}, Target: m.Object.target()}
	case m.External != nil:
		out.External = &autoscalingv2.ExternalMetricSource{Metric: autoscalingv2.MetricIdentifier{Name: m.External.MetricName}, Target: m.External.target()}
	}
	return out
}

func (s *oldSource) target() autoscalingv2.MetricTarget {
	t := autoscalingv2.MetricTarget{AverageUtilization: s.TargetAverageUtilization, AverageValue: s.TargetAverageValue, Value: s.TargetValue}
	if t.AverageValue == nil {
		t.AverageValue = s.AverageValue
	}
	return t
}
