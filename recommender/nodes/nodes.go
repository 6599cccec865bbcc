package nodes

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/fleet"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/fresh"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/group"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/held"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/hourly"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/reserve"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/waiting"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// Rule finds the cheapest nodes for the pods that run now, as many as the
// advised scaling has and with the requests that right-sizing gave them. See
// docs/rules/nodes.md.
var Rule = advice.Rule{
	Name:  "nodes",
	Doc:   "Finds the cheapest nodes for the pods that run now at their right-sized requests, with a proven lower bound.",
	Lever: advice.LeverNodes,
	Run:   run,
}

const (
	// nodesSubject is what the advice on nodes is about.
	nodesSubject = "Nodes"
	// mostPairs bounds the work of pairing today's nodes with planned ones.
	mostPairs = 250_000
	// mostRounds is how often pods that turn out to have no place elsewhere
	// are left where they are before the rule abstains.
	mostRounds = 5
)

// Plan is the set of nodes that the pods need, and the way to it from
// today's. Money is in USD a month.
type Plan struct {
	MonthlyNow float64 // all nodes of today
	Monthly    float64 // all nodes of the plan, kept ones too
	// LowerBound is proven: no set of nodes of the offered types costs less,
	// with the kept nodes kept and the pods held apart. GapPercent is how far Monthly lies above it.
	LowerBound float64
	GapPercent float64
	Pools      []Pool     // by type, capacity type, zone
	Kept       []KeptNode // nodes that the plan leaves as they are, by name
	Launch     []Pool     // of Pools, what starts before the moves
	Starts     []Start    // the nodes of Launch one by one, new-1 first
	Moves      []packing.Move
	Stays      []string      // nodes that the plan has too and whose pods all stay, by name
	Groups     []group.Group // the plan's nodes but the kept ones, as pools of an autoscaler
	Pods       int           // pods that were planned anew
	Held       *held.Bill    // nil where no commitments are held
	Hours      *hourly.Hours // nil where no autoscaler of nodes was seen
	Style      advice.PoolStyle
	Exact      float64 // USD a month of the plan with any types that lives through nothing
	Survived   *fleet.Survived
	Placement  []packing.Placement // where the plan has every pod, kept nodes' too, by name of node; new ones are new-N
	NewNodes   int                 // that start
	Evictions  int                 // on the way
	Restarts   int                 // pods that move
	LoseData   int                 // of them, those that lose what they keep on their node
	LoseVolume int                 // of them, those that lose an ephemeral volume
	Pinned     []Pinned            // what keeps nodes, by kind
	Fresh      *fresh.Cluster      // nil where there are nodes today
	Autoscaler string              // what adds and takes nodes, as analyzer.Snapshot names it; empty where nothing does
	Reserve    reserve.Room        // what keeps the room that the level counts on; groups by name
	// Quiet says that the plan costs more than the nodes of the moment since more pods run
	// in the window's busiest hour, and that the bill of the window is not known.
	Quiet bool
}

// Pool is a number of nodes that are alike.
type Pool struct {
	InstanceType string
	CapacityType string
	Zone         string
	Count        int
	Hourly       float64 // USD for one node
	Fee          float64 // the part of Hourly that no commitment covers
	ByPod        bool    // no machine: a provider bills its pods one by one
}

// Start is one node that starts: allocatable in millicores and bytes, USD an hour.
type Start struct {
	Type, CapacityType string
	Zone               string // empty where any will do
	Group              string // of Groups, by name
	Hourly             float64
	CPU, Memory        int64
}

// Start is the node that starts under a name of the placement; nil for one of today.
func (plan *Plan) Start(name string) *Start {
	n, err := strconv.Atoi(strings.TrimPrefix(name, "new-"))
	if err != nil || !strings.HasPrefix(name, "new-") || n < 1 || n > len(plan.Starts) {
		return nil
	}
	return &plan.Starts[n-1]
}

// Pinned adds up the nodes that stay for one kind of reason.
type Pinned struct {
	Kind    string
	Nodes   int
	Pods    int     // on them, but for DaemonSets'
	Monthly float64 // USD
	ByPod   bool    // no machines: a provider bills their pods one by one
}

// KeptNode is a node that the plan does not touch, and why.
type KeptNode struct {
	Name   string
	Reason string
	ByPod  bool // no machine: a provider bills its pods one by one
}

func run(p *advice.Pass) error {
	if p.Costs == nil || p.Costs.Catalog == nil {
		return nil // the report says already that there are no prices
	}
	if len(p.Costs.Nodes) == 0 {
		return runFresh(p)
	}
	r := advice.Advice{
		Rule: "nodes", Lever: advice.LeverNodes, Subject: nodesSubject,
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
		n.abstain(&r, reason)
		p.Report(r)
		return nil
	}
	n.advise(&r)
	p.Results["nodes"] = n.planned(advice.As[Plan](r.Detail).Hours)
	p.Report(r)
	return nil
}

// nodePlanner gathers what the packer needs and judges what it gives.
type nodePlanner struct {
	pass    *advice.Pass
	nodes   []*plannedFrom // by name
	byName  map[string]*plannedFrom
	pods    []placedPod        // as many as are advised, DaemonSets' and static ones left out
	fewer   int                // pods that the advised scaling takes away
	more    int                // and adds
	beyond  []analyzer.Warning // workloads that want more pods than can be
	daemons []packing.Pod
	waiting waiting.Pods
	refers  map[string]bool
	plan    packing.Plan
	in      packing.Input
	current []packing.CurrentNode // nodes that may go, with their pods
	moves   packing.Migration
	moved   bool                 // moves were worked out
	same    bool                 // the plan is today's nodes
	poolOf  map[string]*nodePool // by kind of offering
	held    *heldPlan            // nil where no commitments are held
	busiest int                  // the hour, since 1970, that the nodes have to hold; 0: now
	worth   map[int]float64      // of the pods of each hour, USD
	volumes *pin.Volumes
	// autoscaler names what adds and takes nodes; empty where nothing does.
	autoscaler string
	exact      float64 // USD an hour of the plan with any types, before it was made to live through more
	fleet      *fleet.Fleet
	survived   *fleet.Survived
	unplayed   int                 // kept nodes whose loss is not played, since there are so many
	without    int                 // pods, or workloads, that today's nodes, which the plan repeats, have no room for
	losing     map[string]bool     // pods that lose what they keep on their node, when they move
	emptied    map[string]bool     // pods that get an empty volume for an ephemeral one, when they move
	zones      map[string][]string // of each workload's pods before rescaling, by group
	window     windowNodes
}

// plannedFrom is a node of today.
type plannedFrom struct {
	*analyzer.Node
	cost     cost.NodeCost
	offering packing.Offering // as which it stands in the packer's input
	reserved analyzer.Amounts // by DaemonSets' and static pods
	taken    map[string]int64 // by the same, beside CPU and memory
	past     bool             // it stands for a kind of the window's nodes
	kept     string           // why it stays as it is; empty where it may go
	by       pin.Kind         // of that reason
}

// placedPod is a pod that runs, as the packer wants it.
type placedPod struct {
	packing.Pod
	node   string
	holds  []pin.Reason // why it has to stay on its node
	bare   bool         // nothing would start it again
	blocks pin.Reason   // why its node can't be drained
	batch  bool
	added  bool // it does not run yet; node is one of its like
}

func newNodePlanner(p *advice.Pass) *nodePlanner {
	n := &nodePlanner{pass: p, byName: map[string]*plannedFrom{}, refers: map[string]bool{}, losing: map[string]bool{}, emptied: map[string]bool{}}
	costs := map[string]cost.NodeCost{}
	for _, c := range p.Costs.Nodes {
		costs[c.Name] = c
	}
	for i := range p.Facts.Snapshot.Nodes {
		node := &plannedFrom{Node: &p.Facts.Snapshot.Nodes[i]}
		node.cost = costs[node.Name]
		if node.cost.InstanceType == "" { // machines of one's own have no types: those of a size are alike
			node.cost.InstanceType = pin.SizeName(node.Node)
		}
		n.nodes = append(n.nodes, node)
		n.byName[node.Name] = node
	}
	slices.SortFunc(n.nodes, func(a, b *plannedFrom) int { return cmp.Compare(a.Name, b.Name) })
	n.volumes, n.autoscaler = pin.VolumesOf(p.Facts.Snapshot), p.Facts.Snapshot.NodeAutoscaler()
	n.remember()
	n.gather()
	n.keep()
	n.zones = n.zonesNow()
	n.findBusiest()
	n.rescale()
	n.relate()
	return n
}

// blind gives the reason for which no plan can be made at all, or "".
func (n *nodePlanner) blind() string {
	if why := n.pass.Facts.Snapshot.Partial(); why != "" {
		return why + "; audit the whole cluster for a plan of its nodes"
	}
	if len(n.pods) == 0 {
		return "no pod runs on the nodes that is not a DaemonSet's"
	}
	if len(n.going()) > 0 {
		return ""
	}
	return "no node may go: " + n.nodes[0].kept
}

// pack plans until no pod is left out: a node whose pods have no place in the
// plan is kept with all its pods. It gives the reason where there is no plan.
func (n *nodePlanner) pack() (string, error) {
	for round := range mostRounds {
		n.in = n.input()
		if len(n.in.Offerings) == 0 {
			if why := n.blind(); why != "" {
				return why, nil
			}
			return n.noTypes(), nil
		}
		plan, err := packing.Pack(n.pass.Context, n.in)
		if err != nil {
			return "", err
		}
		if len(plan.Abstained) == 0 {
			if err := n.settle(plan); err != nil {
				return "", err
			}
			if round < mostRounds-1 && n.keepKind(n.lacking()) {
				continue
			}
			n.finish()
			return "", nil
		}
		n.keepPodsOf(plan.Abstained)
	}
	return "too many pods have no place on other nodes, such as " + n.firstKept(), nil
}

// settle makes a plan of enough nodes that live through what is asked for, by the commitments
// that exist, and checks it.
func (n *nodePlanner) settle(plan packing.Plan) (err error) {
	if n.plan, err = n.enough(n.pass.Context, plan); err != nil {
		return err
	}
	if err := n.useHeld(); err != nil {
		return err
	}
	if err := n.survive(); err != nil {
		return err
	}
	if err := packing.Check(n.plan, n.in.Pods, n.in.DaemonSets); err != nil {
		return fmt.Errorf("the plan failed its check: %w", err)
	}
	return nil
}

func (n *nodePlanner) firstKept() string {
	for _, node := range n.nodes {
		if node.kept != "" {
			return node.kept
		}
	}
	return ""
}

// style is the one asked for, else what suits the autoscaler.
func (n *nodePlanner) style() advice.PoolStyle {
	switch asked := n.pass.Options.Nodes.Pools; {
	case asked != "":
		return asked
	case n.autoscaler == analyzer.Karpenter:
		return advice.PoolsFlexible
	}
	return advice.PoolsSimple
}

// survive gives the plan its style, and adds the nodes that the level asked for needs.
// Where commitments tie the plan to families it stays of these.
func (n *nodePlanner) survive() (err error) {
	tied := n.held != nil && len(n.held.Families) > 0
	f := fleet.Fleet{
		Input: n.in, Today: n.judged(), Level: n.level(), Surge: n.surges(), Beside: n.beside(),
		Group: n.groupOfOffering, Simple: n.style() == advice.PoolsSimple && !tied, Search: !tied, Thorough: n.style() != advice.PoolsFlexible, Settle: n.settleZones, Least: n.leastNodes(),
	}
	n.fleet = &f
	if n.plan, n.survived, err = f.Survive(n.pass.Context, n.plan); err == nil {
		n.exact = n.survived.Bare
	}
	return err
}

// level is the one asked for, else what suits the autoscaler.
func (n *nodePlanner) level() packing.Level {
	switch asked := n.pass.Options.Nodes.Survive; {
	case asked != "":
		return asked
	case n.autoscaler != "":
		return packing.SurvivePod
	}
	return packing.SurviveNode
}

func (n *nodePlanner) groupOfOffering(o *packing.Offering) string {
	if pool := n.poolOf[kindOf(o)]; pool != nil {
		return groupOf(pool, o)
	}
	return o.Type
}

// keepPodsOf keeps the nodes of pods that the packer left out.
func (n *nodePlanner) keepPodsOf(left []packing.Abstention) {
	at := map[string]string{}
	for i := range n.pods {
		at[n.pods[i].Name] = n.pods[i].node
	}
	for _, a := range left {
		if node := n.byName[at[a.Pod]]; node.kept == "" {
			node.stay(pin.Unplaced, fmt.Sprintf("pod %s can't be planned: %s", a.Pod, a.Reason))
		}
	}
}

// worthMoving is the least that a plan has to save, in USD an hour.
func (n *nodePlanner) worthMoving(now packing.Plan) float64 {
	o := &n.pass.Options
	usd, share := cmp.Or(o.MinSavings, advice.DefaultMinSavings), cmp.Or(o.MinSavingsShare, advice.DefaultMinSavingsShare)
	return max(usd/pricing.HoursPerMonth, share*now.Hourly, 1e-9)
}

// keepKind keeps the machines of a kind that nobody sells, where others may go: the plan of
// the rest can't ask for more of them. It reports whether it did.
func (n *nodePlanner) keepKind(kind string) bool {
	own := func(node *plannedFrom) bool {
		return node.cost.InstanceType == kind && node.cost.Offering.Provider == ""
	}
	if kind == "" || !slices.ContainsFunc(n.going(), func(node *plannedFrom) bool { return !own(node) }) {
		return false
	}
	for _, node := range n.nodes {
		if node.kept == "" && own(node) {
			node.stay(pin.Itself, "there are no more machines of its kind")
		}
	}
	return true
}

// lacking is a kind of machine that nobody sells and the plan has more of than there are.
func (n *nodePlanner) lacking() string {
	there := map[string]int{}
	for _, node := range n.nodes {
		if node.kept == "" && node.cost.Offering.Provider == "" {
			there[node.cost.InstanceType]++
		}
	}
	for i := range n.plan.Nodes {
		o := &n.plan.Nodes[i].Offering
		if pool := n.poolOf[kindOf(o)]; pool != nil && pool.provider == "" {
			there[o.Type]--
			if there[o.Type] < 0 {
				return o.Type
			}
		}
	}
	return ""
}

// finish falls back to today's nodes where the plan is not worth its moves.
func (n *nodePlanner) finish() {
	now, fits := n.today()
	if fits && (n.billOf(n.plan) > n.billOf(now)-n.worthMoving(now) || n.lacking() != "") {
		now.LowerBound = min(n.plan.LowerBound, now.Hourly)
		if now.LowerBound > 0 {
			now.GapPercent = 100 * (now.Hourly/now.LowerBound - 1)
		}
		n.plan, n.same = now, true
		n.without = n.fleet.Judge(now, n.survived)
		return
	}
	if len(n.current)*len(n.plan.Nodes) <= mostPairs {
		n.moves, n.moved = packing.Moves(n.pass.Context, n.in, n.current, n.budgets(), n.plan), true
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
	now.Monthly = now.Hourly * pricing.HoursPerMonth
	return now, fits && n.seatAdded(&now, size)
}
