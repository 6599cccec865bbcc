package pricing

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
)

// NodeBill is a node that has to be paid for, over the window being allocated.
type NodeBill struct {
	Name  string
	Price NodePrice
	Hours float64 // how long the node ran

	CPUMillis, MemoryBytes int64 // capacity
	// Allocatable is what pods may have; the rest is the system's. 0 means all of it.
	AllocatableCPUMillis, AllocatableMemoryBytes int64
}

// PodUse is what a pod, or one container of it, held of a node: averages over the
// time it ran. Each resource is paid for by the larger of request and usage.
type PodUse struct {
	Node      string
	Workload  string // any key the caller likes to add up by, e.g. namespace/kind/name/container
	DaemonSet bool
	Hours     float64 // how long it ran; no longer than the node

	CPURequestMillis, CPUUsageMillis     int64
	MemoryRequestBytes, MemoryUsageBytes int64
	GPUs                                 int64
}

// Cost is an amount of USD by resource.
type Cost struct {
	CPU, Memory, GPU float64
}

// Total is the sum over the resources.
func (c Cost) Total() float64 { return c.CPU + c.Memory + c.GPU }

func (c Cost) plus(d Cost) Cost { return Cost{c.CPU + d.CPU, c.Memory + d.Memory, c.GPU + d.GPU} }

// NodeCost is a node's bill in four parts that add up to Total.
type NodeCost struct {
	Name       string
	Total      float64
	Workloads  Cost // pods other than DaemonSets'
	DaemonSets Cost
	Idle       Cost // allocatable that nobody requests or uses
	Overhead   Cost // capacity that isn't allocatable

	// Overcommitted says that pods held more of a resource than is allocatable.
	// Their costs are then scaled down so that they share exactly what it costs.
	Overcommitted bool
}

// WorkloadCost is the cost of everything with one key.
type WorkloadCost struct {
	Workload  string
	DaemonSet bool
	Cost      Cost
}

// Bill is what the nodes cost and who it falls to:
// Total = Workloads + DaemonSets + Idle + Overhead, which are the sums over Nodes,
// and PerWorkload adds up to Workloads + DaemonSets.
type Bill struct {
	Total                                 float64 // USD over the window
	Workloads, DaemonSets, Idle, Overhead Cost

	Nodes       []NodeCost     // by name
	PerWorkload []WorkloadCost // by key
	Warnings    []string
}

// Allocate spreads the nodes' bill over the pods on them. On each node and for
// each resource, a pod pays for max(request, usage) x hours at the node's price of
// that resource; the system's share is overhead and the rest is idle. The order of
// the arguments doesn't matter. Pods on nodes without a bill cost nothing and are warned of.
func Allocate(nodes []NodeBill, pods []PodUse) Bill {
	nodes = slices.Clone(nodes)
	slices.SortStableFunc(nodes, func(a, b NodeBill) int { return cmp.Compare(a.Name, b.Name) })
	pods = slices.Clone(pods)
	slices.SortStableFunc(pods, comparePods)
	a := allocation{perWorkload: map[string]*WorkloadCost{}}
	for i := range nodes {
		if i > 0 && nodes[i].Name == nodes[i-1].Name {
			a.warn("node %s has more than one bill; only the first counts", nodes[i].Name)
			continue
		}
		for len(pods) > 0 && pods[0].Node < nodes[i].Name {
			a.stray(&pods)
		}
		n := 0
		for n < len(pods) && pods[n].Node == nodes[i].Name {
			n++
		}
		a.node(nodes[i], pods[:n])
		pods = pods[n:]
	}
	for len(pods) > 0 {
		a.stray(&pods)
	}
	return a.bill()
}

// comparePods gives pods a total order up to equal amounts, so that floating-point
// sums don't depend on the caller's order.
func comparePods(a, b PodUse) int {
	return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Workload, b.Workload), cmp.Compare(a.Hours, b.Hours),
		cmp.Compare(a.CPURequestMillis, b.CPURequestMillis), cmp.Compare(a.CPUUsageMillis, b.CPUUsageMillis),
		cmp.Compare(a.MemoryRequestBytes, b.MemoryRequestBytes), cmp.Compare(a.MemoryUsageBytes, b.MemoryUsageBytes),
		cmp.Compare(a.GPUs, b.GPUs))
}

// allocation is a bill in the making.
type allocation struct {
	nodes       []NodeCost
	perWorkload map[string]*WorkloadCost
	warnings    []string
}

func (a *allocation) warn(format string, args ...any) {
	a.warnings = append(a.warnings, fmt.Sprintf(format, args...))
}

// stray skips the pods of the first pod's node, which has no bill.
func (a *allocation) stray(pods *[]PodUse) {
	node, n := (*pods)[0].Node, 0
	for n < len(*pods) && (*pods)[n].Node == node {
		n++
	}
	a.warn("%d pods ran on node %q, which has no price: their cost is not counted", n, node)
	*pods = (*pods)[n:]
}

func (a *allocation) node(n NodeBill, pods []PodUse) {
	hours := amount(n.Hours)
	total := amount(n.Price.USDPerHour) * hours
	pots := n.pots(total)
	out := NodeCost{Name: n.Name, Total: total}
	costs := make([]Cost, len(pods))
	for _, r := range n.resources(pots, hours) {
		claims := make([]float64, len(pods))
		for i := range pods {
			claims[i] = r.claim(&pods[i]) * min(amount(pods[i].Hours), hours)
		}
		shares := r.divide(claims)
		for i := range pods {
			*r.of(&costs[i]) = claims[i]
		}
		*r.of(&out.Idle), *r.of(&out.Overhead) = shares.idle, shares.overhead
		out.Overcommitted = out.Overcommitted || shares.overcommitted
	}
	for i, p := range pods {
		w := a.workload(p)
		w.Cost = w.Cost.plus(costs[i])
		if p.DaemonSet {
			out.DaemonSets = out.DaemonSets.plus(costs[i])
		} else {
			out.Workloads = out.Workloads.plus(costs[i])
		}
	}
	if n.Price.Status == Missing && total == 0 {
		a.warn("node %s has no price: it and its %d pods are not counted", n.Name, len(pods))
	}
	a.nodes = append(a.nodes, out)
}

func (a *allocation) workload(p PodUse) *WorkloadCost {
	w := a.perWorkload[p.Workload]
	if w == nil {
		w = &WorkloadCost{Workload: p.Workload}
		a.perWorkload[p.Workload] = w
	}
	w.DaemonSet = w.DaemonSet || p.DaemonSet
	return w
}

// pots divides a node's total by resource in the proportions of its unit prices.
// The last pot takes the rounding error, so the pots add up to the total.
func (n *NodeBill) pots(total float64) Cost {
	cpu := amount(n.Price.CPUPerCoreHour) * float64(n.CPUMillis) / 1000
	memory := amount(n.Price.MemoryPerGiBHour) * float64(n.MemoryBytes) / bytesPerGiB
	gpu := amount(n.Price.GPUPerHour) * float64(n.Price.GPUs)
	sum := cpu + memory + gpu
	if sum <= 0 {
		return Cost{CPU: total}
	}
	pots := Cost{CPU: total * (cpu / sum)}
	if gpu == 0 {
		pots.Memory = total - pots.CPU
		return pots
	}
	pots.Memory = total * (memory / sum)
	pots.GPU = max(0, total-pots.CPU-pots.Memory)
	return pots
}

// resource is one resource of a node: what all of it costs and how much there is.
type resource struct {
	pot              float64 // USD
	capacity, system float64 // amount x hours
	claim            func(*PodUse) float64
	of               func(*Cost) *float64
}

func (n *NodeBill) resources(pots Cost, hours float64) [3]resource {
	reserved := func(capacity, allocatable int64) float64 {
		if allocatable <= 0 || allocatable > capacity {
			return 0
		}
		return float64(capacity-allocatable) * hours
	}
	return [3]resource{
		{pots.CPU, float64(n.CPUMillis) * hours, reserved(n.CPUMillis, n.AllocatableCPUMillis),
			func(p *PodUse) float64 { return float64(max(p.CPURequestMillis, p.CPUUsageMillis, 0)) },
			func(c *Cost) *float64 { return &c.CPU }},
		{pots.Memory, float64(n.MemoryBytes) * hours, reserved(n.MemoryBytes, n.AllocatableMemoryBytes),
			func(p *PodUse) float64 { return float64(max(p.MemoryRequestBytes, p.MemoryUsageBytes, 0)) },
			func(c *Cost) *float64 { return &c.Memory }},
		{pots.GPU, float64(n.Price.GPUs) * hours, 0,
			func(p *PodUse) float64 { return float64(max(p.GPUs, 0)) },
			func(c *Cost) *float64 { return &c.GPU }},
	}
}

type shares struct {
	idle, overhead float64
	overcommitted  bool
}

// divide turns claims (amount x hours) into USD in place. What pods and system
// leave is idle; where pods claim more than is left beside the system, they share that in proportion.
func (r resource) divide(claims []float64) shares {
	if r.capacity <= 0 || r.pot <= 0 {
		clear(claims)
		return shares{idle: r.pot}
	}
	s := shares{overhead: r.pot * (r.system / r.capacity)}
	left := r.pot - s.overhead
	sum := total(claims)
	perUnit := r.pot / r.capacity
	if s.overcommitted = sum*perUnit > left*(1+1e-12); s.overcommitted {
		perUnit = left / sum
	}
	for i := range claims {
		claims[i] *= perUnit
	}
	if !s.overcommitted {
		s.idle = max(0, left-total(claims))
	}
	return s
}

func (a *allocation) bill() Bill {
	b := Bill{Nodes: a.nodes, Warnings: a.warnings}
	var totals []float64
	for _, n := range a.nodes {
		totals = append(totals, n.Total)
		b.Workloads, b.DaemonSets = b.Workloads.plus(n.Workloads), b.DaemonSets.plus(n.DaemonSets)
		b.Idle, b.Overhead = b.Idle.plus(n.Idle), b.Overhead.plus(n.Overhead)
	}
	b.Total = total(totals)
	for _, key := range slices.Sorted(maps.Keys(a.perWorkload)) {
		b.PerWorkload = append(b.PerWorkload, *a.perWorkload[key])
	}
	return b
}

// amount makes a price or duration that can't be one count as nothing.
func amount(v float64) float64 {
	if v > 0 && !math.IsInf(v, 0) {
		return v
	}
	return 0
}
