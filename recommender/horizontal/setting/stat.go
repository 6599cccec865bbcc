package setting

import (
	"cmp"
	"math"
	"slices"
)

// Costs gives the sorted CPU per request of the busy slots, those with half
// of the 95th percentile or more: in quiet ones idling outweighs the work.
func Costs(cpu, rate []float64) []float64 {
	var some []float64
	for _, v := range rate {
		if v > 0 {
			some = append(some, v)
		}
	}
	slices.Sort(some)
	least := Quantile(some, 0.95) / 2
	var out []float64
	for i, v := range rate {
		if v > 0 && v >= least {
			out = append(out, cpu[i]/v)
		}
	}
	slices.Sort(out)
	return out
}

// RankCorrelation is Spearman's; 0 where one of them does not vary.
func RankCorrelation(a, b []float64) float64 {
	x, y := ranks(a), ranks(b)
	mean := float64(len(a)-1) / 2
	var xy, xx, yy float64
	for i := range x {
		dx, dy := x[i]-mean, y[i]-mean
		xy, xx, yy = xy+dx*dy, xx+dx*dx, yy+dy*dy
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

// ranks gives equals their mean rank.
func ranks(v []float64) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(v[i], v[j]) })
	out := make([]float64, len(v))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && v[order[j]] == v[order[i]] {
			j++
		}
		for k := i; k < j; k++ {
			out[order[k]] = float64(i+j-1) / 2
		}
		i = j
	}
	return out
}

// LongestIdle gives the longest stretch of idle hours around the clock.
func LongestIdle(loaded [24]bool) (first, length int) {
	for begin := range 24 {
		n := 0
		for n < 24 && !loaded[(begin+n)%24] {
			n++
		}
		if n > length {
			first, length = begin, n
		}
	}
	return first, length
}
