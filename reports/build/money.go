package build

import (
	"cmp"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// apportion rounds parts to cents by largest remainder: the rounded parts add
// up to the rounded sum, and each is off by less than a cent. Where remainders
// are equal the earlier part gets the cent.
func apportion(parts []float64) (rounded []document.USD, total document.USD) {
	var sum float64
	for _, p := range parts {
		sum += document.Finite(p)
	}
	return apportionTo(sum, parts)
}

// apportionTo does the same for parts whose sum is known in another way, such
// as one that was rounded with others before. What the remainders can't settle
// is the largest part's.
func apportionTo(sum float64, parts []float64) (rounded []document.USD, total document.USD) {
	rounded = make([]document.USD, len(parts))
	rest := make([]float64, len(parts))
	order := make([]int, len(parts))
	var floors document.USD
	for i, p := range parts {
		cents := document.Finite(p) * 100
		rounded[i] = document.USD(document.Whole(math.Floor(cents)))
		rest[i], order[i] = cents-float64(rounded[i]), i
		floors += rounded[i]
	}
	total = document.USD(document.Whole(document.Finite(sum) * 100))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rest[b], rest[a]) })
	for _, i := range order {
		if floors >= total {
			break
		}
		rounded[i]++
		floors++
	}
	if floors != total && len(rounded) > 0 {
		at := 0
		for i := range rounded {
			if abs(rounded[i]) > abs(rounded[at]) {
				at = i
			}
		}
		rounded[at] += total - floors
	}
	return rounded, total
}

func abs(u document.USD) document.USD { return max(u, -u) }
