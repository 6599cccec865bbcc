package document

import (
	"cmp"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// PartOf says what a document has of the report that it was cut from. The summary and
// the nodes of today are those of the whole.
type PartOf struct {
	// Section is the one section that the document has; absent where it has all.
	Section string `json:"section,omitempty"`
	// Selection are the workloads that it has, as they were asked for; absent where it has all.
	Selection string `json:"selection,omitempty"`
}

// String names the part; empty of the whole.
func (p *PartOf) String() string {
	var parts []string
	if p != nil && p.Section != "" {
		parts = append(parts, "the section "+p.Section)
	}
	if p != nil && p.Selection != "" {
		parts = append(parts, p.Selection)
	}
	return strings.Join(parts, " of ")
}

// Workloads says in words which workloads of the cluster a document has: what the audit
// read, and what was cut from that.
func (m *Metadata) Workloads() string {
	cut := ""
	if m.Part != nil {
		cut = m.Part.Selection
	}
	return cmp.Or(analyzer.OfThese(m.Selection, cut), "all")
}

// Printed is the section to print where one is asked for: of a part the one that it has,
// or its containers, since the screen is of a whole.
func (p *PartOf) Printed(asked string) string {
	switch {
	case p == nil:
		return asked
	case p.Section != "":
		return p.Section
	case asked == "":
		return "rightsize"
	}
	return asked
}

// cut says of a copy of a report that it is a part, beside what it was a part of before.
func (r *Report) cut(section, selection string) {
	p := PartOf{Section: section, Selection: selection}
	if was := r.Metadata.Part; was != nil {
		if p.Section == "" {
			p.Section = was.Section
		}
		p.Selection = analyzer.OfThese(was.Selection, selection)
	}
	r.Metadata.Part = &p
}

// Narrow gives the report with the workloads alone that are kept, and what is
// advised for them; selection says in words which. Sums, nodes and purchases stay those
// of the whole.
func Narrow(r *Report, keep func(*Workload) bool, selection string) *Report {
	out := *r
	out.cut("", selection)
	names := map[string]bool{}
	out.Workloads = []Workload{}
	for i := range r.Workloads {
		if w := &r.Workloads[i]; keep(w) {
			out.Workloads = append(out.Workloads, *w)
			names[w.Namespace+"/"+w.Kind+"/"+w.Name] = true
		}
	}
	out.Recommendations = slices.DeleteFunc(slices.Clone(r.Recommendations), func(x Recommendation) bool { return !names[x.Target] })
	out.Waste = slices.DeleteFunc(slices.Clone(r.Waste), func(x Waste) bool { return !names[x.Target] })
	out.Warnings = slices.DeleteFunc(slices.Clone(r.Warnings), func(x analyzer.Warning) bool { return x.Code == WarnPending && !names[x.Subject] })
	if r.Purchase != nil {
		p := *r.Purchase
		p.Spot.Workloads = slices.DeleteFunc(slices.Clone(p.Spot.Workloads), func(x SpotWorkload) bool { return !names[x.Target] })
		out.Purchase = &p
	}
	return &out
}

// Part leaves of a report what a section is about, and what every report has:
// metadata, summary and nodes of today. An unknown section is all.
func Part(r *Report, section string) *Report {
	out := *r
	levers := map[string][]string{
		"rightsize": {LeverRightsize}, "horizontal": {LeverHorizontal}, "nodes": {LeverNodes}, "purchase": {LeverPurchase}, "waste": {}, "prices": {}, "warnings": {},
		"risks": {}, "backtest": {}, "savings": {},
	}
	want, ok := levers[section]
	if !ok {
		return &out
	}
	out.cut(section, "")
	out.Recommendations = slices.DeleteFunc(slices.Clone(r.Recommendations), func(x Recommendation) bool { return !slices.Contains(want, x.Lever) })
	out.Workloads = workloadsOf(r, section)
	if section != "backtest" {
		out.Backtest = nil
	}
	if section != "nodes" {
		out.Nodes.Plan = nil
	}
	if section != "purchase" {
		out.Purchase = nil
	}
	if section != "waste" {
		out.Waste = []Waste{}
	}
	return &out
}

// containersOf gives, of each section that is about containers, the workloads that it
// is about; a section that is not here has none.
var containersOf = map[string]func(*Report) []Workload{
	"": allWorkloads, "rightsize": allWorkloads, "horizontal": allWorkloads, "savings": allWorkloads,
	"risks": urgentWorkloads,
}

// HoldsContainers says whether a section is about containers; "" is all sections.
func HoldsContainers(section string) bool { return containersOf[section] != nil }

// workloadsOf are the workloads that a section is about.
func workloadsOf(r *Report, section string) []Workload {
	if of := containersOf[section]; of != nil {
		return of(r)
	}
	return []Workload{}
}

func allWorkloads(r *Report) []Workload { return r.Workloads }

// urgentWorkloads are those with a container at risk of now.
func urgentWorkloads(r *Report) []Workload {
	urgent := map[*Workload]bool{}
	for _, u := range r.Urgents() {
		urgent[u.Workload] = true
	}
	out := []Workload{}
	for i := range r.Workloads {
		if w := &r.Workloads[i]; urgent[w] {
			out = append(out, *w)
		}
	}
	return out
}
