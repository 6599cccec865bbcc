package brief

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// WasteLines are the lines of the text report: the findings by kind, the
// dearest first. Kinds are not added up, since one may lie within another. In
// full every finding has its own.
func WasteLines(r *document.Report, full bool) []string {
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
	count, cost, marks := map[string]int{}, map[string]document.USD{}, map[string]string{}
	for i := range r.Waste {
		w := &r.Waste[i]
		if count[w.Kind] == 0 {
			kinds = append(kinds, w.Kind)
		}
		count[w.Kind]++
		cost[w.Kind] += w.USD()
		marks[w.Kind] = cmp.Or(marks[w.Kind], GapMark(w.PriceGap))
	}
	slices.SortStableFunc(kinds, func(a, b string) int { return cmp.Compare(cost[b], cost[a]) })
	var parts []string
	for _, k := range kinds {
		part := fmt.Sprintf("%d %s", count[k], Clean(r.WasteWords(k, count[k])))
		if cost[k] > 0 {
			part += " " + marks[k] + WholeOf(cost[k]).String()
		}
		parts = append(parts, part)
	}
	note := ""
	if len(kinds) > 1 {
		note = " Kinds overlap."
	}
	return []string{fmt.Sprintf("Waste a month: %s.%s", strings.Join(parts, ", "), note)}
}

// WasteMoney is what a finding costs a month, marked where that is an estimate; empty
// without prices.
func WasteMoney(w *document.Waste) string {
	switch {
	case w.MonthlyCost != nil:
		return GapMark(w.PriceGap) + WholeOf(*w.MonthlyCost).String()
	case w.PriceGap != "":
		return "not known"
	}
	return ""
}

func wasteLine(w *document.Waste) string {
	text := fmt.Sprintf("Waste: %s: %s", Clean(w.Target), Clean(w.Title))
	if w.Container != "" {
		text = fmt.Sprintf("Waste: %s, container %s: %s", Clean(w.Target), Clean(w.Container), Clean(w.Title))
	}
	if w.USD() > 0 {
		text += fmt.Sprintf(" (%s%s a month)", GapMark(w.PriceGap), Little(w.USD()))
	}
	text += "."
	if w.PriceGap != "" {
		text += " " + Capital(Clean(w.PriceGap)) + "."
	}
	if len(w.Blocked) > 0 {
		text += " Blocked by: " + Clean(strings.Join(w.Blocked, "; ")) + "."
	}
	if w.Loss != "" {
		text += " If removed, lost: " + Clean(w.Loss) + "."
	}
	var seen []string
	for _, e := range w.Evidence {
		seen = append(seen, Clean(e.Name)+" "+Figure(&e))
	}
	if len(seen) > 0 {
		text += " Evidence: " + strings.Join(seen, ", ") + "."
	}
	return text
}

// Figure is the value with its unit, for people.
func Figure(e *document.Evidence) string {
	switch e.Unit {
	case "millicores":
		return Cores(document.CPU(e.Value * document.MicroPerMilli))
	case "bytes":
		return Memory(document.Bytes(e.Value))
	case "usd":
		return document.Cents(e.Value).String()
	case "percent":
		return document.Figures(e.Value) + " %"
	case "count":
		return document.Figures(e.Value)
	}
	return document.Figures(e.Value) + " " + e.Unit
}
