package replay

import "fmt"

// MetricKind says where a metric's values come from and whom they are shared among.
type MetricKind string

// The kinds of metric, as spec.metrics[].type names them.
const (
	ResourceMetric          MetricKind = "Resource"
	ContainerResourceMetric MetricKind = "ContainerResource"
	PodsMetric              MetricKind = "Pods"
	ObjectMetric            MetricKind = "Object"
	ExternalMetric          MetricKind = "External"
)

// TargetKind says what the target is compared with.
type TargetKind string

// The kinds of target.
const (
	Utilization  TargetKind = "Utilization"
	AverageValue TargetKind = "AverageValue"
	Value        TargetKind = "Value"
)

// Resource is a resource's name in requests and usage. Only CPU looks at readiness.
type Resource string

// The resources that metrics-server reports.
const (
	CPU    Resource = "cpu"
	Memory Resource = "memory"
)

// Metric is one entry of spec.metrics.
type Metric struct {
	Kind MetricKind
	// Resource is set for Resource and ContainerResource metrics.
	Resource Resource
	// Container is set for ContainerResource metrics.
	Container string
	// Name is set for Pods, Object and External metrics. It only labels; values come by position.
	Name string
	// TargetKind is Utilization or AverageValue for the resource metrics, AverageValue for Pods,
	// Value or AverageValue for Object and External.
	TargetKind TargetKind
	// Target is percent of the request for Utilization and milli-units for the others.
	Target int64
}

// CPUUtilization is the commonest metric: mean CPU usage of the pods as percent of their request.
func CPUUtilization(percent int32) Metric {
	return Metric{Kind: ResourceMetric, Resource: CPU, TargetKind: Utilization, Target: int64(percent)}
}

func (m Metric) validate() error {
	if m.Target <= 0 {
		return fmt.Errorf("%s target is %d; it must be above 0", m.Kind, m.Target)
	}
	var ok bool
	switch m.Kind {
	case ResourceMetric:
		ok = m.Resource != "" && (m.TargetKind == Utilization || m.TargetKind == AverageValue)
	case ContainerResourceMetric:
		ok = m.Resource != "" && m.Container != "" && (m.TargetKind == Utilization || m.TargetKind == AverageValue)
	case PodsMetric:
		ok = m.TargetKind == AverageValue
	case ObjectMetric, ExternalMetric:
		ok = m.TargetKind == Value || m.TargetKind == AverageValue
	default:
		return fmt.Errorf("metric type %q is unknown", m.Kind)
	}
	if !ok {
		return fmt.Errorf("%s metric cannot have a %s target, or lacks its resource or container", m.Kind, m.TargetKind)
	}
	return nil
}

// failure is the reason the ScalingActive condition gets when the metric yields no proposal.
func (m Metric) failure() string {
	switch m.Kind {
	case ResourceMetric, ContainerResourceMetric, PodsMetric, ObjectMetric, ExternalMetric:
		return "FailedGet" + string(m.Kind) + "Metric"
	default:
		return "InvalidMetricSourceType"
	}
}
