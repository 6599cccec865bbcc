package packing

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing/lp"
)

// roundOff is taken off every bound, so that floating-point rounding can't
// make it exceed the true one.
const roundOff = 1e-9

// values are dual prices: what each class's pod is worth in USD per hour, such
// that no node can hold pods worth more than it costs.
type values struct {
	pod  []float64 // by class
	cut  []float64 // by active cut
	cuts float64   // worth of the cuts together
}

// total is the lower bound that the values prove.
func (v values) total(inst *instance) float64 {
	sum := v.cuts
	for c := range inst.classes {
		sum += v.pod[c] * float64(len(inst.classes[c].pods))
	}
	return sum * (1 - roundOff)
}

// assignmentBound solves the relaxation in which pods may be divided among the
// kinds they fit on, and nodes come in fractions:
//
//	min sum p_j x_j,  sum_j z_ij = n_i,  sum_i q_ir z_ij <= a_jr x_j,
//
// with cuts, each of which joins once the solution breaks it. It returns the
// values without and with the cuts, and those that joined. The cuts are looked
// for while the first relaxation is solved.
func (inst *instance) assignmentBound(ctx context.Context, look func(context.Context) []cut) (plain, tight values, active []cut) {
	var all []cut
	var found sync.WaitGroup
	found.Go(func() { all = look(ctx) })
	r := newRelaxation(inst)
	plain = r.solve(ctx, nil)
	found.Wait()
	for tight = plain; ; {
		var broken, rest []cut
		for _, c := range all {
			if r.last.left(c) < c.least-1e-6*(1+c.least) {
				broken = append(broken, c)
			} else {
				rest = append(rest, c)
			}
		}
		if len(broken) == 0 {
			return plain, tight, active
		}
		active, all = append(active, broken...), rest
		if v := r.solve(ctx, active); v.total(inst) > tight.total(inst) {
			tight = v
		} else { // it ended early: what the cuts add is then worth nothing
			tight.cut = append(slices.Clone(tight.cut), make([]float64, len(broken))...)
		}
	}
}

// master is the relaxation after Dantzig and Wolfe: a column says to which
// kinds the pods of a block go, so that there are few rows even for thousands
// of classes.
type master struct {
	inst   *instance
	kinds  []int // that take part
	blocks [][]int
	cuts   []cut
	scale  []float64 // by resource
	rows   []int     // by kind and resource: its row, or -1 where the kind has none of it or others imply it
	first  int       // row of the first block; the cuts follow the blocks
	lp     *lp.Solver
	nodeOf []int // column of each of kinds
	routes []route
}

// route is a column of a block.
type route struct {
	block  int
	to     []int // by class of the block: the kind that it goes to
	column int
}

const maxBlocks = 300

// blocks divides the classes: one each where they are few, else by the kinds
// they fit on and by their ratio of memory to CPU.
func (inst *instance) blocks() [][]int {
	order := make([]int, len(inst.classes))
	for i := range order {
		order[i] = i
	}
	width := 1 + (len(order)-1)/maxBlocks
	keys := make([]string, len(order))
	for c := range inst.classes {
		keys[c] = setKey(inst.classes[c].ok)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		ca, cb := inst.classes[a].size, inst.classes[b].size
		return cmp.Or(cmp.Compare(keys[a], keys[b]), cmp.Compare(ca[1]*(cb[0]+1), cb[1]*(ca[0]+1)))
	})
	var out [][]int
	for i := 0; i < len(order); {
		end := i + 1
		for end < len(order) && end-i < width && keys[order[end]] == keys[order[i]] {
			end++
		}
		out = append(out, order[i:end])
		i = end
	}
	return out
}

// nudge is a tiny amount, different for each row, that keeps the simplex method
// from standing still where many rows are tight at once. Bounds are computed
// from the duals with the true right sides, so it can't falsify them.
func nudge(row int) float64 {
	_, frac := math.Modf(float64(row+1) * 0.6180339887498949)
	return 1e-7 * (1 + frac)
}

// row is that of a kind's resource, or -1.
func (m *master) row(kind, resource int) int { return m.rows[kind*m.inst.dims+resource] }

func newMaster(inst *instance, kinds []int, blocks [][]int, cuts []cut) *master {
	m := &master{inst: inst, kinds: kinds, cuts: cuts, blocks: blocks, scale: make([]float64, inst.dims)}
	for r := range m.scale {
		for _, j := range m.kinds {
			m.scale[r] = max(m.scale[r], inst.kinds[j].size[r])
		}
	}
	m.load()
	return m
}

func (m *master) load() {
	var rows []lp.Row
	for _, j := range m.kinds {
		for r := range m.inst.kinds[j].size {
			if m.inst.implied(j, r) {
				m.rows = append(m.rows, -1)
				continue
			}
			m.rows = append(m.rows, len(rows))
			rows = append(rows, lp.Row{Sense: lp.GreaterEqual, RHS: nudge(len(rows))})
		}
	}
	m.first = len(rows)
	for range m.blocks {
		rows = append(rows, lp.Row{Sense: lp.Equal, RHS: 1})
	}
	for _, c := range m.cuts {
		rows = append(rows, lp.Row{Sense: lp.GreaterEqual, RHS: c.least + nudge(len(rows))})
	}
	m.lp = lp.New(rows)
	for i, j := range m.kinds {
		var entries []lp.Entry
		for r, v := range m.inst.kinds[j].size {
			if row := m.row(i, r); row >= 0 {
				entries = append(entries, lp.Entry{Row: row, Value: v / m.scale[r]})
			}
		}
		for c := range m.cuts {
			entries = append(entries, lp.Entry{Row: m.first + len(m.blocks) + c, Value: m.cuts[c].weight[j]})
		}
		m.nodeOf = append(m.nodeOf, m.lp.AddColumn(m.inst.kinds[j].price, entries))
	}
	// Every pod first goes where it alone costs the least.
	y := make([][]float64, len(m.kinds))
	for i, j := range m.kinds {
		y[i] = make([]float64, m.inst.dims)
		for r, v := range m.inst.kinds[j].size {
			if v > 0 {
				y[i][r] = m.inst.kinds[j].price / v / float64(m.inst.dims)
			}
		}
	}
	for b := range m.blocks {
		m.addBlock(b, y)
	}
}

// cheapest is the kind on which prices y make the class's pod the cheapest.
func (m *master) cheapest(c int, y [][]float64) (kind int, cost float64) {
	cl := &m.inst.classes[c]
	kind, cost = -1, math.Inf(1)
	for i, j := range m.kinds {
		if !cl.ok[j] {
			continue
		}
		sum := 0.0
		for r, v := range cl.size {
			sum += v * y[i][r]
		}
		if sum < cost {
			kind, cost = i, sum
		}
	}
	return kind, cost
}

// addBlock adds the column that sends each class of the block to its cheapest
// kind.
func (m *master) addBlock(b int, y [][]float64) {
	to := make([]int, len(m.blocks[b]))
	for at, c := range m.blocks[b] {
		i, _ := m.cheapest(c, y)
		to[at] = m.kinds[i]
	}
	m.addRoute(b, to)
}

// addRoute adds a column, if its kinds take part.
func (m *master) addRoute(b int, to []int) {
	sums := map[int]float64{}
	for at, c := range m.blocks[b] {
		i := slices.Index(m.kinds, to[at])
		if i < 0 {
			return
		}
		n := float64(len(m.inst.classes[c].pods))
		for r, v := range m.inst.classes[c].size {
			if row := m.row(i, r); row >= 0 {
				sums[row] -= v * n / m.scale[r]
			}
		}
	}
	entries := []lp.Entry{{Row: m.first + b, Value: 1}}
	for _, row := range sortedKeys(sums) {
		entries = append(entries, lp.Entry{Row: row, Value: sums[row]})
	}
	m.routes = append(m.routes, route{b, to, m.lp.AddColumn(0, entries)})
}

const (
	maxRounds = 400
	maxPivots = 20000
)

// solve adds columns until the values of the pods reach the cost of the
// master, and returns the best values found on the way.
func (m *master) solve(ctx context.Context) values {
	var best values
	bestTotal := -1.0
	for range maxRounds {
		err := m.lp.Solve(ctx, maxPivots)
		y, v := m.duals()
		if total := v.total(m.inst); total > bestTotal {
			best, bestTotal = v, total
		}
		if err != nil || bestTotal > m.lp.Objective()*(1-1e-7) {
			break
		}
		added := false
		for b := range m.blocks {
			worth := 0.0
			for _, c := range m.blocks[b] {
				_, cost := m.cheapest(c, y)
				worth += cost * float64(len(m.inst.classes[c].pods))
			}
			if f := m.lp.Dual(m.first + b); worth < f-1e-10 {
				m.addBlock(b, y)
				added = true
			}
		}
		if !added {
			break
		}
	}
	return best
}

// duals reads the solver's prices and shrinks them until no node is worth more
// than it costs, which makes them a proof whatever the solver did.
func (m *master) duals() ([][]float64, values) {
	y := make([][]float64, len(m.kinds))
	shrink := 1.0
	pi := make([]float64, len(m.cuts))
	for c := range pi {
		pi[c] = max(m.lp.Dual(m.first+len(m.blocks)+c), 0)
	}
	for i, j := range m.kinds {
		y[i] = make([]float64, m.inst.dims)
		worth := 0.0
		for r, v := range m.inst.kinds[j].size {
			if row := m.row(i, r); row >= 0 {
				y[i][r] = max(m.lp.Dual(row), 0) / m.scale[r]
			}
			worth += y[i][r] * v
		}
		for c := range m.cuts {
			worth += pi[c] * m.cuts[c].weight[j]
		}
		if p := m.inst.kinds[j].price; worth*shrink > p {
			shrink = p / worth
		}
	}
	v := values{pod: make([]float64, len(m.inst.classes))}
	for c := range m.inst.classes {
		_, cost := m.cheapest(c, y)
		v.pod[c] = cost * shrink
	}
	for c := range m.cuts {
		v.cut = append(v.cut, pi[c]*shrink)
		v.cuts += pi[c] * m.cuts[c].least * shrink
	}
	return y, v
}

// left is the left side of a cut in the solution.
func (m *master) left(c cut) float64 {
	sum := 0.0
	for i, j := range m.kinds {
		sum += c.weight[j] * m.lp.Value(m.nodeOf[i])
	}
	return sum
}
