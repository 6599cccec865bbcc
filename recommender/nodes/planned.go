package nodes

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/hourly"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// Planned is what the plan rests on and comes to, for the levers that follow.
type Planned struct {
	Nodes []Node // today's, by name
	Pods  []Pod  // of today and those yet to come, as many as are advised
	// Plan holds the nodes of the pods that were planned anew: the kept ones are
	// in Nodes.
	Plan  packing.Plan
	Moves []packing.Move
	// Ordered says that Moves are all there is to do: it may be nothing, where the
	// plan is today's nodes.
	Ordered bool
	// Hours is how many of the nodes the hours need; nil where no autoscaler was seen.
	Hours *hourly.Hours

	// Zones says where the zones are that new nodes may start in.
	Zones map[string]Place

	in      packing.Input
	cluster *advice.Cluster
}

// Place is a provider's region.
type Place struct{ Provider, Region string }

// Node is a node of today.
type Node struct {
	*analyzer.Node
	Cost cost.NodeCost
	Kept string   // why the plan leaves it as it is; empty where it may go
	By   pin.Kind // of that reason
}

// Pod is a pod on a node of today.
type Pod struct {
	packing.Pod
	Node string
}

// Of gives what the rule worked out; nil where it has no plan, or did not run.
// It is the one result of a lever that others read.
func Of(p *advice.Pass) *Planned {
	out, _ := p.Results["nodes"].(*Planned)
	return out
}

// Kept is why the plan leaves a node as it is; empty where it may go.
func (p *Planned) Kept(name string) string {
	for i := range p.Nodes {
		if p.Nodes[i].Name == name {
			return p.Nodes[i].Kept
		}
	}
	return ""
}

// Requests is what the scheduler will reserve for a pod of a workload, as the
// plan has it.
func (p *Planned) Requests(w *analyzer.WorkloadFacts, pod *analyzer.Pod) analyzer.Amounts {
	return p.cluster.Reserved(w, pod)
}

// Packed are the pods that the plan has packed anew. The caller changes none.
func (p *Planned) Packed() []packing.Pod { return p.in.Pods }

// Follower tells which of the plan's nodes any numbers of the pods need. pods are those
// that are packed and others that may come to run.
func (p *Planned) Follower(pods []packing.Pod) *packing.Follower {
	return packing.NewFollower(p.Plan, pods, p.in.DaemonSets)
}

func (n *nodePlanner) planned(hours *hourly.Hours) *Planned {
	out := &Planned{Hours: hours, in: n.in, Plan: n.plan, Moves: n.moves.Moves, Ordered: n.moved || n.same, cluster: n.pass.Cluster}
	out.Zones = map[string]Place{}
	for _, node := range n.window.gone {
		out.Zones[pin.Zone(node.cost.Zone)] = Place{node.cost.Offering.Provider, node.cost.Offering.Region}
	}
	for _, node := range n.nodes {
		out.Nodes = append(out.Nodes, Node{node.Node, node.cost, node.kept, node.by})
	}
	for i := range n.pods {
		out.Pods = append(out.Pods, Pod{n.pods[i].Pod, n.pods[i].node})
	}
	return out
}
