package text

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// whole is an amount of money in whole dollars.
type whole int64

func dollarsOf(u document.USD) whole {
	if u < 0 {
		return -dollarsOf(-u)
	}
	return whole((u + 50) / 100)
}

// String gives $1,234 and -$7.
func (w whole) String() string {
	s := strings.TrimSuffix(document.USD(w*100).String(), ".00")
	return s
}

// shares rounds amounts to whole dollars that add up to sum, by largest
// remainder.
func shares(sum whole, parts []document.USD) []whole {
	out, order := make([]whole, len(parts)), make([]int, len(parts))
	rest := make([]document.USD, len(parts))
	left := sum
	for i, p := range parts {
		out[i] = whole(p / 100)
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

// part is a share of a whole in percent: 65 %, 0.4 %.
func part(of, all document.USD) string {
	if all == 0 {
		return ""
	}
	p := 100 * float64(of) / float64(all)
	if p >= 1 || p <= 0 {
		return strconv.FormatFloat(p, 'f', 0, 64) + " %"
	}
	return document.Figures(p) + " %"
}
