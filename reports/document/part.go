package document

import "slices"

// Narrow gives the report with the workloads alone that are kept, and what is
// advised for them. Sums, nodes and purchases stay those of the whole.
func Narrow(r *Report, keep func(*Workload) bool) *Report {
	out := *r
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

// workloadsOf are the workloads that a section is about.
func workloadsOf(r *Report, section string) []Workload {
	switch section {
	case "rightsize", "horizontal", "savings":
		return r.Workloads
	case "risks":
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
	return []Workload{}
}
