package packing_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// TestManyClasses packs more classes and more nodes than are looked at together: pods
// of which none is like another of another workload, a third of them spread over the
// zones. The checker counts them all, and the plan stays near its bound.
func TestManyClasses(t *testing.T) {
	const workloads, mib = 1300, 1 << 20
	rng := rand.New(rand.NewPCG(3, 9))
	in := packing.Input{Effort: 0.02}
	for _, zone := range []string{"a", "b"} {
		for _, size := range []int64{2, 4} {
			in.Offerings = append(in.Offerings, packing.Offering{
				Type: fmt.Sprintf("m%d", size), Zone: zone, CPU: 1000 * size, Memory: 4096 * mib * size, Pods: 60, USDPerHour: 0.05 * float64(size),
			})
		}
	}
	for w := range workloads {
		like := packing.Pod{Group: fmt.Sprintf("w%04d", w), CPU: 100 + rng.Int64N(900), Memory: (200 + rng.Int64N(3000)) * mib}
		n := 1
		if w%3 == 0 {
			n, like.Spread = 3, []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 2}}
		}
		for i := range n {
			like.Name = fmt.Sprintf("shop/w%04d-%d", w, i)
			in.Pods = append(in.Pods, like)
		}
	}
	for w := range workloads { // as many again that are tied to a zone
		in.Pods = append(in.Pods, packing.Pod{
			Name: fmt.Sprintf("data/v%04d", w), Group: fmt.Sprintf("v%04d", w), Zone: string("ab"[w%2]),
			CPU: 100 + rng.Int64N(900), Memory: (200 + rng.Int64N(3000)) * mib,
		})
	}
	plan := mustPack(t, in)
	if err := packing.Check(plan, in.Pods, in.DaemonSets); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d pods on %d nodes, gap %.2f %%", len(in.Pods), len(plan.Nodes), plan.GapPercent)
	if len(plan.Abstained) > 0 || len(plan.Nodes) < 400 || plan.GapPercent > 6 {
		t.Errorf("got %d abstained, %d nodes, gap %.2f %%: want none, at least 400, at most 6 %%", len(plan.Abstained), len(plan.Nodes), plan.GapPercent)
	}
	if again, err := packing.Pack(context.Background(), in); err != nil || !reflect.DeepEqual(again, plan) {
		t.Errorf("a second call gave another plan, or failed: %v", err)
	}
}
