package build

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/ledger"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/group"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/held"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/hourly"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/provision"
)

// nodes gathers the nodes into pools of like type, capacity type, zone and
// price.
func (b *builder) nodes() document.Nodes {
	set := document.NodeSet{Count: b.machines(), Pools: []document.Pool{}}
	if b.Costs == nil {
		return document.Nodes{Current: set}
	}
	at, exact := map[document.Pool]int{}, map[document.Pool]float64{}
	mean := map[document.Pool]float64{}
	for _, n := range b.Costs.Nodes {
		p := poolOf(n)
		if at[p] += 0; !n.Runs {
			at[p]++
		}
		if b.Costs.Mean == nil {
			exact[p] += n.Hourly * pricing.HoursPerMonth
		}
	}
	if m := b.Costs.Mean; m != nil {
		set.MeanCount = document.Decimals(m.Count, 2)
		for _, k := range m.Kinds {
			p := poolOf(k.NodeCost)
			at[p] += 0
			exact[p], mean[p] = exact[p]+k.Count*k.Hourly*pricing.HoursPerMonth, mean[p]+k.Count
		}
	}
	for p := range at {
		set.Pools = append(set.Pools, p)
	}
	slices.SortFunc(set.Pools, comparePools)
	monthly := make([]float64, len(set.Pools))
	for i, p := range set.Pools {
		monthly[i], set.Pools[i].Count, set.Pools[i].MeanCount = exact[p], at[p], document.Decimals(mean[p], 2)
	}
	cents, total := b.toBill(monthly)
	for i := range set.Pools {
		set.Pools[i].MonthlyCost = cents[i]
	}
	set.MonthlyCost = b.known(total)
	return document.Nodes{Current: set, Plan: b.nodePlan()}
}

// machines counts today's nodes; what stands for pods that a provider bills one by
// one is none.
func (b *builder) machines() (count int) {
	for i := range b.Analysis.Snapshot.Nodes {
		if b.Analysis.Snapshot.Nodes[i].ByPod() == "" {
			count++
		}
	}
	return count
}

func poolOf(n cost.NodeCost) document.Pool {
	return document.Pool{
		InstanceType: n.InstanceType, CapacityType: n.CapacityType, Zone: pin.Zone(n.Zone),
		Hourly: document.Decimals(document.Finite(n.Hourly), 6), Estimated: n.Estimated, Note: n.Note, ByPod: n.ByPod,
	}
}

func comparePools(a, b document.Pool) int {
	return cmp.Or(cmp.Compare(a.InstanceType, b.InstanceType), cmp.Compare(a.CapacityType, b.CapacityType),
		cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.Hourly, b.Hourly), cmp.Compare(a.Note, b.Note))
}

func nodeGroups(groups []group.Group) []document.NodeGroup {
	var out []document.NodeGroup
	for i := range groups {
		g := &groups[i]
		one := document.NodeGroup{
			Name: g.Name, Provider: g.Provider, Region: g.Region, CapacityType: g.CapacityType, Arch: g.Arch, Zones: g.Zones,
			Labels: g.Labels, Count: g.Count, Weight: g.Weight, Drains: g.Drains,
			Limits: machine(g.LimitCPU, g.LimitMemory, 0),
		}
		if r := g.Range; r != nil {
			one.Flexible = &document.NodeRange{Types: r.Types, Families: r.Families, LeastCPU: document.Milli(r.LeastCPU), MostCPU: document.Milli(r.MostCPU), Fallback: r.Fallback}
		}
		if c := cloud.Of(g.Provider); c != nil && g.Disk > 0 {
			one.DiskSize = c.BootDiskOf(g.Disk)
		}
		for _, t := range g.Taints {
			one.Taints = append(one.Taints, document.NodeTaint(t))
		}
		for _, s := range g.Shapes {
			one.Shapes = append(one.Shapes, document.NodeShape{
				Size: machine(s.CPU, s.Memory, s.GPUs), InstanceTypes: s.Types[:s.Planned], StandIns: s.Types[s.Planned:], Count: s.Count, Most: s.Most,
			})
		}
		out = append(out, one)
	}
	return out
}

func machine(cpu, memory, gpus int64) document.Resources {
	return document.Resources{CPU: document.Milli(cpu), Memory: document.Bytes(memory), GPU: document.Devices(gpus)}
}

// provisioned adds the groups and what they are to autoscalers.
func provisioned(p *document.NodePlan, plan *nodes.Plan, cluster string) {
	p.Groups = nodeGroups(plan.Groups)
	var classes []provision.Class
	for i := range plan.Groups {
		g := &plan.Groups[i]
		classes = append(classes, provision.Class{Name: g.NodeClass, AutoMode: g.AutoMode, Karpenter: g.AutoMode || plan.Autoscaler == analyzer.Karpenter})
	}
	provision.Objects(p, classes, cluster)
	var rooms []provision.Room
	for _, r := range plan.Reserve.Pods {
		rooms = append(rooms, provision.Room{Group: r.Group, Zone: r.Zone, Each: machine(r.CPU, r.Memory, r.GPUs), Devices: r.Devices, Pods: r.Count, For: r.For, Spread: r.Spread})
	}
	p.Placeholders = provision.Placeholders(p, classes, rooms, plan.Reserve.Left)
}

// planMoney rounds the cost of the plan of the nodes to cents.
func (b *builder) planMoney() {
	if b.steps.Plan == nil {
		b.freshMoney()
		return
	}
	at := b.steps.At
	monthly := make([]float64, len(b.steps.Plan.Pools))
	for i, p := range b.steps.Plan.Pools {
		monthly[i] = float64(p.Count) * p.Hourly * pricing.HoursPerMonth
	}
	b.planPools, b.planCost = apportion(monthly)
	if bill := ledger.Monthly(b.Costs, b.steps.Plan); b.Costs.Mean != nil && b.steps.Plan.Hours != nil && b.planCost > 0 {
		b.planBusiest = b.planCost
		for i := range monthly {
			monthly[i] *= 100 * bill / float64(b.planBusiest)
		}
		b.planPools, b.planCost = apportionTo(bill, monthly)
	}
	if len(b.recs[at].Changes) == 0 { // the same nodes cost the same to the cent
		b.planPools, b.planCost = apportionTo(float64(b.cents.bill)/100, monthly)
	}
	b.savings[at] = b.cents.bill - b.planCost
	b.savedBy[advice.LeverNodes] = b.savings[at]
}

// freshMoney rounds the cost of a plan for a cluster that does not exist yet. No step of the
// waterfall has it, since nothing is saved.
func (b *builder) freshMoney() {
	plan := b.freshPlan()
	if plan == nil {
		return
	}
	monthly := make([]float64, len(plan.Pools))
	for i, p := range plan.Pools {
		monthly[i] = float64(p.Count) * p.Hourly * pricing.HoursPerMonth
	}
	b.planPools, b.planCost = apportion(monthly)
}

// freshPlan is the plan where no node is known; nil without one.
func (b *builder) freshPlan() *nodes.Plan {
	for i := range b.recs {
		if plan := advice.As[nodes.Plan](b.recs[i].Detail); plan != nil && plan.Fresh != nil {
			return plan
		}
	}
	return nil
}

func freshCluster(p *nodes.Plan, machines document.USD) *document.FreshCluster {
	if p.Fresh == nil {
		return nil
	}
	out := &document.FreshCluster{
		Provider: p.Fresh.Provider, Region: p.Fresh.Region, Zones: p.Fresh.Zones, Pods: p.Pods,
		Unrequested: p.Fresh.Unrequested, SelectedLabels: p.Fresh.Selected,
	}
	if v := &p.Fresh.Volumes; v.Count > 0 {
		out.Volumes = &document.FreshVolumes{Count: v.Count, Size: document.Bytes(v.Bytes), MonthlyCost: document.Cents(v.Monthly), Unpriced: v.Unpriced}
	}
	out.MonthlyCost = machines + document.Cents(p.Fresh.Volumes.Monthly)
	for _, l := range p.Fresh.LeftOut {
		out.LeftOut = append(out.LeftOut, document.LeftOut(l))
	}
	return out
}

// nodePlan prints the plan; nil without one.
func (b *builder) nodePlan() *document.NodePlan {
	plan := b.steps.Plan
	if plan == nil {
		plan = b.freshPlan()
	}
	if plan == nil {
		return nil
	}
	out := &document.NodePlan{
		MonthlyCost: b.planCost, LowerBoundMonthly: document.USD(document.Whole(document.Finite(plan.LowerBound) * 100)),
		GapPercent: max(document.Decimals(plan.GapPercent, 2), 0), Pools: []document.Pool{}, Moves: []document.NodeMove{},
		Placement: []document.NodePlacement{}, BusiestMonthly: b.planBusiest,
	}
	for i, p := range plan.Pools {
		if !p.ByPod {
			out.Count += p.Count
		}
		out.Pools = append(out.Pools, document.Pool{
			InstanceType: p.InstanceType, CapacityType: p.CapacityType, Zone: p.Zone, Count: p.Count,
			Hourly: document.Decimals(document.Finite(p.Hourly), 6), MonthlyCost: b.planPools[i], ByPod: p.ByPod, Estimated: b.estimated(&p),
		})
	}
	for _, p := range plan.Launch {
		out.Launch = append(out.Launch, document.Pool{
			InstanceType: p.InstanceType, CapacityType: p.CapacityType, Zone: p.Zone, Count: p.Count, Hourly: document.Decimals(document.Finite(p.Hourly), 6),
			MonthlyCost: document.USD(document.Whole(document.Finite(float64(p.Count)*p.Hourly*pricing.HoursPerMonth) * 100)),
		})
	}
	out.ByHour = planHours(plan.Hours)
	out.Stays, out.WithCommitments = plan.Stays, planBill(plan.Held)
	provisioned(out, plan, b.Analysis.Snapshot.Cluster)
	for _, m := range plan.Moves {
		action := "drain"
		if m.Keep {
			action = "shift"
		}
		out.Moves = append(out.Moves, document.NodeMove{
			Node: m.Node, Action: action, Evictions: len(m.Evictions), Rounds: m.Waves, Blocked: m.Blocked,
			MonthlySavings:     document.USD(document.Whole(document.Finite(m.Savings*pricing.HoursPerMonth) * 100)),
			SavingsPerEviction: document.USD(document.Whole(document.Finite(m.Savings*pricing.HoursPerMonth/float64(max(len(m.Evictions), 1))) * 100)),
			Score:              document.Decimals(m.Score, 3),
		})
	}
	for _, at := range plan.Placement {
		out.Placement = append(out.Placement, placed(plan, at))
	}
	for _, p := range plan.Pinned {
		out.Pinned = append(out.Pinned, document.PinnedNodes{Kind: p.Kind, Nodes: p.Nodes, Pods: p.Pods, MonthlyCost: document.Cents(p.Monthly), ByPod: p.ByPod})
	}
	out.Risk, out.Fresh = planRisk(plan), freshCluster(plan, b.planCost)
	out.PoolStyle, out.ExactMonthlyCost, out.Survives = string(plan.Style), document.Cents(plan.Exact), survives(plan)
	for _, k := range plan.Kept {
		out.Kept = append(out.Kept, document.KeptNode(k))
	}
	return out
}

// estimated reports whether no table has the price of a pool of the plan: it is that of nodes of
// today which none has.
func (b *builder) estimated(p *nodes.Pool) bool {
	if b.Costs == nil {
		return false
	}
	return slices.ContainsFunc(b.Costs.Nodes, func(n cost.NodeCost) bool {
		return n.Estimated && n.Hourly == p.Hourly && n.CapacityType == p.CapacityType && (n.InstanceType == p.InstanceType || n.InstanceType == "")
	})
}

func planHours(h *hourly.Hours) *document.PlanHours {
	if h == nil {
		return nil
	}
	out := &document.PlanHours{MonthlyCost: document.Cents(h.Monthly), MeanNodes: document.Decimals(document.Finite(h.Mean), 2)}
	for _, v := range h.Nodes {
		out.Nodes = append(out.Nodes, document.Decimals(document.Finite(v), 2))
	}
	return out
}

// survives says what the plan lives through, with the kept nodes in the prices.
func survives(p *nodes.Plan) document.PlanSurvives {
	s := p.Survived
	if s == nil {
		return document.PlanSurvives{Level: "none"}
	}
	out := document.PlanSurvives{Node: s.Node, Zone: s.Zone, Level: string(s.Level), Exempt: s.Exempt, NodeExempt: s.NodeExempt, ZoneExempt: s.ZoneExempt}
	kept := 0.0
	for _, k := range p.Pinned {
		kept += k.Monthly
	}
	for _, l := range s.Prices {
		out.Levels = append(out.Levels, document.LevelPrice{Level: string(l.Level), MonthlyCost: document.Cents(l.Hourly*pricing.HoursPerMonth + kept), AtMost: l.AtMost, Left: l.Left})
	}
	return out
}

// placed is a node with its pods, a new one with what it is.
func placed(plan *nodes.Plan, at packing.Placement) document.NodePlacement {
	out := document.NodePlacement{Node: at.Node, Pods: append([]string{}, at.Pods...)}
	if s := plan.Start(at.Node); s != nil {
		out.Group, out.InstanceType, out.CapacityType, out.Zone = s.Group, s.Type, s.CapacityType, s.Zone
	}
	return out
}

// planRisk says what following the plan disturbs.
func planRisk(p *nodes.Plan) string {
	if p.Fresh != nil {
		return "none: nothing runs yet"
	}
	drains, kept := 0, 0
	for _, k := range p.Kept {
		if !k.ByPod {
			kept++
		}
	}
	for _, m := range p.Moves {
		if !m.Keep {
			drains++
		}
	}
	machines := 0
	for _, pool := range p.Pools {
		if !pool.ByPod {
			machines += pool.Count
		}
	}
	if drains+p.Restarts+p.NewNodes+len(p.Stays) == 0 && (kept == 0 || kept < machines) {
		return "not known"
	}
	text := fmt.Sprintf("%s new, %d drained, %d kept, %s, %s", document.Counted(p.NewNodes, "node"), drains, kept, document.Counted(p.Evictions, "eviction"), restarts(p.Restarts))
	if p.LoseData > 0 {
		text += fmt.Sprintf(", of which %d with emptyDir data that is lost, how much is not known", p.LoseData)
	}
	if p.LoseVolume > 0 {
		text += fmt.Sprintf(", %s with an ephemeral volume that is lost", document.Counted(p.LoseVolume, "pod"))
	}
	return text
}

func restarts(pods int) string {
	if pods == 1 {
		return "1 pod restarts"
	}
	return fmt.Sprintf("%d pods restart", pods)
}

func planBill(h *held.Bill) *document.PlanBill {
	if h == nil {
		return nil
	}
	out := &document.PlanBill{
		CommitmentsMonthly: document.Cents(h.Commitments), MonthlyNow: document.Cents(h.MonthlyNow), MonthlyCost: document.Cents(h.Monthly), MonthlyAtListPrices: document.Cents(h.MonthlyFree),
		LowerBoundMonthly: document.Cents(h.LowerBound), GapPercent: max(document.Decimals(h.GapPercent, 2), 0), Families: h.Families,
	}
	if len(h.Families) > 0 {
		used := document.Cents(h.MonthlyUsed)
		out.MonthlyUsed = &used
	}
	return out
}
