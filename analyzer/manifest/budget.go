package manifest

import (
	"math"
	"strconv"
	"strings"
)

// Budget is a PodDisruptionBudget.
type Budget struct {
	*Document
	Selector                     *Node
	MinAvailable, MaxUnavailable *Node
}

// Budget looks on the document as a disruption budget; nil where it is none.
func (d *Document) Budget() *Budget {
	if d.Group() != "policy" || d.Kind != "PodDisruptionBudget" {
		return nil
	}
	spec := d.Root.Field("spec")
	b := &Budget{Document: d, Selector: spec.Field("selector")}
	if n := spec.Field("minAvailable"); !n.IsNull() {
		b.MinAvailable = n
	}
	if n := spec.Field("maxUnavailable"); !n.IsNull() {
		b.MaxUnavailable = n
	}
	return b
}

// Allowed gives how many of n healthy pods may be evicted, as the disruption
// controller counts: both fields' percentages round up.
func (b *Budget) Allowed(n int32) (int32, bool) {
	if v, ok := share(b.MaxUnavailable, n); ok {
		return min(v, n), true
	}
	if v, ok := share(b.MinAvailable, n); ok {
		return max(n-v, 0), true
	}
	return n, false
}

// share reads a number, or a percentage of n, rounded up.
func share(node *Node, n int32) (int32, bool) {
	if v, ok := node.Int(); ok {
		return v, true
	}
	number, isPercent := strings.CutSuffix(node.String(), "%")
	p, err := strconv.ParseInt(number, 10, 32)
	if !isPercent || err != nil || p < 0 {
		return 0, false
	}
	return int32(min((p*int64(n)+99)/100, math.MaxInt32)), true
}
