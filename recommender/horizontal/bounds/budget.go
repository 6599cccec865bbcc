package bounds

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// zoneLabel is the node label that names its zone.
const zoneLabel = "topology.kubernetes.io/zone"

// Binds reports whether a pod of the workload has the constraint.
func Binds(w *analyzer.WorkloadFacts, constraint string) bool {
	return slices.ContainsFunc(w.Pods, func(p analyzer.Pod) bool { return slices.Contains(p.Spec.Constraints, constraint) })
}

func zones(p *advice.Pass) int {
	seen := map[string]bool{}
	for _, n := range p.Facts.Snapshot.Nodes {
		if z := n.Labels[zoneLabel]; z != "" {
			seen[z] = true
		}
	}
	return len(seen)
}

// LeastForBudget is the fewest replicas, n or more, of which the budget lets
// one go; n where none does.
func LeastForBudget(b analyzer.PDB, n int32) int32 {
	for k := n; k <= n+100; k++ {
		if Disruptions(b, k) > 0 {
			return k
		}
	}
	return n
}

// Disruptions is how many of n healthy pods the budget lets go. Both of its
// percentages round up.
func Disruptions(b analyzer.PDB, n int32) int32 {
	switch {
	case b.MaxUnavailable != "":
		if v, ok := intOrPercent(b.MaxUnavailable, n); ok {
			return min(v, n)
		}
	case b.MinAvailable != "":
		if v, ok := intOrPercent(b.MinAvailable, n); ok {
			return max(n-v, 0)
		}
	}
	return n
}

func intOrPercent(s string, n int32) (int32, bool) {
	if share, ok := strings.CutSuffix(s, "%"); ok {
		v, err := strconv.ParseFloat(share, 64)
		return int32(math.Ceil(v * float64(n) / 100)), err == nil && v >= 0 && v <= 1000
	}
	v, err := strconv.ParseInt(s, 10, 32)
	return int32(v), err == nil && v >= 0
}
