package build

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// rounding is how what is freed was rounded against what it costs: the cents of advice
// above the cost of its container and its workload, and by lever those that were taken off.
type rounding struct {
	*builder
	workloads  map[analyzer.Ref]document.USD
	containers map[analyzer.ContainerRef]document.USD
	left       map[advice.Lever]document.USD
}

// mostRounded is how many cents rounding may set a cost and what is freed of it apart: one
// for each of the sums that a container's cost is apportioned from, and one for the savings.
const mostRounded = 4

// withinCost lets rounding make nothing free a cent more than it costs. Costs are rounded
// by namespace and savings by lever, so that advice which frees all but all of a cost may
// come out above it. Those cents go to other advice of the lever that has room for them,
// so that the lever's sum stays; what finds none leaves the sum.
func (b *builder) withinCost() {
	r := rounding{b, map[analyzer.Ref]document.USD{}, map[analyzer.ContainerRef]document.USD{}, map[advice.Lever]document.USD{}}
	for i := range b.recs {
		if b.freesRoom(i) {
			r.add(i, b.savings[i])
		}
	}
	for ref := range r.workloads {
		r.workloads[ref] -= b.cents.workloads[ref]
	}
	for key := range r.containers {
		r.containers[key] -= b.cents.containers[key]
	}
	for i := range b.recs {
		if above := r.above(i); b.freesRoom(i) && b.savings[i] > 0 && above > 0 && above <= mostRounded {
			r.move(i, -min(b.savings[i], above))
		}
	}
	for i := range b.recs {
		if lever := b.recs[i].Lever; b.freesRoom(i) && b.savings[i] > 0 && r.left[lever] > 0 {
			r.move(i, min(r.left[lever], max(0, -r.above(i))))
		}
	}
	for lever, cents := range r.left {
		b.savedBy[lever] -= cents
		b.saved -= cents
	}
}

// add counts cents that a piece of advice frees.
func (r *rounding) add(i int, cents document.USD) {
	rec := &r.recs[i]
	r.workloads[rec.Workload] += cents
	if rec.Container != "" {
		r.containers[analyzer.ContainerRef{Ref: rec.Workload, Container: rec.Container}] += cents
	}
}

// move puts cents on a piece of advice, or takes them off it for others of its lever.
func (r *rounding) move(i int, cents document.USD) {
	r.savings[i] += cents
	r.add(i, cents)
	r.left[r.recs[i].Lever] -= cents
}

// above is how much more a piece of advice frees than its workload costs, or its container
// where that is more.
func (r *rounding) above(i int) document.USD {
	rec := &r.recs[i]
	if rec.Container == "" {
		return r.workloads[rec.Workload]
	}
	return max(r.workloads[rec.Workload], r.containers[analyzer.ContainerRef{Ref: rec.Workload, Container: rec.Container}])
}

// freesRoom reports whether a piece of advice frees of what a workload costs now.
func (b *builder) freesRoom(i int) bool {
	return b.recs[i].Lever == advice.LeverRightsize || b.recs[i].Lever == advice.LeverHorizontal
}
