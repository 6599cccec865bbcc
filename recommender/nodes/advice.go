package nodes

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/reserve"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/safe"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// advise fills in the recommendation from the plan.
func (n *nodePlanner) advise(r *advice.Advice) {
	plan := &Plan{Pods: len(n.in.Pods), Moves: n.moves.Moves}
	then := map[Pool]int{}
	for i := range n.plan.Nodes {
		then[poolOfOffering(&n.plan.Nodes[i].Offering)]++
	}
	bound := n.plan.LowerBound
	now := map[Pool]int{}
	for _, node := range n.nodes {
		pool := Pool{InstanceType: node.cost.InstanceType, CapacityType: node.cost.CapacityType, Zone: pin.Zone(node.cost.Zone), Hourly: node.cost.Hourly, Fee: node.cost.Fee, ByPod: node.ByPod() != ""}
		now[pool]++
		plan.MonthlyNow += node.cost.Hourly * pricing.HoursPerMonth
		if node.kept != "" {
			then[pool]++
			bound += node.cost.Hourly
			if node.Runs == "" { // runs that are billed by the pod are no node to name
				plan.Kept = append(plan.Kept, KeptNode{node.Name, node.kept, node.ByPod() != ""})
			}
		}
	}
	plan.Pools = countedPools(then)
	for _, pool := range plan.Pools {
		plan.Monthly += float64(pool.Count) * pool.Hourly * pricing.HoursPerMonth
	}
	plan.LowerBound = bound * pricing.HoursPerMonth
	if plan.LowerBound > 0 {
		plan.GapPercent = math.Round(max(0, plan.Monthly/plan.LowerBound-1)*1e6) / 1e4
	}
	r.Detail, r.MonthlySavings = plan, plan.MonthlyNow-plan.Monthly
	plan.Style, plan.Exact, plan.Survived = n.style(), n.exact*pricing.HoursPerMonth, n.survived
	for _, node := range n.nodes {
		if node.kept != "" {
			plan.Exact += node.cost.Hourly * pricing.HoursPerMonth
		}
	}
	plan.Quiet = n.quiet() && plan.Monthly > plan.MonthlyNow+0.005
	n.way(plan)
	n.place(plan)
	plan.Hours = n.hours()
	plan.Groups = n.groups()
	n.nameGroups(plan, n.moves.Launch)
	r.Cite(sources(n.pass.Costs.Catalog, plan.Groups))
	r.Changes = nodeChanges(countedPools(now), plan.Pools)
	if len(r.Changes) == 0 {
		r.MonthlySavings = 0
	}
	r.Confidence = n.pass.Cluster.Confidence()
	n.tellHeld(r)
	r.Title = plan.title(n.counted(), len(r.Changes) > 0)
	n.doubts(r)
}

// way says which nodes start, and which stay with all their pods.
func (n *nodePlanner) way(plan *Plan) {
	launch := map[Pool]int{}
	for i := range n.moves.Launch {
		o := &n.moves.Launch[i].Offering
		launch[poolOfOffering(o)]++
		plan.Starts = append(plan.Starts, Start{Type: o.Type, CapacityType: o.CapacityType, Zone: o.Zone, Hourly: o.USDPerHour, CPU: o.CPU, Memory: o.Memory})
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

// nameGroups says of which group each node is that starts.
func (n *nodePlanner) nameGroups(plan *Plan, starts []packing.PlannedNode) {
	names := map[string]string{}
	for i := range plan.Groups {
		g := &plan.Groups[i]
		names[n.groupOfOffering(&n.plan.Nodes[g.Nodes[0]].Offering)] = g.Name
	}
	for i := range plan.Starts {
		plan.Starts[i].Group = names[n.groupOfOffering(&starts[i].Offering)]
	}
	n.reserveRoom(plan, names)
}

// reserveRoom says what keeps the room that the level counts on, in groups by name. Machines
// that nobody sells are in none: no autoscaler takes them away.
func (n *nodePlanner) reserveRoom(plan *Plan, names map[string]string) {
	plan.Autoscaler = n.autoscaler
	if n.fleet == nil || n.survived == nil {
		return
	}
	room := reserve.Of(n.in, n.plan, n.fleet.Losses(n.plan), n.fleet.Beside, pin.IsDevice, n.groupOfOffering)
	for _, p := range room.Pods {
		if p.Group = names[p.Group]; p.Group != "" {
			plan.Reserve.Pods = append(plan.Reserve.Pods, p)
		}
	}
	for _, key := range SortedNames(room.Left) {
		if names[key] != "" {
			if plan.Reserve.Left == nil {
				plan.Reserve.Left = map[string]int{}
			}
			plan.Reserve.Left[names[key]] = room.Left[key]
		}
	}
}

// place says where the plan has every pod, and what moves.
func (n *nodePlanner) place(plan *Plan) {
	switch {
	case n.moved:
		plan.Placement = slices.Clone(n.moves.Placement)
	case n.same:
		for i := range n.plan.Nodes {
			plan.Placement = append(plan.Placement, packing.Placement{Node: n.current[i].Name, Pods: slices.Sorted(slices.Values(n.plan.Nodes[i].Pods))})
		}
	default:
		for i := range n.plan.Nodes {
			plan.Placement = append(plan.Placement, packing.Placement{Node: fmt.Sprintf("new-%d", i+1), Pods: slices.Sorted(slices.Values(n.plan.Nodes[i].Pods))})
		}
	}
	onKept := n.onKept()
	for _, node := range n.nodes {
		if node.kept != "" && node.Runs == "" {
			plan.Placement = append(plan.Placement, packing.Placement{Node: node.Name, Pods: slices.Sorted(slices.Values(onKept[node.Name]))})
		}
	}
	slices.SortStableFunc(plan.Placement, func(a, b packing.Placement) int { return cmp.Compare(a.Node, b.Node) })
	plan.NewNodes = len(n.moves.Launch)
	moved := map[string]bool{}
	for _, m := range plan.Moves {
		plan.Evictions += len(m.Evictions)
		for _, e := range m.Evictions {
			if n.losing[e.Pod] && !moved[e.Pod] {
				plan.LoseData++
			}
			if n.emptied[e.Pod] && !moved[e.Pod] {
				plan.LoseVolume++
			}
			moved[e.Pod] = true
		}
	}
	plan.Restarts = len(moved)
	n.addPinned(plan, onKept)
}

// onKept are the pods of the nodes that stay as they are, by node.
func (n *nodePlanner) onKept() map[string][]string {
	out := map[string][]string{}
	for i := range n.pods {
		if p := &n.pods[i]; !p.added && n.byName[p.node].kept != "" {
			out[p.node] = append(out[p.node], p.Name)
		}
	}
	return out
}

// abstain says why nothing is advised. Where all is known and every node has to stay, the
// plan is today's nodes, with the reasons.
func (n *nodePlanner) abstain(r *advice.Advice, reason string) {
	if n.pass.Facts.Snapshot.Partial() == "" && len(n.pods) > 0 && len(n.going()) == 0 {
		n.in, n.plan, n.same = packing.Input{}, packing.Plan{}, true
		n.advise(r)
	}
	r.Abstain(reason)
	n.tellKept(r)
}

// tellKept names what keeps nodes where nothing is advised.
func (n *nodePlanner) tellKept(r *advice.Advice) {
	for _, node := range n.nodes {
		if node.kept != "" && node.Runs == "" && advice.As[Plan](r.Detail) == nil {
			r.WarnOf("Node/"+node.Name, "node-kept", "the plan does not touch this node: "+node.kept)
		}
	}
	var plan Plan
	n.addPinned(&plan, n.onKept())
	for _, p := range plan.Pinned {
		r.WarnOf(nodesSubject, "pinned", fmt.Sprintf("%s: it keeps nodes: %d, with pods: %d, for %.2f USD a month", p.Kind, p.Nodes, p.Pods, p.Monthly))
	}
}

// addPinned adds up what keeps nodes, by kind: what nodes say of themselves, and what
// their pods have.
func (n *nodePlanner) addPinned(plan *Plan, onKept map[string][]string) {
	at := map[string]*Pinned{}
	for _, node := range n.nodes {
		if node.kept == "" || node.Runs != "" {
			continue
		}
		kind := pin.Reason{Kind: node.by, Text: node.kept}.Group()
		if at[kind] == nil {
			at[kind] = &Pinned{Kind: kind, ByPod: node.ByPod() != ""}
		}
		at[kind].Nodes++
		at[kind].Pods += len(onKept[node.Name])
		at[kind].Monthly += node.cost.Hourly * pricing.HoursPerMonth
	}
	for _, kind := range slices.Sorted(maps.Keys(at)) {
		plan.Pinned = append(plan.Pinned, *at[kind])
	}
}

func poolOfOffering(o *packing.Offering) Pool {
	return Pool{InstanceType: o.Type, CapacityType: o.CapacityType, Zone: o.Zone, Hourly: o.USDPerHour, Fee: o.Fee}
}

func countedPools(counts map[Pool]int) []Pool {
	out := make([]Pool, 0, len(counts))
	for pool, count := range counts {
		pool.Count = count
		out = append(out, pool)
	}
	slices.SortFunc(out, func(a, b Pool) int {
		return cmp.Or(cmp.Compare(a.InstanceType, b.InstanceType), cmp.Compare(a.CapacityType, b.CapacityType),
			cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.Hourly, b.Hourly))
	})
	return out
}

// nodeChanges gives the numbers of nodes that change, by type and capacity
// type; a change of zones alone is none.
func nodeChanges(now, then []Pool) []advice.Change {
	counts := map[string]*advice.Change{}
	at := func(p Pool) *advice.Change {
		field := "nodes." + p.InstanceType + "/" + p.CapacityType
		if counts[field] == nil {
			counts[field] = &advice.Change{Field: field}
		}
		return counts[field]
	}
	for _, p := range now {
		at(p).From += int64(p.Count)
	}
	for _, p := range then {
		at(p).To += int64(p.Count)
	}
	var out []advice.Change
	for _, c := range counts {
		if c.From != c.To {
			out = append(out, *c)
		}
	}
	slices.SortFunc(out, func(a, b advice.Change) int { return cmp.Compare(a.Field, b.Field) })
	return out
}

func (plan *Plan) title(now int, changes bool) string {
	if !changes && plan.Held != nil {
		return fmt.Sprintf("today's nodes are right with the commitments held: their bill is at most %.1f %% above the least that is possible", plan.Held.GapPercent)
	}
	if !changes {
		return fmt.Sprintf("today's nodes are right: at most %.1f %% above the cheapest that is possible", plan.GapPercent)
	}
	return fmt.Sprintf("replace %s by %s", nodeCount(now), plan.machines())
}

// machines counts the plan's machines, by type.
func (plan *Plan) machines() string {
	count, byType := 0, map[string]int{}
	for _, p := range plan.Pools {
		if p.ByPod {
			continue
		}
		count += p.Count
		byType[p.InstanceType] += p.Count
	}
	var parts []string
	for _, name := range SortedNames(byType) {
		parts = append(parts, fmt.Sprintf("%d %s", byType[name], name))
	}
	return nodeCount(count) + ": " + strings.Join(parts, ", ")
}

// counted are today's nodes that are machines: what stands for pods that a provider
// bills one by one is neither replaced nor kept.
func (n *nodePlanner) counted() (count int) {
	for _, node := range n.nodes {
		if node.ByPod() == "" {
			count++
		}
	}
	return count
}

func nodeCount(n int) string {
	if n == 1 {
		return "1 node"
	}
	return fmt.Sprintf("%d nodes", n)
}

// bursting lists the burstable types of the nodes to start.
func (n *nodePlanner) bursting() []string {
	types := map[string]bool{}
	for i := range n.moves.Launch {
		o := &n.moves.Launch[i].Offering
		if pool := n.poolOf[kindOf(o)]; pool != nil && pin.Bursts(pool.provider, o.Type) {
			types[o.Type] = true
		}
	}
	return SortedNames(types)
}

// fewerThanAsked warns where a plan has not as many nodes as the user wants.
func (n *nodePlanner) fewerThanAsked(r *advice.Advice, has int) {
	if want := n.pass.Options.Nodes.LeastNodes; has < want {
		message := fmt.Sprintf("the plan has fewer nodes than --least-nodes asks for: %d of %d: its pods do not fill more", has, want)
		r.Warnings = append(r.Warnings, analyzer.Warning{Code: "least-nodes", Subject: nodesSubject, Message: message})
	}
}

// openToSpot lists what nothing keeps off the spot nodes of a plan that is not today's.
func (n *nodePlanner) openToSpot() []string {
	if n.same {
		return nil
	}
	return safe.OpenToSpot(n.in.Pods, n.plan.Nodes)
}

// unasked lists the types of the nodes that may go but that a plan of today's nodes
// repeats, although the user leaves them out of new ones.
func (n *nodePlanner) unasked() []string {
	o, types := n.pass.Options.Nodes, map[string]bool{}
	for _, node := range n.nodes {
		if !n.same || node.kept != "" {
			continue
		}
		cpu := node.cost.Offering.CPUMillis
		if cpu > 0 && cpu < 1000*o.LeastCPUs || o.MostCPUs > 0 && cpu > 1000*o.MostCPUs || !pin.Allowed(node.cost.InstanceType, o.Types, o.DenyTypes) {
			types[node.cost.InstanceType] = true
		}
	}
	return SortedNames(types)
}

// doubtsOfLevel says what of the losses was not played, or is not lived through.
func (n *nodePlanner) doubtsOfLevel(warn func(code, message string)) {
	if level := n.level(); n.unplayed > 0 && (level == packing.SurviveNode || level == packing.SurviveZone) {
		warn("not-played", fmt.Sprintf("nodes that stay and whose loss was not played, since there are so many: %d; those that take the most with them were", n.unplayed))
	}
	if n.without > 0 {
		warn("not-survived", fmt.Sprintf("today's nodes do not live through --survive %s, and one that does costs more: without room: %d", n.survived.Level, n.without))
	}
}

// doubtsOfTypes says what the plan's types and pools leave to the user.
func (n *nodePlanner) doubtsOfTypes(warn func(code, message string)) {
	if types := n.unasked(); len(types) > 0 {
		warn("types-stay", fmt.Sprintf("today's nodes stay, also those of types that --types, --deny-types or --node-cpus leave out (%s): others would not save enough to move", strings.Join(types, ", ")))
	}
	if types := n.bursting(); len(types) > 0 {
		warn("burstable", fmt.Sprintf("the plan fills burstable machines (%s) no further than it pays for: a scheduler fills them up, and CPU beyond that costs surplus credits or is slow; --deny-types leaves them out", strings.Join(types, ", ")))
	}
	if all := n.openToSpot(); len(all) > 0 {
		warn("spot-open", fmt.Sprintf("workloads that run on demand alone and that nothing but chance keeps off the plan's spot nodes, such as %s: %d; where that matters, let their pods select karpenter.sh/capacity-type or the provider's own label, or taint the spot nodes", all[0], len(all)))
	}
	if names := n.fixedPools(); len(names) > 0 {
		warn("pool-by-name", fmt.Sprintf("pods select nodes by the name of their pool, which no new pool has: these keep their types: %s", strings.Join(names, ", ")))
	}
}

// doubts are the warnings and the evidence.
func (n *nodePlanner) doubts(r *advice.Advice) {
	plan := advice.As[Plan](r.Detail)
	r.Show("pods planned", float64(plan.Pods), "count")
	if n.fewer+n.more > 0 {
		r.Show("pods that rescaling takes away", float64(n.fewer), "count")
		r.Show("pods that rescaling adds", float64(n.more), "count")
	}
	r.Show("workloads held on the architecture they run on", float64(n.heldOnArch()), "count")
	r.Show("nodes kept as they are", float64(len(plan.Kept)), "count")
	r.Show("lower bound", plan.LowerBound, "usd")
	r.Show("gap to the lower bound", plan.GapPercent, "percent")
	for _, k := range plan.Kept {
		r.Warnings = append(r.Warnings, analyzer.Warning{Code: "node-kept", Subject: "Node/" + k.Name, Message: "the plan does not touch this node: " + k.Reason})
	}
	warn := func(code, message string) {
		r.Warnings = append(r.Warnings, analyzer.Warning{Code: code, Subject: nodesSubject, Message: message})
	}
	r.Warnings = append(r.Warnings, n.doubtsOfWindow(plan.Groups, plan.Quiet)...)
	r.Warnings = append(r.Warnings, n.beyond...)
	r.Warnings = append(r.Warnings, n.waiting.Warnings(n.pass.Facts.Snapshot.Nodes, nodesSubject)...)
	if len(n.nodes) > 1 && len(n.plan.Nodes)+len(plan.Kept) == 1 {
		warn("one-node", "the plan has one node only: its failure stops everything; run a second one where that matters")
	}
	n.fewerThanAsked(r, len(n.plan.Nodes)+len(plan.Kept))
	n.doubtsOfLevel(warn)
	n.doubtsOfTypes(warn)
	for _, m := range plan.Moves {
		if m.Blocked != "" {
			warn("drain-blocked", fmt.Sprintf("node %s can't be drained at once: %s", m.Node, m.Blocked))
		}
	}
	if len(r.Changes) > 0 && !n.moved {
		warn("no-moves", "the cluster is too large for an order of drains; only the nodes to have are given")
	}
}
