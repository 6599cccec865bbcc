package nodes

import (
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/safe"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// gather lists the pods that run now as the packer wants them.
func (n *nodePlanner) gather() {
	static := map[string]*packing.Pod{}
	for i := range n.pass.Facts.Workloads {
		w := &n.pass.Facts.Workloads[i]
		archs := n.archsOf(w)
		daemon := packing.Pod{}
		for j := range w.Pods {
			pod := &w.Pods[j]
			if pod.Ended() {
				continue
			}
			node := n.byName[pod.Node]
			if node == nil {
				n.waiting.Add(w, pod)
				continue
			}
			one, holds := n.podOf(w, pod, node, archs)
			switch w.Kind {
			case "DaemonSet":
				node.reserve(&one)
				daemon = larger(daemon, daemonPod(one))
			case "Node": // a static pod, which the kubelet runs
				node.reserve(&one)
				name := strings.TrimSuffix(pod.Name, "-"+w.Name)
				if static[name] == nil {
					static[name] = &packing.Pod{}
				}
				*static[name] = larger(*static[name], packing.Pod{Name: "static/" + name, CPU: one.CPU, Memory: one.Memory, Tolerations: []packing.Toleration{{Operator: "Exists"}}})
			default:
				n.losing[one.Name], n.emptied[one.Name] = pin.LosesData(pod), pin.LosesVolume(pod)
				n.pods = append(n.pods, placedPod{Pod: one, node: pod.Node, holds: holds, blocks: pin.Blocks(w, pod, n.pass.Cluster.Shrinks(w, pod)), bare: w.Kind == "Pod", batch: w.Batch()})
			}
		}
		if daemon.Name != "" {
			n.daemons = append(n.daemons, daemon)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(static)) {
		n.daemons = append(n.daemons, *static[name])
	}
}

// relate works out what holds for the pods together.
func (n *nodePlanner) relate() {
	n.keepSafe()
	for i := range n.pods {
		n.note(&n.pods[i].Pod)
	}
	for i := range n.daemons {
		n.note(&n.daemons[i])
	}
}

func (node *plannedFrom) reserve(p *packing.Pod) {
	node.reserved = node.reserved.Plus(analyzer.Amounts{CPU: p.CPU, Memory: p.Memory, GPU: p.GPUs})
	for name, n := range p.Extended {
		if node.taken == nil {
			node.taken = map[string]int64{}
		}
		node.taken[name] += n
	}
}

// daemonPod leaves out what ties a DaemonSet's pod to its own node.
func daemonPod(p packing.Pod) packing.Pod {
	out := packing.Pod{
		Name: p.Group, Group: p.Group, CPU: p.CPU, Memory: p.Memory,
		NodeSelector: p.NodeSelector, Affinity: p.Affinity, Tolerations: p.Tolerations,
	}
	if disk := p.Extended[pin.EphemeralStorage]; disk > 0 { // what else it takes the pool's stock leaves out
		out.Extended = map[string]int64{pin.EphemeralStorage: disk}
	}
	return out
}

// larger gives the pod with the larger requests of the two.
func larger(a, b packing.Pod) packing.Pod {
	b.CPU, b.Memory = max(a.CPU, b.CPU), max(a.Memory, b.Memory)
	return b
}

// keepSafe makes the pods ask for what they have today.
func (n *nodePlanner) keepSafe() {
	wishes, ordered := map[string]*analyzer.PodSpec{}, map[string]bool{}
	for i := range n.pass.Facts.Workloads {
		w := &n.pass.Facts.Workloads[i]
		ordered[w.Ref.String()] = w.Kind == "StatefulSet"
		if len(w.Pods) > 0 {
			wishes[w.Ref.String()] = &w.Pods[0].Spec
		}
	}
	zones, count := n.zonesOfWindow()
	var spots []safe.Spot
	for i := range n.pods {
		p := &n.pods[i]
		node := n.byName[p.node]
		spots = append(spots, safe.Spot{
			Pod: &p.Pod, Node: p.node, Zone: pin.ZoneOf(node.Labels), Stays: node.kept != "", Down: node.NotReady, Batch: p.batch, Added: p.added,
			Ordered: ordered[p.Group], Wishes: wishes[p.Group],
		})
	}
	safe.Keep(spots, n.zones, zones, count)
}

// zonesNow lists the zones of each workload's pods.
func (n *nodePlanner) zonesNow() map[string][]string {
	out := map[string][]string{}
	for i := range n.pods {
		p := &n.pods[i]
		if zone := pin.ZoneOf(n.byName[p.node].Labels); zone != "" && !n.byName[p.node].NotReady && !slices.Contains(out[p.Group], zone) {
			out[p.Group] = append(out[p.Group], zone)
		}
	}
	for group := range out {
		slices.Sort(out[group])
	}
	return out
}

// note remembers which node labels pods refer to.
func (n *nodePlanner) note(p *packing.Pod) {
	for k := range p.NodeSelector {
		n.refers[k] = true
	}
	for _, term := range p.Affinity {
		for _, r := range term {
			n.refers[r.Key] = true
		}
	}
}

// archsOf lists the architectures that a workload's pods run on now, and so
// those that its images are known to have.
func (n *nodePlanner) archsOf(w *analyzer.WorkloadFacts) []string {
	var out []string
	for _, p := range w.Pods {
		if node := n.byName[p.Node]; node != nil && node.arch() != "" && !slices.Contains(out, node.arch()) {
			out = append(out, node.arch())
		}
	}
	slices.Sort(out)
	return out
}

// heldOnArch counts the planned workloads that stay on one architecture, since
// nothing tells that their images run on another.
func (n *nodePlanner) heldOnArch() int {
	held := map[string]bool{}
	for i := range n.in.Pods {
		if p := &n.in.Pods[i]; len(p.Archs) == 1 {
			held[p.Group] = true
		}
	}
	return len(held)
}

func (node *plannedFrom) arch() string {
	if a := node.Labels[packing.LabelArch]; a != "" {
		return a
	}
	return node.cost.Offering.Arch
}

// podOf translates a pod, and says what holds it to its node. A pod that runs on
// demand stays on demand.
func (n *nodePlanner) podOf(w *analyzer.WorkloadFacts, pod *analyzer.Pod, node *plannedFrom, archs []string) (packing.Pod, []pin.Reason) {
	size := n.pass.Cluster.Remade(w, pod)
	p := packing.Pod{
		Name: w.Namespace + "/" + pod.Name, Group: w.Ref.String(), CPU: size.CPU, Memory: size.Memory, GPUs: size.GPU,
		NodeSelector: pod.Spec.NodeSelector, Archs: archs, Priority: pod.Priority,
	}
	if w.Kind != "DaemonSet" && node.cost.CapacityType == string(pricing.OnDemand) && pod.Spec.NodeSelector[packing.LabelCapacityType] == "" {
		p.NodeSelector = maps.Clone(p.NodeSelector)
		if p.NodeSelector == nil {
			p.NodeSelector = map[string]string{}
		}
		p.NodeSelector[packing.LabelCapacityType] = string(pricing.OnDemand)
		p.Own = append(p.Own, packing.LabelCapacityType)
	}
	for _, term := range pod.Spec.Affinity {
		var t packing.Term
		for _, r := range term {
			t = append(t, packing.Requirement{Key: r.Key, Operator: packing.Operator(r.Operator), Values: r.Values})
		}
		p.Affinity = append(p.Affinity, t)
	}
	for _, t := range pod.Spec.Tolerations {
		p.Tolerations = append(p.Tolerations, packing.Toleration(t))
	}
	holds := append(pin.Constraints(w, pod), n.tie(&p, w, pod, node)...)
	for _, why := range holds {
		p.Unmodelled = append(p.Unmodelled, why.Text)
	}
	for _, s := range pod.Spec.Spread {
		p.Spread = append(p.Spread, packing.Spread{TopologyKey: s.TopologyKey, MaxSkew: s.MaxSkew, MinDomains: s.MinDomains, HonorTaints: s.HonorTaints})
	}
	for _, a := range pod.Spec.AntiAffinity {
		apart := packing.AntiAffinity{TopologyKey: a.TopologyKey}
		for _, ref := range a.Workloads {
			apart.Groups = append(apart.Groups, ref.String())
		}
		p.AntiAffinity = append(p.AntiAffinity, apart)
	}
	return p, holds
}

func (n *nodePlanner) localData() pin.LocalData {
	if n.pass.Options.Nodes.PinLocal {
		return pin.LocalPin
	}
	return pin.LocalWarn
}

// tie adds what a pod takes of a node beside CPU and memory, and where its devices and
// its volumes let it run. It says what holds the pod to its node.
func (n *nodePlanner) tie(p *packing.Pod, w *analyzer.WorkloadFacts, pod *analyzer.Pod, node *plannedFrom) (holds []pin.Reason) {
	if w.Kind == "DaemonSet" || w.Kind == "Node" {
		p.Extended = pod.Resources
		return nil
	}
	reach := n.volumes.Of(w.Namespace, pod, node.Node)
	reach.Bind(p)
	p.Extended = pin.Needs(pod, reach)
	if pod.Resources != nil {
		p.GPUs = 0 // devices are among the others, by their names
	}
	if pin.UsesDevices(pod) {
		p.NodeSelector = maps.Clone(p.NodeSelector)
		if p.NodeSelector == nil {
			p.NodeSelector = map[string]string{}
		}
		p.NodeSelector[pin.DeviceLabel] = pin.DevicesOf(node.Node, node.machine())
		p.Own = append(p.Own, pin.DeviceLabel)
	}
	for _, why := range []pin.Reason{pin.Pod(pod, n.localData()), reach.Pinned} {
		if why.Kind != pin.None {
			holds = append(holds, why)
		}
	}
	return holds
}

func (n *nodePlanner) budgets() []packing.Budget {
	var out []packing.Budget
	for i := range n.pass.Facts.Snapshot.PDBs {
		b := &n.pass.Facts.Snapshot.PDBs[i]
		one := packing.Budget{Name: b.Namespace + "/" + b.Name, Allowed: pin.Disruptions(b)}
		for _, pod := range b.Pods {
			one.Pods = append(one.Pods, b.Namespace+"/"+pod)
		}
		out = append(out, one)
	}
	return out
}
