package build

import (
	"cmp"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// priceGaps are the instance types of today's nodes without a price in any table.
func (b *builder) priceGaps() (out []document.PriceGap) {
	if b.Costs == nil {
		return nil
	}
	type key struct {
		instance, note string
		windows        bool
	}
	nodes, monthly := map[key]int{}, map[key]float64{}
	for i := range b.Costs.Nodes {
		if n := &b.Costs.Nodes[i]; n.Estimated {
			k := key{n.InstanceType, n.Note, n.Windows}
			nodes[k]++
			monthly[k] += n.Hourly * pricing.HoursPerMonth
		}
	}
	for k, n := range nodes {
		out = append(out, document.PriceGap{InstanceType: k.instance, Windows: k.windows, Nodes: n, Estimated: document.Cents(monthly[k]), Note: k.note})
	}
	slices.SortFunc(out, func(x, y document.PriceGap) int {
		return cmp.Or(cmp.Compare(x.InstanceType, y.InstanceType), cmp.Compare(x.Note, y.Note))
	})
	return out
}

// priceGap names a workload's machines without a price.
func (b *builder) priceGap(w *analyzer.WorkloadFacts) string {
	if b.Costs != nil && b.Costs.UnpricedRuns[w.Ref] != "" {
		return gapText(nil, []string{b.Costs.UnpricedRuns[w.Ref]})
	}
	return b.gapOf(func(node string) bool { return runsOn(w, node) })
}

// runsOn reports whether a workload's cost is of a node: its pods are there, or, of one that
// comes and goes and of which none runs, have ended there.
func runsOn(w *analyzer.WorkloadFacts, node string) bool {
	running := slices.ContainsFunc(w.Pods, func(p analyzer.Pod) bool { return p.Node != "" && !p.Ended() })
	ended := !running && (w.Batch() || len(w.HPAs) > 0)
	return slices.ContainsFunc(w.Pods, func(p analyzer.Pod) bool { return p.Node == node && p.Ended() == ended })
}

// wasteGap names the machines without a price that a finding's cost is of. What is
// billed beside nodes has prices of its own, or none.
func (b *builder) wasteGap(r *advice.Advice, f *waste.Finding) string {
	if f.Unpriced != "" {
		return gapText(nil, []string{f.Unpriced})
	}
	kind, name, _ := strings.Cut(r.Subject, "/")
	return b.gapOf(func(node string) bool {
		switch {
		case f.Kind.Beside != "":
			return false
		case kind == "Node":
			return node == name
		case len(f.Nodes) > 0:
			return slices.Contains(f.Nodes, node)
		}
		return slices.ContainsFunc(b.workloads, func(w analyzer.WorkloadFacts) bool {
			return (w.Ref == r.Workload || kind == "Namespace" && w.Namespace == name) && runsOn(&w, node)
		})
	})
}

// gapOf names the machines without a price among some nodes.
func (b *builder) gapOf(within func(node string) bool) string {
	if b.Costs == nil {
		return ""
	}
	var estimated, missing []string
	for i := range b.Costs.Nodes {
		n := &b.Costs.Nodes[i]
		if !n.Estimated || !within(n.Name) {
			continue
		}
		to, name := &estimated, cmp.Or(n.InstanceType, "a machine without a type")
		if n.Windows {
			name += " with Windows"
		}
		if n.Hourly == 0 {
			to = &missing
		}
		if !slices.Contains(*to, name) {
			*to = append(*to, name)
		}
	}
	return gapText(estimated, missing)
}

// gapText says which machines have no price in any table: estimated ones, and those
// that are in no sum.
func gapText(estimated, missing []string) string {
	var parts []string
	if len(estimated) > 0 {
		parts = append(parts, strings.Join(estimated, ", ")+": no price, estimated")
	}
	if len(missing) > 0 {
		parts = append(parts, strings.Join(missing, ", ")+": not priced, in no sum")
	}
	return strings.Join(parts, "; ")
}

// findUnpriced takes down the workloads of which no machine has a price: nothing is
// known of their cost, nor of what they save, and nothing costs nothing.
func (b *builder) findUnpriced() {
	b.unpriced = map[analyzer.Ref]bool{}
	for i := range b.workloads {
		if w := &b.workloads[i]; b.cents.workloads[w.Ref] == 0 && b.priceGap(w) != "" {
			b.unpriced[w.Ref] = true
		}
	}
}

// worthOf is what a recommendation saves; nil where nothing is known of that.
func (b *builder) worthOf(i int) *document.USD {
	if b.quiet() && i == b.steps.At {
		return nil
	}
	return b.worth(b.recs[i].Workload, b.savings[i])
}

// worth is money of a workload; nil where nothing is known of it.
func (b *builder) worth(ref analyzer.Ref, u document.USD) *document.USD {
	if b.unpriced[ref] {
		return nil
	}
	return b.known(u)
}
