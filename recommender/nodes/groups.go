package nodes

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/group"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

const (
	// groupGrowth is how many times the plan's capacity a group may grow to.
	groupGrowth = 2
)

// groups sorts the plan's nodes into groups, the most nodes first.
func (n *nodePlanner) groups() []group.Group {
	byKey := map[string]*group.Group{}
	for i := range n.plan.Nodes {
		o := &n.plan.Nodes[i].Offering
		pool := n.poolOf[kindOf(o)]
		if pool == nil {
			continue
		}
		key := groupOf(pool, o)
		if byKey[key] == nil {
			byKey[key] = &group.Group{
				Provider: pool.provider, Region: pool.region, CapacityType: pool.capacityType, Arch: o.Arch,
				Labels: n.groupLabels(pool), Taints: pool.taints, NodeClass: pool.nodeClass(), AutoMode: pricing.AutoMode(pool.labels),
			}
		}
		byKey[key].Nodes = append(byKey[key].Nodes, i)
	}
	var out []group.Group
	for _, key := range SortedNames(byKey) {
		g := byKey[key]
		n.shape(g, key)
		out = append(out, *g)
	}
	slices.SortStableFunc(out, func(a, b group.Group) int { return cmp.Compare(b.Count, a.Count) })
	group.Name(out)
	group.Weigh(out)
	group.LimitDrains(out, n.plan.Nodes, n.budgets())
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

// fixedPools are the pools that pods select by a name that no new pool can have.
func (n *nodePlanner) fixedPools() []string {
	names := map[string]bool{}
	for _, pool := range n.poolOf {
		names[cloud.FixedPool(pool.labels)] = true
	}
	delete(names, "")
	return SortedNames(names)
}

// nodeClass is the NodeClass of Karpenter that all of the pool's nodes were
// launched with, or nothing.
func (pool *nodePool) nodeClass() string {
	name := ""
	for i, node := range pool.members {
		own := cmp.Or(cloud.NodeClassOf(node.Labels), node.Labels[pricing.AutoModeDomain+"/nodeclass"])
		if i > 0 && own != name {
			return ""
		}
		name = own
	}
	return name
}

// shape fills in what the group's nodes and the offerings of its pool add up
// to.
func (n *nodePlanner) shape(g *group.Group, key string) {
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
	bySize := map[group.Size][]int{}
	for _, i := range g.Nodes {
		size := sizes[n.plan.Nodes[i].Offering.Type]
		bySize[size] = append(bySize[size], i)
		g.Count++
		g.CPU, g.Memory = g.CPU+size.CPU, g.Memory+size.Memory
	}
	n.limit(g, key, sizes)
	g.Disk = group.DiskOf(g, n.in.Pods, n.daemons, n.plan.Nodes)
	if n.flexible() && g.Provider != "" && cloud.FixedPool(g.Labels) == "" {
		n.widen(g, own, sizes)
	}
	for _, size := range slices.SortedFunc(maps.Keys(bySize), group.Size.Compare) {
		s := group.ShapeOf(size, bySize[size], n.plan.Nodes, own, sizes)
		s.Most = max(groupGrowth*s.Count, s.Count+fits(g.LimitCPU-g.CPU, size.CPU), s.Count+fits(g.LimitMemory-g.Memory, size.Memory))
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
func (n *nodePlanner) limit(g *group.Group, key string, sizes map[string]group.Size) {
	cpu, memory := n.mostOf(key, sizes)
	g.LimitCPU, g.LimitMemory = max(groupGrowth*g.CPU, g.CPU+cpu), max(groupGrowth*g.Memory, g.Memory+memory)
	var room, rest int64 // of the planned nodes, for pods
	for _, i := range g.Nodes {
		room, rest = room+n.plan.Nodes[i].Offering.CPU, rest+n.plan.Nodes[i].Offering.Memory
	}
	more := n.atMaxima(key)
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
// their autoscalers allow: of those that have no more of their pods in another group, and of
// those without any now, which may come to any group that is open to all.
func (n *nodePlanner) atMaxima(key string) (more analyzer.Amounts) {
	in, each, open := map[string]map[string]int64{}, map[string]*packing.Pod{}, false
	like := map[string]*packing.Pod{}
	for i := range n.in.Pods {
		like[n.in.Pods[i].Name] = &n.in.Pods[i]
	}
	for i := range n.plan.Nodes {
		o := &n.plan.Nodes[i].Offering
		at := n.groupOfOffering(o)
		open = open || at == key && len(o.Taints) == 0 && o.GPUs == 0
		for _, name := range n.plan.Nodes[i].Pods {
			p := like[name]
			if in[p.Group] == nil {
				in[p.Group] = map[string]int64{}
			}
			in[p.Group][at]++
			each[p.Group] = p
		}
	}
	for i := range n.pass.Facts.Workloads {
		w := &n.pass.Facts.Workloads[i]
		all, largest := int64(0), int64(0)
		for _, count := range in[w.Ref.String()] {
			all, largest = all+count, max(largest, count)
		}
		beyond, size := min(n.mostPods(w)-all, mostBeyond), analyzer.Amounts{}
		switch p := each[w.Ref.String()]; {
		case beyond <= 0:
			continue
		case p != nil && in[p.Group][key] == largest:
			size = analyzer.Amounts{CPU: p.CPU, Memory: p.Memory}
		case p == nil && open && len(w.Pods) == 0:
			size = n.pass.Cluster.Reserved(w, &analyzer.Pod{})
		}
		more.CPU, more.Memory = more.CPU+beyond*size.CPU, more.Memory+beyond*min(size.Memory, 1<<40)
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

// sizes gives the machines' sizes by type: as the catalog has them, else as
// today's nodes do.
func (n *nodePlanner) sizes(provider, region string) map[string]group.Size {
	out := map[string]group.Size{}
	for _, node := range slices.Concat(n.window.kinds, n.nodes) {
		out[node.cost.InstanceType] = group.Size{CPU: node.Capacity.CPU, Memory: node.Capacity.Memory, GPUs: node.Capacity.GPU}
	}
	for _, o := range n.pass.Costs.Catalog.Offerings(provider, region) {
		if o.CapacityType == pricing.OnDemand || out[o.InstanceType].CPU == 0 {
			out[o.InstanceType] = group.SizeOf(o)
		}
	}
	return out
}
