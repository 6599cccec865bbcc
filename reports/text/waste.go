package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// wasteLines are the lines of the text report: the findings by kind, the
// dearest first. Kinds are not added up, since one may lie within another. In
// full every finding has its own.
func wasteLines(r *document.Report, full bool) []string {
	if len(r.Waste) == 0 {
		return nil
	}
	var out []string
	if full {
		for i := range r.Waste {
			out = append(out, wasteLine(&r.Waste[i]))
		}
		return out
	}
	var kinds []string
	count, cost := map[string]int{}, map[string]document.USD{}
	for i := range r.Waste {
		w := &r.Waste[i]
		if count[w.Kind] == 0 {
			kinds = append(kinds, w.Kind)
		}
		count[w.Kind]++
		cost[w.Kind] += w.USD()
	}
	slices.SortStableFunc(kinds, func(a, b string) int { return cmp.Compare(cost[b], cost[a]) })
	var parts []string
	for _, k := range kinds {
		part := document.Counted(count[k], "finding") + " of " + k
		if words, ok := wasteWords[k]; ok {
			part = fmt.Sprintf("%d %s", count[k], words[min(count[k]-1, 1)])
		}
		if cost[k] > 0 {
			part += " " + cost[k].String()
		}
		parts = append(parts, part)
	}
	note := ""
	if len(kinds) > 1 {
		note = " Kinds overlap."
	}
	return []string{fmt.Sprintf("Waste a month: %s.%s", strings.Join(parts, ", "), note)}
}

// wasteWords say what one and what several findings of a kind are.
var wasteWords = map[string][2]string{
	"idle-workload":                   {"idle workload", "idle workloads"},
	"pods-not-ready":                  {"workload with pods not ready", "workloads with pods not ready"},
	"ended-pods":                      {"heap of ended pods", "heaps of ended pods"},
	"idle-namespace":                  {"idle namespace", "idle namespaces"},
	"empty-namespace":                 {"empty namespace", "empty namespaces"},
	"unused-requests":                 {"container with unused requests", "containers with unused requests"},
	"hpa-at-min":                      {"HPA stuck at its minimum", "HPAs stuck at their minimum"},
	"drainable-node":                  {"node to drain", "nodes to drain"},
	"underused-node":                  {"under-used node that can't be drained as it is", "under-used nodes that can't be drained as they are"},
	"gpu-node-without-gpu-pods":       {"GPU node without GPU pods", "GPU nodes without GPU pods"},
	"old-generation":                  {"old instance type", "old instance types"},
	"unbound-volume":                  {"unbound volume", "unbound volumes"},
	"scaled-to-zero-with-volumes":     {"workload scaled to zero that keeps volumes", "workloads scaled to zero that keep volumes"},
	"unmounted-volume":                {"unmounted volume", "unmounted volumes"},
	"oversized-volume":                {"oversized volume", "oversized volumes"},
	"load-balancer-without-endpoints": {"load balancer without endpoints", "load balancers without endpoints"},
}

func wasteLine(w *document.Waste) string {
	text := fmt.Sprintf("Waste: %s: %s", clean(w.Target), clean(w.Title))
	if w.Container != "" {
		text = fmt.Sprintf("Waste: %s, container %s: %s", clean(w.Target), clean(w.Container), clean(w.Title))
	}
	if w.USD() > 0 {
		text += fmt.Sprintf(" (%s a month)", w.USD())
	}
	text += "."
	if len(w.Blocked) > 0 {
		text += " In the way: " + clean(strings.Join(w.Blocked, "; ")) + "."
	}
	if w.Loss != "" {
		text += " Lost with it: " + clean(w.Loss) + "."
	}
	var seen []string
	for _, e := range w.Evidence {
		seen = append(seen, clean(e.Name)+" "+figure(&e))
	}
	if len(seen) > 0 {
		text += " Seen: " + strings.Join(seen, ", ") + "."
	}
	return text
}

// figure is the value with its unit, for people.
func figure(e *document.Evidence) string {
	switch e.Unit {
	case "millicores":
		return cores(document.CPU(e.Value * document.MicroPerMilli))
	case "bytes":
		return memory(document.Bytes(e.Value))
	case "usd":
		return document.Cents(e.Value).String()
	case "percent":
		return document.Figures(e.Value) + " %"
	case "count":
		return document.Figures(e.Value)
	}
	return document.Figures(e.Value) + " " + e.Unit
}
