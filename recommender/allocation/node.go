package allocation

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// priceNodes makes a bill of every node that is paid for, over its hours.
func (a *allocator) priceNodes() {
	a.byNode, a.priced = map[string]int{}, map[string]pricing.NodePrice{}
	usual := usualPod(a.snapshot)
	a.fleet = a.machines()
	prices := make([]pricing.NodePrice, 0, len(a.fleet))
	for i := range a.fleet {
		n := &a.fleet[i]
		p := a.catalog.NodePrice(pricing.Node{
			Name: n.Name, ProviderID: n.ProviderID, Labels: n.Labels, ByPod: n.ByPod(), OSImage: n.OSImage,
			CPUMillis: n.Capacity.CPU, MemoryBytes: n.Capacity.Memory, GPUs: n.Capacity.GPU,
		})
		a.byNode[n.Name], a.priced[n.Name] = len(a.bills), p
		prices = append(prices, p)
		a.bills = append(a.bills, n.bill(p))
	}
	a.Prices = pricing.Used(prices)
	for name, left := range roomLeft(a.snapshot) {
		a.bills[a.byNode[name]].Full = pricing.Full{
			CPU: left.CPU < max(usual.CPU, 1), Memory: left.Memory < max(usual.Memory, 1), Pods: left.limited && left.pods <= 0,
		}
	}
}

// room is what the scheduler has left on a node.
type room struct {
	analyzer.Amounts
	pods    int64
	limited bool // the node says how many pods it takes
}

// roomLeft is what today's pods leave of every node's allocatable.
func roomLeft(s *analyzer.Snapshot) map[string]room {
	left := make(map[string]room, len(s.Nodes))
	for _, n := range s.Nodes {
		left[n.Name] = room{n.Allocatable, n.MaxPods, n.MaxPods > 0}
	}
	for p := range running(s) {
		if r, ok := left[p.Node]; ok {
			r.CPU, r.Memory, r.GPU, r.pods = r.CPU-p.Requests.CPU, r.Memory-p.Requests.Memory, r.GPU-p.Requests.GPU, r.pods-1
			left[p.Node] = r
		}
	}
	return left
}

// running yields the pods that hold something of a node now, with their workloads.
func running(s *analyzer.Snapshot) func(func(*analyzer.Pod, *analyzer.Workload) bool) {
	return func(yield func(*analyzer.Pod, *analyzer.Workload) bool) {
		for i := range s.Workloads {
			w := &s.Workloads[i]
			for j := range w.Pods {
				if p := &w.Pods[j]; holds(p) && !yield(p, w) {
					return
				}
			}
		}
	}
}

// holds reports whether a pod is on a node and has not ended.
func holds(p *analyzer.Pod) bool { return p.Node != "" && !p.Ended() }

// usualPod is the median of what today's pods ask for, DaemonSets' left out. A
// node with less than that left of a resource is full of it.
func usualPod(s *analyzer.Snapshot) analyzer.Amounts {
	var cpu, memory []int64
	for p, w := range running(s) {
		if w.Kind == "DaemonSet" {
			continue
		}
		if p.Requests.CPU > 0 {
			cpu = append(cpu, p.Requests.CPU)
		}
		if p.Requests.Memory > 0 {
			memory = append(memory, p.Requests.Memory)
		}
	}
	return analyzer.Amounts{CPU: middle(cpu), Memory: middle(memory)}
}

func middle(values []int64) int64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}
