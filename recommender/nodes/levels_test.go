package nodes_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// TestLevelsInOrder plans clusters that are too large for all plans to be tried in the
// style flexible: no level may be cheaper than a weaker one, whichever was asked for, and
// what may stay without room at a weaker one is named. PLIMSOLL_PACKING_FULL=1 takes four
// clusters.
func TestLevelsInOrder(t *testing.T) {
	sizes := []int{420, 300, 220, 160}
	if os.Getenv("PLIMSOLL_PACKING_FULL") == "" {
		sizes = sizes[:1]
	}
	for i, pods := range sizes {
		s := randomCluster(t, uint64(93-i), pods, true)
		for _, level := range packing.Levels()[1:] {
			t.Run(fmt.Sprintf("%d pods, %s", pods, level), func(t *testing.T) {
				checkSafe(t, s, advice.NodeOptions{Pools: advice.PoolsFlexible, Survive: level, Types: fewTypes}, advice.LeverNodes)
			})
		}
	}
}
