package build

import (
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// cents is the bill in them: workloads, idle, overhead and unattributed add
// up to bill, and a workload's containers to the workload.
type cents struct {
	bill, idle, overhead, unattributed document.USD

	workloads  map[analyzer.Ref]document.USD
	containers map[analyzer.ContainerRef]document.USD
}

// money rounds all costs and savings to cents.
func (b *builder) money() {
	b.roundSavings()
	b.priced = b.Costs != nil && b.Costs.Bill > 0
	b.cents = cents{workloads: map[analyzer.Ref]document.USD{}, containers: map[analyzer.ContainerRef]document.USD{}}
	if !b.priced {
		return
	}
	keys, parts := b.costLeaves()
	rounded, bill := b.inSteps(keys, parts)
	b.cents.bill, b.cents.idle, b.cents.overhead = bill, rounded[0], rounded[1]
	b.whole = document.AllocationBill{
		Nodes: bill.Dollars(), Volumes: document.Cents(b.Costs.Besides.Volumes).Dollars(),
		LoadBalancers: document.Cents(b.Costs.Besides.LoadBalancers).Dollars(), ControlPlane: document.Cents(b.Costs.Besides.ControlPlane).Dollars(),
	}
	addBill(&b.whole)
	for i, k := range keys {
		c := rounded[i+2]
		if k.Ref == (analyzer.Ref{}) {
			b.cents.unattributed = c
			continue
		}
		b.cents.workloads[k.Ref] += c
		b.cents.containers[k] += c
	}
	b.withinCost()
	b.findUnpriced()
}

// roundSavings rounds what each lever saves, and its recommendations to that:
// a lever comes to the same whatever others ran. What a plan of the nodes saves
// follows from the bill.
func (b *builder) roundSavings() {
	b.savings, b.saved, b.savedBy = make([]document.USD, len(b.recs)), 0, map[advice.Lever]document.USD{}
	of := map[advice.Lever][]int{}
	for i, r := range b.recs {
		of[r.Lever] = append(of[r.Lever], i)
	}
	for lever, at := range of {
		parts := make([]float64, len(at))
		for i, n := range at {
			if advice.As[nodes.Plan](b.recs[n].Detail) == nil {
				parts[i] = b.recs[n].MonthlySavings
			}
		}
		rounded, sum := apportion(parts)
		for i, n := range at {
			b.savings[n] = rounded[i]
		}
		b.savedBy[lever] = sum
		b.saved += sum
	}
}

// costLeaves lists what the bill is made of: idle, overhead, then one part a
// key. A key without a container holds what no container of the pod template
// accounts for, the empty key what belongs to no listed workload.
func (b *builder) costLeaves() (keys []analyzer.ContainerRef, parts []float64) {
	parts = []float64{b.Costs.Idle, b.Costs.Overhead}
	listed := make(map[analyzer.Ref]bool, len(b.workloads))
	for i := range b.workloads {
		w := &b.workloads[i]
		listed[w.Ref] = true
		cost, left := b.Costs.Workloads[w.Ref], b.Costs.Workloads[w.Ref].Monthly
		for _, c := range w.Containers {
			keys, parts = append(keys, analyzer.ContainerRef{Ref: w.Ref, Container: c.Name}), append(parts, cost.Containers[c.Name])
			left -= cost.Containers[c.Name]
		}
		if math.Abs(left) > 1e-9 {
			keys, parts = append(keys, analyzer.ContainerRef{Ref: w.Ref}), append(parts, left)
		}
	}
	var others []analyzer.Ref
	for ref := range b.Costs.Workloads {
		if !listed[ref] {
			others = append(others, ref)
		}
	}
	slices.SortFunc(others, analyzer.Ref.Compare)
	var rest float64
	for _, ref := range others {
		rest += b.Costs.Workloads[ref].Monthly
	}
	return append(keys, analyzer.ContainerRef{}), append(parts, rest)
}

// inSteps rounds what costLeaves lists, so that it adds up to the bill: the namespaces
// beside idle and overhead first, each one's workloads to it, their containers to them.
// Each of these is then right to the cent, however many parts it has.
func (b *builder) inSteps(keys []analyzer.ContainerRef, parts []float64) ([]document.USD, document.USD) {
	const others = 2 // idle and overhead
	namespace := func(k analyzer.ContainerRef) string { return k.Namespace }
	workload := func(k analyzer.ContainerRef) string { return k.Namespace + "/" + k.Kind + "/" + k.Ref.Name }
	top, starts := grouped(keys, parts[others:], namespace)
	tops, bill := b.toBill(append(slices.Clone(parts[:others]), top...))
	rounded := slices.Clone(tops[:others])
	for i := range starts[:len(starts)-1] {
		from, to := starts[i], starts[i+1]
		middle, within := grouped(keys[from:to], parts[others+from:others+to], workload)
		sums, _ := apportionTo(float64(tops[others+i])/100, middle)
		for j := range within[:len(within)-1] {
			leaves, _ := apportionTo(float64(sums[j])/100, parts[others+from+within[j]:others+from+within[j+1]])
			rounded = append(rounded, leaves...)
		}
	}
	return rounded, bill
}

// grouped adds up parts that follow each other and have the same name. The starts are
// where each sum begins, and at last the number of parts.
func grouped(keys []analyzer.ContainerRef, parts []float64, name func(analyzer.ContainerRef) string) (sums []float64, starts []int) {
	for i, k := range keys {
		if i == 0 || name(k) != name(keys[i-1]) {
			sums, starts = append(sums, 0), append(starts, i)
		}
		sums[len(sums)-1] += document.Finite(parts[i])
	}
	return sums, append(starts, len(keys))
}

// toBill apportions parts of the bill so that they add up to it, or to their
// own sum where that is something else.
func (b *builder) toBill(parts []float64) ([]document.USD, document.USD) {
	var sum float64
	for _, p := range parts {
		sum += document.Finite(p)
	}
	if math.Abs(sum-b.Costs.Bill) < 0.005 {
		sum = b.Costs.Bill
	}
	return apportionTo(sum, parts)
}

// known gives an amount of money, or nil where the cluster has no prices.
func (b *builder) known(u document.USD) *document.USD {
	if !b.priced {
		return nil
	}
	return &u
}
