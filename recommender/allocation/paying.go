package allocation

import (
	"cmp"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// payNodes shares the nodes' bill out.
func (a *allocator) payNodes() { a.file(a.pay()) }

// pay shares the nodes' bill out over the items. Containers of no known
// node are spread over the room that the others leave: as one, or by the pools of nodes
// that they are of.
func (a *allocator) pay() pricing.Bill {
	var uses []pricing.PodUse
	var at []int // index of Items
	pools := map[string]Hold{}
	for i := range a.Items {
		item := &a.Items[i]
		if item.Unpriced != "" {
			continue
		}
		if item.homeless {
			pool := pools[item.pool]
			pool.plus(item.Hold)
			pools[item.pool] = pool
			continue
		}
		at = append(at, i)
		uses = append(uses, item.Hold.use(item.Node, item.DaemonSet))
	}
	names := slices.SortedFunc(maps.Keys(pools), func(x, y string) int { return cmp.Compare(y, x) }) // that of any node last
	ends := []int{len(uses)}
	for _, name := range names {
		uses = append(uses, a.spread(name, pools[name], uses)...)
		ends = append(ends, len(uses))
	}
	bill := pricing.Allocate(a.bills, uses)
	for i := range bill.Nodes {
		if n := &bill.Nodes[i]; n.Excess > a.edge() {
			a.over = append(a.over, n.Name)
		}
	}
	a.spreadOver = map[string][]paidOn{}
	for i, item := range at {
		u := &bill.PerUse[i]
		a.Items[item].Nodes, a.Items[item].Slack = u.Cost, u.Slack
	}
	for i, name := range names {
		var paid pricing.Cost
		for j := ends[i]; j < ends[i+1]; j++ {
			usd := bill.PerUse[j].Cost
			paid = plus(paid, usd)
			a.spreadOver[name] = append(a.spreadOver[name], paidOn{uses[j].Node, usd})
		}
		a.payHomeless(name, pools[name], paid)
	}
	return bill
}

func (h *Hold) use(node string, daemonSet bool) pricing.PodUse {
	return pricing.PodUse{
		Node: node, DaemonSet: daemonSet,
		CPU:    pricing.Holding{Held: h.CPU.Held, Used: h.CPU.Used},
		Memory: pricing.Holding{Held: h.Memory.Held, Used: h.Memory.Used},
		GPU:    pricing.Holding{Held: h.GPUHours, Used: h.GPUHours},
	}
}

// payHomeless splits what the pool costs by what each container held of it.
func (a *allocator) payHomeless(name string, pool Hold, paid pricing.Cost) {
	part := func(cost, held, all float64) float64 {
		if all <= 0 {
			return 0
		}
		return cost * (held / all)
	}
	for i := range a.Items {
		item := &a.Items[i]
		if !item.homeless || item.pool != name {
			continue
		}
		h := &item.Hold
		item.Nodes = pricing.Cost{
			CPU:    part(paid.CPU, h.CPU.Held, pool.CPU.Held),
			Memory: part(paid.Memory, h.Memory.Held, pool.Memory.Held),
			GPU:    part(paid.GPU, h.GPUHours, pool.GPUHours),
		}
		item.Slack = pricing.Cost{
			CPU:    part(item.Nodes.CPU, h.CPU.Held-h.CPU.Used, h.CPU.Held),
			Memory: part(item.Nodes.Memory, h.Memory.Held-h.Memory.Used, h.Memory.Held),
		}
	}
}

// spread places a pool on the nodes of its name, or without one on those that take any
// pod, in proportion to the room that uses leave there; GPUs on the nodes that have some.
func (a *allocator) spread(name string, pool Hold, uses []pricing.PodUse) []pricing.PodUse {
	if pool.PodHours <= 0 {
		return nil
	}
	left := make([]nodeRoom, len(a.bills))
	for i := range a.bills {
		left[i] = a.room(name, i)
	}
	for _, u := range uses {
		if i, ok := a.byNode[u.Node]; ok {
			left[i].cpu -= u.CPU.Held
			left[i].memory -= u.Memory.Held
			left[i].gpu -= u.GPU.Held
		}
	}
	cpu := a.weights(name, left, func(r nodeRoom) float64 { return r.cpu })
	memory := a.weights(name, left, func(r nodeRoom) float64 { return r.memory })
	gpu := a.weights(name, left, func(r nodeRoom) float64 { return r.gpu })
	var out []pricing.PodUse
	for i := range a.bills {
		u := pool.use(a.bills[i].Name, false)
		u.CPU.Held, u.CPU.Used = u.CPU.Held*cpu[i], u.CPU.Used*cpu[i]
		u.Memory.Held, u.Memory.Used = u.Memory.Held*memory[i], u.Memory.Used*memory[i]
		u.GPU.Held, u.GPU.Used = u.GPU.Held*gpu[i], u.GPU.Used*gpu[i]
		if cpu[i] > 0 || memory[i] > 0 || gpu[i] > 0 {
			out = append(out, u)
		}
	}
	return out
}

// nodeRoom is a node's allocatable over the window, less what is held of it.
type nodeRoom struct {
	cpu, memory, gpu float64
}

// room is all that pods of a pool may have of a node; without a pool, those without
// tolerations. What bills pods one by one is as large as its own, and has no room.
func (a *allocator) room(pool string, i int) nodeRoom {
	n := &a.fleet[i]
	if n.program != "" {
		return nodeRoom{}
	}
	r := nodeRoom{gpu: float64(n.Allocatable.GPU) * n.Hours}
	if pool != "" {
		if analyzer.PoolOf(n.Labels) != pool {
			return nodeRoom{}
		}
		return nodeRoom{float64(n.Allocatable.CPU) * n.Hours, float64(n.Allocatable.Memory) * n.Hours, r.gpu}
	}
	tainted := slices.ContainsFunc(n.Taints, func(t analyzer.Taint) bool { return t.Effect == "NoSchedule" || t.Effect == "NoExecute" })
	if !tainted && n.Capacity.GPU == 0 {
		r.cpu, r.memory = float64(n.Allocatable.CPU)*n.Hours, float64(n.Allocatable.Memory)*n.Hours
	}
	return r
}

// weights are the nodes' shares of a pool by the room they have left. Where
// none has any, they share it by size.
func (a *allocator) weights(pool string, left []nodeRoom, of func(nodeRoom) float64) []float64 {
	out := make([]float64, len(left))
	size := func(i int) float64 { return of(a.room(pool, i)) }
	all := func(i int) float64 {
		if a.fleet[i].program != "" {
			return 0
		}
		return float64(a.bills[i].CPUMillis) * a.bills[i].Hours
	}
	for _, weigh := range []func(int) float64{func(i int) float64 { return of(left[i]) }, size, all} {
		var sum float64
		for i := range out {
			out[i] = max(0, weigh(i))
			sum += out[i]
		}
		if sum > 0 {
			for i := range out {
				out[i] /= sum
			}
			return out
		}
	}
	return out
}

// gpuProduct is the label by which NVIDIA's feature discovery names a node's GPUs.
const gpuProduct = "nvidia.com/gpu.product"

// file keeps the nodes' bill by what became of it.
func (a *allocator) file(bill pricing.Bill) {
	a.Bill.Nodes = bill.Total
	for _, n := range bill.Nodes {
		of := &a.fleet[a.byNode[n.Name]]
		a.Nodes = append(a.Nodes, Node{
			Name: n.Name, InstanceType: a.priced[n.Name].Offering.InstanceType, Hours: of.Hours, Total: n.Total,
			Gap: gapOf(a.priced[n.Name].Status), Windows: of.Windows(), ProviderID: of.ProviderID, GPUModel: cmp.Or(of.Labels[gpuProduct], a.priced[n.Name].Offering.GPUName),
			Used: minus(n.Workloads, n.Slack), Slack: n.Slack, DaemonSets: n.DaemonSets,
			Stranded: n.Stranded, Free: minus(n.Idle, n.Stranded), Reserved: n.Overhead,
		})
	}
	for _, w := range bill.Warnings {
		a.warn("price", "", w)
	}
}

// edge is by what share pods may seem to hold more than there is without a word: usage
// counts a step too much at an end of the window, and hours are told to a sixteenth.
func (a *allocator) edge() float64 {
	return 0.01 + ratio(a.Window.Step.Hours(), a.Hours)
}

func gapOf(s pricing.Status) Gap {
	switch s {
	case pricing.Listed:
		return Priced
	case pricing.Missing:
		return Unpriced
	}
	return Estimated
}

func (a *allocator) warn(code, subject, message string) {
	a.Warnings = append(a.Warnings, analyzer.Warning{Code: code, Subject: subject, Message: message})
}
