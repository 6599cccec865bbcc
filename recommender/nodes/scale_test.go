package nodes_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
)

// largeSnapshot is a cluster of so many pods, 30 on a node of three zones: Deployments
// of 8 pods in the mean with log-normal requests, of which a third spreads over zones.
func largeSnapshot(pods int) *analyzer.Snapshot {
	rng, s := rand.New(rand.NewPCG(uint64(pods), 5)), &analyzer.Snapshot{}
	count := max(pods/30, 3)
	for i := range count {
		node := exampleNode(i)
		node.Name = fmt.Sprintf("node-%05d", i)
		node.Labels["topology.kubernetes.io/zone"] = "us-east-1" + string("abc"[i%3])
		s.Nodes = append(s.Nodes, node)
	}
	for seen := 0; seen < pods; {
		n := min(1+int(rng.ExpFloat64()*8), pods-seen)
		cpu := math.Exp(rng.NormFloat64()*0.9 + 5)
		ask := analyzer.Amounts{CPU: int64(min(cpu, 4000)), Memory: int64(min(cpu*math.Exp(rng.NormFloat64()*0.6+0.9), 12000)+16) << 20}
		on := make([]string, n)
		for i := range on {
			on[i] = s.Nodes[(seen+i)%count].Name
		}
		w := runningOn(fmt.Sprintf("w%05d", len(s.Workloads)), ask, on...)
		if spreads := rng.IntN(3) == 0; spreads && n > 1 {
			for i := range w.Pods {
				w.Pods[i].Spec = analyzer.PodSpec{
					Constraints: []string{analyzer.ConstraintSpread},
					Spread:      []analyzer.TopologySpread{{TopologyKey: "topology.kubernetes.io/zone", MaxSkew: 1}},
				}
			}
		}
		s.Workloads = append(s.Workloads, w)
		seen += n
	}
	s.Sort()
	return s
}

// TestLarge plans clusters of the sizes that PLIMSOLL_NODES_PODS lists, by default one
// of 300 pods: the whole rule, with the options of an audit. The figures are in
// docs/benchmarks.md.
func TestLarge(t *testing.T) {
	sizes := os.Getenv("PLIMSOLL_NODES_PODS")
	if sizes == "" {
		sizes = "300"
	}
	for _, size := range strings.Split(sizes, ",") {
		pods, err := strconv.Atoi(size)
		if err != nil {
			t.Fatal(err)
		}
		snapshot, start := largeSnapshot(pods), time.Now()
		r := planNodesWith(t, snapshot, advice.NodeOptions{})
		plan := advice.As[nodes.Plan](r.Detail)
		if plan == nil {
			t.Fatalf("%d pods: no plan: %s", pods, r.Title)
		}
		t.Logf("%7d pods on %d nodes: %.1f s, USD %.0f to %.0f a month, exact %.0f, bound %.0f, gap %.2f %%",
			pods, len(snapshot.Nodes), time.Since(start).Seconds(), plan.MonthlyNow, plan.Monthly, plan.Exact, plan.LowerBound, plan.GapPercent)
		if plan.Pods != pods || !(plan.LowerBound > 0) || plan.Exact < plan.LowerBound*(1-1e-9) || plan.Exact > plan.LowerBound*1.06 {
			t.Errorf("%d pods: %d planned, %.0f with any types over a bound of %.0f: want all, at most 6 %% above it", pods, plan.Pods, plan.Exact, plan.LowerBound)
		}
	}
}
