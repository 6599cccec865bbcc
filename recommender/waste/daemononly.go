package waste

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// daemonOnly reports whether a node runs pods, and all of them are of DaemonSets.
func (n *nodeUse) daemonOnly() bool {
	return n.pods > 0 && len(n.residents) == 0 && n.ByPod() == "" && !n.withoutGPUPods()
}

// daemonOnlyNodes files all such nodes as one, with what keeps them. Where the plan
// drains them their dollars stand there.
func daemonOnlyNodes(l *look) error {
	l.judgeNodes()
	var names, paid, causes []string
	machines, monthly, planned := 0, 0.0, 0
	for _, n := range l.nodes {
		if n.ByPod() == "" && n.pods > 0 {
			machines++
		}
		if !n.daemonOnly() {
			continue
		}
		names = append(names, n.Name)
		if why := l.causeOf(n); !slices.Contains(causes, why) {
			causes = append(causes, why)
		}
		if l.planned[n.Name] {
			planned++
		} else {
			monthly += n.monthly
			paid = append(paid, n.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	r := advice.Advice{Subject: "Nodes", Confidence: 0.7}
	f := Finding{Monthly: monthly, Nodes: paid, Loss: "their room for pods that are not running now"}
	if len(names) == machines {
		r.Title = fmt.Sprintf("no node runs anything but DaemonSets (%s): the other workloads rest, or were not among the objects that were read", few(names))
		r.Confidence, f.Monthly = 0.3, 0
	} else {
		r.Title = fmt.Sprintf("%s nothing but DaemonSets (%s): %s", nodesRun(len(names)), few(names), strings.Join(causes, "; "))
	}
	r.Show("nodes", float64(len(names)), "count")
	r.Show("of them drained by the plan", float64(planned), "count")
	l.file(r, f)
	return nil
}

func nodesRun(n int) string {
	if n == 1 {
		return "a node runs"
	}
	return fmt.Sprintf("%d nodes run", n)
}

// causeOf says what keeps other pods away from a node, and the node in the cluster.
func (l *look) causeOf(n *nodeUse) string {
	switch taint := l.untolerated(n); {
	case n.Unschedulable:
		return "cordoned"
	case n.Keep != "":
		return "the annotation " + n.Keep + " keeps it"
	case taint != "":
		return "no other pod tolerates the taint " + taint
	}
	switch l.Facts.Snapshot.NodeAutoscaler() {
	case "":
		return "no autoscaler of nodes is seen that would take it away"
	case analyzer.Karpenter:
		return "Karpenter has not taken it away: its NodePool's disruption settings hold it, or it is new"
	}
	return "its group's minimum holds it, or the Cluster Autoscaler's delay"
}

// untolerated is a taint of the node that no pod of another workload than a DaemonSet
// tolerates.
func (l *look) untolerated(n *nodeUse) string {
	for _, t := range n.Taints {
		if t.Effect == "PreferNoSchedule" || strings.HasPrefix(t.Key, "node.kubernetes.io/") {
			continue
		}
		if !slices.ContainsFunc(l.nodes, func(other *nodeUse) bool {
			return slices.ContainsFunc(other.residents, func(r resident) bool { return tolerates(r.Pod, t) })
		}) {
			return t.Key + "=" + t.Value + ":" + t.Effect
		}
	}
	return ""
}

func tolerates(pod *analyzer.Pod, t analyzer.Taint) bool {
	return slices.ContainsFunc(pod.Spec.Tolerations, func(o analyzer.Toleration) bool {
		return packing.Toleration(o).Tolerates(packing.Taint(t))
	})
}

// plannedDrains are the nodes that the plan takes away, as it stands.
func plannedDrains(plan *nodes.Planned) map[string]bool {
	out := map[string]bool{}
	if plan == nil || !plan.Ordered {
		return out
	}
	for i := range plan.Moves {
		if m := &plan.Moves[i]; !m.Keep && m.Blocked == "" {
			out[m.Node] = true
		}
	}
	return out
}
