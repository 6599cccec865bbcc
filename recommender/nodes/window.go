package nodes

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/group"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/hourly"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/recommender/past"
)

// windowNodes is what the window had of nodes, whatever the moment has.
type windowNodes struct {
	kinds []*plannedFrom
	count [][]float32    // of each kind, by hour
	gone  []*plannedFrom // kinds that new nodes may be of and that the moment lacks
	known bool
}

// remember finds the kinds of nodes that the window had.
func (n *nodePlanner) remember() {
	kinds := past.Kinds(n.pass.Facts.Snapshot)
	n.window.known = len(kinds) > 0
	for i := range kinds {
		node := &plannedFrom{Node: &kinds[i].Node, cost: n.pass.Costs.Price(kinds[i].Node), past: true}
		why := node.reasonToKeep()
		node.stay(why.Kind, why.Text)
		n.window.kinds, n.window.count = append(n.window.kinds, node), append(n.window.count, kinds[i].Count)
		if kinds[i].Gone && node.kept == "" && node.cost.InstanceType != "" && node.Allocatable.CPU > 0 && node.Allocatable.Memory > 0 && node.Capacity.GPU == 0 {
			n.window.gone = append(n.window.gone, node)
		}
	}
}

// going are the nodes that may go, and one of each kind that the moment lacks.
func (n *nodePlanner) going() []*plannedFrom {
	out := slices.DeleteFunc(slices.Clone(n.nodes), func(node *plannedFrom) bool { return node.kept != "" })
	return append(out, n.window.gone...)
}

// zonesOfWindow lists the zones of the nodes that may go, and how many nodes there are
// at the most.
func (n *nodePlanner) zonesOfWindow() (zones []string, count int) {
	for _, node := range n.going() {
		if zone := pin.ZoneOf(node.Labels); zone != "" && !slices.Contains(zones, zone) {
			zones = append(zones, zone)
		}
		if !node.past {
			count++
		}
	}
	most := 0.0
	for hour := range n.window.hours() {
		sum := 0.0
		for i, node := range n.window.kinds {
			if node.kept == "" {
				sum += float64(n.window.count[i][hour])
			}
		}
		most = max(most, sum)
	}
	return zones, max(count, int(math.Ceil(most)))
}

func (w *windowNodes) hours() int {
	if len(w.count) == 0 {
		return 0
	}
	return len(w.count[0])
}

// mostOf is the most machines that ran of a group at one time, in millicores and bytes:
// now, or in an hour of the window.
func (n *nodePlanner) mostOf(key string, sizes map[string]group.Size) (cpu, memory int64) {
	for _, node := range n.nodes {
		if n.groupOfNode(node) == key {
			size := sizes[node.cost.InstanceType]
			cpu, memory = cpu+size.CPU, memory+size.Memory
		}
	}
	if !n.window.known && n.busiest > 0 {
		likelyCPU, likelyMemory := n.likely(key, sizes)
		cpu, memory = max(cpu, likelyCPU), max(memory, likelyMemory)
	}
	for hour := range n.window.hours() {
		hourCPU, hourMemory := 0.0, 0.0
		for i, node := range n.window.kinds {
			if count := float64(n.window.count[i][hour]); count > 0 && n.groupOfNode(node) == key {
				size := sizes[node.cost.InstanceType]
				hourCPU, hourMemory = hourCPU+count*float64(size.CPU), hourMemory+count*float64(size.Memory)
			}
		}
		const most = 1 << 52
		cpu, memory = max(cpu, int64(min(hourCPU, most))), max(memory, int64(min(hourMemory, most)))
	}
	return cpu, memory
}

// judged is the nodes by which is judged what can't survive today: those of the window's
// busiest hour with the plan's pods spread over them, where they are known, else those
// of the moment.
func (n *nodePlanner) judged() packing.Plan {
	now, _ := n.today()
	history := n.pass.Facts.Snapshot.NodeHistory
	if n.autoscaler == "" || !n.window.known || n.busiest == 0 {
		return now
	}
	hour, ok := slices.BinarySearch(history.Hours, int64(n.busiest))
	if !ok {
		return now
	}
	like := map[string]packing.Offering{}
	for _, node := range n.going() {
		like[n.kindOfNode(node)] = node.offering
	}
	var busy packing.Plan
	for i, node := range n.window.kinds {
		if o, ok := like[n.kindOfNode(node)]; ok && node.kept == "" {
			for range int(math.Ceil(float64(n.window.count[i][hour]) - 0.5)) {
				busy.Nodes = append(busy.Nodes, packing.PlannedNode{Offering: o})
			}
		}
	}
	if len(busy.Nodes) < len(now.Nodes) {
		return now
	}
	for i := range n.in.Pods {
		seatEvenly(&busy, &n.in.Pods[i])
	}
	return busy
}

// kindOfNode tells apart nodes that new ones may be like.
func (n *nodePlanner) kindOfNode(node *plannedFrom) string {
	return node.cost.InstanceType + "\x00" + node.cost.CapacityType + "\x00" + pin.Zone(node.cost.Zone) + "\x00" + natureOf(n.poolLabels(node.Node), pin.LastingTaints(node.Node))
}

// seatEvenly puts a pod on the node with the most CPU left that takes it, as a scheduler
// would by default; nowhere where none does.
func seatEvenly(plan *packing.Plan, p *packing.Pod) {
	best := -1
	for i := range plan.Nodes {
		at, o := &plan.Nodes[i], &plan.Nodes[i].Offering
		takes := at.CPU+p.CPU <= o.CPU && at.Memory+p.Memory <= o.Memory && (p.Zone == "" || p.Zone == o.Zone) &&
			(len(o.Taints) == 0 || len(p.Tolerations) > 0) && p.GPUs <= o.GPUs
		for key, want := range p.NodeSelector {
			has, known := o.Labels[key]
			takes = takes && (!known || has == want)
		}
		if takes && (best < 0 || o.CPU-at.CPU > plan.Nodes[best].Offering.CPU-plan.Nodes[best].CPU) {
			best = i
		}
	}
	if best >= 0 {
		at := &plan.Nodes[best]
		at.Pods, at.CPU, at.Memory = append(at.Pods, p.Name), at.CPU+p.CPU, at.Memory+p.Memory
	}
}

// likely is the machines of a group that the busiest hour's pods filled at the requests
// that they have now, where nobody told how many there were.
func (n *nodePlanner) likely(key string, sizes map[string]group.Size) (cpu, memory int64) {
	var room, machine, asked [2]float64
	in := map[string]bool{}
	for _, node := range n.nodes {
		if n.groupOfNode(node) == key && node.kept == "" {
			in[node.Name] = true
			size := sizes[node.cost.InstanceType]
			room = [2]float64{room[0] + float64(node.Allocatable.CPU), room[1] + float64(node.Allocatable.Memory)}
			machine = [2]float64{machine[0] + float64(size.CPU), machine[1] + float64(size.Memory)}
		}
	}
	count := float64(len(in))
	for i := range n.pass.Facts.Workloads {
		w := &n.pass.Facts.Workloads[i]
		at := slices.IndexFunc(w.Pods, func(p analyzer.Pod) bool { return in[p.Node] && !p.Ended() })
		if at < 0 || w.Kind == "DaemonSet" || w.Kind == "Node" {
			continue
		}
		pods := hourly.PodHours(&advice.Cluster{}, w)[n.busiest]
		asked[0], asked[1] = asked[0]+pods*float64(w.Pods[at].Requests.CPU), asked[1]+pods*float64(w.Pods[at].Requests.Memory)
	}
	if count == 0 || room[0] <= 0 || room[1] <= 0 {
		return 0, 0
	}
	nodes := min(math.Ceil(count*max(asked[0]/room[0], asked[1]/room[1])), mostNodes)
	return int64(nodes / count * machine[0]), int64(nodes / count * machine[1])
}

// quiet reports whether fewer pods run now than in the busiest hour, by what they request,
// and what the window's nodes cost is not known.
func (n *nodePlanner) quiet() bool {
	if n.busiest == 0 || n.pass.Costs.Mean != nil {
		return false
	}
	now, then := 0.0, 0.0
	for i := range n.pass.Facts.Workloads {
		w := &n.pass.Facts.Workloads[i]
		by := hourly.PodHours(&advice.Cluster{}, w)
		if w.Kind == "DaemonSet" || w.Kind == "Node" || w.Past || len(by) == 0 {
			continue
		}
		each := n.pass.Costs.MeanUnit.Hourly(n.pass.Cluster.Reserved(w, &analyzer.Pod{}))
		then += each * by[n.busiest]
		for j := range w.Pods {
			if p := &w.Pods[j]; p.Node != "" && !p.Ended() {
				now += each
			}
		}
	}
	return now < then*(1-quietShare)
}

// quietShare is by how much less than in the busiest hour runs in a quiet one.
const quietShare = 0.05

// swings reports whether an autoscaler changed a workload's pods within the window.
func (n *nodePlanner) swings() bool {
	return slices.ContainsFunc(n.pass.Facts.Workloads, func(w analyzer.WorkloadFacts) bool {
		by := slices.Collect(maps.Values(hourly.PodHours(&advice.Cluster{}, &w)))
		return len(w.HPAs) > 0 && len(by) > 0 && slices.Max(by) >= slices.Min(by)+1
	})
}

// doubtsOfWindow says what of the window is not known, and which pools ran that the plan
// does not have.
func (n *nodePlanner) doubtsOfWindow(groups []group.Group, quiet bool) (out []analyzer.Warning) {
	warn := func(code, format string, args ...any) {
		out = append(out, analyzer.Warning{Code: code, Subject: nodesSubject, Message: fmt.Sprintf(format, args...)})
	}
	if (n.autoscaler != "" || n.swings()) && !n.window.known && !n.pass.Facts.Snapshot.Window.Moment {
		warn("no-node-history", "how many nodes there were by the hour is not known: today's bill and the plan's zones, types and limits go by the nodes of the moment; scrape kube_node_info of kube-state-metrics")
	}
	if quiet {
		warn("quiet-hour", "few pods run at this hour: what today's nodes cost over the week is not known, and so not what the plan saves; it holds the busiest hour")
	}
	planned, gone := map[string]bool{}, map[string]float64{}
	for _, node := range n.nodes {
		planned[poolName(node.Node)] = true
	}
	for i := range groups {
		planned[groups[i].Name] = true
	}
	for i, node := range n.window.kinds {
		if name := poolName(node.Node); name != "" && !planned[name] {
			most := float32(0)
			for _, count := range n.window.count[i] {
				most = max(most, count)
			}
			gone[name] += float64(most)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		warn("pool-asleep", "pool %s had up to %.0f nodes in the window and has none now: keep it as it is", name, math.Ceil(gone[name]))
	}
	return out
}

// poolName is how its autoscaler names a node's pool, or nothing.
func poolName(node *analyzer.Node) (name string) {
	for _, key := range cloud.PoolLabels() {
		name = cmp.Or(name, node.Labels[key])
	}
	return name
}
