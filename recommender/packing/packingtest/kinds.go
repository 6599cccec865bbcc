package packingtest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// Kind is a sort of cluster that Random does not make.
type Kind struct {
	Name string
	// Make draws one of so many pods, or about as many, on the given on-demand offerings.
	Make func(onDemand []packing.Offering, rng *rand.Rand, pods int) packing.Input
}

// HugeAndCrumbs names the kind of which a tenth are pods of many cores, the rest of hardly any.
const HugeAndCrumbs = "huge pods and crumbs"

// Kinds lists them, in order.
func Kinds() []Kind {
	return []Kind{
		{"heavy-tailed memory", each(func(rng *rand.Rand, p *packing.Pod) {
			p.Memory = int64(min(256*math.Pow(1-rng.Float64(), -1/1.1), 96<<10)) * mib
		})},
		{"sidecar dust", sidecars},
		{"DaemonSet-heavy", daemons},
		{"GPU", gpus},
		{"arm and amd", archs},
		{"zone-pinned", each(func(rng *rand.Rand, p *packing.Pod) { p.Zone = Zones[rng.IntN(len(Zones))] })},
		{"near-zero CPU", each(func(rng *rand.Rand, p *packing.Pod) { p.CPU = 1 + rng.Int64N(10) })},
		{HugeAndCrumbs, hugeAndCrumbs},
		{"a burst of equal pods", burst},
		{"many small tainted pools", pools},
	}
}

// each draws workloads as Random does, without its constraints, and changes what they ask for.
func each(change func(*rand.Rand, *packing.Pod)) func([]packing.Offering, *rand.Rand, int) packing.Input {
	return func(onDemand []packing.Offering, rng *rand.Rand, pods int) packing.Input {
		in := packing.Input{DaemonSets: DaemonSets(), Offerings: onDemand}
		for w := 0; len(in.Pods) < pods; w++ {
			p := plain(rng)
			change(rng, &p)
			in.Pods = append(in.Pods, replicas(p, w, min(pods-len(in.Pods), 1+int(rng.ExpFloat64()*6)))...)
		}
		return in
	}
}

// plain draws what a pod asks for, log-normal in CPU and in memory a core.
func plain(rng *rand.Rand) packing.Pod {
	cpu := min(max(math.Exp(rng.NormFloat64()*1.1+5.5), 10), 12000)
	return packing.Pod{CPU: int64(cpu), Memory: int64(min(max(cpu/1000*math.Exp(rng.NormFloat64()*0.8+math.Log(3000)), 32), 48000)) * mib}
}

func replicas(p packing.Pod, w, n int) []packing.Pod {
	p.Group = fmt.Sprintf("w%04d", w)
	pods := slices.Repeat([]packing.Pod{p}, n)
	for i := range pods {
		pods[i].Name = fmt.Sprintf("shop/%s-%03d", p.Group, i)
	}
	return pods
}

// sidecars are four fifths pods of a few millicores and MiB beside ordinary ones.
func sidecars(onDemand []packing.Offering, rng *rand.Rand, pods int) packing.Input {
	return each(func(rng *rand.Rand, p *packing.Pod) {
		if rng.IntN(5) > 0 {
			p.CPU, p.Memory = 5+rng.Int64N(45), (16+rng.Int64N(112))*mib
		}
	})(onDemand, rng, pods)
}

// daemons take 1.5 cores and 3 GiB of each node.
func daemons(onDemand []packing.Offering, rng *rand.Rand, pods int) packing.Input {
	in := each(func(*rand.Rand, *packing.Pod) {})(onDemand, rng, pods)
	for i := range 6 {
		in.DaemonSets = append(in.DaemonSets, packing.Pod{Name: fmt.Sprint("agent-", i), CPU: 216, Memory: 470 * mib, Tolerations: in.DaemonSets[0].Tolerations})
	}
	return in
}

// gpus are a tenth of the workloads, of one, two or four devices, on tainted machines.
func gpus(onDemand []packing.Offering, rng *rand.Rand, pods int) packing.Input {
	in := each(func(rng *rand.Rand, p *packing.Pod) {
		if rng.IntN(10) == 0 {
			p.GPUs = 1 << rng.IntN(3)
			p.Tolerations = []packing.Toleration{{Key: "gpu", Operator: "Exists"}}
		}
	})(onDemand, rng, pods)
	in.Offerings = slices.Clone(onDemand)
	for _, zone := range Zones {
		for i, count := range []int64{1, 4, 8} {
			in.Offerings = append(in.Offerings, packing.Offering{
				Type: fmt.Sprint("gpu.", count), Zone: zone, Arch: "amd64", CapacityType: "on-demand", GPUs: count, Taints: []packing.Taint{{Key: "gpu", Effect: "NoSchedule"}},
				CPU: 8000*count - 200, Memory: 30 << 30 * count, Pods: 110, USDPerHour: []float64{0.9, 3.4, 6.6}[i],
			})
		}
	}
	return in
}

// archs have two workloads in three that run on arm64 too, where machines are a fifth cheaper.
func archs(onDemand []packing.Offering, rng *rand.Rand, pods int) packing.Input {
	in := each(func(rng *rand.Rand, p *packing.Pod) {
		if rng.IntN(3) == 0 {
			p.Archs = []string{"amd64"}
		}
	})(onDemand, rng, pods)
	in.Offerings = slices.Clone(onDemand)
	for _, o := range onDemand {
		o.Type, o.Arch, o.USDPerHour = o.Type+"-arm", "arm64", o.USDPerHour*0.8
		in.Offerings = append(in.Offerings, o)
	}
	return in
}

// hugeAndCrumbs are a tenth pods of 9 to 15 cores, the rest of at most a tenth of one.
func hugeAndCrumbs(onDemand []packing.Offering, rng *rand.Rand, pods int) packing.Input {
	in := packing.Input{DaemonSets: DaemonSets(), Offerings: onDemand}
	for w := 0; len(in.Pods) < pods; w++ {
		p := packing.Pod{CPU: 10 + rng.Int64N(90), Memory: (32 + rng.Int64N(300)) * mib}
		n := 1 + rng.IntN(8)
		if rng.IntN(6) == 0 {
			p.CPU, p.Memory = 9000+rng.Int64N(6000), (12+rng.Int64N(40))<<30
			n = 1 + rng.IntN(3)
		}
		in.Pods = append(in.Pods, replicas(p, w, min(n, pods-len(in.Pods)))...)
	}
	return in
}

// burst is one workload of half of the pods beside ordinary ones.
func burst(onDemand []packing.Offering, rng *rand.Rand, pods int) packing.Input {
	in := each(func(*rand.Rand, *packing.Pod) {})(onDemand, rng, pods-pods/2)
	p := packing.Pod{CPU: 300 + rng.Int64N(1500), Memory: (400 + rng.Int64N(3000)) * mib}
	in.Pods = append(in.Pods, replicas(p, 9999, pods/2)...)
	return in
}

// pools are one for about twenty pods, each behind a taint of its own.
func pools(onDemand []packing.Offering, rng *rand.Rand, pods int) packing.Input {
	in, count := packing.Input{DaemonSets: DaemonSets()}, max(pods/20, 2)
	for i := range count {
		name := fmt.Sprint("team-", i)
		for _, o := range onDemand {
			if o.Zone == Zones[i%len(Zones)] && o.Type[0] == "mcr"[i%3] {
				o.Labels, o.Taints = map[string]string{"team": name}, []packing.Taint{{Key: "team", Value: name, Effect: "NoSchedule"}}
				in.Offerings = append(in.Offerings, o)
			}
		}
	}
	for w := 0; len(in.Pods) < pods; w++ {
		p, name := plain(rng), fmt.Sprint("team-", rng.IntN(count))
		p.NodeSelector = map[string]string{"team": name}
		p.Tolerations = []packing.Toleration{{Key: "team", Operator: "Equal", Value: name, Effect: "NoSchedule"}}
		in.Pods = append(in.Pods, replicas(p, w, min(pods-len(in.Pods), 1+int(rng.ExpFloat64()*6)))...)
	}
	return in
}
