package spot

import (
	"cmp"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// trial is what the moves that gain most come to when they move together.
type trial struct {
	moves       int // how many, the first of them
	left, moved spend
	// worth, price and gain are the sums of the moves' own: USD an hour on demand, on spot,
	// and what lies between.
	worth, price, gain float64
	gone, saved        float64 // USD an hour: on demand, and of all nodes
}

func (t *trial) add(moves []spotMove) {
	for i := range moves {
		m := &moves[i]
		t.worth, t.price, t.gain = t.worth+m.usd, t.price+m.usd*m.spot.Price.Effective, t.gain+m.usd*m.discount()
	}
}

// settle works out what is saved: what leaves the bill, less what is paid by commitments
// anyhow, less what the nodes for what moved cost on spot.
func (t *trial) settle(p *advice.Pass, before spend) {
	t.gone = before.onDemand.total() - t.left.onDemand.total()
	if t.worth > 0 {
		paid := paidFor(p, before.onDemand) - paidFor(p, t.left.onDemand)
		t.saved = before.total() - t.left.total() - paid - t.moved.onDemand.total()*t.price/t.worth - t.moved.other
	}
}

// bestOf orders the moves by what each gains and says how many of them, the first, move:
// all where that saves, else the number that saves most. All rather than the best, since
// which number packs best turns on a few millicores, and whole workloads must not.
//
// What packing finds for few pods may be dearer than what it found for more of them, by a
// node or two. Nodes that hold all pods hold them without some. So no trial has a larger
// bill than those with more pods, be it of what stays or of what moves. What there is before
// is packed by the same means: else what these find beside the moves counts as theirs.
func bestOf(p *advice.Pass, bill spotBill, moves []spotMove) trial {
	slices.SortStableFunc(moves, func(a, b spotMove) int { return cmp.Compare(b.usd*b.discount(), a.usd*a.discount()) })
	before, _ := bill.after(nil)
	var all []trial
	for _, n := range sizes(len(moves)) {
		t := trial{moves: n}
		t.add(moves[:n])
		t.left, t.moved = bill.after(moves[:n])
		if k := len(all) - 1; k >= 0 && all[k].left.total() < t.left.total() {
			t.left = all[k].left
		}
		all = append(all, t)
	}
	best := len(all) - 1
	for k := best; k >= 0; k-- {
		t := &all[k]
		if k+1 < len(all) && all[k+1].moved.total() < t.moved.total() {
			t.moved = all[k+1].moved
		}
		t.settle(p, before)
		if t.saved > all[best].saved {
			best = k
		}
	}
	if last := all[len(all)-1]; last.saved > 0 {
		return last
	}
	return all[best]
}

// sizes are the numbers of moves that are tried: each a quarter as large again, and all.
func sizes(all int) (out []int) {
	for n := 1; n < all; n += max(n/4, 1) {
		out = append(out, n)
	}
	return append(out, all)
}
