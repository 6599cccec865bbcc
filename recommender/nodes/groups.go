package nodes

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

const (
	// standInShare is how much more a type may cost than the planned one that
	// it can stand in for where that is sold out.
	standInShare = 0.15
	// groupGrowth is how many times the plan's capacity a group may grow to.
	groupGrowth = 2
	// drainShare is the share of a group's nodes that may go at one time,
	// Karpenter's default.
	drainShare = 0.1
)

// Group is the planned nodes that one pool of an autoscaler can launch:
// alike in capacity type, architecture, GPUs, the labels that pods select by,
// and taints. Kept nodes are in none.
type Group struct {
	Name         string // unique, a DNS label
	Provider     string
	Region       string
	CapacityType string
	Arch         string
	Labels       map[string]string
	Taints       []packing.Taint
	Zones        []string // where it may launch, sorted
	// NodeClass is the one of Karpenter that today's nodes of the kind share.
	NodeClass string
	AutoMode  bool    // EKS Auto Mode runs its nodes
	Shapes    []Shape // by size
	Count     int
	CPU       int64 // of the planned machines, millicores
	Memory    int64 // of the planned machines, bytes
	// LimitCPU and LimitMemory are a guard against a runaway bill, in machine sizes:
	// twice the plan, or what runs now and the plan beside it while pods move, whichever
	// is more, and what HPAs may ask for at their maxima.
	LimitCPU, LimitMemory int64
	// Weight, from 1 to 100, is higher the less its nodes cost for their size.
	Weight int
	// Drains is how many of its nodes may go at one time such that no
	// PodDisruptionBudget is asked for more than it allows; at least 1.
	Drains int
	// Range is what a flexible group may launch; nil in other styles.
	Range *Range
	nodes []int // indexes into the plan's nodes
}

// Shape is the part of a group whose machines have the same size.
type Shape struct {
	CPU, Memory int64    // of a machine, millicores and bytes
	GPUs        int64    // of a machine
	Types       []string // the plan's first, most nodes first, then those that can stand in
	Planned     int      // how many of Types are in the plan
	Count       int
	Most        int     // nodes that it may grow to: as many as the group's limits hold of it
	Hourly      float64 // USD for all its nodes
}

// groups sorts the plan's nodes into groups, the most nodes first.
func (n *nodePlanner) groups() []Group {
	byKey := map[string]*Group{}
	for i := range n.plan.Nodes {
		o := &n.plan.Nodes[i].Offering
		pool := n.poolOf[kindOf(o)]
		if pool == nil {
			continue
		}
		key := groupOf(pool, o)
		if byKey[key] == nil {
			byKey[key] = &Group{
				Provider: pool.provider, Region: pool.region, CapacityType: pool.capacityType, Arch: o.Arch,
				Labels: n.groupLabels(pool), Taints: pool.taints, NodeClass: pool.nodeClass(), AutoMode: pricing.AutoMode(pool.labels),
			}
		}
		byKey[key].nodes = append(byKey[key].nodes, i)
	}
	var out []Group
	for _, key := range SortedNames(byKey) {
		g := byKey[key]
		n.shape(g, key)
		out = append(out, *g)
	}
	slices.SortStableFunc(out, func(a, b Group) int { return cmp.Compare(b.Count, a.Count) })
	nameGroups(out)
	weighGroups(out)
	n.limitDrains(out)
	return out
}

// groupOf tells groups apart.
func groupOf(pool *nodePool, o *packing.Offering) string {
	gpu := ""
	if o.GPUs > 0 {
		gpu = "gpu"
	}
	return strings.Join([]string{pool.provider, pool.region, pool.capacityType, o.Arch, gpu, pool.nature}, "\x00")
}

// nodeClass is the NodeClass of Karpenter that all of the pool's nodes were
// launched with, or nothing.
func (pool *nodePool) nodeClass() string {
	name := ""
	for i, node := range pool.members {
		own := cmp.Or(node.Labels["karpenter.k8s.aws/ec2nodeclass"], node.Labels["karpenter.azure.com/aksnodeclass"], node.Labels[pricing.AutoModeDomain+"/nodeclass"])
		if i > 0 && own != name {
			return ""
		}
		name = own
	}
	return name
}

// shape fills in what the group's nodes and the offerings of its pool add up
// to.
func (n *nodePlanner) shape(g *Group, key string) {
	sizes := n.sizes(g.Provider, g.Region)
	var own []packing.Offering
	zones := map[string]bool{}
	for _, o := range n.in.Offerings {
		if pool := n.poolOf[kindOf(&o)]; pool != nil && groupOf(pool, &o) == key {
			own = append(own, o)
			zones[o.Zone] = true
		}
	}
	delete(zones, "")
	g.Zones = SortedNames(zones)
	bySize := map[machineSize][]int{}
	for _, i := range g.nodes {
		size := sizes[n.plan.Nodes[i].Offering.Type]
		bySize[size] = append(bySize[size], i)
		g.Count++
		g.CPU, g.Memory = g.CPU+size.cpu, g.Memory+size.memory
	}
	n.limit(g, key, sizes)
	if n.flexible() && g.Provider != "" {
		n.widen(g, own, sizes)
	}
	for _, size := range slices.SortedFunc(maps.Keys(bySize), machineSize.compare) {
		s := n.shapeOf(size, bySize[size], own, sizes)
		s.Most = max(groupGrowth*s.Count, s.Count+fits(g.LimitCPU-g.CPU, size.cpu), s.Count+fits(g.LimitMemory-g.Memory, size.memory))
		g.Shapes = append(g.Shapes, s)
	}
}

// fits is how many machines hold an amount.
func fits(amount, each int64) int {
	if each <= 0 {
		return 0
	}
	return int(min((max(amount, 0)+each-1)/each, mostNodes))
}

// mostNodes is what Kubernetes itself says of the nodes of a cluster.
const mostNodes = 5000

// mostBeyond is a number of pods that no cluster has.
const mostBeyond = 100_000

// limit sets what the group may grow to. A limit below what runs would keep an
// autoscaler from launching the plan's first node.
func (n *nodePlanner) limit(g *Group, key string, sizes map[string]machineSize) {
	cpu, memory := n.mostOf(key, sizes)
	g.LimitCPU, g.LimitMemory = max(groupGrowth*g.CPU, g.CPU+cpu), max(groupGrowth*g.Memory, g.Memory+memory)
	var room, rest int64 // of the planned nodes, for pods
	for _, i := range g.nodes {
		room, rest = room+n.plan.Nodes[i].Offering.CPU, rest+n.plan.Nodes[i].Offering.Memory
	}
	more := n.atMaxima(g)
	const most = 1 << 50
	g.LimitCPU += int64(min(float64(more.CPU)*cost.Ratio(g.CPU, room), most))
	g.LimitMemory += int64(min(float64(more.Memory)*cost.Ratio(g.Memory, rest), most))
	g.LimitCPU, g.LimitMemory = (g.LimitCPU+999)/1000*1000, (g.LimitMemory+1<<30-1)>>30<<30
}

// groupLabels are the labels by which pods choose the pool.
func (n *nodePlanner) groupLabels(pool *nodePool) map[string]string {
	out := maps.Clone(pool.labels)
	if _, refers := n.refers[pricing.AutoModeLabel]; !refers {
		delete(out, pricing.AutoModeLabel)
	}
	return out
}

// groupOfNode is the key of the group that a node of today would be in.
func (n *nodePlanner) groupOfNode(node *plannedFrom) string {
	o := node.machine()
	pool := &nodePool{poolKey: poolKey{node.cost.Offering.Provider, node.cost.Offering.Region, node.cost.CapacityType, natureOf(n.poolLabels(node.Node), pin.LastingTaints(node.Node))}}
	return groupOf(pool, &packing.Offering{Arch: o.Arch, GPUs: o.GPUs})
}

// atMaxima adds up what workloads would request beyond the plan with as many pods as
// their HPAs allow, of those that have most of their pods in the group.
func (n *nodePlanner) atMaxima(g *Group) (more analyzer.Amounts) {
	here, all, like := map[string]int64{}, map[string]int64{}, map[string]*packing.Pod{}
	for i := range n.in.Pods {
		like[n.in.Pods[i].Name] = &n.in.Pods[i]
	}
	in := map[int]bool{}
	for _, i := range g.nodes {
		in[i] = true
	}
	each := map[string]*packing.Pod{}
	for i := range n.plan.Nodes {
		for _, name := range n.plan.Nodes[i].Pods {
			p := like[name]
			all[p.Group]++
			each[p.Group] = p
			if in[i] {
				here[p.Group]++
			}
		}
	}
	for i := range n.pass.Facts.Workloads {
		w := &n.pass.Facts.Workloads[i]
		group := w.Ref.String()
		beyond := min(n.mostPods(w)-all[group], mostBeyond)
		if 2*here[group] > all[group] && beyond > 0 {
			more.CPU += beyond * each[group].CPU
			more.Memory += beyond * min(each[group].Memory, 1<<40)
		}
	}
	return more
}

// mostPods is how many pods a workload's autoscaler may have, by the setting advised;
// 0 without one.
func (n *nodePlanner) mostPods(w *analyzer.WorkloadFacts) int64 {
	if to, ok := n.pass.Cluster.Scaled(w.Ref); ok && to.Most > 0 {
		return int64(to.Most)
	}
	if len(w.HPAs) > 0 {
		return int64(w.HPAs[0].Max)
	}
	return 0
}

func (n *nodePlanner) shapeOf(size machineSize, nodes []int, own []packing.Offering, sizes map[string]machineSize) Shape {
	s := Shape{CPU: size.cpu, Memory: size.memory, GPUs: size.gpus, Count: len(nodes)}
	count, price := map[string]int{}, map[string]float64{}
	for _, i := range nodes {
		o := &n.plan.Nodes[i].Offering
		count[o.Type]++
		price[o.Type] = o.USDPerHour
		s.Hourly += o.USDPerHour
	}
	s.Types = SortedNames(count)
	slices.SortStableFunc(s.Types, func(a, b string) int { return cmp.Compare(count[b], count[a]) })
	s.Planned = len(s.Types)
	s.Types = append(s.Types, n.standIns(nodes, price, own, size, sizes)...)
	return s
}

// standIns lists types of the same size that hold what the planned ones hold
// for little more, the cheapest first.
func (n *nodePlanner) standIns(nodes []int, price map[string]float64, own []packing.Offering, size machineSize, sizes map[string]machineSize) []string {
	least, most := packing.Offering{}, 0.0
	for _, i := range nodes {
		o := &n.plan.Nodes[i].Offering
		least.CPU, least.Memory, least.Pods = max(least.CPU, o.CPU), max(least.Memory, o.Memory), max(least.Pods, o.Pods)
		most = max(most, o.USDPerHour)
	}
	cost := map[string]float64{}
	for _, o := range own {
		fits := o.CPU >= least.CPU && o.Memory >= least.Memory && o.Pods >= least.Pods && sizes[o.Type] == size
		if _, planned := price[o.Type]; !planned && fits && o.USDPerHour <= most*(1+standInShare) {
			cost[o.Type] = o.USDPerHour
		}
	}
	out := SortedNames(cost)
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(cost[a], cost[b]) })
	return out
}

// machineSize is what the autoscalers count: the machine, not its allocatable.
type machineSize struct{ cpu, memory, gpus int64 }

func (a machineSize) compare(b machineSize) int {
	return cmp.Or(cmp.Compare(a.cpu, b.cpu), cmp.Compare(a.memory, b.memory), cmp.Compare(a.gpus, b.gpus))
}

// sizes gives the machines' sizes by type: as the catalog has them, else as
// today's nodes do.
func (n *nodePlanner) sizes(provider, region string) map[string]machineSize {
	out := map[string]machineSize{}
	for _, node := range slices.Concat(n.window.kinds, n.nodes) {
		out[node.cost.InstanceType] = machineSize{node.Capacity.CPU, node.Capacity.Memory, node.Capacity.GPU}
	}
	for _, o := range n.pass.Costs.Catalog.Offerings(provider, region) {
		if o.CapacityType == pricing.OnDemand || out[o.InstanceType].cpu == 0 {
			out[o.InstanceType] = machineSize{o.CPUMillis, o.MemoryBytes, o.GPUs}
		}
	}
	return out
}

// nameGroups gives each group a name out of what tells it from others.
func nameGroups(groups []Group) {
	used := map[string]int{}
	for i := range groups {
		g := &groups[i]
		parts := []string{g.CapacityType, g.Arch}
		for _, k := range SortedNames(g.Labels) {
			parts = append(parts, g.Labels[k])
		}
		if len(g.Labels) == 0 {
			for _, t := range g.Taints {
				word := t.Value
				if word == "" || word == "true" {
					word = t.Key
				}
				if !slices.Contains(parts, word) {
					parts = append(parts, word)
				}
			}
		}
		g.Name = dnsLabel(strings.Join(parts, "-"))
		if used[g.Name]++; used[g.Name] > 1 {
			g.Name += "-" + strconv.Itoa(used[g.Name])
		}
	}
}

// longestName leaves room for the suffixes that autoscalers add.
const longestName = 40

// dnsLabel turns text into a name that Kubernetes takes.
func dnsLabel(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else if n := b.Len(); n > 0 && b.String()[n-1] != '-' {
			b.WriteByte('-')
		}
	}
	name := b.String()
	return strings.Trim(name[:min(len(name), longestName)], "-")
}

// weighGroups ranks the groups by price for size, in steps of 10 from 1 for
// the dearest, so that an autoscaler tries the cheapest first.
func weighGroups(groups []Group) {
	order := make([]int, len(groups))
	for i := range order {
		order[i] = i
	}
	rate := func(g *Group) float64 {
		sum := 0.0
		for _, s := range g.Shapes {
			sum += s.Hourly
		}
		return sum / (float64(g.CPU)/1000 + float64(g.Memory)/(memoryPerCore<<30) + 1e-9)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rate(&groups[b]), rate(&groups[a])) })
	for rank, i := range order {
		groups[i].Weight = min(1+10*rank, 100)
	}
}

// memoryPerCore is the GiB that cost about what one core costs.
const memoryPerCore = 8

// limitDrains gives each group the tenth of its nodes, rounded up, and takes
// off where that many nodes could hold more pods of a PodDisruptionBudget than
// it lets go.
func (n *nodePlanner) limitDrains(groups []Group) {
	for i := range groups {
		groups[i].Drains = max(1, int(float64(groups[i].Count)*drainShare+0.999))
	}
	for _, b := range n.budgets() {
		covered := map[string]bool{}
		for _, pod := range b.Pods {
			covered[pod] = true
		}
		held := make([][]int, len(groups)) // by group: pods of the budget on its nodes, most first
		for i := range groups {
			for _, at := range groups[i].nodes {
				count := 0
				for _, pod := range n.plan.Nodes[at].Pods {
					if covered[pod] {
						count++
					}
				}
				held[i] = append(held[i], count)
			}
			slices.SortFunc(held[i], func(a, b int) int { return cmp.Compare(b, a) })
		}
		for reduceDrains(groups, held, b.Allowed) {
		}
	}
}

// reduceDrains takes one drain off the group with the most where the worst
// nodes together hold more than allowed, and says whether it did.
func reduceDrains(groups []Group, held [][]int, allowed int) bool {
	worst, at := 0, -1
	for i := range groups {
		part := 0
		for _, count := range held[i][:min(groups[i].Drains, len(held[i]))] {
			part += count
		}
		worst += part
		if part > 0 && groups[i].Drains > 1 && (at < 0 || groups[i].Drains > groups[at].Drains) {
			at = i
		}
	}
	if worst <= allowed || at < 0 {
		return false
	}
	groups[at].Drains--
	return true
}
