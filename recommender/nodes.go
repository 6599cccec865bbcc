package recommender

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// LeverNodes sets which nodes there are.
const LeverNodes Lever = "nodes"

// Nodes finds the cheapest nodes for the pods that run now, as many as the
// advised scaling has and with the requests that right-sizing gave them. See
// docs/rules/nodes.md.
var Nodes = Rule{
	Name:  "nodes",
	Doc:   "Finds the cheapest nodes for the pods that run now at their right-sized requests, with a proven lower bound.",
	Lever: LeverNodes,
	Run:   nodes,
}

const (
	// nodesSubject is what the advice on nodes is about.
	nodesSubject = "Nodes"
	// leastSaved is the share of the nodes' cost below which a plan is not
	// worth its evictions.
	leastSaved = 0.02
	// mostPairs bounds the work of pairing today's nodes with planned ones.
	mostPairs = 250_000
	// mostRounds is how often pods that turn out to have no place elsewhere
	// are left where they are before the rule abstains.
	mostRounds = 5
)

// NodePlan is the set of nodes that the pods need, and the way to it from
// today's. Money is in USD a month.
type NodePlan struct {
	MonthlyNow float64 // all nodes of today
	Monthly    float64 // all nodes of the plan, kept ones too
	// LowerBound is proven: no set of nodes of the offered types costs less,
	// with the kept nodes kept and the pods held apart. GapPercent is how far Monthly lies above it.
	LowerBound float64
	GapPercent float64
	Pools      []NodePool // by type, capacity type, zone
	Kept       []KeptNode // nodes that the plan leaves as they are, by name
	Launch     []NodePool // of Pools, what starts before the moves
	Moves      []packing.Move
	Stays      []string    // nodes that the plan has too and whose pods all stay, by name
	Groups     []NodeGroup // the plan's nodes but the kept ones, as pools of an autoscaler
	Pods       int         // pods that were planned anew
	Held       *HeldNodes  // nil where no commitments are held
}

// NodePool is a number of nodes that are alike.
type NodePool struct {
	InstanceType string
	CapacityType string
	Zone         string
	Count        int
	Hourly       float64 // USD for one node
}

// KeptNode is a node that the plan does not touch, and why.
type KeptNode struct {
	Name   string
	Reason string
}

func nodes(p *Pass) error {
	if p.Costs == nil || p.Costs.Catalog == nil || len(p.Costs.Nodes) == 0 {
		return nil // the report says already that there are no nodes or no prices
	}
	r := Recommendation{
		Rule: "nodes", Lever: LeverNodes, Subject: nodesSubject,
		Risk: Risk{OOMProbability: -1, CPUOverRequest: -1},
	}
	n := newNodePlanner(p)
	reason := n.blind()
	if reason == "" {
		var err error
		if reason, err = n.pack(); err != nil {
			return err
		}
	}
	if reason != "" {
		r.Title = "no recommendation: " + reason
		r.Withheld = []Withheld{{"all", reason}}
		p.Report(r)
		return nil
	}
	n.advise(&r)
	p.planned = n
	p.Report(r)
	return nil
}

// nodePlanner gathers what the packer needs and judges what it gives.
type nodePlanner struct {
	pass    *Pass
	nodes   []*plannedFrom // by name
	byName  map[string]*plannedFrom
	sized   map[containerRef]*Recommendation
	scaled  map[analyzer.Ref]*HorizontalAdvice
	pods    []placedPod // as many as are advised, DaemonSets' and static ones left out
	fewer   int         // pods that the advised scaling takes away
	more    int         // and adds
	daemons []packing.Pod
	pending int // pods that wait for a node
	refers  map[string]bool
	plan    packing.Plan
	in      packing.Input
	current []packing.CurrentNode // nodes that may go, with their pods
	moves   packing.Migration
	moved   bool                 // moves were worked out
	same    bool                 // the plan is today's nodes
	poolOf  map[string]*nodePool // by kind of offering
	held    *heldPrices          // nil where no commitments are held
}

// plannedFrom is a node of today.
type plannedFrom struct {
	*analyzer.Node
	cost     NodeCost
	offering packing.Offering // as which it stands in the packer's input
	reserved analyzer.Amounts // by DaemonSets' and static pods
	kept     string           // why it stays as it is; empty where it may go
}

// placedPod is a pod that runs, as the packer wants it.
type placedPod struct {
	packing.Pod
	node   string
	blocks string // why its node can't be drained
	batch  bool
	added  bool // it does not run yet; node is one of its like
}

func newNodePlanner(p *Pass) *nodePlanner {
	n := &nodePlanner{pass: p, byName: map[string]*plannedFrom{}, sized: map[containerRef]*Recommendation{}, refers: map[string]bool{}}
	costs := map[string]NodeCost{}
	for _, c := range p.Costs.Nodes {
		costs[c.Name] = c
	}
	for i := range p.Analysis.Snapshot.Nodes {
		node := &plannedFrom{Node: &p.Analysis.Snapshot.Nodes[i]}
		node.cost = costs[node.Name]
		n.nodes = append(n.nodes, node)
		n.byName[node.Name] = node
	}
	slices.SortFunc(n.nodes, func(a, b *plannedFrom) int { return cmp.Compare(a.Name, b.Name) })
	for i := range p.out {
		if r := &p.out[i]; r.Requests != nil && r.Lever == LeverRightsize {
			n.sized[containerRef{r.Workload, r.Container}] = r
		}
	}
	n.scaled = p.scalings()
	n.gather()
	n.keep()
	n.rescale()
	n.relate()
	return n
}

// blind gives the reason for which no plan can be made at all, or "".
func (n *nodePlanner) blind() string {
	if why := n.pass.Analysis.Snapshot.Partial(); why != "" {
		return why + "; audit the whole cluster for a plan of its nodes"
	}
	if len(n.pods) == 0 {
		return "no pod runs on the nodes that is not a DaemonSet's"
	}
	for _, node := range n.nodes {
		if node.kept == "" {
			return ""
		}
	}
	return "no node may go: " + n.nodes[0].kept
}

// pack plans until no pod is left out: a node whose pods have no place in the
// plan is kept with all its pods. It gives the reason where there is no plan.
func (n *nodePlanner) pack() (string, error) {
	for range mostRounds {
		n.in = n.input()
		if len(n.in.Offerings) == 0 {
			return "no instance types are on sale in the price table for these nodes' provider and region", nil
		}
		plan, err := packing.Pack(n.in)
		if err != nil {
			return "", err
		}
		if len(plan.Abstained) == 0 {
			n.plan = plan
			if err := n.useHeld(); err != nil {
				return "", err
			}
			n.settleZones()
			if err := packing.Check(n.plan, n.in.Pods, n.in.DaemonSets); err != nil {
				return "", fmt.Errorf("the plan failed its check: %w", err)
			}
			n.finish()
			return "", nil
		}
		n.keepPodsOf(plan.Abstained)
	}
	return "too many pods have no place on other nodes, such as " + n.firstKept(), nil
}

func (n *nodePlanner) firstKept() string {
	for _, node := range n.nodes {
		if node.kept != "" {
			return node.kept
		}
	}
	return ""
}

// keepPodsOf keeps the nodes of pods that the packer left out.
func (n *nodePlanner) keepPodsOf(left []packing.Abstention) {
	at := map[string]string{}
	for i := range n.pods {
		at[n.pods[i].Name] = n.pods[i].node
	}
	for _, a := range left {
		if node := n.byName[at[a.Pod]]; node.kept == "" {
			node.kept = fmt.Sprintf("pod %s can't be planned: %s", a.Pod, a.Reason)
		}
	}
}

// finish falls back to today's nodes where the plan is not worth its moves.
func (n *nodePlanner) finish() {
	now, fits := n.today()
	if fits && n.billOf(n.plan) > n.billOf(now)-leastSaved*now.Hourly {
		now.LowerBound = min(n.plan.LowerBound, now.Hourly)
		if now.LowerBound > 0 {
			now.GapPercent = 100 * (now.Hourly/now.LowerBound - 1)
		}
		n.plan, n.same = now, true
		return
	}
	if len(n.current)*len(n.plan.Nodes) <= mostPairs {
		n.moves, n.moved = packing.Moves(n.in, n.current, n.budgets(), n.plan), true
	}
}

// today gives the nodes that may go as a plan, and whether their pods' new
// requests fit where they are.
func (n *nodePlanner) today() (now packing.Plan, fits bool) {
	n.current = nil
	onNode := map[string][]string{}
	for i := range n.pods {
		if !n.pods[i].added {
			onNode[n.pods[i].node] = append(onNode[n.pods[i].node], n.pods[i].Name)
		}
	}
	size := map[string]*packing.Pod{}
	for i := range n.in.Pods {
		size[n.in.Pods[i].Name] = &n.in.Pods[i]
	}
	fits = true
	for _, node := range n.nodes {
		if node.kept != "" {
			continue
		}
		n.current = append(n.current, packing.CurrentNode{Name: node.Name, Offering: node.offering, Pods: onNode[node.Name]})
		planned := packing.PlannedNode{Offering: node.offering, Pods: slices.Clone(onNode[node.Name])}
		gpus := int64(0)
		for _, name := range planned.Pods {
			planned.CPU, planned.Memory, gpus = planned.CPU+size[name].CPU, planned.Memory+size[name].Memory, gpus+size[name].GPUs
		}
		planned.CPU, planned.Memory = planned.CPU+node.reserved.CPU, planned.Memory+node.reserved.Memory
		fits = fits && planned.CPU <= node.Allocatable.CPU && planned.Memory <= node.Allocatable.Memory && gpus <= node.Allocatable.GPU
		now.Nodes = append(now.Nodes, planned)
		now.Hourly += node.offering.USDPerHour
	}
	now.Monthly = now.Hourly * HoursPerMonth
	return now, fits && n.seatAdded(&now, size)
}

// advise fills in the recommendation from the plan.
func (n *nodePlanner) advise(r *Recommendation) {
	plan := &NodePlan{Pods: len(n.in.Pods), Moves: n.moves.Moves}
	then := map[NodePool]int{}
	for i := range n.plan.Nodes {
		then[poolOfOffering(&n.plan.Nodes[i].Offering)]++
	}
	bound := n.plan.LowerBound
	now := map[NodePool]int{}
	for _, node := range n.nodes {
		pool := NodePool{InstanceType: node.cost.InstanceType, CapacityType: node.cost.CapacityType, Zone: node.cost.Zone, Hourly: node.cost.Hourly}
		now[pool]++
		plan.MonthlyNow += node.cost.Hourly * HoursPerMonth
		if node.kept != "" {
			then[pool]++
			bound += node.cost.Hourly
			plan.Kept = append(plan.Kept, KeptNode{node.Name, node.kept})
		}
	}
	plan.Pools = countedPools(then)
	for _, pool := range plan.Pools {
		plan.Monthly += float64(pool.Count) * pool.Hourly * HoursPerMonth
	}
	plan.LowerBound = bound * HoursPerMonth
	if plan.LowerBound > 0 {
		plan.GapPercent = math.Round(max(0, plan.Monthly/plan.LowerBound-1)*1e6) / 1e4
	}
	r.Nodes, r.MonthlySavings = plan, plan.MonthlyNow-plan.Monthly
	n.way(plan)
	plan.Groups = n.groups()
	r.Changes = nodeChanges(countedPools(now), plan.Pools)
	if len(r.Changes) == 0 {
		r.MonthlySavings = 0
	}
	r.Confidence = n.confidence()
	n.tellHeld(r)
	r.Title = plan.title(len(n.nodes), len(r.Changes) > 0)
	n.doubts(r)
}

// way says which nodes start, and which stay with all their pods.
func (n *nodePlanner) way(plan *NodePlan) {
	launch := map[NodePool]int{}
	for i := range n.moves.Launch {
		launch[poolOfOffering(&n.moves.Launch[i].Offering)]++
	}
	plan.Launch = countedPools(launch)
	if !n.moved && !n.same {
		return
	}
	leaves := map[string]bool{}
	for _, m := range plan.Moves {
		leaves[m.Node] = true
	}
	for _, node := range n.current {
		if !leaves[node.Name] {
			plan.Stays = append(plan.Stays, node.Name)
		}
	}
}

func poolOfOffering(o *packing.Offering) NodePool {
	return NodePool{InstanceType: o.Type, CapacityType: o.CapacityType, Zone: o.Zone, Hourly: o.USDPerHour}
}

func countedPools(counts map[NodePool]int) []NodePool {
	out := make([]NodePool, 0, len(counts))
	for pool, count := range counts {
		pool.Count = count
		out = append(out, pool)
	}
	slices.SortFunc(out, func(a, b NodePool) int {
		return cmp.Or(cmp.Compare(a.InstanceType, b.InstanceType), cmp.Compare(a.CapacityType, b.CapacityType),
			cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.Hourly, b.Hourly))
	})
	return out
}

// nodeChanges gives the numbers of nodes that change, by type and capacity
// type; a change of zones alone is none.
func nodeChanges(now, then []NodePool) []Change {
	counts := map[string]*Change{}
	at := func(p NodePool) *Change {
		field := "nodes." + p.InstanceType + "/" + p.CapacityType
		if counts[field] == nil {
			counts[field] = &Change{Field: field}
		}
		return counts[field]
	}
	for _, p := range now {
		at(p).From += int64(p.Count)
	}
	for _, p := range then {
		at(p).To += int64(p.Count)
	}
	var out []Change
	for _, c := range counts {
		if c.From != c.To {
			out = append(out, *c)
		}
	}
	slices.SortFunc(out, func(a, b Change) int { return cmp.Compare(a.Field, b.Field) })
	return out
}

func (plan *NodePlan) title(now int, changes bool) string {
	if !changes && plan.Held != nil {
		return fmt.Sprintf("today's nodes are right with the commitments held: their bill is at most %.1f %% above the least that is possible", plan.Held.GapPercent)
	}
	if !changes {
		return fmt.Sprintf("today's nodes are right: at most %.1f %% above the cheapest that is possible", plan.GapPercent)
	}
	count, byType := 0, map[string]int{}
	for _, p := range plan.Pools {
		count += p.Count
		byType[p.InstanceType] += p.Count
	}
	var parts []string
	for _, name := range sortedNames(byType) {
		parts = append(parts, fmt.Sprintf("%d %s", byType[name], name))
	}
	return fmt.Sprintf("replace %s by %s: %s", nodeCount(now), nodeCount(count), strings.Join(parts, ", "))
}

func nodeCount(n int) string {
	if n == 1 {
		return "1 node"
	}
	return fmt.Sprintf("%d nodes", n)
}

// confidence is the mean of the right-sizing that the plan rests on, by
// container; 1 where it rests on the requests as they are.
func (n *nodePlanner) confidence() float64 {
	if len(n.sized) == 0 {
		return 1
	}
	sum := 0.0
	for _, r := range n.pass.out {
		if r.Requests != nil && r.Lever == LeverRightsize {
			sum += r.Confidence
		}
	}
	return math.Min(sum/float64(len(n.sized)), 1)
}

// doubts are the warnings and the evidence.
func (n *nodePlanner) doubts(r *Recommendation) {
	plan := r.Nodes
	r.evidence("pods planned", float64(plan.Pods), "count")
	if n.fewer+n.more > 0 {
		r.evidence("pods that rescaling takes away", float64(n.fewer), "count")
		r.evidence("pods that rescaling adds", float64(n.more), "count")
	}
	r.evidence("workloads held on the architecture they run on", float64(n.heldOnArch()), "count")
	r.evidence("nodes kept as they are", float64(len(plan.Kept)), "count")
	r.evidence("lower bound", plan.LowerBound, "usd")
	r.evidence("gap to the lower bound", plan.GapPercent, "percent")
	for _, k := range plan.Kept {
		r.Warnings = append(r.Warnings, analyzer.Warning{Code: "node-kept", Subject: "Node/" + k.Name, Message: "the node is kept as it is: " + k.Reason})
	}
	warn := func(code, message string) {
		r.Warnings = append(r.Warnings, analyzer.Warning{Code: code, Subject: nodesSubject, Message: message})
	}
	if n.pending > 0 {
		warn("pending-pods", "pods that wait for a node are not in the plan: "+strconv.Itoa(n.pending))
	}
	if len(n.nodes) > 1 && len(n.plan.Nodes)+len(plan.Kept) == 1 {
		warn("one-node", "the plan has one node only: its failure stops everything; run a second one where that matters")
	}
	for _, m := range plan.Moves {
		if m.Blocked != "" {
			warn("drain-blocked", fmt.Sprintf("node %s can't be drained at once: %s", m.Node, m.Blocked))
		}
	}
	if len(r.Changes) > 0 && !n.moved {
		warn("no-moves", "the cluster is too large for an order of drains; only the nodes to have are given")
	}
}
