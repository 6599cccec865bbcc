package brief

import (
	"fmt"
	"strconv"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// ScalerYAML is the advised HPA as lines of a manifest's spec; nil where none is to
// change. A target on requests needs an adapter, and is told in words.
func ScalerYAML(h *document.Horizontal) []string {
	if h == nil || h.Recommended == nil || h.Recommended.Kind != "HorizontalPodAutoscaler" || Scaling(h.Current) == Scaling(*h.Recommended) {
		return nil
	}
	to := h.Recommended
	if to.MinReplicas == nil || to.MaxReplicas == nil || len(to.Triggers) > 0 {
		return nil
	}
	out := []string{"  spec:", fmt.Sprintf("    minReplicas: %d", *to.MinReplicas), fmt.Sprintf("    maxReplicas: %d", *to.MaxReplicas), "    metrics:"}
	for _, m := range to.Metrics {
		out = append(out, metricYAML(m)...)
	}
	if to.Behavior != nil {
		out = append(out, "    behavior:")
		out = append(out, rulesYAML("scaleUp", to.Behavior.Up)...)
		out = append(out, rulesYAML("scaleDown", to.Behavior.Down)...)
	}
	return out
}

func metricYAML(m analyzer.HPAMetric) []string {
	source := "resource"
	if m.Type == "ContainerResource" {
		source = "containerResource"
	}
	out := []string{"    - type: " + m.Type, "      " + source + ":", "        name: " + m.Name}
	if m.Container != "" {
		out = append(out, "        container: "+m.Container)
	}
	out = append(out, "        target:", "          type: "+m.TargetType)
	if m.TargetType == "Utilization" {
		return append(out, fmt.Sprintf("          averageUtilization: %d", m.Target))
	}
	return append(out, fmt.Sprintf(`          averageValue: "%dm"`, m.Target))
}

func rulesYAML(direction string, r *analyzer.HPAScaling) []string {
	if r == nil {
		return nil
	}
	out := []string{"      " + direction + ":"}
	if r.StabilizationSeconds != nil {
		out = append(out, fmt.Sprintf("        stabilizationWindowSeconds: %d", *r.StabilizationSeconds))
	}
	if r.ToleranceMilli != nil {
		out = append(out, `        tolerance: "`+strconv.FormatFloat(float64(*r.ToleranceMilli)/1000, 'f', -1, 64)+`"`)
	}
	if r.Select != "" {
		out = append(out, "        selectPolicy: "+r.Select)
	}
	if len(r.Policies) > 0 {
		out = append(out, "        policies:")
	}
	for _, p := range r.Policies {
		out = append(out, fmt.Sprintf("        - {type: %s, value: %d, periodSeconds: %d}", p.Type, p.Value, p.PeriodSeconds))
	}
	if len(out) == 1 {
		return nil
	}
	return out
}
