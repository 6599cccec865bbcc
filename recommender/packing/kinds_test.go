package packing_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing/packingtest"
)

// TestKinds packs kinds of clusters that the random ones are not, with an audit's efforts, checks
// every plan and prints how far above its bound the cheaper one may be. By default it packs one small cluster
// of a kind with a tenth of that; PLIMSOLL_PACKING_FULL=1 packs three of each, of 150, 400 and 1,000
// pods: the table in docs/method/nodes.md.
func TestKinds(t *testing.T) {
	sizes, share := []int{60}, 0.1
	if os.Getenv("PLIMSOLL_PACKING_FULL") != "" {
		sizes, share = []int{150, 400, 1000}, 1
	}
	onDemand := awsOfferings(t, packingtest.Zones...)
	var all []float64
	for _, kind := range packingtest.Kinds() {
		for seed, size := range sizes {
			in := kind.Make(onDemand, rand.New(rand.NewPCG(uint64(seed), 21)), size)
			in.Effort = packing.QuickEffort(len(in.Pods)) * share
			start := time.Now()
			plan := mustPack(t, in)
			in.Effort, in.NoBound, in.Known = packing.LongEffort(len(in.Pods))*share, true, plan.LowerBound
			if longer := mustPack(t, in); longer.Hourly < plan.Hourly && len(longer.Abstained) == 0 {
				longer.LowerBound = plan.LowerBound
				plan = longer
				plan.GapPercent = 100 * (plan.Hourly/plan.LowerBound - 1)
			}
			t.Logf("%-24s %5d pods, %3d nodes, %9.4f USD/h, bound %9.4f, gap %5.2f %%, %.1f s",
				kind.Name, len(in.Pods), len(plan.Nodes), plan.Hourly, plan.LowerBound, plan.GapPercent, time.Since(start).Seconds())
			all = append(all, plan.GapPercent)
			if len(plan.Abstained) > 0 || plan.GapPercent > 25 {
				t.Errorf("%s: %d pods left out, gap %.2f %%: want none, at most 25 %%", kind.Name, len(plan.Abstained), plan.GapPercent)
			}
		}
	}
	slices.Sort(all)
	t.Logf("median gap %.2f %%, worst %.2f %%", all[len(all)/2], all[len(all)-1])
}

// TestHugePodsAndCrumbs: few ways to put huge pods on a node are all tried, with the crumbs as a
// fluid, so that the bound is near the plan. With both in one search it was 8 % below.
func TestHugePodsAndCrumbs(t *testing.T) {
	const pods = 1000
	for _, kind := range packingtest.Kinds() {
		if kind.Name != packingtest.HugeAndCrumbs {
			continue
		}
		in := kind.Make(awsOfferings(t, packingtest.Zones...), rand.New(rand.NewPCG(2, 21)), pods)
		in.Effort = packing.QuickEffort(pods)
		if plan := mustPack(t, in); plan.GapPercent > 3 || !(plan.LowerBound > 0) {
			t.Errorf("got a gap of %.2f %%, want at most 3 %%", plan.GapPercent)
		}
		return
	}
	t.Error("there is no such kind")
}
