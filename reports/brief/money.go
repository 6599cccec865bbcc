package brief

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Whole is an amount of money in whole dollars.
type Whole int64

// WholeOf rounds to the dollar, half a dollar away from zero.
func WholeOf(u document.USD) Whole { return Whole(u.Rounded() / 100) }

// String gives $1,234 and -$7.
func (w Whole) String() string {
	s := strings.TrimSuffix(document.USD(w*100).String(), ".00")
	return s
}

// Little gives an amount in whole dollars, and says of less than half a dollar that it is
// some.
func Little(u document.USD) string {
	if u > 0 && WholeOf(u) == 0 {
		return "<$1"
	}
	return WholeOf(u).String()
}

// Shares rounds amounts to whole dollars that add up to sum, by largest
// remainder.
func Shares(sum Whole, parts []document.USD) []Whole {
	out, order := make([]Whole, len(parts)), make([]int, len(parts))
	rest := make([]document.USD, len(parts))
	left := sum
	for i, p := range parts {
		out[i] = Whole(p / 100)
		if p < 0 && p%100 != 0 {
			out[i]-- // floors, so that remainders are positive
		}
		rest[i], order[i] = p-document.USD(out[i])*100, i
		left -= out[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rest[b], rest[a]) })
	for _, i := range order {
		if left <= 0 {
			break
		}
		out[i]++
		left--
	}
	return out
}

// Part is a share of a Whole in percent: 65 %, 0.4 %.
func Part(of, all document.USD) string {
	if all == 0 {
		return ""
	}
	p := 100 * float64(of) / float64(all)
	if p >= 1 || p <= 0 {
		return strconv.FormatFloat(p, 'f', 0, 64) + " %"
	}
	return document.Figures(p) + " %"
}
