package packing_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing/packingtest"
)

// randomInput is a random cluster of n pods.
func randomInput(t testing.TB, seed uint64, n int) packing.Input {
	return packingtest.Random(awsOfferings(t, packingtest.Zones...), rand.New(rand.NewPCG(seed, 77)), n)
}

// TestRandomInstances packs random clusters, checks every plan and holds the
// gaps to the stated figures. PLIMSOLL_PACKING_FULL=1 runs all 20 sizes with
// the full effort, and =quick with an audit's, to which the figures do not apply.
func TestRandomInstances(t *testing.T) {
	count, effort := 2, 0.1
	full := os.Getenv("PLIMSOLL_PACKING_FULL")
	if full != "" {
		count, effort = len(packingtest.Sizes), 1
	}
	onDemand := awsOfferings(t, packingtest.Zones...)
	var gaps []float64
	t.Logf("%6s %6s %10s %10s %7s %9s %8s", "pods", "nodes", "$/h", "bound", "gap %", "abstained", "seconds")
	for i, n := range packingtest.Sizes[:count] {
		in := packingtest.Instance(onDemand, i)
		if in.Effort = effort; full == "quick" {
			in.Effort = packing.QuickEffort(n)
		}
		start := time.Now()
		plan, err := packing.Pack(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%6d %6d %10.4f %10.4f %7.2f %9d %8.1f", n, len(plan.Nodes), plan.Hourly, plan.LowerBound, plan.GapPercent, len(plan.Abstained), time.Since(start).Seconds())
		if err := packing.Check(plan, in.Pods, in.DaemonSets); err != nil {
			t.Errorf("%d pods: %v", n, err)
		}
		if len(plan.Abstained) > n/50 {
			t.Errorf("%d pods: %d abstained, e.g. %+v", n, len(plan.Abstained), plan.Abstained[0])
		}
		gaps = append(gaps, plan.GapPercent)
	}
	slices.Sort(gaps)
	median, worst := gaps[len(gaps)/2], gaps[len(gaps)-1]
	t.Logf("median gap %.2f %%, worst %.2f %%", median, worst)
	if worst > 6 {
		t.Errorf("worst gap: got %.2f %%, want at most 6 %%", worst)
	}
	if median > 2.5 && full != "quick" {
		t.Errorf("median gap: got %.2f %%, want at most 2.5 %%", median)
	}
}

func BenchmarkPack(b *testing.B) {
	for _, n := range []int{200, 1000} {
		in := randomInput(b, 4, n)
		in.Effort = 0.1
		b.Run(fmt.Sprint(n, " pods"), func(b *testing.B) {
			for b.Loop() {
				if _, err := packing.Pack(context.Background(), in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
