package check

import (
	"math"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Budget is a disruption budget; each bound is a number, a percentage or empty.
type Budget struct{ MinAvailable, MaxUnavailable string }

// BudgetOf is that of an object.
func BudgetOf(b *analyzer.PDB) Budget { return Budget{b.MinAvailable, b.MaxUnavailable} }

// Allowed gives how many of n healthy pods may be evicted, as the disruption controller
// counts: percentages of both bounds round up. ok is false where no bound can be read.
func (b Budget) Allowed(n int32) (may int32, ok bool) {
	if v, ok := share(b.MaxUnavailable, n); ok {
		return min(v, n), true
	}
	if v, ok := share(b.MinAvailable, n); ok {
		return max(n-v, 0), true
	}
	return n, false
}

// Stuck reports whether the budget lets none of n pods go.
func (b Budget) Stuck(n int32) bool {
	may, ok := b.Allowed(n)
	return ok && may == 0 && n > 0
}

// Least is the fewest pods, n or more, of which the budget lets one go; n where none of
// the next hundred does.
func (b Budget) Least(n int32) int32 {
	for k := n; k <= n+100; k++ {
		if may, _ := b.Allowed(k); may > 0 {
			return k
		}
	}
	return n
}

// share reads a number, or a percentage of n, rounded up. The API server takes no
// negative one and no fraction.
func share(text string, n int32) (int32, bool) {
	number, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseInt(number, 10, 32)
	switch {
	case err != nil || v < 0:
		return 0, false
	case percent:
		return int32(min((v*int64(n)+99)/100, math.MaxInt32)), true
	}
	return int32(v), true
}
