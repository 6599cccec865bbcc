package packing_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// randomInput makes a cluster of about n pods in workloads with log-normal
// requests: zone spread, anti-affinity, architectures, volumes in a zone, spot
// nodes behind a taint that some pods tolerate, and a dedicated pool.
func randomInput(t testing.TB, seed uint64, n int) packing.Input {
	rng := rand.New(rand.NewPCG(seed, 77))
	zones := []string{"us-east-1a", "us-east-1b", "us-east-1c"}
	in := packing.Input{DaemonSets: exampleDaemonSets()}
	for _, o := range awsOfferings(t, zones...) {
		in.Offerings = append(in.Offerings, o)
		spot := o
		spot.CapacityType = "spot"
		spot.USDPerHour *= 0.35 + 0.01*float64(len(o.Type)%7)
		spot.Taints = []packing.Taint{{Key: "spot", Value: "true", Effect: "NoSchedule"}}
		in.Offerings = append(in.Offerings, spot)
		if o.Type[0] == 'r' {
			dedicated := o
			dedicated.Labels = map[string]string{"pool": "database"}
			dedicated.Taints = []packing.Taint{{Key: "pool", Value: "database", Effect: "NoSchedule"}}
			in.Offerings = append(in.Offerings, dedicated)
		}
	}
	for i := range in.DaemonSets {
		in.DaemonSets[i].Tolerations = []packing.Toleration{{Operator: "Exists"}}
	}
	for w := 0; len(in.Pods) < n; w++ {
		in.Pods = append(in.Pods, randomWorkload(rng, w, min(n-len(in.Pods), 1+int(rng.ExpFloat64()*8)), zones)...)
	}
	return in
}

func randomWorkload(rng *rand.Rand, w, replicas int, zones []string) []packing.Pod {
	cpu := math.Min(math.Exp(rng.NormFloat64()*1.1+5.5), 12000)
	perCore := math.Exp(rng.NormFloat64()*0.8 + math.Log(3000)) // MiB a core
	p := packing.Pod{
		Group: fmt.Sprintf("w%04d", w), CPU: int64(math.Max(cpu, 10)),
		Memory: int64(math.Min(math.Max(cpu/1000*perCore, 32), 48000)) * mib,
	}
	spread := func(key string, skew int64) {
		p.Spread = append(p.Spread, packing.Spread{TopologyKey: key, MaxSkew: skew})
	}
	switch rng.IntN(10) {
	case 0, 1, 2:
		spread(packing.LabelZone, 1+rng.Int64N(2))
	case 3:
		p.AntiAffinity = []packing.AntiAffinity{{TopologyKey: packing.LabelHostname, Groups: []string{p.Group}}}
	case 4:
		spread(packing.LabelHostname, 1+rng.Int64N(3))
		spread(packing.LabelZone, 1)
	}
	switch rng.IntN(8) {
	case 0, 1:
		p.Tolerations = []packing.Toleration{{Key: "spot", Operator: "Exists"}}
	case 2:
		p.Tolerations = []packing.Toleration{{Key: "pool", Value: "database", Effect: "NoSchedule"}}
		p.NodeSelector = map[string]string{"pool": "database"}
	case 3:
		p.Affinity = []packing.Term{{{Key: packing.LabelCapacityType, Operator: packing.NotIn, Values: []string{"spot"}}}}
	}
	volumes := len(p.Spread) == 0 && rng.IntN(10) == 0
	pods := make([]packing.Pod, replicas)
	for i := range pods {
		pods[i] = p
		pods[i].Name = fmt.Sprintf("shop/w%04d-%03d", w, i)
		if volumes {
			pods[i].Zone = zones[rng.IntN(len(zones))]
		}
	}
	return pods
}

// TestRandomInstances packs random clusters, checks every plan and holds the
// gaps to the stated figures. PLIMSOLL_PACKING_FULL=1 runs all 20 sizes with
// the full budget.
func TestRandomInstances(t *testing.T) {
	sizes, effort := []int{50, 100}, 0.1
	if os.Getenv("PLIMSOLL_PACKING_FULL") != "" {
		effort = 1
		sizes = []int{100, 125, 150, 200, 250, 300, 400, 500, 600, 800, 1000, 1250, 1500, 1750, 2000, 2500, 3000, 3500, 4000, 5000}
	}
	var gaps []float64
	t.Logf("%6s %6s %10s %10s %7s %9s %8s", "pods", "nodes", "$/h", "bound", "gap %", "abstained", "seconds")
	for i, n := range sizes {
		in := randomInput(t, uint64(i+1), n)
		in.Effort = effort
		start := time.Now()
		plan, err := packing.Pack(in)
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
	if median > 2.5 {
		t.Errorf("median gap: got %.2f %%, want at most 2.5 %%", median)
	}
}

func BenchmarkPack(b *testing.B) {
	for _, n := range []int{200, 1000} {
		in := randomInput(b, 4, n)
		in.Effort = 0.1
		b.Run(fmt.Sprint(n, " pods"), func(b *testing.B) {
			for b.Loop() {
				if _, err := packing.Pack(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
