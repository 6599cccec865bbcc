package pricing

import (
	"math"
	"slices"
)

// RoundCents rounds USD amounts to whole cents so that the cents add up to the
// rounded sum of the amounts (largest remainder). No amount moves by a cent or
// more. Amounts must be finite and below 10^13.
func RoundCents(amounts []float64) []int64 {
	cents := make([]int64, len(amounts))
	order := make([]int, len(amounts))
	rest := make([]float64, len(amounts))
	var sum int64
	for i, a := range amounts {
		floor := math.Floor(a * 100)
		cents[i], rest[i], order[i] = int64(floor), a*100-floor, i
		sum += cents[i]
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case rest[i] > rest[j]:
			return -1
		case rest[i] < rest[j]:
			return 1
		}
		return 0
	})
	missing := int64(math.Round(total(amounts)*100)) - sum
	for _, i := range order[:min(max(missing, 0), int64(len(order)))] {
		cents[i]++
	}
	return cents
}

// total adds numbers with compensation (Neumaier), so that the sum of a million
// small amounts is as good as the amounts.
func total(values []float64) float64 {
	var sum, lost float64
	for _, v := range values {
		t := sum + v
		if math.Abs(sum) >= math.Abs(v) {
			lost += (sum - t) + v
		} else {
			lost += (v - t) + sum
		}
		sum = t
	}
	return sum + lost
}
