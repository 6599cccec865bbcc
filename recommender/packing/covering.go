package packing

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing/lp"
)

// covering is a small integer program: the cheapest whole numbers of nodes
// such that every row adds up to at least one.
type covering struct {
	price []float64
	rows  [][]float64 // scaled so that the right side is 1
	nodes int         // relaxations to solve at the least
	work  int         // rows times kinds times relaxations
}

func (c *covering) add(row []float64, least float64) {
	if least <= 0 {
		return
	}
	scaled := make([]float64, len(row))
	for i, v := range row {
		scaled[i] = v / least
	}
	c.rows = append(c.rows, scaled)
}

// fence is a bound on the number of nodes of one kind, from branching.
type fence struct {
	kind  int
	sense lp.Sense
	count float64
}

// coverWork bounds the branch and bound by its rows times kinds times relaxations:
// many kinds leave little to gain. leastCoverNodes and mostCoverNodes bound the
// relaxations. When it ends early, the lowest open one is still a valid bound.
const (
	leastCoverNodes, mostCoverNodes = 60, 400
	coverWork                       = 400_000
	// With less than full effort.
	hastyCoverNodes, hastyCoverWork = 8, 40_000
)

// bound is a lower bound on the optimum, and mostly the optimum itself.
func (c *covering) bound(ctx context.Context) float64 {
	if len(c.rows) == 0 {
		return 0
	}
	type open struct {
		fences []fence
		low    float64
		branch int
		value  float64
	}
	c.thin()
	var heap []open
	best, stuck := math.Inf(1), math.Inf(1)
	push := func(fences []fence, parent float64) {
		low, x, err := c.relax(ctx, fences)
		if err != nil && !errors.Is(err, lp.ErrInfeasible) {
			stuck = min(stuck, parent)
		}
		if err != nil || low >= best {
			return
		}
		kind := mostFractional(x)
		if kind < 0 {
			best = low
			return
		}
		heap = append(heap, open{fences, low, kind, x[kind]})
	}
	push(nil, 0)
	for range min(max(c.work/max(len(c.price)*len(c.rows), 1), c.nodes), mostCoverNodes) {
		at := -1
		for i := range heap {
			if at < 0 || heap[i].low < heap[at].low {
				at = i
			}
		}
		if at < 0 || heap[at].low >= best {
			return finite(min(best, stuck))
		}
		n := heap[at]
		heap[at] = heap[len(heap)-1]
		heap = heap[:len(heap)-1]
		push(fenced(n.fences, fence{n.branch, lp.LessEqual, math.Floor(n.value)}), n.low)
		push(fenced(n.fences, fence{n.branch, lp.GreaterEqual, math.Ceil(n.value)}), n.low)
	}
	low := min(best, stuck)
	for i := range heap {
		low = min(low, heap[i].low)
	}
	return finite(low)
}

// fenced adds a fence to others, in the place of the wider one that it makes
// needless.
func fenced(others []fence, f fence) []fence {
	out := []fence{f}
	for _, o := range others {
		if o.kind != f.kind || o.sense != f.sense {
			out = append(out, o)
		}
	}
	return out
}

// thin leaves out kinds that another one replaces: it costs no more and does no
// less in every row. Kinds that differ by zone alone are mostly such.
func (c *covering) thin() {
	var kept []int
	for k := range c.price {
		if !slices.ContainsFunc(kept, func(b int) bool { return c.replaces(b, k) }) {
			kept = slices.DeleteFunc(kept, func(b int) bool { return c.replaces(k, b) })
			kept = append(kept, k)
		}
	}
	pick := func(v []float64) []float64 {
		out := make([]float64, len(kept))
		for i, k := range kept {
			out[i] = v[k]
		}
		return out
	}
	c.price = pick(c.price)
	for r := range c.rows {
		c.rows[r] = pick(c.rows[r])
	}
}

func (c *covering) replaces(b, a int) bool {
	for r := range c.rows {
		if c.rows[r][b] < c.rows[r][a] {
			return false
		}
	}
	return c.price[b] <= c.price[a]
}

func mostFractional(x []float64) int {
	at, far := -1, 1e-6
	for i, v := range x {
		if f := math.Abs(v - math.Round(v)); f > far {
			at, far = i, f
		}
	}
	return at
}

func finite(v float64) float64 {
	if math.IsInf(v, 1) {
		return 0
	}
	return v * (1 - roundOff)
}

// relax solves the program without whole numbers and within the fences.
func (c *covering) relax(ctx context.Context, fences []fence) (low float64, x []float64, err error) {
	rows := make([]lp.Row, 0, len(c.rows)+len(fences))
	for range c.rows {
		rows = append(rows, lp.Row{Sense: lp.GreaterEqual, RHS: 1})
	}
	for _, f := range fences {
		rows = append(rows, lp.Row{Sense: f.sense, RHS: f.count})
	}
	s := lp.New(rows)
	for k, p := range c.price {
		var entries []lp.Entry
		for r := range c.rows {
			entries = append(entries, lp.Entry{Row: r, Value: c.rows[r][k]})
		}
		for i, f := range fences {
			if f.kind == k {
				entries = append(entries, lp.Entry{Row: len(c.rows) + i, Value: 1})
			}
		}
		s.AddColumn(p, entries)
	}
	if err := s.Solve(ctx, 2000); err != nil {
		return 0, nil, err
	}
	x = make([]float64, len(c.price))
	for k := range x {
		x[k] = s.Value(k)
	}
	return c.proof(s, fences), x, nil
}

// proof adds the bound up from the solver's duals instead of believing its
// optimum: what rounding leaves of negative reduced costs is paid for as if the
// most useful number of nodes of that kind were bought.
func (c *covering) proof(s *lp.Solver, fences []fence) float64 {
	low := 0.0
	for r := range c.rows {
		low += max(s.Dual(r), 0)
	}
	for i, f := range fences {
		low += f.dual(s, len(c.rows)+i) * f.count
	}
	for k, reduced := range c.price {
		most := 0.0
		for r := range c.rows {
			reduced -= max(s.Dual(r), 0) * c.rows[r][k]
			if c.rows[r][k] > 0 {
				most = max(most, math.Ceil(1/c.rows[r][k]))
			}
		}
		for i, f := range fences {
			if f.kind == k {
				reduced -= f.dual(s, len(c.rows)+i)
				most = max(most, f.count)
			}
		}
		low += min(reduced, 0) * most
	}
	return low
}

// dual is the fence's dual with the sign that it must have.
func (f fence) dual(s *lp.Solver, row int) float64 {
	if f.sense == lp.LessEqual {
		return min(s.Dual(row), 0)
	}
	return max(s.Dual(row), 0)
}
