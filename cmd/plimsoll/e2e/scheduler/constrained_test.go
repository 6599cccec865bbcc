//go:build e2e

package scheduler_test

import (
	"fmt"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing/packingtest"
)

// constrained has what the random instances lack: anti-affinity by zone and
// between workloads.
func constrained() packing.Input {
	return packing.Input{Pods: planPods(), DaemonSets: packingtest.DaemonSets(), Offerings: planOfferings(), Effort: 0.2}
}

// planPods are some 130 pods with every constraint that the packer models and
// a cluster without volumes can hold.
func planPods() []packing.Pod {
	const mib = 1 << 20
	spread := func(key string, skew int64) []packing.Spread {
		return []packing.Spread{{TopologyKey: key, MaxSkew: skew}}
	}
	batch := []packing.Toleration{{Key: "spot", Operator: "Exists"}}
	kinds := []struct {
		n   int
		pod packing.Pod
	}{
		{24, packing.Pod{Group: "web", CPU: 700, Memory: 900 * mib, Spread: spread(packing.LabelZone, 1)}},
		{9, packing.Pod{Group: "api", CPU: 1500, Memory: 2500 * mib, Spread: spread(packing.LabelHostname, 2)}},
		{5, packing.Pod{Group: "cache", CPU: 400, Memory: 6000 * mib, AntiAffinity: []packing.AntiAffinity{{TopologyKey: packing.LabelHostname, Groups: []string{"cache"}}}}},
		{3, packing.Pod{Group: "quorum", CPU: 300, Memory: 512 * mib, AntiAffinity: []packing.AntiAffinity{{TopologyKey: packing.LabelZone, Groups: []string{"quorum"}}}}},
		{6, packing.Pod{Group: "noisy", CPU: 2000, Memory: 1000 * mib, AntiAffinity: []packing.AntiAffinity{{TopologyKey: packing.LabelHostname, Groups: []string{"quorum"}}}}},
		{30, packing.Pod{Group: "batch", CPU: 350, Memory: 1200 * mib, Tolerations: batch}},
		{10, packing.Pod{Group: "steady", CPU: 900, Memory: 700 * mib, Tolerations: batch, Affinity: []packing.Term{{{Key: packing.LabelCapacityType, Operator: packing.NotIn, Values: []string{"spot"}}}}}},
		{8, packing.Pod{Group: "store", CPU: 1200, Memory: 7000 * mib, NodeSelector: map[string]string{"pool": "store"},
			Tolerations: []packing.Toleration{{Key: "pool", Operator: "Equal", Value: "store", Effect: "NoSchedule"}}}},
		{4, packing.Pod{Group: "zonal", CPU: 500, Memory: 3000 * mib, Zone: "us-east-1c"}},
		{40, packing.Pod{Group: "small", CPU: 45, Memory: 70 * mib}},
	}
	var out []packing.Pod
	for _, k := range kinds {
		for i := range k.n {
			p := k.pod
			p.Name = fmt.Sprintf("%s-%02d", p.Group, i)
			out = append(out, p)
		}
	}
	return out
}

// planOfferings are nine machines in three zones, each also as tainted spot,
// and those with much memory as a dedicated pool.
func planOfferings() []packing.Offering {
	const gib = 1 << 30
	var out []packing.Offering
	for _, m := range []struct {
		name       string
		vcpu, mem  int64
		usdPerHour float64
	}{
		{"c6i.large", 2, 4, 0.085}, {"c6i.2xlarge", 8, 16, 0.34}, {"c6i.4xlarge", 16, 32, 0.68},
		{"m6i.large", 2, 8, 0.096}, {"m6i.xlarge", 4, 16, 0.192}, {"m6i.4xlarge", 16, 64, 0.768},
		{"r6i.large", 2, 16, 0.126}, {"r6i.xlarge", 4, 32, 0.252}, {"r6i.2xlarge", 8, 64, 0.504},
	} {
		a := cloud.Of("aws").Leaves(cloud.Machine{VCPU: m.vcpu, Memory: m.mem * gib, MaxPods: 29})
		for _, zone := range []string{"us-east-1a", "us-east-1b", "us-east-1c"} {
			o := packing.Offering{Type: m.name, Zone: zone, Arch: "amd64", CapacityType: "on-demand", CPU: a.CPU, Memory: a.Memory, Pods: a.Pods, USDPerHour: m.usdPerHour}
			spot := o
			spot.CapacityType, spot.USDPerHour = "spot", o.USDPerHour*0.4
			spot.Taints = []packing.Taint{{Key: "spot", Value: "true", Effect: "NoSchedule"}}
			out = append(out, o, spot)
			if strings.HasPrefix(m.name, "r") {
				o.Labels = map[string]string{"pool": "store"}
				o.Taints = []packing.Taint{{Key: "pool", Value: "store", Effect: "NoSchedule"}}
				out = append(out, o)
			}
		}
	}
	return out
}

// countedZones has a third zone, in which pods may run that tolerate a taint. It counts for
// the spread of the others, but for those that honour taints. web may have two pods a zone
// and no more, and so may tri, which wants four zones.
func countedZones() packing.Input {
	const mib = 1 << 20
	var in packing.Input
	add := func(n int, p packing.Pod) {
		for i := range n {
			p.Name, p.CPU, p.Memory = fmt.Sprintf("%s-%d", p.Group, i), 500, 512*mib
			in.Pods = append(in.Pods, p)
		}
	}
	zones := func(s packing.Spread) []packing.Spread {
		s.TopologyKey, s.MaxSkew = packing.LabelZone, 2
		return []packing.Spread{s}
	}
	add(4, packing.Pod{Group: "web", Spread: zones(packing.Spread{})})
	add(6, packing.Pod{Group: "api", Spread: zones(packing.Spread{HonorTaints: true})})
	add(4, packing.Pod{Group: "tri", Spread: zones(packing.Spread{MinDomains: 4})})
	store := packing.Taint{Key: "pool", Value: "store", Effect: "NoSchedule"}
	add(3, packing.Pod{Group: "store", NodeSelector: map[string]string{"pool": "store"}, Tolerations: []packing.Toleration{{Key: "pool", Operator: "Exists"}}})
	a := cloud.Of("aws").Leaves(cloud.Machine{VCPU: 16, Memory: 64 << 30, MaxPods: 58})
	for _, zone := range []string{"us-east-1a", "us-east-1b", "us-east-1c"} {
		o := packing.Offering{Type: "m6i.4xlarge", Zone: zone, Arch: "amd64", CapacityType: "on-demand", CPU: a.CPU, Memory: a.Memory, Pods: a.Pods, USDPerHour: 0.768}
		if zone == "us-east-1c" {
			o.Labels, o.Taints = map[string]string{"pool": "store"}, []packing.Taint{store}
		}
		in.Offerings = append(in.Offerings, o)
	}
	return in
}
