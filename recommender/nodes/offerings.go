package nodes

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/kubelet"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// keep marks the nodes that stay as they are.
func (n *nodePlanner) keep() {
	for _, node := range n.nodes {
		why := node.reasonToKeep()
		node.stay(why.Kind, why.Text)
	}
	n.keepDivided()
	for i := range n.pods {
		p := &n.pods[i]
		node := n.byName[p.node]
		switch {
		case node.kept != "":
		case len(p.holds) > 0:
			node.stay(p.holds[0].Kind, "pod "+p.Name+" has "+p.holds[0].Text+", which the planner does not model")
		case p.blocks.Kind != pin.None:
			node.stay(p.blocks.Kind, "pod "+p.Name+" can't be evicted: "+p.blocks.Text)
		}
	}
}

// stay marks a node as one that stays as it is.
func (node *plannedFrom) stay(by pin.Kind, why string) { node.by, node.kept = by, why }

// keepDivided keeps nodes whose devices are not those that a node of their type counts on:
// none of the two can stand for the other.
func (n *nodePlanner) keepDivided() {
	var going []pin.Member
	plain := map[string]bool{} // by type
	for _, node := range n.nodes {
		one := pin.Member{Node: node.Node, Machine: node.machine()}
		if pin.DevicesOf(one.Node, one.Machine) == "" {
			plain[one.Machine.InstanceType] = true
		}
		if node.kept == "" {
			going = append(going, one)
		}
	}
	like := pin.Like(going, plain)
	for _, node := range n.nodes {
		if devices := pin.DevicesOf(node.Node, node.machine()); node.kept == "" && devices != like[node.cost.InstanceType] {
			node.stay(pin.Device, "its devices are not those of other nodes of its type: "+cmp.Or(devices, "it has none"))
		}
	}
}

// reasonToKeep says what about the node itself makes it stay.
func (node *plannedFrom) reasonToKeep() pin.Reason {
	switch why := pin.Node(node.Node); {
	case node.ByPod() != "":
		return pin.Reason{Kind: pin.Itself, Text: "it is no machine of its own: " + node.ByPod() + " bills its pods one by one"}
	case why.Kind != pin.None:
		return why
	case node.dedicated():
		return pin.Reason{Kind: pin.Itself, Text: "it is a dedicated machine, and what others like it cost is not known"}
	case !(node.cost.Hourly > 0):
		return pin.Reason{Kind: pin.Itself, Text: "it has no price"}
	case node.cost.CapacityType == string(pricing.Reserved):
		return pin.Reason{Kind: pin.Itself, Text: "it is reserved, and paid for whether it runs or not"}
	}
	return pin.Reason{}
}

// dedicated reports whether nobody else's machines share the node's hardware.
func (node *plannedFrom) dedicated() bool {
	of := cloud.Of(node.cost.Offering.Provider)
	return of != nil && of.DedicatedMachine(node.Labels)
}

// poolKey tells apart nodes that pods can tell apart, and how they are bought.
type poolKey struct{ provider, region, capacityType, nature string }

// nodePool is today's nodes of one key, which new nodes may join.
type nodePool struct {
	poolKey
	labels  map[string]string // those that pods refer to
	taints  []packing.Taint
	members []*plannedFrom
}

// input builds what the packer reads: the pods on nodes that may go, and every
// offering that one of today's pools could grow by.
func (n *nodePlanner) input() packing.Input {
	in := packing.Input{DaemonSets: n.daemons, Effort: packing.QuickEffort(len(n.pods))}
	for i := range n.pods {
		if n.byName[n.pods[i].node].kept == "" {
			in.Pods = append(in.Pods, n.pods[i].Pod)
		}
	}
	in.Kept = n.standing()
	m := n.machines()
	n.poolOf = map[string]*nodePool{}
	for _, pool := range n.pools() {
		own := pool.offerings(n.pass.Costs.Catalog, m)
		for i := range own {
			n.poolOf[kindOf(&own[i])] = pool
		}
		o := n.pass.Options.Nodes
		in.Offerings = append(in.Offerings, slices.DeleteFunc(own, func(one packing.Offering) bool { return !pin.Allowed(one.Type, o.Types, o.DenyTypes) })...)
	}
	in.Offerings = packing.InOrder(in.Offerings)
	return in
}

// pools groups the nodes that may go.
func (n *nodePlanner) pools() []*nodePool {
	pools := map[poolKey]*nodePool{}
	for _, node := range n.going() {
		o := &node.cost.Offering
		labels, taints := n.poolLabels(node.Node), pin.LastingTaints(node.Node)
		key := poolKey{o.Provider, o.Region, node.cost.CapacityType, natureOf(labels, taints)}
		if pools[key] == nil {
			pools[key] = &nodePool{poolKey: key, labels: labels, taints: taints}
		}
		pools[key].members = append(pools[key].members, node)
	}
	keys := slices.SortedFunc(maps.Keys(pools), func(a, b poolKey) int {
		return cmp.Or(cmp.Compare(a.provider, b.provider), cmp.Compare(a.region, b.region),
			cmp.Compare(a.capacityType, b.capacityType), cmp.Compare(a.nature, b.nature))
	})
	out := make([]*nodePool, 0, len(keys))
	for _, k := range keys {
		out = append(out, pools[k])
	}
	return out
}

// poolLabels are the labels by which pods choose among pools of nodes, and whether EKS
// Auto Mode runs them: a node that it runs costs a fee more.
func (n *nodePlanner) poolLabels(node *analyzer.Node) map[string]string {
	out := map[string]string{}
	for k := range n.refers {
		if v, ok := node.Labels[k]; ok && !pin.Answered(k) && !pin.OfMachine(k) {
			out[k] = v
		}
	}
	if pricing.AutoMode(node.Labels) {
		out[pricing.AutoModeLabel] = node.Labels[pricing.AutoModeLabel]
	}
	return out
}

// newPrice is what a node of a type costs that joins the pool: the offering's price,
// with the fee of EKS Auto Mode where that runs the pool.
func (pool *nodePool) newPrice(catalog *pricing.Catalog, o *pricing.Offering) float64 {
	if !pricing.AutoMode(pool.labels) {
		return o.USDPerHour
	}
	like := pool.members[0]
	labels := maps.Clone(like.Labels)
	delete(labels, "beta.kubernetes.io/instance-type")
	labels[packing.LabelInstanceType] = o.InstanceType
	p := catalog.NodePrice(pricing.Node{ProviderID: like.ProviderID, Labels: labels, CPUMillis: o.CPUMillis, MemoryBytes: o.MemoryBytes, GPUs: o.GPUs})
	return cmp.Or(p.USDPerHour, o.USDPerHour)
}

func natureOf(labels map[string]string, taints []packing.Taint) string {
	var b strings.Builder
	for _, k := range SortedNames(labels) {
		b.WriteString(k + "=" + labels[k] + "\x00")
	}
	for _, t := range taints {
		b.WriteString(t.Key + "=" + t.Value + ":" + t.Effect + "\x00")
	}
	return b.String()
}

// SortedNames gives the keys of a map in order.
func SortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// machines is what today's nodes tell of instance types.
type machines struct {
	seen    map[string]cloud.Allocatable // by instance type: the least that a node of it has
	labels  map[string]map[string]string // by instance type: labels that describe the machine
	archs   []string                     // that nodes have
	largest int64                        // millicores of the largest node
	maxPods int64                        // the least that a node has; 0 where unknown
	asked   advice.NodeOptions
}

func (n *nodePlanner) machines() *machines {
	m := &machines{asked: n.pass.Options.Nodes, seen: map[string]cloud.Allocatable{}, labels: map[string]map[string]string{}}
	for _, node := range n.going() {
		name := node.cost.InstanceType
		a := cloud.Allocatable{CPU: node.Allocatable.CPU, Memory: node.Allocatable.Memory, Pods: cmp.Or(node.MaxPods, 110)}
		if s, ok := m.seen[name]; ok {
			a = cloud.Allocatable{CPU: min(a.CPU, s.CPU), Memory: min(a.Memory, s.Memory), Pods: min(a.Pods, s.Pods)}
		}
		n.describe(m, node)
		m.seen[name] = a
		if !slices.Contains(m.archs, node.arch()) {
			m.archs = append(m.archs, node.arch())
		}
		m.largest = max(m.largest, node.cost.Offering.CPUMillis, node.Capacity.CPU)
		if node.MaxPods > 0 && (m.maxPods == 0 || node.MaxPods < m.maxPods) {
			m.maxPods = node.MaxPods
		}
	}
	return m
}

// wanted reports whether machines of so many millicores are of a size that the user
// wants.
func (m *machines) wanted(cpu int64) bool {
	return cpu >= 1000*m.asked.LeastCPUs && (m.asked.MostCPUs == 0 || cpu <= 1000*m.asked.MostCPUs)
}

// describe takes down the labels that tell of the machine and that all nodes of its
// type have: nothing promises the others to a new node.
func (n *nodePlanner) describe(m *machines, node *plannedFrom) {
	name := node.cost.InstanceType
	first := m.labels[name] == nil
	if first {
		m.labels[name] = map[string]string{}
	}
	for k := range n.refers {
		v, ok := node.Labels[k]
		switch {
		case first && ok && pin.OfMachine(k):
			m.labels[name][k] = v
		case !first && m.labels[name][k] != v:
			delete(m.labels[name], k)
		}
	}
}

// leaves is what a type leaves for pods: as its nodes of today have it, else by the provider's
// formula and the setting of the pool's kubelets; ok is false where there is neither.
func (m *machines) leaves(o *pricing.Offering, set *kubelet.Setting) (a cloud.Allocatable, ok bool) {
	if a, ok := m.seen[o.InstanceType]; ok {
		return a, true
	}
	of := cloud.Of(o.Provider)
	if of == nil {
		return a, false
	}
	pods := m.maxPods
	if of.PodsByType {
		pods = set.Pods(o)
	}
	return set.Less(o, of.Leaves(kubelet.MachineOf(o, pods))), true
}

// offerings lists what the pool can grow by: in its zones and capacity type,
// the types of its nodes' families and the general ones, none larger than
// today's largest node, so that the loss of a node takes no more than now.
func (pool *nodePool) offerings(catalog *pricing.Catalog, m *machines) []packing.Offering {
	families, zones := map[string]bool{}, map[string]bool{}
	paid := map[string]float64{} // by type: what today's nodes cost
	var out []packing.Offering
	for _, node := range pool.members {
		o := node.cost.Offering
		families[o.Family()] = true
		zones[node.cost.Zone] = true
		if _, ok := paid[node.cost.InstanceType]; !ok {
			paid[node.cost.InstanceType] = node.cost.Hourly
		}
	}
	here, own := pool.today(), map[string]bool{}
	stock, set := pin.StockOf(pool.provider, here), kubelet.Of(pool.provider, here)
	for _, node := range pool.members {
		machine := node.machine()
		node.offering = pool.offering(machine, node.cost.Zone, paid[machine.InstanceType], m.seen[machine.InstanceType], m, stock)
		if key := node.cost.InstanceType + "\x00" + node.cost.Zone; !own[key] {
			own[key] = true
			if m.wanted(machine.CPUMillis) {
				out = append(out, pin.Bursting(node.offering, machine, m.seen[machine.InstanceType].CPU)...)
			}
		}
	}
	others := catalog.Offerings(pool.provider, pool.region)
	if cloud.FixedPool(pool.labels) != "" { // pods select the pool by its name, and no other has it
		others = nil
	}
	for _, o := range others {
		if !m.takes(&o, pool.capacityType) || !o.General() && !families[o.Family()] {
			continue
		}
		leaves, ok := m.leaves(&o, &set)
		if !ok {
			continue
		}
		price, known := paid[o.InstanceType]
		if !known {
			price = pool.newPrice(catalog, &o)
		}
		for _, zone := range SortedNames(zones) {
			if !own[o.InstanceType+"\x00"+zone] {
				out = append(out, pin.Bursting(pool.offering(o, zone, price, leaves, m, stock), o, leaves.CPU)...)
			}
		}
	}
	return out
}

// takes reports whether a type is of a capacity type, a size and an architecture that
// the plan may have.
func (m *machines) takes(o *pricing.Offering, capacity string) bool {
	return string(o.CapacityType) == capacity && o.CPUMillis <= m.most() && m.wanted(o.CPUMillis) && slices.Contains(m.archs, o.Arch)
}

// most is the CPU of the largest machine that is offered, in millicores: what the user
// says, else that of today's largest node, or the least that the user wants.
func (m *machines) most() int64 {
	if m.asked.MostCPUs > 0 {
		return 1000 * m.asked.MostCPUs
	}
	return max(m.largest, 1000*m.asked.LeastCPUs)
}

// noTypes says why nothing is on offer.
func (n *nodePlanner) noTypes() string {
	why := "no instance types are on sale in the price table for these nodes' provider and region"
	if o := &n.pass.Options.Nodes; len(o.Types)+len(o.DenyTypes) > 0 || o.LeastCPUs > 0 || o.MostCPUs > 0 {
		why += " that --types, --deny-types and --node-cpus allow"
	}
	return why
}

// today is the pool's nodes of the moment.
func (pool *nodePool) today() (members []pin.Member) {
	for _, node := range pool.members {
		if !node.past {
			members = append(members, pin.Member{Node: node.Node, Machine: node.machine(), Taken: node.taken})
		}
	}
	return members
}

// machine is the node's own, by the catalog or by what the node says.
func (node *plannedFrom) machine() pricing.Offering {
	o := node.cost.Offering
	o.InstanceType, o.Arch = node.cost.InstanceType, node.arch()
	if o.CPUMillis == 0 {
		o.CPUMillis, o.MemoryBytes, o.GPUs = node.Capacity.CPU, node.Capacity.Memory, node.Capacity.GPU
	}
	return o
}

func (pool *nodePool) offering(o pricing.Offering, zone string, price float64, a cloud.Allocatable, m *machines, stock *pin.Stock) packing.Offering {
	labels := maps.Clone(pool.labels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, m.labels[o.InstanceType])
	has, devices := stock.Of(o)
	if devices != "" {
		labels[pin.DeviceLabel] = devices
	}
	fee := 0.0
	if pricing.AutoMode(labels) && pool.capacityType == string(pricing.OnDemand) {
		share := pricing.AutoModeShare(o.Provider)
		fee = price * share / (1 + share)
	}
	return packing.Offering{
		Type: o.InstanceType, Zone: pin.Zone(zone), Arch: o.Arch, CapacityType: pool.capacityType, Labels: labels, Taints: pool.taints,
		CPU: pin.Sustained(o, a.CPU), Memory: a.Memory, Pods: a.Pods, GPUs: o.GPUs, Extended: has, USDPerHour: price, Fee: fee,
	}
}
