package lp_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	gonum "gonum.org/v1/gonum/optimize/convex/lp"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing/lp"
)

// program is a whole linear program in dense form, from which the solver, the
// duality check and gonum are each fed.
type program struct {
	rows []lp.Row
	cost []float64
	a    [][]float64 // by row, by column
}

func (p program) load() *lp.Solver {
	s := lp.New(p.rows)
	for c := range p.cost {
		p.add(s, c)
	}
	return s
}

func (p program) add(s *lp.Solver, c int) {
	var entries []lp.Entry
	for r := range p.rows {
		entries = append(entries, lp.Entry{Row: r, Value: p.a[r][c]})
	}
	s.AddColumn(p.cost[c], entries)
}

func TestSolve(t *testing.T) {
	tests := map[string]struct {
		in    program
		want  float64
		x     []float64
		duals []float64
	}{
		"two rows at most": {
			program{[]lp.Row{{lp.LessEqual, 4}, {lp.LessEqual, 6}}, []float64{-3, -2}, [][]float64{{1, 1}, {1, 3}}},
			-12, []float64{4, 0}, []float64{-3, 0},
		},
		"diet": {
			program{[]lp.Row{{lp.GreaterEqual, 10}, {lp.GreaterEqual, 8}}, []float64{2, 3}, [][]float64{{1, 2}, {2, 1}}},
			16, []float64{2, 4}, []float64{4. / 3, 1. / 3},
		},
		"equality and negative right side": {
			program{[]lp.Row{{lp.Equal, 5}, {lp.LessEqual, -2}}, []float64{1, 4}, [][]float64{{1, 1}, {0, -1}}},
			11, []float64{3, 2}, []float64{1, -3},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := tt.in.load()
			if err := s.Solve(context.Background(), 1000); err != nil {
				t.Fatal(err)
			}
			if got := s.Objective(); math.Abs(got-tt.want) > 1e-9 {
				t.Errorf("objective: got %v, want %v", got, tt.want)
			}
			for c, want := range tt.x {
				if got := s.Value(c); math.Abs(got-want) > 1e-9 {
					t.Errorf("column %d: got %v, want %v", c, got, want)
				}
			}
			for r, want := range tt.duals {
				if got := s.Dual(r); math.Abs(got-want) > 1e-9 {
					t.Errorf("dual %d: got %v, want %v", r, got, want)
				}
			}
		})
	}
}

func TestSolveErrors(t *testing.T) {
	infeasible := program{[]lp.Row{{lp.LessEqual, 1}, {lp.GreaterEqual, 2}}, []float64{1}, [][]float64{{1}, {1}}}
	if err := infeasible.load().Solve(context.Background(), 100); !errors.Is(err, lp.ErrInfeasible) {
		t.Errorf("got %v, want ErrInfeasible", err)
	}
	unbounded := program{[]lp.Row{{lp.GreaterEqual, 1}}, []float64{-1}, [][]float64{{1}}}
	if err := unbounded.load().Solve(context.Background(), 100); !errors.Is(err, lp.ErrUnbounded) {
		t.Errorf("got %v, want ErrUnbounded", err)
	}
	if err := random(rand.New(rand.NewPCG(1, 1)), 20, 40).load().Solve(context.Background(), 1); !errors.Is(err, lp.ErrIterations) {
		t.Errorf("got %v, want ErrIterations", err)
	}
}

// random makes a feasible and bounded program: the right sides come from a
// known point and the costs from known duals.
func random(rng *rand.Rand, m, n int) program {
	p := program{rows: make([]lp.Row, m), cost: make([]float64, n), a: make([][]float64, m)}
	for c := range p.cost {
		p.cost[c] = float64(rng.IntN(3))
	}
	for r := range p.rows {
		p.a[r] = make([]float64, n)
		sum, dual := 0.0, float64(rng.IntN(5))
		p.rows[r].Sense = lp.Sense(rng.IntN(3))
		if p.rows[r].Sense == lp.LessEqual {
			dual = -dual
		}
		for c := range n {
			if rng.IntN(3) == 0 {
				p.a[r][c] = float64(rng.IntN(19) - 9)
			}
			sum += p.a[r][c] * float64(c%3)
			p.cost[c] += dual * p.a[r][c]
		}
		p.rows[r].RHS = sum
	}
	return p
}

// checkDuality proves an answer optimal without trusting the solver: both
// sides feasible, equal objectives, complementary slackness.
func checkDuality(t *testing.T, p program, s *lp.Solver) {
	t.Helper()
	const tol = 1e-6
	primal, dual := 0.0, 0.0
	for r, row := range p.rows {
		left := 0.0
		for c := range p.cost {
			left += p.a[r][c] * s.Value(c)
		}
		gap, y := left-row.RHS, s.Dual(r)
		if (row.Sense != lp.LessEqual && gap < -tol) || (row.Sense != lp.GreaterEqual && gap > tol) {
			t.Errorf("row %d violated by %g", r, gap)
		}
		if (row.Sense == lp.LessEqual && y > tol) || (row.Sense == lp.GreaterEqual && y < -tol) {
			t.Errorf("dual %d has the wrong sign: %g", r, y)
		}
		if math.Abs(gap*y) > tol*(1+math.Abs(row.RHS)) {
			t.Errorf("row %d: slack %g and dual %g are both away from zero", r, gap, y)
		}
		dual += y * row.RHS
	}
	for c, cost := range p.cost {
		reduced := cost
		for r := range p.rows {
			reduced -= p.a[r][c] * s.Dual(r)
		}
		if s.Value(c) < -tol || reduced < -tol {
			t.Errorf("column %d: value %g, reduced cost %g; want both >= 0", c, s.Value(c), reduced)
		}
		if math.Abs(reduced*s.Value(c)) > tol*(1+math.Abs(cost)) {
			t.Errorf("column %d: value %g and reduced cost %g are both away from zero", c, s.Value(c), reduced)
		}
		primal += cost * s.Value(c)
	}
	if math.Abs(primal-dual) > tol*(1+math.Abs(primal)) {
		t.Errorf("primal %v, dual %v", primal, dual)
	}
}

func TestDualityOnRandomPrograms(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 42))
	for i := range 300 {
		p := random(rng, 1+rng.IntN(30), 1+rng.IntN(60))
		s := p.load()
		if err := s.Solve(context.Background(), 20000); err != nil {
			t.Fatalf("program %d: %v", i, err)
		}
		checkDuality(t, p, s)
	}
}

func TestAddingColumnsWhileSolving(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 50 {
		p := random(rng, 12, 40)
		s := p.load()
		if err := s.Solve(context.Background(), 5000); err != nil {
			t.Fatal(err)
		}
		before := s.Objective()
		extra := random(rng, 12, 10)
		for c := range extra.cost {
			p.cost = append(p.cost, math.Abs(extra.cost[c]))
			for r := range p.rows {
				p.a[r] = append(p.a[r], math.Abs(extra.a[r][c]))
			}
			p.add(s, len(p.cost)-1)
		}
		err := s.Solve(context.Background(), 5000)
		if errors.Is(err, lp.ErrUnbounded) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if s.Objective() > before+1e-7 {
			t.Errorf("more columns raised the optimum from %v to %v", before, s.Objective())
		}
		checkDuality(t, p, s)
	}
}

func TestAgreesWithGonum(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 5))
	compared := 0
	for range 500 {
		p := random(rng, 2+rng.IntN(6), 8+rng.IntN(8))
		want, _, err := gonum.Simplex(standardForm(p))
		if err != nil {
			continue // gonum refuses empty columns and dependent rows
		}
		s := p.load()
		if err := s.Solve(context.Background(), 5000); err != nil {
			t.Fatal(err)
		}
		if got := s.Objective(); math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
			t.Errorf("got %v, gonum %v", got, want)
		}
		compared++
	}
	if compared < 50 {
		t.Errorf("compared %d programs with gonum, want at least 50", compared)
	}
}

// standardForm turns rows into the equalities that gonum wants.
func standardForm(p program) (c []float64, a *mat.Dense, b []float64, tol float64, basis []int) {
	m, n := len(p.rows), len(p.cost)
	slacks := 0
	for _, row := range p.rows {
		if row.Sense != lp.Equal {
			slacks++
		}
	}
	a, c = mat.NewDense(m, n+slacks, nil), make([]float64, n+slacks)
	copy(c, p.cost)
	next := n
	for r, row := range p.rows {
		for k := range n {
			a.Set(r, k, p.a[r][k])
		}
		if row.Sense != lp.Equal {
			a.Set(r, next, map[lp.Sense]float64{lp.LessEqual: 1, lp.GreaterEqual: -1}[row.Sense])
			next++
		}
		b = append(b, row.RHS)
	}
	return c, a, b, 1e-10, nil
}

func BenchmarkSolve(b *testing.B) {
	p := random(rand.New(rand.NewPCG(9, 9)), 150, 600)
	for b.Loop() {
		if err := p.load().Solve(context.Background(), 100000); err != nil {
			b.Fatal(err)
		}
	}
}
