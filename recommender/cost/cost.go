package cost

import (
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// Costs is what the cluster costs now and whose cost it is. All money is USD a
// month of 730 hours at list prices unless the user gave others. Workloads,
// Idle and Overhead add up to Bill.
type Costs struct {
	Bill     float64
	Besides  Besides // not in Bill
	Idle     float64 // allocatable that nobody asked for or used
	Overhead float64 // what nodes keep for the system
	// Workloads holds the cost of every workload that held something of the window's hours.
	Workloads map[analyzer.Ref]WorkloadCost
	// UnpricedRuns are those of them whose pods are billed one by one, by the program that
	// does: they are in no sum.
	UnpricedRuns map[analyzer.Ref]string
	// MeanUnit is the unit price over all nodes.
	MeanUnit UnitPrice
	Nodes    []NodeCost // by node name
	// Mean is nil where the bill is that of the moment's nodes in all hours.
	Mean *MeanNodes
	// Prices are the sources of all of that. What advice rests on besides stands
	// in its Sources.
	Prices   []pricing.Provenance
	Warnings []analyzer.Warning
	// Catalog is what the prices were taken from; rules look up more in it.
	Catalog *pricing.Catalog
}

// WorkloadCost is what a workload's pods of the window cost on the mean of its hours: for
// each resource, hour by hour, the larger of request and usage. It is package allocation's
// cost of a window, at list prices and for a month.
type WorkloadCost struct {
	Monthly float64
	// Containers is by container name and sums to Monthly. What a pod reserves beyond its
	// running containers is the large init container's; the runtime's overhead, and requests
	// of the pod as a whole, stand under "". On Fargate the running ones bear it, since it comes of the sum of them.
	Containers map[string]float64
	// Slack is the part of it that was requested and not used, by container, as pods were
	// paid for it in the window.
	Slack map[string]float64
	Pods  int // pods that run now
	// MeanPods is the number of pods on the mean of the window's hours, by container.
	MeanPods map[string]float64
	Unit     UnitPrice
	ByPod    bool // its pods are billed one by one, and none is on a machine
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
	ByPod        bool    // no machine: its pods are billed one by one
	Runs         bool    // no node either: it stands for runs that are billed by the pod
	Windows      bool    // no commitment for Linux covers it
	Fee          float64 // USD an hour of Hourly that no commitment covers
	// OneSize says what about the node has reserved instances of its family hold for one
	// size alone, such as its system; empty where nothing has.
	OneSize string
	// Offering is what the node was taken for.
	Offering pricing.Offering
}

// Of prices the nodes by the catalog and shares their bill out over the
// workloads whose pods they had: those of the window, where that is known, else those of
// the moment.
func Of(a *analyzer.Analysis, catalog *pricing.Catalog) *Costs {
	c, prices := newCosts(a, catalog)
	c.allocate(a, prices, c.hasHours(a) && c.hoursPriced(a, prices))
	return c
}

// AtMoment is Of for the nodes of the moment, whatever is known of the window's. why says
// what keeps to them; it becomes a warning where the two differ.
func AtMoment(a *analyzer.Analysis, catalog *pricing.Catalog, why string) *Costs {
	c, prices := newCosts(a, catalog)
	c.allocate(a, prices, false)
	if why != "" && c.hasHours(a) {
		c.warn("bill-of-the-moment", "the bill is that of the nodes of the moment, and the plan's that of the busiest hour: "+why)
	}
	return c
}

// nodePrices are the prices of nodes by their names, each looked up once.
type nodePrices struct {
	catalog *pricing.Catalog
	known   map[string]pricing.NodePrice
}

func (p *nodePrices) of(n analyzer.Node) pricing.NodePrice {
	known, ok := p.known[n.Name]
	if !ok {
		known = priceOf(p.catalog, n)
		p.known[n.Name] = known
	}
	return known
}

// newCosts prices today's nodes.
func newCosts(a *analyzer.Analysis, catalog *pricing.Catalog) (*Costs, *nodePrices) {
	found := &nodePrices{catalog, make(map[string]pricing.NodePrice, len(a.Snapshot.Nodes))}
	c := &Costs{Workloads: map[analyzer.Ref]WorkloadCost{}, Catalog: catalog}
	prices := make([]pricing.NodePrice, 0, len(a.Snapshot.Nodes))
	for _, n := range a.Snapshot.Nodes {
		p := found.of(n)
		prices = append(prices, p)
		c.Nodes = append(c.Nodes, nodeCost(n, p))
		for _, w := range p.Warnings {
			if n.Runs == "" || p.Status != pricing.Missing { // else unpricedRuns names the workload
				c.warn("price", w)
			}
		}
	}
	c.Prices, c.MeanUnit = pricing.Used(prices), meanUnit(prices)
	c.ofUnsold(a)
	if len(a.Snapshot.Nodes) == 0 {
		c.warn("no-nodes", "no nodes could be read, so that nothing has a price; the right to list nodes gives costs")
	}
	return c, found
}

func priceOf(catalog *pricing.Catalog, n analyzer.Node) pricing.NodePrice {
	return catalog.NodePrice(pricing.Node{
		Name: n.Name, ProviderID: n.ProviderID, Labels: n.Labels, ByPod: n.ByPod(), OSImage: n.OSImage,
		CPUMillis: n.Capacity.CPU, MemoryBytes: n.Capacity.Memory, GPUs: n.Capacity.GPU,
	})
}

// Price is the price of a node that need not run now.
func (c *Costs) Price(n analyzer.Node) NodeCost { return nodeCost(n, priceOf(c.Catalog, n)) }

func nodeCost(n analyzer.Node, p pricing.NodePrice) NodeCost {
	const zone = "topology.kubernetes.io/zone"
	return NodeCost{
		Name: n.Name, InstanceType: p.Offering.InstanceType, CapacityType: string(p.Offering.CapacityType), Zone: n.Labels[zone],
		Hourly: p.USDPerHour, Estimated: p.Status != pricing.Listed, Note: strings.Join(p.Warnings, "; "),
		Offering: p.Offering, ByPod: n.ByPod() != "", Runs: n.Runs != "", Windows: n.Windows(), Fee: p.AutoModeFee(n.Labels),
		OneSize: pricing.OneSize(p.Offering.Provider, n.OSImage, n.Labels),
	}
}

// meanUnit is the mean unit price over the machines that have one; where there is none,
// over what stands for pods that are billed one by one.
func meanUnit(prices []pricing.NodePrice) UnitPrice {
	var machines, others UnitPrice
	n, m := 0.0, 0.0
	for _, p := range prices {
		switch {
		case p.Status == pricing.Missing:
		case p.Offering.CapacityType == pricing.ByPod:
			others, m = others.plus(unitOf(p), 1), m+1
		default:
			machines, n = machines.plus(unitOf(p), 1), n+1
		}
	}
	if n == 0 {
		return others.over(m)
	}
	return machines.over(n)
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

// allocate shares the bill out and files it by workload.
func (c *Costs) allocate(a *analyzer.Analysis, prices *nodePrices, byHour bool) {
	unpriced, byNode := c.unpriced(a), prices.known
	shared := allocation.Share(a.Snapshot, prices.of, byHour, func(r analyzer.Ref) bool { return !unpriced[r] })
	bill := shared.Bill
	c.Bill, c.Idle, c.Overhead = bill.Total, bill.Idle.Total(), bill.Overhead.Total()
	for _, w := range bill.Warnings {
		c.warn("price", w)
	}
	c.Warnings = append(c.Warnings, shared.Warnings...)
	if byHour {
		c.Mean = meanOf(shared.Fleet, byNode)
	}
	for i := range shared.Items {
		c.add(&shared.Items[i])
	}
	c.unitsOf(shared.Items, byNode)
	for i := range a.Workloads {
		w := &a.Workloads[i]
		if w.Fargate() {
			c.Workloads[w.Ref].bearBeyond()
		}
		if w.RunsNode != "" && byNode[w.RunsNode].Status == pricing.Missing {
			c.unpricedRuns(w.Ref, w.RunsBy, "whose rate is not known here")
		}
		c.addUnit(w, byNode)
		c.bearInit(w)
	}
}

// bearInit lets init containers bear what a pod reserves for them beyond its running
// containers. The runtime's overhead stays with the pod.
func (c *Costs) bearInit(w *analyzer.WorkloadFacts) {
	cost := c.Workloads[w.Ref]
	beyond := cost.Containers[""]
	if !(beyond > 0) || w.PodLevel != (analyzer.Amounts{}) {
		return
	}
	var worth float64 // of all that pods have beyond their running containers
	parts := map[string]float64{}
	for i := range w.Pods {
		p := &w.Pods[i]
		if p.Ended() {
			continue
		}
		worth += cost.Unit.Hourly(w.Beyond(p))
		for name, part := range initParts(w.ContainersOf(p)) {
			parts[name] += cost.Unit.Hourly(part)
		}
	}
	for name, part := range parts {
		if worth > 0 && part > 0 {
			usd := beyond * min(part/worth, 1)
			cost.Containers[name] += usd
			cost.Containers[""] -= usd
		}
	}
	if cost.Containers[""] < 1e-12 {
		delete(cost.Containers, "")
	}
}

// initParts gives what a pod reserves beyond its running containers by the init
// containers that it is for: of each resource the one that needs most of it.
func initParts(containers []analyzer.Container) map[string]analyzer.Amounts {
	out := map[string]analyzer.Amounts{}
	var running, sidecars analyzer.Amounts
	for _, c := range containers {
		if c.Type != analyzer.TypeInit {
			running = running.Plus(c.Requests)
		}
	}
	most := running
	var cpu, memory, gpu string
	for _, c := range containers {
		switch c.Type {
		case analyzer.TypeSidecar:
			sidecars = sidecars.Plus(c.Requests)
		case analyzer.TypeInit:
			needs := sidecars.Plus(c.Requests)
			if needs.CPU > most.CPU {
				most.CPU, cpu = needs.CPU, c.Name
			}
			if needs.Memory > most.Memory {
				most.Memory, memory = needs.Memory, c.Name
			}
			if needs.GPU > most.GPU {
				most.GPU, gpu = needs.GPU, c.Name
			}
		}
	}
	out[cpu] = out[cpu].Plus(analyzer.Amounts{CPU: most.CPU - running.CPU})
	out[memory] = out[memory].Plus(analyzer.Amounts{Memory: most.Memory - running.Memory})
	out[gpu] = out[gpu].Plus(analyzer.Amounts{GPU: most.GPU - running.GPU})
	delete(out, "")
	return out
}

// add files what a container of a workload costs.
func (c *Costs) add(i *allocation.Item) {
	cost, usd := c.Workloads[i.Ref], i.Nodes.Total()
	if cost.Containers == nil {
		cost.Containers, cost.Slack, cost.MeanPods = map[string]float64{}, map[string]float64{}, map[string]float64{}
	}
	cost.Slack[i.Container] += i.Slack.Total()
	cost.MeanPods[i.Container] += i.Hold.PodHours / pricing.HoursPerMonth
	if usd > 0 || i.Container != "" {
		cost.Containers[i.Container] += usd
	}
	cost.Monthly += usd
	c.Workloads[i.Ref] = cost
}

// bearBeyond lets the containers bear what the pod's size has beyond them, in proportion.
func (w WorkloadCost) bearBeyond() {
	beyond := w.Containers[""]
	if own := w.Monthly - beyond; beyond > 0 && own > 0 {
		delete(w.Containers, "")
		for name := range w.Containers {
			w.Containers[name] *= w.Monthly / own
		}
	}
}

// addUnit notes on how many nodes' prices a workload's pods rest.
func (c *Costs) addUnit(w *analyzer.WorkloadFacts, byNode map[string]pricing.NodePrice) {
	cost, ok := c.Workloads[w.Ref]
	if !ok {
		return
	}
	machines := 0
	var unit UnitPrice
	for i := range w.Pods {
		if price, ok := byNode[w.Pods[i].Node]; ok && price.Status != pricing.Missing && !w.Pods[i].Ended() {
			unit = unit.plus(unitOf(price), 1)
			cost.Pods++
			if price.Offering.CapacityType != pricing.ByPod {
				machines++
			}
		}
	}
	if cost.Pods > 0 && w.RunsNode == "" {
		cost.ByPod, cost.Unit = machines == 0, unit.over(float64(cost.Pods))
	}
	c.Workloads[w.Ref] = cost
}

func (c *Costs) warn(code, message string) {
	w := analyzer.Warning{Code: code, Message: message}
	if !slices.Contains(c.Warnings, w) {
		c.Warnings = append(c.Warnings, w)
	}
}

// UnitOf gives the unit price for a workload; one without running pods is
// priced at the mean of all nodes.
func (c *Costs) UnitOf(r analyzer.Ref) UnitPrice {
	if w, ok := c.Workloads[r]; ok {
		return w.Unit
	}
	return c.MeanUnit
}

// MonthlyOf is what a workload costs now, in USD a month; 0 without prices.
func (c *Costs) MonthlyOf(r analyzer.Ref) float64 {
	if c == nil {
		return 0
	}
	return c.Workloads[r].Monthly
}

// Hourly prices a set of amounts.
func (u UnitPrice) Hourly(a analyzer.Amounts) float64 {
	return float64(a.CPU)/1000*u.CoreHour + float64(a.Memory)/(1<<30)*u.GiBHour + float64(a.GPU)*u.GPUHour
}

// AddPercent gives v with a margin of percent on top.
func AddPercent(v, percent float64) float64 { return v * (100 + percent) / 100 }

// Ratio is a part of a whole; 0 of nothing.
func Ratio(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
