// Package lp solves linear programs by the revised simplex method and keeps
// the basis between calls, so that columns can be added while solving. That is
// what column generation needs: dual values after every solve, and a warm
// start for the next.
//
// It is meant for masters of up to about a thousand rows. The basis inverse is
// dense. docs/decisions/lp-solver.md says why it is our own.
package lp

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Sense says how a row's left side compares with its right side.
type Sense int8

// The three senses of a row.
const (
	LessEqual Sense = iota
	Equal
	GreaterEqual
)

// Row is a constraint without its coefficients, which come with the columns.
type Row struct {
	Sense Sense
	RHS   float64
}

// Entry is one coefficient of a column.
type Entry struct {
	Row   int
	Value float64
}

// Errors that callers may branch on.
var (
	ErrInfeasible = errors.New("linear program is infeasible: no values satisfy all rows")
	ErrUnbounded  = errors.New("linear program is unbounded: a row is missing")
	ErrIterations = errors.New("linear program did not finish within its pivots: raise the limit or shrink the problem")
)

const (
	feasTol  = 1e-9
	pivotTol = 1e-9
	costTol  = 1e-9
)

type column struct {
	cost       float64
	entries    []Entry
	artificial bool
}

// Solver minimises the cost of its columns under its rows, every column being
// at least zero.
type Solver struct {
	rows   []Row
	sign   []float64 // -1 where a row was turned to make its right side positive
	cols   []column
	user   []int // index into cols of each column the caller added
	basis  []int // column of each basis position
	inRow  []int // basis position of each column, or -1
	inv    []float64
	x      []float64 // values of basic columns
	y      []float64 // duals of the current phase
	pivots int
	since  int       // pivots since the inverse was computed afresh
	priced phase     // what y belongs to
	matrix []float64 // of the basis, while it is inverted
	cross  []int     // columns of the pivot row that are not zero
}

// phase is a cost function: what the rows are short by, then the user's costs.
type phase int8

const (
	unpriced phase = iota
	phase1
	phase2
)

// New returns a solver for the given rows, without any columns.
func New(rows []Row) *Solver {
	m := len(rows)
	s := &Solver{
		rows: append([]Row(nil), rows...), sign: make([]float64, m),
		basis: make([]int, m), inv: make([]float64, m*m), x: make([]float64, m), y: make([]float64, m),
	}
	for r := range s.rows {
		s.sign[r] = 1
		if s.rows[r].RHS < 0 {
			s.sign[r] = -1
			s.rows[r].RHS = -s.rows[r].RHS
			s.rows[r].Sense = GreaterEqual - s.rows[r].Sense
		}
		s.startRow(r)
		s.inv[r*m+r] = 1
		s.x[r] = s.rows[r].RHS
	}
	return s
}

// startRow gives a row its slack and makes it basic, or an artificial column
// where the slack can't be.
func (s *Solver) startRow(r int) {
	one := []Entry{{r, 1}}
	switch s.rows[r].Sense {
	case LessEqual:
		s.basis[r] = s.append(column{entries: one})
	case GreaterEqual:
		s.append(column{entries: []Entry{{r, -1}}})
		s.basis[r] = s.append(column{entries: one, artificial: true})
	default:
		s.basis[r] = s.append(column{entries: one, artificial: true})
	}
	s.inRow[s.basis[r]] = r
}

func (s *Solver) append(c column) int {
	s.cols = append(s.cols, c)
	s.inRow = append(s.inRow, -1)
	return len(s.cols) - 1
}

// AddColumn adds a variable with its cost and coefficients, and returns its
// number, counted from zero. Entries of one row may repeat; they add up.
func (s *Solver) AddColumn(cost float64, entries []Entry) int {
	own := make([]Entry, 0, len(entries))
	for _, e := range entries {
		if e.Value != 0 {
			own = append(own, Entry{e.Row, e.Value * s.sign[e.Row]})
		}
	}
	s.user = append(s.user, s.append(column{cost: cost, entries: own}))
	return len(s.user) - 1
}

// Solve finds an optimum, starting where the last call ended. maxPivots bounds
// the work; after ErrIterations, or the context's error, the values and duals
// are those of the last basis.
func (s *Solver) Solve(ctx context.Context, maxPivots int) error {
	limit := s.pivots + maxPivots
	if s.infeasibility() > feasTol {
		if err := s.run(ctx, phase1, limit); err != nil {
			return err
		}
		if worst := s.infeasibility(); worst > 1e-7*(1+s.scale()) {
			return fmt.Errorf("%w (short by %g)", ErrInfeasible, worst)
		}
	}
	return s.run(ctx, phase2, limit)
}

func (s *Solver) scale() float64 {
	top := 0.0
	for _, r := range s.rows {
		top = math.Max(top, r.RHS)
	}
	return top
}

func (s *Solver) infeasibility() float64 {
	sum := 0.0
	for i, c := range s.basis {
		if s.cols[c].artificial {
			sum += math.Abs(s.x[i])
		}
	}
	return sum
}

func (s *Solver) costOf(c int, p phase) float64 {
	if p == phase1 {
		if s.cols[c].artificial {
			return 1
		}
		return 0
	}
	return s.cols[c].cost
}

// Pivots is how many pivots all solutions took together.
func (s *Solver) Pivots() int { return s.pivots }

// Objective is the cost of the current basis.
func (s *Solver) Objective() float64 {
	sum := 0.0
	for i, c := range s.basis {
		sum += s.cols[c].cost * s.x[i]
	}
	return sum
}

// Value is the value of a column that AddColumn numbered.
func (s *Solver) Value(col int) float64 {
	if i := s.inRow[s.user[col]]; i >= 0 {
		return s.x[i]
	}
	return 0
}

// Dual is the change of the optimum for one more unit of a row's right side:
// at least zero for GreaterEqual rows, at most zero for LessEqual rows.
func (s *Solver) Dual(row int) float64 { return s.y[row] * s.sign[row] }
