package brief

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// ScalingLines tell how workloads should be scaled, those that save most
// first, and what is wrong with autoscalers as they stand.
func ScalingLines(r *document.Report) []string {
	var out []string
	for _, w := range Rescaled(r) {
		out = append(out, scalingLine(w))
	}
	return append(out, findingLines(r)...)
}

// Rescaled are the workloads whose number of pods is to come about in another way, the
// largest savings first.
func Rescaled(r *document.Report) []*document.Workload {
	var changed []*document.Workload
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if h := w.Horizontal; h != nil && h.Recommended != nil && Scaling(h.Current) != Scaling(*h.Recommended) {
			changed = append(changed, w)
		}
	}
	slices.SortStableFunc(changed, func(a, b *document.Workload) int {
		return cmp.Compare(scalingSaved(b.Horizontal), scalingSaved(a.Horizontal))
	})
	return changed
}

func scalingSaved(h *document.Horizontal) document.USD {
	if h.MonthlySavings == nil {
		return 0
	}
	return *h.MonthlySavings
}

func workloadName(w *document.Workload) string {
	return fmt.Sprintf("%s/%s/%s", w.Namespace, ShortKind(w.Kind), w.Name)
}

func scalingLine(w *document.Workload) string {
	h := w.Horizontal
	out := fmt.Sprintf("Scaling: %s: %s, now %s", workloadName(w), Scaling(*h.Recommended), Scaling(h.Current))
	switch saved := scalingSaved(h); {
	case saved > 0:
		out += fmt.Sprintf("; saves %s a month", Little(saved))
	case saved < 0:
		out += fmt.Sprintf("; costs %s a month", Little(-saved))
	}
	for _, t := range Trades(h, 2) {
		out += "; " + t
	}
	for _, note := range h.Warnings {
		out += "; " + Clean(note.Message)
	}
	return out + "."
}
