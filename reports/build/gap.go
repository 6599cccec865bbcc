package build

import (
	"cmp"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// priceGaps are the instance types of today's nodes without a price in any table.
func (b *builder) priceGaps() (out []document.PriceGap) {
	if b.Costs == nil {
		return nil
	}
	type key struct{ instance, note string }
	nodes, monthly := map[key]int{}, map[key]float64{}
	for i := range b.Costs.Nodes {
		if n := &b.Costs.Nodes[i]; n.Estimated {
			k := key{n.InstanceType, n.Note}
			nodes[k]++
			monthly[k] += n.Hourly * pricing.HoursPerMonth
		}
	}
	for k, n := range nodes {
		out = append(out, document.PriceGap{InstanceType: k.instance, Nodes: n, Estimated: document.Cents(monthly[k]), Note: k.note})
	}
	slices.SortFunc(out, func(x, y document.PriceGap) int {
		return cmp.Or(cmp.Compare(x.InstanceType, y.InstanceType), cmp.Compare(x.Note, y.Note))
	})
	return out
}

// priceGap names a workload's machines without a price.
func (b *builder) priceGap(w *analyzer.WorkloadFacts) string {
	if b.Costs == nil {
		return ""
	}
	var estimated, missing []string
	for i := range b.Costs.Nodes {
		n := &b.Costs.Nodes[i]
		if !n.Estimated || !slices.ContainsFunc(w.Pods, func(p analyzer.Pod) bool { return p.Node == n.Name && !p.Ended() }) {
			continue
		}
		to, name := &estimated, cmp.Or(n.InstanceType, "a machine without a type")
		if n.Hourly == 0 {
			to = &missing
		}
		if !slices.Contains(*to, name) {
			*to = append(*to, name)
		}
	}
	var parts []string
	if len(estimated) > 0 {
		parts = append(parts, strings.Join(estimated, ", ")+": no price, estimated")
	}
	if len(missing) > 0 {
		parts = append(parts, strings.Join(missing, ", ")+": not priced, in no sum")
	}
	return strings.Join(parts, "; ")
}

// unpriced takes the zeros of a workload of which no machine has a price: nothing is
// known of its cost, and nothing costs nothing.
func unpriced(w *document.Workload) {
	if w.MonthlyCost == nil || *w.MonthlyCost != 0 {
		return
	}
	w.MonthlyCost = nil
	for i := range w.Containers {
		w.Containers[i].MonthlyCost = nil
	}
}
