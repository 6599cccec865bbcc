package group

import (
	"cmp"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// drainShare is the share of a group's nodes that may go at one time,
// Karpenter's default.
const drainShare = 0.1

// LimitDrains gives each group the tenth of its nodes, rounded up, and takes
// off where that many nodes could hold more pods of a PodDisruptionBudget than
// it lets go.
func LimitDrains(groups []Group, planned []packing.PlannedNode, budgets []packing.Budget) {
	for i := range groups {
		groups[i].Drains = max(1, int(float64(groups[i].Count)*drainShare+0.999))
	}
	type place struct{ group, node int }
	at := map[string]place{} // by pod
	for i := range groups {
		for _, node := range groups[i].Nodes {
			for _, pod := range planned[node].Pods {
				at[pod] = place{i, node}
			}
		}
	}
	for _, b := range budgets {
		counts := map[place]int{}
		for _, pod := range b.Pods {
			if p, planned := at[pod]; planned {
				counts[p]++
			}
		}
		held := make([][]int, len(groups)) // by group: pods of the budget on nodes that have some, most first
		for p, count := range counts {
			held[p.group] = append(held[p.group], count)
		}
		for i := range held {
			slices.SortFunc(held[i], func(a, b int) int { return cmp.Compare(b, a) })
		}
		for reduceDrains(groups, held, b.Allowed) {
		}
	}
}

// reduceDrains takes one drain off the group with the most where the worst
// nodes together hold more than allowed, and says whether it did.
func reduceDrains(groups []Group, held [][]int, allowed int) bool {
	worst, at := 0, -1
	for i := range groups {
		part := 0
		for _, count := range held[i][:min(groups[i].Drains, len(held[i]))] {
			part += count
		}
		worst += part
		if part > 0 && groups[i].Drains > 1 && (at < 0 || groups[i].Drains > groups[at].Drains) {
			at = i
		}
	}
	if worst <= allowed || at < 0 {
		return false
	}
	groups[at].Drains--
	return true
}
