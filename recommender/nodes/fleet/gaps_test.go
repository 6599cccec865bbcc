package fleet_test

import (
	"os"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/fleet"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing/packingtest"
)

// mostGapPods bounds the random clusters of TestGapsByStyle.
const mostGapPods = 1000

// TestGapsByStyle says how far from their bound plans of random clusters are in each style
// and at each level, with an audit's effort: no style is nearer than exact, no level nearer
// than the one below. The bound is of plans that survive nothing. Nothing is exempt, and an
// update starts a quarter of a workload. PLIMSOLL_PACKING_FULL=1 takes the eleven to 1,000
// pods of docs/method/nodes.md.
func TestGapsByStyle(t *testing.T) {
	f, err := os.Open("../../../testdata/packing/aws_us_east_1.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	onDemand, err := packingtest.Offerings(f, packingtest.Zones...)
	if err != nil {
		t.Fatal(err)
	}
	most := packingtest.Sizes[0]
	if os.Getenv("PLIMSOLL_PACKING_FULL") != "" {
		most = mostGapPods
	}
	styles := []string{"exact", "flexible", "simple"}
	gaps := map[string][]float64{} // by style and level
	for i, pods := range packingtest.Sizes {
		if pods > most {
			break
		}
		in := packingtest.Instance(onDemand, i)
		in.Effort = packing.QuickEffort(pods)
		bare, err := packing.Pack(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		in.NoBound = true
		for _, style := range styles {
			for level, gap := range gapsOf(t, in, bare, style) {
				gaps[style+" "+level] = append(gaps[style+" "+level], gap)
				t.Logf("%5d pods, %-8s %-4s %6.2f %% over the bound", pods, style, level, gap)
			}
		}
	}
	below := map[string]float64{}
	for _, level := range packing.Levels() {
		for _, style := range styles {
			list := gaps[style+" "+string(level)]
			slices.Sort(list)
			median := list[len(list)/2]
			t.Logf("%-8s %-4s median %6.2f %%, worst %6.2f %%, of %d", style, level, median, list[len(list)-1], len(list))
			if median < below[style]-1e-9 {
				t.Errorf("%s, %s: a median of %.2f %%, that of the level below is %.2f %%", style, level, median, below[style])
			}
			below[style] = median
		}
	}
}

// gapsOf gives the distance to the bound by level, of a plan for a rolling update.
func gapsOf(t *testing.T, in packing.Input, bare packing.Plan, style string) map[string]float64 {
	t.Helper()
	one := fleet.Fleet{
		Input: in, Level: packing.SurvivePod, Surge: map[string]int{}, Search: true, Simple: style == "simple", Thorough: style != "flexible",
		Group:  func(o *packing.Offering) string { return o.CapacityType + o.Labels["pool"] },
		Settle: func(*packing.Plan) {},
	}
	count := map[string]int{}
	for i := range in.Pods {
		count[in.Pods[i].Group]++
	}
	for group, n := range count {
		one.Surge[group] = (n + 3) / 4
	}
	plan, s, err := one.Survive(t.Context(), bare)
	if err != nil {
		t.Fatal(err)
	}
	if err := packing.Check(plan, in.Pods, in.DaemonSets); err != nil {
		t.Errorf("%d pods, %s: %v", len(in.Pods), style, err)
	}
	out := map[string]float64{}
	for _, p := range s.Prices {
		out[string(p.Level)] = 100 * (p.Hourly/bare.LowerBound - 1)
	}
	return out
}
