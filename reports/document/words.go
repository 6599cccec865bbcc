package document

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Counted gives a number with its noun: 1 node, 3 nodes.
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Figures prints a number with at most three figures or as a whole number,
// without trailing zeros.
func Figures(v float64) string {
	places := 0
	switch a := math.Abs(v); {
	case a < 10:
		places = 2
	case a < 100:
		places = 1
	}
	s := strconv.FormatFloat(v, 'f', places, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// Percent prints a share: 0.4 %, 12 %, <0.01 %.
func Percent(share float64) string {
	if share > 0 && share < 0.0001 {
		return "<0.01 %"
	}
	return Figures(100*share) + " %"
}

// Figures4 prints a number with at most four decimals, as evidence has it.
func Figures4(v float64) string {
	return strconv.FormatFloat(Decimals(v, 4), 'f', -1, 64)
}
