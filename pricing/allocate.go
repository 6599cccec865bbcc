package pricing

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// NodeBill is a node that has to be paid for, over the window being allocated.
type NodeBill struct {
	Name  string
	Price NodePrice
	Hours float64 // how long the node is paid for

	CPUMillis, MemoryBytes int64 // capacity
	// Allocatable is what pods may have; the rest is the system's. 0 means all of it.
	AllocatableCPUMillis, AllocatableMemoryBytes int64
	// Full are the resources of which no usual pod finds enough on the node any
	// more: what is idle of the others is then stranded.
	Full Full
	// Runs says that it stands for runs that are billed by the pod: where it has no price,
	// their workload says so.
	Runs bool
}

// Full names the resources of a node that are used up.
type Full struct {
	CPU, Memory, Pods bool
}

// PodUse is what a pod, or one container of it, held of a node.
type PodUse struct {
	Node      string
	DaemonSet bool

	CPU    Holding // millicore-hours
	Memory Holding // byte-hours
	GPU    Holding // GPU-hours
}

// Holding is an amount of one resource over time.
type Holding struct {
	// Held is what is paid for: the larger of request and usage, moment by moment.
	Held float64
	// Used is the part of Held that was used; the rest is slack.
	Used float64
}

// slack is the part of a holding that was requested and not used.
func (h Holding) slack() float64 { return max(0, amount(h.Held)-amount(h.Used)) }

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

	Slack    Cost // the part of Workloads that was requested and not used
	Stranded Cost // the part of Idle beside another resource that is full

	// Overcommitted says that pods held more of a resource than is allocatable.
	// Their costs are then scaled down so that they share exactly what it costs.
	Overcommitted bool
	// Excess is by what share of it they held more, of the resource where that is most.
	Excess float64
}

// UseCost is what one PodUse costs, and the part of it that is slack.
type UseCost struct {
	Cost, Slack Cost
}

// Bill is what the nodes cost and who it falls to:
// Total = Workloads + DaemonSets + Idle + Overhead, which are the sums over Nodes,
// and PerUse adds up to Workloads + DaemonSets.
type Bill struct {
	Total                                 float64 // USD over the window
	Workloads, DaemonSets, Idle, Overhead Cost
	Slack, Stranded                       Cost // parts of Workloads and of Idle

	Nodes    []NodeCost // by name
	PerUse   []UseCost  // one for each PodUse, in the order given
	Warnings []string
}

// Allocate spreads the nodes' bill over the pods on them. On each node and for
// each resource, a pod pays for what it held at the node's price of that
// resource; the system's share is overhead and the rest is idle. The order of
// the arguments doesn't matter. Pods on nodes without a bill cost nothing and are warned of.
func Allocate(nodes []NodeBill, pods []PodUse) Bill {
	nodes = slices.Clone(nodes)
	slices.SortStableFunc(nodes, func(a, b NodeBill) int { return cmp.Compare(a.Name, b.Name) })
	order := make([]int, len(pods))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return comparePods(&pods[i], &pods[j]) })
	a := allocation{pods: pods, perUse: make([]UseCost, len(pods))}
	for i := range nodes {
		if i > 0 && nodes[i].Name == nodes[i-1].Name {
			a.warn("node %s has more than one bill; only the first counts", nodes[i].Name)
			continue
		}
		for len(order) > 0 && pods[order[0]].Node < nodes[i].Name {
			order = a.stray(order)
		}
		n := a.sameNode(order, nodes[i].Name)
		a.node(nodes[i], order[:n])
		order = order[n:]
	}
	for len(order) > 0 {
		order = a.stray(order)
	}
	return a.bill()
}

// comparePods gives pods a total order up to equal amounts, so that floating-point
// sums don't depend on the caller's order.
func comparePods(a, b *PodUse) int {
	compare := func(a, b Holding) int { return cmp.Or(cmp.Compare(a.Held, b.Held), cmp.Compare(a.Used, b.Used)) }
	if c := cmp.Compare(a.Node, b.Node); c != 0 {
		return c
	}
	if a.DaemonSet != b.DaemonSet {
		if a.DaemonSet {
			return -1
		}
		return 1
	}
	return cmp.Or(compare(a.CPU, b.CPU), compare(a.Memory, b.Memory), compare(a.GPU, b.GPU))
}

// allocation is a bill in the making.
type allocation struct {
	pods     []PodUse
	perUse   []UseCost
	nodes    []NodeCost
	warnings []string
}

func (a *allocation) warn(format string, args ...any) {
	a.warnings = append(a.warnings, fmt.Sprintf(format, args...))
}

// sameNode counts the pods at the head of the list that are on a node.
func (a *allocation) sameNode(order []int, node string) int {
	n := 0
	for n < len(order) && a.pods[order[n]].Node == node {
		n++
	}
	return n
}

// stray skips the pods of the first pod's node, which has no bill.
func (a *allocation) stray(order []int) []int {
	node := a.pods[order[0]].Node
	n := a.sameNode(order, node)
	a.warn("%d containers ran on node %q, which has no price: their cost is not counted", n, node)
	return order[n:]
}

func (a *allocation) node(n NodeBill, order []int) {
	hours := amount(n.Hours)
	total := amount(n.Price.USDPerHour) * hours
	pots := n.pots(total)
	out := NodeCost{Name: n.Name, Total: total}
	claims := make([]float64, len(order))
	for _, r := range n.resources(pots, hours) {
		for i, at := range order {
			claims[i] = amount(r.holding(&a.pods[at]).Held)
		}
		shares := r.divide(claims)
		for i, at := range order {
			use, h := &a.perUse[at], r.holding(&a.pods[at])
			if *r.of(&use.Cost) = claims[i]; claims[i] > 0 {
				*r.of(&use.Slack) = claims[i] * (h.slack() / h.Held)
			}
		}
		*r.of(&out.Idle), *r.of(&out.Overhead) = shares.idle, shares.overhead
		if r.stranded(n.Full) {
			*r.of(&out.Stranded) = shares.idle
		}
		out.Overcommitted, out.Excess = out.Overcommitted || shares.overcommitted, max(out.Excess, shares.excess)
	}
	for _, at := range order {
		if use := a.perUse[at]; a.pods[at].DaemonSet {
			out.DaemonSets = out.DaemonSets.plus(use.Cost)
		} else {
			out.Workloads, out.Slack = out.Workloads.plus(use.Cost), out.Slack.plus(use.Slack)
		}
	}
	if n.Price.Status == Missing && total == 0 && !n.Runs { // runs are named by their workload
		a.warn("node %s has no price: it and its %d containers are not counted", n.Name, len(order))
	}
	a.nodes = append(a.nodes, out)
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
	holding          func(*PodUse) Holding
	stranded         func(Full) bool // whether what is idle of it is of no use
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
			func(p *PodUse) Holding { return p.CPU }, func(f Full) bool { return f.Memory || f.Pods },
			func(c *Cost) *float64 { return &c.CPU }},
		{pots.Memory, float64(n.MemoryBytes) * hours, reserved(n.MemoryBytes, n.AllocatableMemoryBytes),
			func(p *PodUse) Holding { return p.Memory }, func(f Full) bool { return f.CPU || f.Pods },
			func(c *Cost) *float64 { return &c.Memory }},
		{pots.GPU, float64(n.Price.GPUs) * hours, 0,
			func(p *PodUse) Holding { return p.GPU }, func(f Full) bool { return f.CPU || f.Memory || f.Pods },
			func(c *Cost) *float64 { return &c.GPU }},
	}
}

type shares struct {
	idle, overhead float64
	overcommitted  bool
	excess         float64 // share of what is left beside the system
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
		s.excess = excessOf(sum*perUnit, left)
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

// excessOf is by what share of what is left more is claimed; infinite where nothing is left.
func excessOf(claimed, left float64) float64 {
	if left <= 0 {
		return math.Inf(1)
	}
	return claimed/left - 1
}

func (a *allocation) bill() Bill {
	b := Bill{Nodes: a.nodes, PerUse: a.perUse, Warnings: a.warnings}
	var totals []float64
	for _, n := range a.nodes {
		totals = append(totals, n.Total)
		b.Workloads, b.DaemonSets = b.Workloads.plus(n.Workloads), b.DaemonSets.plus(n.DaemonSets)
		b.Idle, b.Overhead = b.Idle.plus(n.Idle), b.Overhead.plus(n.Overhead)
		b.Slack, b.Stranded = b.Slack.plus(n.Slack), b.Stranded.plus(n.Stranded)
	}
	b.Total = total(totals)
	return b
}

// amount makes a price or duration that can't be one count as nothing.
func amount(v float64) float64 {
	if v > 0 && !math.IsInf(v, 0) {
		return v
	}
	return 0
}
