package recommender

import (
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// HoursPerMonth is how long a month is in every figure of money.
const HoursPerMonth = pricing.HoursPerMonth

// Costs is what the cluster costs now and whose cost it is. All money is USD a
// month of 730 hours at list prices unless the user gave others. Workloads,
// Idle and Overhead add up to Bill.
type Costs struct {
	Bill     float64
	Idle     float64 // allocatable that nobody asked for or used
	Overhead float64 // what nodes keep for the system
	// Workloads holds the cost of every workload with running pods.
	Workloads map[analyzer.Ref]WorkloadCost
	// MeanUnit is the unit price over all nodes.
	MeanUnit UnitPrice
	Nodes    []NodeCost // by node name
	Prices   []PriceSource
	Warnings []analyzer.Warning
	// Catalog is what the prices were taken from; rules look up more in it.
	Catalog *pricing.Catalog
}

// WorkloadCost is a workload's share of the bill: for each resource of each
// pod the larger of request and usage.
type WorkloadCost struct {
	Monthly float64
	// Containers is by container name and sums to Monthly. What a pod reserves
	// beyond its running containers (a large init container, the runtime's
	// overhead) stands under "".
	Containers map[string]float64
	Pods       int // pods that run now
	Unit       UnitPrice
}

// UnitPrice is what one unit of a resource costs an hour on the nodes that a
// workload runs on (their mean, weighted by pods).
type UnitPrice struct {
	CoreHour float64
	GiBHour  float64
	GPUHour  float64
}

// NodeCost is the price of one node.
type NodeCost struct {
	Name         string
	InstanceType string
	CapacityType string // on-demand, spot, reserved
	Zone         string
	Hourly       float64
	Estimated    bool // the table does not have it; Note says how it was found
	Note         string
	// Offering is what the node was taken for.
	Offering pricing.Offering
}

// CostOf prices the nodes by the catalog and shares their bill out over the
// workloads whose pods run on them.
func CostOf(a *analyzer.Analysis, catalog *pricing.Catalog) *Costs {
	c := &Costs{Workloads: map[analyzer.Ref]WorkloadCost{}, Catalog: catalog}
	prices := make([]pricing.NodePrice, 0, len(a.Snapshot.Nodes))
	byNode := map[string]pricing.NodePrice{}
	var bills []pricing.NodeBill
	for _, n := range a.Snapshot.Nodes {
		p := catalog.NodePrice(pricing.Node{
			Name: n.Name, ProviderID: n.ProviderID, Labels: n.Labels,
			CPUMillis: n.Capacity.CPU, MemoryBytes: n.Capacity.Memory, GPUs: n.Capacity.GPU,
		})
		prices, byNode[n.Name] = append(prices, p), p
		bills = append(bills, pricing.NodeBill{
			Name: n.Name, Price: p, Hours: HoursPerMonth, CPUMillis: n.Capacity.CPU, MemoryBytes: n.Capacity.Memory,
			AllocatableCPUMillis: n.Allocatable.CPU, AllocatableMemoryBytes: n.Allocatable.Memory,
		})
		c.Nodes = append(c.Nodes, nodeCost(n, p))
		for _, w := range p.Warnings {
			c.warn("price", w)
		}
	}
	c.Prices = sources(prices)
	c.MeanUnit = meanUnit(prices)
	c.allocate(bills, uses(a), byNode, a)
	if len(a.Snapshot.Nodes) == 0 {
		c.warn("no-nodes", "no nodes could be read, so that nothing has a price; the right to list nodes gives costs")
	}
	return c
}

func nodeCost(n analyzer.Node, p pricing.NodePrice) NodeCost {
	const zone = "topology.kubernetes.io/zone"
	return NodeCost{
		Name: n.Name, InstanceType: p.Offering.InstanceType, CapacityType: string(p.Offering.CapacityType), Zone: n.Labels[zone],
		Hourly: p.USDPerHour, Estimated: p.Status != pricing.Listed, Note: strings.Join(p.Warnings, "; "),
		Offering: p.Offering,
	}
}

func sources(prices []pricing.NodePrice) []PriceSource {
	var out []PriceSource
	for _, p := range pricing.Used(prices) {
		out = append(out, PriceSource{Provider: p.Provider, AsOf: p.AsOf, Source: p.Source})
	}
	return out
}

// meanUnit is the mean unit price over the nodes that have one.
func meanUnit(prices []pricing.NodePrice) UnitPrice {
	var u UnitPrice
	n := 0.0
	for _, p := range prices {
		if p.Status != pricing.Missing {
			u = u.plus(unitOf(p), 1)
			n++
		}
	}
	return u.over(n)
}

func unitOf(p pricing.NodePrice) UnitPrice {
	return UnitPrice{CoreHour: p.CPUPerCoreHour, GiBHour: p.MemoryPerGiBHour, GPUHour: p.GPUPerHour}
}

func (u UnitPrice) plus(o UnitPrice, weight float64) UnitPrice {
	return UnitPrice{u.CoreHour + weight*o.CoreHour, u.GiBHour + weight*o.GiBHour, u.GPUHour + weight*o.GPUHour}
}

func (u UnitPrice) over(n float64) UnitPrice {
	if n == 0 {
		return UnitPrice{}
	}
	return UnitPrice{u.CoreHour / n, u.GiBHour / n, u.GPUHour / n}
}

// keySeparator cannot occur in Kubernetes' names.
const keySeparator = "\x00"

func useKey(r analyzer.Ref, container string) string {
	return strings.Join([]string{r.Namespace, r.Kind, r.Name, container}, keySeparator)
}

// uses lists what every container of every pod on a node holds of it.
func uses(a *analyzer.Analysis) []pricing.PodUse {
	var out []pricing.PodUse
	for i := range a.Workloads {
		w := &a.Workloads[i]
		for _, p := range w.Pods {
			if p.Node != "" && p.Phase != "Succeeded" && p.Phase != "Failed" {
				out = append(out, podUses(w, p)...)
			}
		}
	}
	return out
}

func podUses(w *analyzer.WorkloadFacts, p analyzer.Pod) []pricing.PodUse {
	rest := p.Requests
	var out []pricing.PodUse
	for _, c := range w.Containers {
		if c.Type == analyzer.TypeInit {
			continue
		}
		out = append(out, pricing.PodUse{
			Node: p.Node, Workload: useKey(w.Ref, c.Name), DaemonSet: w.Kind == "DaemonSet", Hours: HoursPerMonth,
			CPURequestMillis: c.Requests.CPU, CPUUsageMillis: int64(c.CPU.Samples.Mean()),
			MemoryRequestBytes: c.Requests.Memory, MemoryUsageBytes: int64(c.Memory.Samples.Mean()), GPUs: c.Requests.GPU,
		})
		rest.CPU, rest.Memory, rest.GPU = rest.CPU-c.Requests.CPU, rest.Memory-c.Requests.Memory, rest.GPU-c.Requests.GPU
	}
	if rest.CPU > 0 || rest.Memory > 0 || rest.GPU > 0 {
		out = append(out, pricing.PodUse{
			Node: p.Node, Workload: useKey(w.Ref, ""), DaemonSet: w.Kind == "DaemonSet", Hours: HoursPerMonth,
			CPURequestMillis: max(rest.CPU, 0), MemoryRequestBytes: max(rest.Memory, 0), GPUs: max(rest.GPU, 0),
		})
	}
	return out
}

// allocate shares the bill out and files it by workload.
func (c *Costs) allocate(bills []pricing.NodeBill, pods []pricing.PodUse, byNode map[string]pricing.NodePrice, a *analyzer.Analysis) {
	bill := pricing.Allocate(bills, pods)
	c.Bill, c.Idle, c.Overhead = bill.Total, bill.Idle.Total(), bill.Overhead.Total()
	for _, w := range bill.Warnings {
		c.warn("price", w)
	}
	for _, w := range bill.PerWorkload {
		f := strings.Split(w.Workload, keySeparator)
		ref := analyzer.Ref{Namespace: f[0], Kind: f[1], Name: f[2]}
		cost := c.Workloads[ref]
		if cost.Containers == nil {
			cost.Containers = map[string]float64{}
		}
		cost.Containers[f[3]] = w.Cost.Total()
		cost.Monthly += w.Cost.Total()
		c.Workloads[ref] = cost
	}
	for i := range a.Workloads {
		c.addUnit(&a.Workloads[i], byNode)
	}
}

// addUnit notes on how many nodes' prices a workload's pods rest.
func (c *Costs) addUnit(w *analyzer.WorkloadFacts, byNode map[string]pricing.NodePrice) {
	cost, ok := c.Workloads[w.Ref]
	if !ok {
		return
	}
	for _, p := range w.Pods {
		if price, ok := byNode[p.Node]; ok && price.Status != pricing.Missing {
			cost.Unit = cost.Unit.plus(unitOf(price), 1)
			cost.Pods++
		}
	}
	cost.Unit = cost.Unit.over(float64(cost.Pods))
	c.Workloads[w.Ref] = cost
}

func (c *Costs) warn(code, message string) {
	w := analyzer.Warning{Code: code, Message: message}
	if !slices.Contains(c.Warnings, w) {
		c.Warnings = append(c.Warnings, w)
	}
}

// PriceSource is one table or file that prices came from.
type PriceSource struct {
	Provider string
	AsOf     string // a date, or dates by field
	Source   string
}

// unitPrice gives the unit price for a workload; one without running pods is
// priced at the mean of all nodes.
func (c *Costs) unitPrice(r analyzer.Ref) UnitPrice {
	if w, ok := c.Workloads[r]; ok {
		return w.Unit
	}
	return c.MeanUnit
}
