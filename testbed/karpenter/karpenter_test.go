package karpenter

import (
	"context"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// effort is what the rule nodes gives the packer.
const effort = 0.1

// mostConsolidated is the number of pods of a random cluster up to which
// consolidation is followed too: with many nodes it takes minutes.
const mostConsolidated, mostConsolidatedFull = 75, 400

// full runs the sizes that docs/rules/nodes.md states figures for.
var full = os.Getenv("PLIMSOLL_PACKING_FULL") != ""

// saving is what our plan costs less than Karpenter's nodes, in percent.
type saving struct{ launched, consolidated float64 }

// compare packs in both ways, holds all plans to the independent checker and
// ours to cost no more.
func compare(t *testing.T, name string, in packing.Input, follow bool) saving {
	t.Helper()
	in.Effort = effort
	ours, err := packing.Pack(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	if len(ours.Abstained) > 0 {
		t.Errorf("%s: %d pods left out, e.g. %+v", name, len(ours.Abstained), ours.Abstained[0])
	}
	launched, err := provision(in)
	if err != nil {
		t.Fatalf("%s: Karpenter's scheduler: %v", name, err)
	}
	consolidated, steps := launched, 0
	if follow {
		if consolidated, steps, _, err = consolidate(in, launched, 0); err != nil {
			t.Fatalf("%s: Karpenter's consolidation: %v", name, err)
		}
	}
	launched.LowerBound, consolidated.LowerBound = ours.LowerBound, ours.LowerBound
	for what, plan := range map[string]packing.Plan{"ours": ours, "Karpenter's": launched, "Karpenter's after consolidation": consolidated} {
		if err := packing.Check(plan, in.Pods, in.DaemonSets); err != nil {
			t.Errorf("%s: plan (%s): %v", name, what, err)
		}
		if ours.Hourly > plan.Hourly+1e-9 {
			t.Errorf("%s: our plan costs %.4f $/h, %s %.4f", name, ours.Hourly, what, plan.Hourly)
		}
	}
	s := saving{100 * (1 - ours.Hourly/launched.Hourly), 100 * (1 - ours.Hourly/consolidated.Hourly)}
	t.Logf("%-9s %9.4f %5d %9.4f %5d %5d %9.4f %5d %9.4f %6.2f %6.2f", name, launched.Hourly, len(launched.Nodes), consolidated.Hourly, len(consolidated.Nodes), steps,
		ours.Hourly, len(ours.Nodes), ours.LowerBound, s.launched, s.consolidated)
	return s
}

func head(t *testing.T) {
	t.Logf("%-9s %9s %5s %9s %5s %5s %9s %5s %9s %6s %6s", "instance", "launched", "nodes", "consolid.", "nodes", "steps", "ours", "nodes", "bound", "saved", "saved")
}

// TestExample compares on the reference instance.
func TestExample(t *testing.T) {
	head(t)
	if s := compare(t, "example", example(t), true); s.launched < 5 {
		t.Errorf("saved: got %.2f %%, want at least 5 %%", s.launched)
	}
}

// TestRandomInstances compares on seeded random clusters.
// PLIMSOLL_PACKING_FULL=1 runs all sizes.
func TestRandomInstances(t *testing.T) {
	sizes, most := []int{20, 50, 75, 100, 150, 200}, mostConsolidated
	if full {
		most = mostConsolidatedFull
		sizes = []int{100, 125, 150, 200, 250, 300, 400, 500, 600, 800, 1000, 1250, 1500, 1750, 2000, 2500, 3000, 3500, 4000, 5000}
	}
	head(t)
	var launched, consolidated []float64
	for i, n := range sizes {
		s := compare(t, strconv.Itoa(n)+" pods", random(t, uint64(i+1), n), n <= most)
		launched = append(launched, s.launched)
		if n <= most {
			consolidated = append(consolidated, s.consolidated)
		}
	}
	for what, v := range map[string][]float64{"after launching": launched, "after consolidation": consolidated} {
		slices.Sort(v)
		t.Logf("%s: median saving %.2f %% of %d, least %.2f %%", what, v[len(v)/2], len(v), v[0])
	}
}
