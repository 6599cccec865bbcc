package karpenter

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// patience is how long the consolidation of a large cluster is followed; what it
// had come to by then is compared. PLIMSOLL_KARPENTER_PATIENCE says otherwise.
func patience(t *testing.T) time.Duration {
	if text := os.Getenv("PLIMSOLL_KARPENTER_PATIENCE"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("PLIMSOLL_KARPENTER_PATIENCE: %v", err)
		}
		return d
	}
	return 2 * time.Minute
}

// TestLargeClusters compares on five random clusters each of 500, 1,000 and
// 2,000 pods, or as many as the test's name is given: -run 'Large/500'.
func TestLargeClusters(t *testing.T) {
	if !full {
		t.Skip("PLIMSOLL_PACKING_FULL is not set")
	}
	for _, n := range []int{500, 1000, 2000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			var launched, consolidated []float64
			t.Logf("%-6s %9s %5s %9s %5s %5s %-5s %9s %5s %9s %6s %6s", "seed", "launched", "nodes", "consolid.", "nodes", "steps", "ended", "ours", "nodes", "bound", "saved", "saved")
			for seed := range uint64(5) {
				s := compareLarge(t, 100*uint64(n)+seed, n)
				launched, consolidated = append(launched, s.launched), append(consolidated, s.consolidated)
			}
			slices.Sort(launched)
			slices.Sort(consolidated)
			t.Logf("median saving after launching %.2f %%, least %.2f %%; after consolidation %.2f %%, least %.2f %%",
				launched[2], launched[0], consolidated[2], consolidated[0])
		})
	}
}

func compareLarge(t *testing.T, seed uint64, n int) saving {
	t.Helper()
	in := random(t, seed, n)
	in.Effort = effort
	ours, err := packing.Pack(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	launched, err := provision(in)
	if err != nil {
		t.Fatalf("seed %d: Karpenter's scheduler: %v", seed, err)
	}
	after, steps, done, err := consolidate(in, launched, patience(t))
	if err != nil {
		t.Fatalf("seed %d: Karpenter's consolidation: %v", seed, err)
	}
	launched.LowerBound, after.LowerBound = ours.LowerBound, ours.LowerBound
	for i, plan := range []packing.Plan{ours, launched, after} {
		if err := packing.Check(plan, in.Pods, in.DaemonSets); err != nil {
			if i == 0 {
				t.Errorf("seed %d: our plan: %v", seed, err)
			} else {
				t.Logf("seed %d: Karpenter's plan: %v", seed, err)
			}
		}
		if ours.Hourly > plan.Hourly+1e-9 {
			t.Errorf("seed %d: our plan costs %.4f $/h, Karpenter's %.4f", seed, ours.Hourly, plan.Hourly)
		}
	}
	s := saving{100 * (1 - ours.Hourly/launched.Hourly), 100 * (1 - ours.Hourly/after.Hourly)}
	t.Logf("%-6d %9.4f %5d %9.4f %5d %5d %-5v %9.4f %5d %9.4f %6.2f %6.2f", seed, launched.Hourly, len(launched.Nodes), after.Hourly, len(after.Nodes), steps, done,
		ours.Hourly, len(ours.Nodes), ours.LowerBound, s.launched, s.consolidated)
	return s
}
