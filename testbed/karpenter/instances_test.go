package karpenter

import (
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

const mib = 1 << 20

// rows reads a table without its head.
func rows(t testing.TB, name string) [][]string {
	t.Helper()
	f, err := os.Open("../../testdata/packing/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all[1:]
}

func number(t testing.TB, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// offerings are 74 types of us-east-1, on demand, in the zones.
func offerings(t testing.TB, zones ...string) []packing.Offering {
	var out []packing.Offering
	for _, r := range rows(t, "aws_us_east_1.csv") {
		a := packing.EKSAllocatable(packing.Machine{
			VCPU: int64(number(t, r[1])), Memory: int64(number(t, r[2]) * 1024 * mib), MaxPods: int64(number(t, r[3])),
		})
		for _, z := range zones {
			out = append(out, packing.Offering{
				Type: r[0], Zone: z, Arch: "amd64", CapacityType: "on-demand",
				CPU: a.CPU, Memory: a.Memory, Pods: a.Pods, USDPerHour: number(t, r[4]),
			})
		}
	}
	return out
}

// daemonSets run on every node.
func daemonSets() []packing.Pod {
	all := []packing.Toleration{{Operator: "Exists"}}
	return []packing.Pod{
		{Name: "network", CPU: 100, Memory: 128 * mib, Tolerations: all},
		{Name: "proxy", CPU: 50, Memory: 64 * mib, Tolerations: all},
		{Name: "logs", CPU: 50, Memory: 64 * mib, Tolerations: all},
	}
}

// example is the instance that docs/rules/nodes.md states figures for.
func example(t testing.TB) packing.Input {
	in := packing.Input{DaemonSets: daemonSets(), Offerings: offerings(t, "us-east-1a")}
	for _, r := range rows(t, "example_pods.csv") {
		in.Pods = append(in.Pods, packing.Pod{Name: r[0], CPU: int64(number(t, r[1])), Memory: int64(number(t, r[2])) * mib})
	}
	return in
}

// random is a cluster of n pods in workloads with log-normal requests, on
// on-demand nodes, tainted spot nodes and a dedicated pool in three zones.
func random(t testing.TB, seed uint64, n int) packing.Input {
	rng := rand.New(rand.NewPCG(seed, 41))
	zones := []string{"us-east-1a", "us-east-1b", "us-east-1c"}
	in := packing.Input{DaemonSets: daemonSets()}
	for _, o := range offerings(t, zones...) {
		spot, dedicated := o, o
		spot.CapacityType, spot.Taints = "spot", []packing.Taint{{Key: "spot", Value: "true", Effect: "NoSchedule"}}
		spot.USDPerHour *= 0.35 + 0.01*float64(len(o.Type)%7)
		in.Offerings = append(in.Offerings, o, spot)
		if o.Type[0] == 'r' {
			dedicated.Labels = map[string]string{"pool": "database"}
			dedicated.Taints = []packing.Taint{{Key: "pool", Value: "database", Effect: "NoSchedule"}}
			in.Offerings = append(in.Offerings, dedicated)
		}
	}
	for w := 0; len(in.Pods) < n; w++ {
		replicas := min(n-len(in.Pods), 1+int(rng.ExpFloat64()*8))
		p := workload(rng, w)
		volumes := len(p.Spread) == 0 && rng.IntN(10) == 0
		for i := range replicas {
			p.Name = fmt.Sprintf("shop/w%04d-%03d", w, i)
			if volumes {
				p.Zone = zones[rng.IntN(len(zones))]
			}
			in.Pods = append(in.Pods, p)
		}
	}
	return in
}

// workload draws one pod: its size, how it spreads, and where it may run.
func workload(rng *rand.Rand, w int) packing.Pod {
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
		p.Tolerations = []packing.Toleration{{Key: "pool", Operator: "Equal", Value: "database", Effect: "NoSchedule"}}
		p.NodeSelector = map[string]string{"pool": "database"}
	case 3:
		p.Affinity = []packing.Term{{{Key: packing.LabelCapacityType, Operator: packing.NotIn, Values: []string{"spot"}}}}
	}
	return p
}
