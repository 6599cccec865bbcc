package advice

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

const (
	// IdleDays is the days' worth of usage from which a workload may be called idle.
	IdleDays = 7
	// idleCPU is the millicores that a pod of an idle workload stays below: in 99 % of
	// the samples, and on the mean of every hour.
	idleCPU = 5
	// ownLevel is the share of the time, the quietest, that shows what a workload uses
	// while it does nothing.
	ownLevel = 0.1
	// The CPU of an idle pod is at most cpuOver times its own level and cpuMore
	// millicores, the traffic of its busiest hour netOver times that and netMore bytes a second.
	cpuOver, cpuMore = 2.0, 2.0
	netOver, netMore = 1.25, 16.0
	// mostQuiet is the bytes a second up to which a level can be of probes and scrapes
	// alone: two probes every ten seconds make 200, a scrape of 100 KiB every fifteen 7,000.
	mostQuiet = 8 << 10
	// netCovers is the share of the pods' hours whose traffic has to be known.
	netCovers = 0.9
)

// SystemNamespace reports whether a namespace holds what a cluster needs to run,
// idle or not.
func SystemNamespace(name string) bool {
	return slices.Contains([]string{"kube-system", "kube-public", "kube-node-lease"}, name)
}

// Stillness is what a workload without work is: idle, where nobody asks anything of
// it, or quiet, where that can't be told or is as it should be. The zero value is a
// workload that works.
type Stillness struct {
	Idle bool
	// Quiet says why it is not called idle though it uses no CPU.
	Quiet string
}

// stillnessOf judges a workload that runs all the time by two witnesses: its CPU, and
// the traffic of its pods. What is unknown does not speak for idleness.
func stillnessOf(w *analyzer.WorkloadFacts) Stillness {
	switch {
	case w.Batch() || w.Kind == "DaemonSet" || w.Replicas == 0 || SystemNamespace(w.Namespace) || w.AddOn() || !restsCPU(w):
		return Stillness{}
	case w.WaitsFor() != "":
		return Stillness{Quiet: "it waits: " + w.WaitsFor()}
	case slices.ContainsFunc(w.Pods, func(p analyzer.Pod) bool { return p.Spec.HostNetwork }):
		return Stillness{Quiet: "it is on its node's network, so that its own traffic is not known"}
	case !knowsNetwork(w):
		return Stillness{Quiet: "the traffic of its pods is not known (container_network_receive_bytes_total and _transmit_bytes_total, or k8s.pod.network.io)"}
	}
	level := w.Network.Quantile(ownLevel)
	return Stillness{Idle: level <= mostQuiet && w.Network.Max() <= netOver*level+netMore}
}

// restsCPU is the first witness: no CPU above the workload's own quiet level.
func restsCPU(w *analyzer.WorkloadFacts) bool {
	seen := 0
	for i := range w.Containers {
		if w.Containers[i].Type == analyzer.TypeContainer {
			seen = max(seen, w.Containers[i].SeenSlots)
		}
	}
	high := PodCPU(w, 0.99)
	return seen >= IdleDays*SlotsADay && high < idleCPU && high <= cpuOver*PodCPU(w, ownLevel)+cpuMore && busiestHour(w) < idleCPU
}

// busiestHour is the most millicores that a pod of the workload used on the mean of
// an hour: a weekly hour of work is less than a hundredth of the samples.
func busiestHour(w *analyzer.WorkloadFacts) float64 {
	type hour struct {
		day int32
		at  int
	}
	cpu, pods := map[hour]float64{}, map[hour]float64{}
	for i := range w.Containers {
		if w.Containers[i].Type == analyzer.TypeInit {
			continue
		}
		for _, d := range w.Containers[i].Days {
			for at, h := range d.Hours {
				k := hour{d.Date, at}
				cpu[k] += float64(h.CPU)
				pods[k] = max(pods[k], float64(h.Pods))
			}
		}
	}
	most := 0.0
	for k, v := range cpu {
		most = max(most, v/max(pods[k], 1))
	}
	return most
}

// knowsNetwork reports whether the traffic is known of nearly all the time in which
// there were pods.
func knowsNetwork(w *analyzer.WorkloadFacts) bool {
	hours := 0.0
	for i := range w.Containers {
		if w.Containers[i].Type != analyzer.TypeContainer {
			continue
		}
		sum := 0.0
		for _, d := range w.Containers[i].Days {
			for _, h := range d.Hours {
				sum += float64(h.Pods)
			}
		}
		hours = max(hours, sum)
	}
	return float64(w.Network.Count()) >= netCovers*max(hours, IdleDays*24)
}

// PodCPU adds up a quantile of the containers' CPU usage, in millicores.
func PodCPU(w *analyzer.WorkloadFacts, q float64) float64 {
	var sum float64
	for i := range w.Containers {
		if c := &w.Containers[i]; c.Type != analyzer.TypeInit {
			sum += c.CPU.Samples.Quantile(q)
		}
	}
	return sum
}
