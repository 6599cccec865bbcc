package waste

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// nodeUse is a node with what runs on it.
type nodeUse struct {
	*analyzer.Node
	monthly   float64
	prepaid   bool             // draining it saves nothing
	requests  analyzer.Amounts // of all pods
	movable   analyzer.Amounts // of pods that would have to go elsewhere
	pods      int64
	residents []resident // the movable pods
	gone      bool
}

// resident is a pod that a drain would evict.
type resident struct {
	*analyzer.Pod
	w *analyzer.WorkloadFacts
}

// share is the larger of CPU and memory requests over allocatable.
func (n *nodeUse) share() float64 {
	return max(cost.Ratio(n.movable.CPU, n.Allocatable.CPU), cost.Ratio(n.movable.Memory, n.Allocatable.Memory))
}

// nodeKinds are the kinds of waste that nodes and their types are.
var nodeKinds = []Kind{
	{advice.Kind{
		Code: "gpu-node-without-gpu-pods", One: "GPU node without GPU pods", Many: "GPU nodes without GPU pods", Severity: advice.SeverityWarning, Lever: advice.LeverNodes,
		Found:   "a node with GPUs on which no pod asks for one",
		Besides: "the node",
	}, gpuNodes},
	{advice.Kind{
		Code: "daemonset-only-nodes", One: "finding of nodes with nothing but DaemonSets", Many: "findings of nodes with nothing but DaemonSets", Severity: advice.SeverityWarning, Lever: advice.LeverNodes,
		Found:   "nodes whose pods are all of DaemonSets, with what keeps them: one finding for all; where every node is so nothing is called waste",
		Besides: "the nodes that the plan does not drain",
	}, daemonOnlyNodes},
	{advice.Kind{
		Code: "drainable-node", One: "node to drain", Many: "nodes to drain", Severity: advice.SeverityWarning, Lever: advice.LeverNodes,
		Found:   "without a plan of the nodes: requests without DaemonSets below half of allocatable (the Cluster Autoscaler's threshold), and all its pods fit on the other nodes; what a plan drains stands in the plan alone",
		Besides: "the node",
	}, underusedNodes(false)},
	{advice.Kind{
		Code: "underused-node", One: "under-used node that can't be drained as it is", Many: "under-used nodes that can't be drained as they are", Severity: advice.SeverityNote, Lever: advice.LeverNodes,
		Found:   "the same, but something stands in the way: `blocked` lists it",
		Besides: "the node",
	}, underusedNodes(true)},
	{advice.Kind{
		Code: "old-generation", One: "old instance type", Many: "old instance types", Severity: advice.SeverityNote, Lever: advice.LeverNodes,
		Found:   "a newer generation of the same class and architecture has as many vCPUs, as much memory, GPUs and local disk, and costs at least 3 % less on demand",
		Besides: "the difference, times nodes",
	}, oldGenerations},
}

// drain is what was found of an under-used node, as it was then: each drain
// fills the nodes that stay.
type drain struct {
	node, title string
	share       float64
	pods        int
	monthly     float64
	blocked     []string
}

// judgeNodes looks at today's nodes, once for all kinds; at none where what
// looks empty may not be.
func (l *look) judgeNodes() {
	if l.judged {
		return
	}
	l.judged = true
	found := nodeUses(l.Pass)
	if l.partial() || !slices.ContainsFunc(found, func(n *nodeUse) bool { return n.pods > 0 }) {
		return
	}
	l.nodes = found
	plan := nodes.Of(l.Pass)
	l.planned = plannedDrains(plan)
	for _, n := range found {
		n.gone = n.withoutGPUPods() // it is no place to move pods to
	}
	order := slices.DeleteFunc(slices.Clone(found), func(n *nodeUse) bool {
		return n.gone || n.prepaid || n.daemonOnly() || n.ByPod() != "" || n.share() >= pin.Underused || !n.Ready
	})
	slices.SortStableFunc(order, func(a, b *nodeUse) int { return cmp.Compare(a.share(), b.share()) })
	if plan != nil && plan.Ordered {
		l.judgePlanned(plan, order)
		return
	}
	l.judgeAlone(order)
}

// judgeAlone finds nodes that could be drained, one after another, the emptiest
// first.
func (l *look) judgeAlone(order []*nodeUse) {
	for _, n := range order {
		blocked := blockers(n, false)
		if !moveAll(n, l.nodes, len(blocked) > 0) {
			continue // it is needed: its pods fit nowhere else
		}
		n.gone = len(blocked) == 0
		title := "under-used: its pods fit on the other nodes"
		if !n.gone {
			title = underusedTitle
		}
		l.drain(n, title, n.monthly, blocked)
	}
}

func (l *look) drain(n *nodeUse, title string, monthly float64, blocked []string) {
	l.drains = append(l.drains, drain{n.Name, title, n.share(), len(n.residents), monthly, blocked})
}

// underusedNodes files those of which a drain is blocked, or those of which it
// is not.
func underusedNodes(blocked bool) func(*look) error {
	return func(l *look) error {
		l.judgeNodes()
		for _, d := range l.drains {
			if blocked != (len(d.blocked) > 0) {
				continue
			}
			r := advice.Advice{Subject: "Node/" + d.node, Title: d.title, Confidence: 0.7}
			r.Show("requests without DaemonSets", 100*d.share, "percent")
			r.Show("pods to move", float64(d.pods), "count")
			l.file(r, Finding{
				Monthly: d.monthly, Blocked: d.blocked,
				Loss: "its room for pods that are not running now; a node autoscaler may bring it back",
			})
		}
		return nil
	}
}

// holdUp is why a node can't be taken away, or would save nothing.
func (n *nodeUse) holdUp() []string {
	out := blockers(n, false)
	if n.prepaid {
		out = append(out, "it is reserved, and paid for whether it runs or not")
	}
	return out
}

func (n *nodeUse) withoutGPUPods() bool { return n.Allocatable.GPU > 0 && n.requests.GPU == 0 }

func gpuNodes(l *look) error {
	l.judgeNodes()
	for _, n := range l.nodes {
		if !n.withoutGPUPods() || l.planned[n.Name] {
			continue
		}
		r := advice.Advice{Subject: "Node/" + n.Name, Title: "a GPU node on which no pod asks for a GPU", Confidence: 0.8}
		r.Show("GPUs", float64(n.Allocatable.GPU), "count")
		r.Show("other pods", float64(len(n.residents)), "count")
		l.file(r, Finding{
			Monthly: n.monthly, Blocked: n.holdUp(),
			Loss: "GPUs at once for the next pod that asks for one",
		})
	}
	return nil
}

// nodeUses joins nodes, prices and pods.
func nodeUses(p *advice.Pass) []*nodeUse {
	var out []*nodeUse
	at := map[string]*nodeUse{}
	for i := range p.Facts.Snapshot.Nodes {
		n := &nodeUse{Node: &p.Facts.Snapshot.Nodes[i]}
		out, at[n.Name] = append(out, n), n
	}
	if p.Costs != nil {
		for _, c := range p.Costs.Nodes {
			if n := at[c.Name]; n != nil {
				n.monthly, n.prepaid = c.Hourly*p.Costs.HoursOf(c.Name), c.CapacityType == string(pricing.Reserved)
			}
		}
	}
	for i := range p.Facts.Workloads {
		w := &p.Facts.Workloads[i]
		for j := range w.Pods {
			pod := &w.Pods[j]
			n := at[pod.Node]
			if n == nil || pod.Ended() {
				continue
			}
			n.pods++
			n.requests = n.requests.Plus(pod.Requests)
			if w.Kind != "DaemonSet" {
				n.movable = n.movable.Plus(pod.Requests)
				n.residents = append(n.residents, resident{pod, w})
			}
		}
	}
	return out
}

// blockers lists what stands in the way of a drain, each once. What keeps a pod
// to some of the nodes is among them unless a plan has taken it into account.
func blockers(n *nodeUse, planned bool) []string {
	var out []string
	add := func(when bool, format string, args ...any) {
		if text := fmt.Sprintf(format, args...); when && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	add(n.Keep != "", "the node asks to stay by the annotation %s", n.Keep)
	for _, r := range n.residents {
		name := r.w.Namespace + "/" + r.Name
		add(r.w.Kind == "Pod", "pod %s has no controller that would start it again", name)
		add(r.Spec.LocalStorage, "pod %s keeps data on the node (emptyDir or hostPath)", name)
		if why := pin.Pod(r.Pod, pin.LocalWarn); why.Kind != pin.None && !r.Spec.LocalStorage {
			add(true, "pod %s has %s", name, why.Text)
		}
		add(slices.Contains(r.Spec.Constraints, analyzer.ConstraintKeep), "pod %s asks not to be disrupted", name)
		for _, c := range r.Spec.Constraints {
			add(!planned && c != analyzer.ConstraintKeep, "pod %s has %s, which is not modelled here", name, c)
		}
		add(!planned && len(r.Spec.Claims) > 0, "pod %s mounts a volume, which may hold it in its zone", name)
		for _, b := range r.w.PDBs {
			add(b.DisruptionsAllowed <= 0 && slices.Contains(b.Pods, r.Name), "PodDisruptionBudget %s/%s allows no disruption", b.Namespace, b.Name)
		}
	}
	return out
}

// moveAll moves a node's pods, the largest first, to the fullest nodes that
// have room; it changes nothing where one of them finds none, or on trial.
func moveAll(n *nodeUse, nodes []*nodeUse, trial bool) bool {
	type change struct {
		to  *nodeUse
		pod resident
	}
	var done []change
	undo := func() {
		for _, c := range slices.Backward(done) {
			c.to.requests = minus(c.to.requests, c.pod.Requests)
			c.to.movable = minus(c.to.movable, c.pod.Requests)
			c.to.pods--
			c.to.residents = c.to.residents[:len(c.to.residents)-1]
		}
	}
	pods := slices.Clone(n.residents)
	slices.SortStableFunc(pods, func(a, b resident) int {
		return cmp.Or(cmp.Compare(b.Requests.CPU, a.Requests.CPU), cmp.Compare(b.Requests.Memory, a.Requests.Memory))
	})
	for _, pod := range pods {
		to := placeFor(pod, n, nodes)
		if to == nil {
			undo()
			return false
		}
		to.requests, to.movable = to.requests.Plus(pod.Requests), to.movable.Plus(pod.Requests)
		to.pods++
		to.residents = append(to.residents, pod)
		done = append(done, change{to, pod})
	}
	if trial {
		undo()
	}
	return true
}

func minus(a, b analyzer.Amounts) analyzer.Amounts {
	return analyzer.Amounts{CPU: a.CPU - b.CPU, Memory: a.Memory - b.Memory, GPU: a.GPU - b.GPU}
}

// placeFor gives the fullest other node that takes the pod, or nil.
func placeFor(pod resident, from *nodeUse, nodes []*nodeUse) *nodeUse {
	var best *nodeUse
	for _, n := range nodes {
		if n != from && !n.gone && n.takes(pod.Pod) && (best == nil || n.share() > best.share()) {
			best = n
		}
	}
	return best
}

func (n *nodeUse) takes(pod *analyzer.Pod) bool {
	after := n.requests.Plus(pod.Requests)
	if !n.Ready || n.Unschedulable || n.ByPod() != "" || after.CPU > n.Allocatable.CPU || after.Memory > n.Allocatable.Memory ||
		after.GPU > n.Allocatable.GPU || n.MaxPods > 0 && n.pods >= n.MaxPods {
		return false
	}
	for k, v := range pod.Spec.NodeSelector {
		if n.Labels[k] != v {
			return false
		}
	}
	return !slices.ContainsFunc(n.Taints, func(t analyzer.Taint) bool {
		return t.Effect != "PreferNoSchedule" && !tolerates(pod, t)
	})
}

// judgePlanned says of under-used nodes what the plan does with them: it has
// looked at the pods' new requests and all that holds them. What it fills up is
// not wasted, nor is the part of the price that the pods cost elsewhere.
func (l *look) judgePlanned(plan *nodes.Planned, order []*nodeUse) {
	moves := map[string]*packing.Move{}
	for i := range plan.Moves {
		if m := &plan.Moves[i]; !m.Keep {
			moves[m.Node] = m
		}
	}
	for _, n := range order {
		kept := plan.Kept(n.Name)
		switch m := moves[n.Name]; {
		case m != nil && m.Blocked == "": // it stands in the plan
		case m != nil && m.Savings > 0:
			l.drain(n, "under-used: the plan would drain it", m.Savings*l.Costs.HoursOf(n.Name), []string{m.Blocked})
		case kept != "":
			blocked := blockers(n, true)
			if len(blocked) == 0 {
				blocked = []string{kept}
			}
			l.drain(n, underusedTitle, n.monthly, blocked)
		}
	}
}

const underusedTitle = "underused, but cannot be drained now"
