package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// mostScalings is how many workloads' scaling is told one by one where not all
// is asked for.
const mostScalings = 4

// scalingLines tell how workloads should be scaled, those that save most
// first, and what is wrong with autoscalers as they stand.
func scalingLines(r *document.Report, full bool) []string {
	var changed []*document.Workload
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if h := w.Horizontal; h != nil && h.Recommended != nil && scalingText(h.Current) != scalingText(*h.Recommended) {
			changed = append(changed, w)
		}
	}
	slices.SortStableFunc(changed, func(a, b *document.Workload) int {
		return cmp.Compare(scalingSaved(b.Horizontal), scalingSaved(a.Horizontal))
	})
	var out []string
	for i, w := range changed {
		if i == mostScalings && !full {
			out = append(out, fmt.Sprintf("Scaling: %s more.", document.Counted(len(changed)-i, "workload")))
			break
		}
		out = append(out, scalingLine(w))
	}
	return append(out, findingLines(r, full)...)
}

func scalingSaved(h *document.Horizontal) document.USD {
	if h.MonthlySavings == nil {
		return 0
	}
	return *h.MonthlySavings
}

func workloadName(w *document.Workload) string {
	return fmt.Sprintf("%s/%s/%s", w.Namespace, shortKind(w.Kind), w.Name)
}

func scalingLine(w *document.Workload) string {
	h := w.Horizontal
	out := fmt.Sprintf("Scaling: %s: %s, now %s", workloadName(w), scalingText(*h.Recommended), scalingText(h.Current))
	switch saved := scalingSaved(h); {
	case saved > 0:
		out += fmt.Sprintf("; saves %s a month", saved)
	case saved < 0:
		out += fmt.Sprintf("; costs %s a month", -saved)
	}
	for _, note := range h.Warnings {
		out += "; " + clean(note.Message)
	}
	return out + "."
}

// scalingText says what decides the number of pods: "HPA on cpu 60 %, 2 to 9 pods".
func scalingText(s document.Scaling) string {
	var by []string
	for _, m := range s.Metrics {
		text := m.Name
		switch {
		case m.TargetType == "Utilization":
			text += fmt.Sprintf(" %d %%", m.Target)
		case m.Name == "cpu":
			text += fmt.Sprintf(" %dm a pod", m.Target)
		}
		by = append(by, text)
	}
	for _, t := range s.Triggers {
		by = append(by, fmt.Sprintf("%.3g requests/s (%s)", t.Threshold, t.Counter))
	}
	if len(s.Schedules) > 0 {
		by = append(by, "a schedule")
	}
	least, most := s.Replicas, s.Replicas
	if s.MinReplicas != nil {
		least = *s.MinReplicas
	}
	if s.IdleReplicas != nil {
		least = *s.IdleReplicas
	}
	if s.MaxReplicas != nil {
		most = *s.MaxReplicas
	}
	switch s.Kind {
	case "HorizontalPodAutoscaler":
		return fmt.Sprintf("HPA on %s, %d to %d pods", strings.Join(by, " and "), least, most)
	case "ScaledObject":
		return fmt.Sprintf("KEDA on %s, %d to %d pods", strings.Join(by, " and "), least, most)
	}
	return document.Counted(int(s.Replicas), "pod")
}
