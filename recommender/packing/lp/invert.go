package lp

import (
	"errors"
	"math"
)

// errSingular means that rounding made the basis unusable.
var errSingular = errors.New("linear program's basis became singular: scale the rows to similar sizes")

// invert writes the inverse of the m x m matrix a into inv by Gauss-Jordan
// elimination with row exchanges. It destroys a.
func invert(a, inv []float64, m int) error {
	clear(inv)
	for i := range m {
		inv[i*m+i] = 1
	}
	an, in := make([]int, 0, m), make([]int, 0, m)
	for c := range m {
		p := pivotRow(a, m, c)
		if math.Abs(a[p*m+c]) < 1e-13 {
			return errSingular
		}
		if p != c {
			swapRows(a, m, p, c)
			swapRows(inv, m, p, c)
		}
		eliminate(a, inv, m, c, an, in)
	}
	return nil
}

func pivotRow(a []float64, m, c int) int {
	p := c
	for r := c + 1; r < m; r++ {
		if math.Abs(a[r*m+c]) > math.Abs(a[p*m+c]) {
			p = r
		}
	}
	return p
}

func swapRows(a []float64, m, p, q int) {
	for k := range m {
		a[p*m+k], a[q*m+k] = a[q*m+k], a[p*m+k]
	}
}

// eliminate clears column c of every row but its own. Most basis columns are
// slacks, so only entries that are not zero are touched. an and in are empty,
// with room for a row's columns.
func eliminate(a, inv []float64, m, c int, an, in []int) {
	arow, irow := a[c*m:c*m+m], inv[c*m:c*m+m]
	f := 1 / arow[c]
	for k := range m {
		if arow[k] != 0 {
			arow[k] *= f
			if k >= c {
				an = append(an, k)
			}
		}
		if irow[k] != 0 {
			irow[k] *= f
			in = append(in, k)
		}
	}
	for r := range m {
		v := a[r*m+c]
		if r == c || v == 0 {
			continue
		}
		ar, ir := a[r*m:r*m+m], inv[r*m:r*m+m]
		for _, k := range an {
			ar[k] -= v * arow[k]
		}
		for _, k := range in {
			ir[k] -= v * irow[k]
		}
	}
}
