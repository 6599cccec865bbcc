package lp

import (
	"context"
	"math"
)

// fewPivots is how many of them leave the inverse as good as new.
const fewPivots = 20

// run pivots until no column lowers the cost of its phase.
func (s *Solver) run(ctx context.Context, p phase, limit int) error {
	m := len(s.rows)
	if err := s.renew(p); err != nil {
		return err
	}
	alpha := make([]float64, m)
	stalled := 0
	for {
		if s.pivots >= limit {
			return ErrIterations
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		bland := stalled > 2*m+50
		q, reduced := s.entering(p, bland)
		if q < 0 {
			if s.since <= fewPivots {
				return nil
			}
			// Rounding errors may hide a last column: look again from a fresh inverse.
			if err := s.refactor(p); err != nil {
				return err
			}
			continue
		}
		s.ftran(q, alpha)
		r := s.leaving(alpha, p, bland)
		if r < 0 {
			if p == phase1 {
				return ErrInfeasible
			}
			return ErrUnbounded
		}
		step := math.Max(s.x[r], 0) / alpha[r]
		if step < 0 {
			step = 0
		}
		if step*-reduced > 1e-12 {
			stalled = 0
		} else {
			stalled++
		}
		s.pivot(q, r, alpha, reduced, step)
		if s.since > 100+m/2 {
			if err := s.refactor(p); err != nil {
				return err
			}
		}
	}
}

// renew makes the inverse good for a phase, where it is not.
func (s *Solver) renew(p phase) error {
	if s.since > fewPivots {
		return s.refactor(p)
	}
	if s.priced != p {
		s.reprice(p)
	}
	return nil
}

// entering picks the column with the lowest reduced cost, or with Bland's rule
// the first that has a negative one. Artificial columns never come back.
func (s *Solver) entering(p phase, bland bool) (int, float64) {
	best, at := -costTol, -1
	for c := range s.cols {
		col := &s.cols[c]
		if s.inRow[c] >= 0 || col.artificial {
			continue
		}
		d := 0.0
		if p == phase2 {
			d = col.cost
		}
		size := 1.0
		for _, e := range col.entries {
			d -= s.y[e.Row] * e.Value
		}
		size += math.Abs(col.cost)
		if d < best*size {
			at = c
			if bland {
				return c, d
			}
			best = d / size
		}
	}
	if at < 0 {
		return -1, 0
	}
	return at, best * (1 + math.Abs(s.cols[at].cost))
}

func (s *Solver) ftran(q int, alpha []float64) {
	m := len(s.rows)
	for i := range alpha {
		sum := 0.0
		row := s.inv[i*m : i*m+m]
		for _, e := range s.cols[q].entries {
			sum += row[e.Row] * e.Value
		}
		alpha[i] = sum
	}
}

// leaving is the ratio test. Artificial columns that stayed at zero leave as
// soon as they would move. Ties go to the largest pivot, under Bland's rule to
// the lowest column.
func (s *Solver) leaving(alpha []float64, p phase, bland bool) int {
	best, at := math.Inf(1), -1
	for i, a := range alpha {
		c := s.basis[i]
		ratio := 0.0
		if a > pivotTol {
			ratio = math.Max(s.x[i], 0) / a
		} else if p == phase1 || a >= -pivotTol || !s.cols[c].artificial {
			continue
		}
		tie := at >= 0 && math.Abs(ratio-best) <= 1e-12*(1+best)
		switch {
		case at < 0 || (!tie && ratio < best):
			best, at = ratio, i
		case tie && s.preferred(i, at, alpha, bland):
			best, at = math.Min(best, ratio), i
		}
	}
	return at
}

// preferred breaks a tie of the ratio test between rows i and at.
func (s *Solver) preferred(i, at int, alpha []float64, bland bool) bool {
	if bland {
		return s.basis[i] < s.basis[at]
	}
	return math.Abs(alpha[i]) > math.Abs(alpha[at])
}

// pivot makes column q basic in row r and updates values, duals and inverse.
func (s *Solver) pivot(q, r int, alpha []float64, reduced, step float64) {
	m := len(s.rows)
	s.pivots, s.since = s.pivots+1, s.since+1
	for i := range s.x {
		if i != r && alpha[i] != 0 {
			s.x[i] -= step * alpha[i]
			if s.x[i] < 0 && s.x[i] > -feasTol {
				s.x[i] = 0
			}
		}
	}
	s.x[r] = step
	s.inRow[s.basis[r]] = -1
	s.basis[r] = q
	s.inRow[q] = r

	prow := s.inv[r*m : r*m+m]
	f := 1 / alpha[r]
	nz := s.cross[:0]
	for k, v := range prow {
		if v != 0 {
			prow[k] = v * f
			nz = append(nz, k)
		}
	}
	s.cross = nz
	for i := range m {
		a := alpha[i]
		if i == r || a == 0 {
			continue
		}
		row := s.inv[i*m : i*m+m]
		for _, k := range nz {
			row[k] -= a * prow[k]
		}
	}
	for _, k := range nz {
		s.y[k] += reduced * prow[k]
	}
}

// refactor computes the inverse, the values and the duals afresh from the
// basis, so that rounding errors do not add up.
func (s *Solver) refactor(p phase) error {
	m := len(s.rows)
	if s.matrix == nil {
		s.matrix = make([]float64, m*m)
	}
	a := s.matrix
	clear(a)
	for i, c := range s.basis {
		for _, e := range s.cols[c].entries {
			a[e.Row*m+i] += e.Value
		}
	}
	if err := invert(a, s.inv, m); err != nil {
		return err
	}
	s.since = 0
	for i := range m {
		row := s.inv[i*m : i*m+m]
		sum := 0.0
		for k, v := range row {
			sum += v * s.rows[k].RHS
		}
		if sum < 0 && sum > -1e-7 {
			sum = 0
		}
		s.x[i] = sum
	}
	s.reprice(p)
	return nil
}

// reprice computes the duals of a phase from the inverse.
func (s *Solver) reprice(p phase) {
	m := len(s.rows)
	s.priced = p
	clear(s.y)
	for i, c := range s.basis {
		cost := s.costOf(c, p)
		if cost == 0 {
			continue
		}
		for k, v := range s.inv[i*m : i*m+m] {
			s.y[k] += cost * v
		}
	}
}
