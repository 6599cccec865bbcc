package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender"
)

// Waste is one thing that costs money and does nothing.
type Waste struct {
	Kind   string `json:"kind"`
	Target string `json:"target"`
	// Container is absent where the whole target is meant.
	Container string `json:"container,omitempty"`
	Title     string `json:"title"`
	// MonthlyCost is its cost; null where there are no prices. It is in no sum of savings.
	MonthlyCost *USD `json:"monthlyCost" jsonschema:"nullable"`
	// CountedBy is the lever whose savings hold the cost, wholly or in part; absent where none does.
	CountedBy string `json:"countedBy,omitempty"`
	// Loss says what would be lost.
	Loss string `json:"loss"`
	// Blocked says what stands in the way.
	Blocked    []string   `json:"blocked"`
	Confidence float64    `json:"confidence" jsonschema:"minimum=0,maximum=1"`
	Evidence   []Evidence `json:"evidence"`
	// Warnings are the doubts about its cost.
	Warnings []analyzer.Warning `json:"warnings,omitempty"`
}

func (b *builder) waste() []Waste {
	out := []Waste{}
	for i := range b.recs {
		r := &b.recs[i]
		if r.Waste == nil {
			continue
		}
		w := Waste{
			Kind: r.Waste.Kind, Target: targetOf(r), Container: r.Container, Title: r.Title, MonthlyCost: b.known(cents(r.Waste.Monthly)),
			CountedBy: string(r.Waste.Within), Loss: r.Waste.Loss, Blocked: append([]string{}, r.Waste.Blocked...),
			Confidence: share(r.Confidence), Evidence: []Evidence{}, Warnings: r.Warnings,
		}
		for _, e := range r.Evidence {
			if isFinite(e.Value) {
				w.Evidence = append(w.Evidence, Evidence{Name: e.Name, Value: decimals(e.Value, 4), Unit: e.Unit})
			}
		}
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(x, y Waste) int {
		return cmp.Or(cmp.Compare(y.usd(), x.usd()), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Target, y.Target), cmp.Compare(x.Container, y.Container))
	})
	return out
}

func (w *Waste) usd() USD {
	if w.MonthlyCost == nil {
		return 0
	}
	return *w.MonthlyCost
}

// wasteLines are the lines of the text report: the findings by kind, the
// dearest first. Kinds are not added up, since one may lie within another. In
// full every finding has its own.
func wasteLines(r *Report, full bool) []string {
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
	count, cost := map[string]int{}, map[string]USD{}
	for i := range r.Waste {
		w := &r.Waste[i]
		if count[w.Kind] == 0 {
			kinds = append(kinds, w.Kind)
		}
		count[w.Kind]++
		cost[w.Kind] += w.usd()
	}
	slices.SortStableFunc(kinds, func(a, b string) int { return cmp.Compare(cost[b], cost[a]) })
	var parts []string
	for _, k := range kinds {
		part := counted(count[k], "finding") + " of " + k
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
		note = " Kinds overlap;"
	}
	return []string{fmt.Sprintf("Waste a month: %s.%s -o wide lists each.", strings.Join(parts, ", "), note)}
}

// wasteWords say what one and what several findings of a kind are.
var wasteWords = map[string][2]string{
	recommender.WasteIdleWorkload:  {"idle workload", "idle workloads"},
	recommender.WasteNotReady:      {"workload with pods not ready", "workloads with pods not ready"},
	recommender.WasteEndedPods:     {"heap of ended pods", "heaps of ended pods"},
	recommender.WasteIdleNamespace: {"idle namespace", "idle namespaces"},
	recommender.WasteNoPods:        {"empty namespace", "empty namespaces"},
	recommender.WasteUnusedRequest: {"container with unused requests", "containers with unused requests"},
	recommender.WasteHPAAtMin:      {"HPA stuck at its minimum", "HPAs stuck at their minimum"},
	recommender.WasteDrainable:     {"node to drain", "nodes to drain"},
	recommender.WasteUnderused:     {"under-used node that can't be drained as it is", "under-used nodes that can't be drained as they are"},
	recommender.WasteGPUNode:       {"GPU node without GPU pods", "GPU nodes without GPU pods"},
	recommender.WasteOldGeneration: {"old instance type", "old instance types"},
	recommender.WasteUnboundVolume: {"unbound volume", "unbound volumes"},
	recommender.WasteScaledToZero:  {"workload scaled to zero that keeps volumes", "workloads scaled to zero that keep volumes"},
	recommender.WasteUnmounted:     {"unmounted volume", "unmounted volumes"},
	recommender.WasteOversized:     {"oversized volume", "oversized volumes"},
	recommender.WasteNoEndpoints:   {"load balancer without endpoints", "load balancers without endpoints"},
}

func wasteLine(w *Waste) string {
	text := fmt.Sprintf("Waste: %s: %s", clean(w.Target), clean(w.Title))
	if w.Container != "" {
		text = fmt.Sprintf("Waste: %s, container %s: %s", clean(w.Target), clean(w.Container), clean(w.Title))
	}
	if w.usd() > 0 {
		text += fmt.Sprintf(" (%s a month)", w.usd())
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
		seen = append(seen, clean(e.Name)+" "+e.figure())
	}
	if len(seen) > 0 {
		text += " Seen: " + strings.Join(seen, ", ") + "."
	}
	return text
}

// figure is the value with its unit, for people.
func (e *Evidence) figure() string {
	switch e.Unit {
	case "millicores":
		return cores(CPU(e.Value * microPerMilli))
	case "bytes":
		return memory(Bytes(e.Value))
	case "usd":
		return cents(e.Value).String()
	case "percent":
		return figures(e.Value) + "%"
	case "count":
		return figures(e.Value)
	}
	return figures(e.Value) + " " + e.Unit
}
