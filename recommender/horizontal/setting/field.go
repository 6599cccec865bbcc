package setting

import "github.com/plimsoll-k8s/plimsoll/analyzer"

// TargetAmount is a target in the unit of its field.
func TargetAmount(m analyzer.HPAMetric) int64 {
	if m.TargetType != "Utilization" && m.Name == "memory" {
		return m.Target / 1000
	}
	return m.Target
}

// TargetField names the field of a metric's target, in percent, millicores,
// bytes or thousandths of the metric's unit.
func TargetField(m analyzer.HPAMetric) string {
	field := "hpa." + m.Name + "."
	if m.Container != "" {
		field = "hpa.containers." + m.Container + "."
	}
	switch {
	case m.TargetType != "Utilization" && m.Name == "memory":
		return field + "averageValue.memory"
	case m.TargetType != "Utilization" && m.Name != "cpu":
		return field + "averageValueMilli"
	case m.TargetType == "AverageValue":
		return field + "averageValue.cpu"
	}
	return field + "averageUtilization"
}
