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
	for _, b := range budgets {
		covered := map[string]bool{}
		for _, pod := range b.Pods {
			covered[pod] = true
		}
		held := make([][]int, len(groups)) // by group: pods of the budget on its nodes, most first
		for i := range groups {
			for _, at := range groups[i].Nodes {
				count := 0
				for _, pod := range planned[at].Pods {
					if covered[pod] {
						count++
					}
				}
				held[i] = append(held[i], count)
			}
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
