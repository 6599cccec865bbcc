// Package packingtest has the instances that package packing is tested with:
// the 20 random clusters whose gaps docs/method/nodes.md states, one of which the
// real kube-scheduler gets too, and those of the comparison with Karpenter.
package packingtest

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

const mib = 1 << 20

// Zones are those of the random instances.
var Zones = []string{"us-east-1a", "us-east-1b", "us-east-1c"}

// Sizes are the pods of the 20 random instances.
var Sizes = []int{100, 125, 150, 200, 250, 300, 400, 500, 600, 800, 1000, 1250, 1500, 1750, 2000, 2500, 3000, 3500, 4000, 5000}

// Offerings reads a table of machines (type, vCPUs, GiB, most pods, USD an hour;
// testdata/packing/aws_us_east_1.csv) as on-demand offerings in each zone.
func Offerings(table io.Reader, zones ...string) ([]packing.Offering, error) {
	rows, err := csv.NewReader(table).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading the table of machines: %w", err)
	}
	var out []packing.Offering
	for i, row := range rows[min(1, len(rows)):] {
		var v [4]float64 // vCPUs, GiB, pods, USD an hour
		for k := range v {
			if v[k], err = strconv.ParseFloat(row[min(k+1, len(row)-1)], 64); err != nil {
				return nil, fmt.Errorf("reading line %d of the table of machines: %w", i+2, err)
			}
		}
		a := cloud.Of("aws").Leaves(cloud.Machine{VCPU: int64(v[0]), Memory: int64(v[1] * 1024 * mib), MaxPods: int64(v[2])})
		for _, zone := range zones {
			out = append(out, packing.Offering{Type: row[0], Zone: zone, Arch: "amd64", CapacityType: "on-demand",
				CPU: a.CPU, Memory: a.Memory, Pods: a.Pods, USDPerHour: v[3]})
		}
	}
	return out, nil
}

// DaemonSets take 200 m, 256 MiB and three pods of every node; they tolerate
// all taints.
func DaemonSets() []packing.Pod {
	all := []packing.Toleration{{Operator: "Exists"}}
	return []packing.Pod{
		{Name: "network", CPU: 100, Memory: 128 * mib, Tolerations: all},
		{Name: "proxy", CPU: 50, Memory: 64 * mib, Tolerations: all},
		{Name: "logs", CPU: 50, Memory: 64 * mib, Tolerations: all},
	}
}

// Instance is the i-th of the 20 random instances, from 0, on the given
// on-demand offerings.
func Instance(onDemand []packing.Offering, i int) packing.Input {
	return Random(onDemand, rand.New(rand.NewPCG(uint64(i+1), 77)), Sizes[i])
}

// Random makes a cluster of n pods in workloads with log-normal requests: zone
// spread, anti-affinity, volumes in a zone, spot nodes behind a taint that some
// pods tolerate, and a dedicated pool.
func Random(onDemand []packing.Offering, rng *rand.Rand, n int) packing.Input {
	in := packing.Input{DaemonSets: DaemonSets(), Offerings: market(onDemand)}
	for w := 0; len(in.Pods) < n; w++ {
		replicas := min(n-len(in.Pods), 1+int(rng.ExpFloat64()*8))
		in.Pods = append(in.Pods, workload(rng, w, replicas)...)
	}
	return in
}

// market adds spot nodes and, of the types with much memory, a dedicated pool.
func market(onDemand []packing.Offering) []packing.Offering {
	var out []packing.Offering
	for _, o := range onDemand {
		spot := o
		spot.CapacityType = "spot"
		spot.USDPerHour *= 0.35 + 0.01*float64(len(o.Type)%7)
		spot.Taints = []packing.Taint{{Key: "spot", Value: "true", Effect: "NoSchedule"}}
		out = append(out, o, spot)
		if o.Type[0] == 'r' {
			dedicated := o
			dedicated.Labels = map[string]string{"pool": "database"}
			dedicated.Taints = []packing.Taint{{Key: "pool", Value: "database", Effect: "NoSchedule"}}
			out = append(out, dedicated)
		}
	}
	return out
}

// workload draws the replicas of one workload, which differ in their volumes'
// zones alone.
func workload(rng *rand.Rand, w, replicas int) []packing.Pod {
	cpu := math.Min(math.Exp(rng.NormFloat64()*1.1+5.5), 12000)
	perCore := math.Exp(rng.NormFloat64()*0.8 + math.Log(3000)) // MiB a core
	p := packing.Pod{
		Group: fmt.Sprintf("w%04d", w), CPU: int64(math.Max(cpu, 10)),
		Memory: int64(math.Min(math.Max(cpu/1000*perCore, 32), 48000)) * mib,
	}
	constrain(rng, &p)
	volumes := len(p.Spread) == 0 && rng.IntN(10) == 0
	pods := make([]packing.Pod, replicas)
	for i := range pods {
		pods[i] = p
		pods[i].Name = fmt.Sprintf("shop/w%04d-%03d", w, i)
		if volumes {
			pods[i].Zone = Zones[rng.IntN(len(Zones))]
		}
	}
	return pods
}

// constrain draws how the pods of a workload spread and where they may run.
func constrain(rng *rand.Rand, p *packing.Pod) {
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
}
