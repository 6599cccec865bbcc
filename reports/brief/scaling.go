package brief

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Trades say what lower targets cost and gain, most of them: "at 80 % $14.20
// more a month, unserved 0.01 %".
func Trades(h *document.Horizontal, most int) []string {
	var out []string
	for i, t := range h.TradeOff {
		if i == 0 || i > most {
			continue
		}
		more := fmt.Sprintf("%.0f replica-hours", t.ReplicaHours-h.TradeOff[0].ReplicaHours)
		if t.MonthlyMore != nil {
			more = Little(*t.MonthlyMore)
		}
		text := fmt.Sprintf("at %d %% %s more a month, unserved %s %%", t.Target, more, document.Figures4(t.UnservedPercent))
		if t.AllowedPercent > t.UnservedPercent {
			text += fmt.Sprintf(", slow %s %%", document.Figures4(t.AllowedPercent))
		}
		out = append(out, text)
	}
	return out
}

// Scaling says what decides the number of pods, with all that a replay of it
// takes: "HPA on cpu 60 %, 2 to 9 pods, down window 15 min".
func Scaling(s document.Scaling) string {
	var by []string
	for _, m := range s.Metrics {
		by = append(by, metricText(m))
	}
	for _, t := range s.Triggers {
		by = append(by, fmt.Sprintf("%s requests/s (%s)", strconv.FormatFloat(t.Threshold, 'f', -1, 64), t.Counter))
	}
	for _, t := range s.Schedules {
		by = append(by, fmt.Sprintf("%s from %s to %s UTC", document.Counted(int(t.Replicas), "pod"), t.Start, t.End))
	}
	kind := "HPA"
	switch s.Kind {
	case "HorizontalPodAutoscaler":
	case "ScaledObject":
		kind = "KEDA"
	default:
		return document.Counted(int(s.Replicas), "pod")
	}
	parts := append([]string{fmt.Sprintf("%s on %s", kind, strings.Join(by, " and "))}, spanText(s)...)
	if b := s.Behavior; b != nil {
		parts = append(parts, rulesText("up", b.Up)...)
		parts = append(parts, rulesText("down", b.Down)...)
	}
	for _, c := range s.Requests {
		parts = append(parts, fmt.Sprintf("%s requests %s of CPU", c.Container, c.CPU))
	}
	return strings.Join(parts, ", ")
}

// spanText is how few and how many pods there may be, and when KEDA looks for it.
func spanText(s document.Scaling) []string {
	least, most := s.Replicas, s.Replicas
	if s.MinReplicas != nil {
		least = *s.MinReplicas
	}
	if s.MaxReplicas != nil {
		most = *s.MaxReplicas
	}
	parts := []string{fmt.Sprintf("%d to %d pods", least, most)}
	if s.IdleReplicas != nil {
		parts = append(parts, fmt.Sprintf("%d while idle", *s.IdleReplicas))
	}
	if s.PollingInterval > 0 {
		parts = append(parts, "polled every "+secondsText(int32(s.PollingInterval)))
	}
	if s.CooldownPeriod > 0 {
		parts = append(parts, "cooldown "+secondsText(int32(s.CooldownPeriod)))
	}
	return parts
}

// metricText is a metric and its target. A request rate's target is its
// trigger's.
func metricText(m analyzer.HPAMetric) string {
	text := m.Name
	if m.Container != "" {
		text += " of " + m.Container
	}
	switch {
	case m.TargetType == "Utilization":
		text += fmt.Sprintf(" %d %%", m.Target)
	case m.Name == "cpu":
		text += fmt.Sprintf(" %dm a pod", m.Target)
	}
	return text
}

// rulesText are the fields of one direction of spec.behavior.
func rulesText(direction string, s *analyzer.HPAScaling) []string {
	if s == nil {
		return nil
	}
	var out []string
	if s.StabilizationSeconds != nil {
		out = append(out, direction+" window "+secondsText(*s.StabilizationSeconds))
	}
	if s.ToleranceMilli != nil {
		out = append(out, fmt.Sprintf("%s tolerance %g %%", direction, float64(*s.ToleranceMilli)/10))
	}
	for _, p := range s.Policies {
		unit := " pods"
		if p.Type == "Percent" {
			unit = " %"
		}
		out = append(out, fmt.Sprintf("%s at most %d%s in %s", direction, p.Value, unit, secondsText(p.PeriodSeconds)))
	}
	if s.Select != "" && s.Select != "Max" {
		out = append(out, direction+" select "+s.Select)
	}
	return out
}

func secondsText(n int32) string {
	if n%60 == 0 && n > 0 {
		return fmt.Sprintf("%d min", n/60)
	}
	return fmt.Sprintf("%d s", n)
}
