package brief

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// FreshLine says what a cluster that does not exist yet would cost.
func FreshLine(p *document.NodePlan) string {
	f := p.Fresh
	text := fmt.Sprintf("No node is known. A fresh cluster for these pods would cost %s a month for nodes on demand in %s %s: %s. %sThat is a cost and no saving.",
		WholeOf(p.MonthlyCost), Clean(f.Provider), Clean(f.Region), kinds(p.Pools), freshVolumes(f))
	if n := len(f.LeftOut); n > 0 {
		text += fmt.Sprintf(" %s of %s come on top: plimsoll show nodes names them.", Capital(document.Counted(leftPods(f), "pod")), document.Counted(n, "workload"))
	}
	return text
}

// freshVolumes says what volumes cost beside the nodes; nothing without any.
func freshVolumes(f *document.FreshCluster) string {
	v := f.Volumes
	if v == nil {
		return ""
	}
	return fmt.Sprintf("With %s of its claims, of %s in all, it is %s. ", document.Counted(v.Count, "volume"), v.Size, WholeOf(f.MonthlyCost))
}

func leftPods(f *document.FreshCluster) (n int) {
	for _, l := range f.LeftOut {
		n += l.Pods
	}
	return n
}

// freshLines say what a plan for a fresh cluster rests on.
func freshLines(p *document.NodePlan) []string {
	f := p.Fresh
	out := []string{fmt.Sprintf("It has %s, each DaemonSet on every node, in %s. It is proven to be at most %s %% above the cheapest that survives nothing. Load balancers, the control plane and the provider's own pods come on top.",
		document.Counted(f.Pods, "pod"), document.Counted(f.Zones, "zone"), document.Figures(p.GapPercent))}
	if f.Volumes != nil {
		for _, why := range f.Volumes.Unpriced {
			out = append(out, Clean("Of the volumes: "+why)+".")
		}
	}
	for _, l := range f.LeftOut {
		out = append(out, Clean(fmt.Sprintf("Not planned: %s of %s: %s", document.Counted(l.Pods, "pod"), l.Workload, l.Reason))+".")
	}
	return out
}

// GroupLines tell people of the groups, and of the way to them.
func GroupLines(p *document.NodePlan) []string {
	if p == nil || len(p.Groups) == 0 {
		return nil
	}
	var out []string
	if p.Fresh != nil {
		out = append(out, freshLines(p)...)
	}
	out = append(out, "Node groups of the plan:")
	for i := range p.Groups {
		g := &p.Groups[i]
		var parts []string
		for j := range g.Shapes {
			s := &g.Shapes[j]
			parts = append(parts, fmt.Sprintf("%d %s", s.Count, strings.Join(s.InstanceTypes, "/")))
		}
		line := fmt.Sprintf("  %s: %s", g.Name, strings.Join(parts, ", "))
		if f := g.Flexible; f != nil && len(f.Types) > 0 {
			line += fmt.Sprintf(", to choose from %s", document.Counted(len(f.Types), "type"))
			if f.Fallback != "" {
				line += ", " + f.Fallback + " where there is none"
			}
		}
		if len(g.Zones) > 0 {
			line += " in " + strings.Join(g.Zones, ", ")
		}
		out = append(out, Clean(line)+fmt.Sprintf("; at most %s CPU, %s; %s at a time.", Cores(g.Limits.CPU), Memory(g.Limits.Memory), document.Counted(g.Drains, "drain")))
	}
	return append(append(out, safetyLines(p)...), moveLines(p)...)
}

// HoursBasis names what the prices of levels and of exact plans are, where the plan's own
// is the mean over the hours.
func HoursBasis(p *document.NodePlan) string {
	if p.BusiestMonthly > 0 {
		return " with the busiest hour's nodes in all hours"
	}
	return ""
}

// safetyLines say what following the plan disturbs, what it lives through, and what
// keeps nodes as they are.
func safetyLines(p *document.NodePlan) []string {
	var out []string
	if len(p.Moves) > 0 {
		out = append(out, Clean("Risk: "+p.Risk)+".")
	}
	var prices []string
	for _, l := range p.Survives.Levels {
		word := ""
		if l.AtMost {
			word = "at most "
		}
		prices = append(prices, fmt.Sprintf("%s %s%s%s", l.Level, word, WholeOf(l.MonthlyCost), LevelLeft(p, &l)))
	}
	if len(prices) > 1 {
		out = append(out, fmt.Sprintf("It survives: %s%s. A month%s, by --survive: %s.", p.Survives.Level, butFor(p), HoursBasis(p), strings.Join(prices, ", ")))
	}
	out = append(out, placeholderLines(p.Placeholders)...)
	for _, k := range p.Pinned {
		if k.ByPod {
			out = append(out, Clean(fmt.Sprintf("No machines, and not counted: %s, %s a month: %s", document.Counted(k.Pods, "pod"), WholeOf(k.MonthlyCost), k.Kind))+".")
			continue
		}
		money := WholeOf(k.MonthlyCost).String() + " a month"
		if k.MonthlyCost == 0 {
			money = "not priced"
		}
		out = append(out, Clean(fmt.Sprintf("Kept as they are: %s with %s, %s: %s", document.Counted(k.Nodes, "node"), document.Counted(k.Pods, "pod"), money, k.Kind))+".")
	}
	return out
}

// mostReserved is how many kinds of placeholders are named.
const mostReserved = 5

// placeholderLines say what keeps the room that the plan counts on where an autoscaler takes
// nodes away, and what of it nothing keeps.
func placeholderLines(p *document.Placeholders) (out []string) {
	if p == nil {
		return nil
	}
	pods := 0
	for i := range p.Reserved {
		pods += p.Reserved[i].Pods
	}
	if pods > 0 {
		out = append(out, fmt.Sprintf("An autoscaler of nodes takes away room that no pod asks for. What keeps it is %s of the lowest priority, in nodes.plan.placeholders:", document.Counted(pods, "placeholder pod")))
	}
	for i := range p.Reserved[:min(len(p.Reserved), mostReserved)] {
		r := &p.Reserved[i]
		at := r.Group
		if r.Zone != "" {
			at += " in " + r.Zone
		}
		out = append(out, Clean(fmt.Sprintf("  %s: %d of %s CPU, %s: %s", at, r.Pods, r.Each["cpu"], r.Each["memory"], r.For))+".")
	}
	if more := len(p.Reserved) - mostReserved; more > 0 {
		out = append(out, fmt.Sprintf("  and %s more.", document.Counted(more, "kind")))
	}
	for _, r := range p.NotKept {
		out = append(out, Clean(fmt.Sprintf("Not kept by a placeholder: room of %s in %s. An autoscaler that packs its nodes anew may take it away", document.Counted(r.Pods, "pod"), r.Group))+".")
	}
	return out
}

// LevelLeft says how many find no room at the price of a level that was not asked for; what
// the asked one leaves is exempt.
func LevelLeft(p *document.NodePlan, l *document.LevelPrice) string {
	if l.Left == 0 || l.Level == p.Survives.Level {
		return ""
	}
	return fmt.Sprintf(" but for %d", l.Left)
}

// butFor counts what is exempt: pods, by namespace/name, and workloads whose update is to
// find room, by namespace/kind/name.
func butFor(p *document.NodePlan) string {
	s := &p.Survives
	workloads := 0
	for _, name := range s.Exempt {
		if strings.Count(name, "/") > 1 {
			workloads++
		}
	}
	var parts []string
	if pods := len(s.Exempt) - workloads; pods > 0 {
		parts = append(parts, document.Counted(pods, "pod"))
	}
	if workloads > 0 {
		parts = append(parts, document.Counted(workloads, "workload"))
	}
	if len(parts) == 0 {
		return ""
	}
	if p.Fresh != nil { // there is no today
		return ", but for " + strings.Join(parts, " and ") + " that no other zone or node may run, such as beside their disks"
	}
	return ", but for " + strings.Join(parts, " and ") + " that can't today either"
}

// moveLines are the way from today's nodes to the plan's.
func moveLines(p *document.NodePlan) []string {
	var out []string
	if len(p.Launch) > 0 {
		var parts []string
		for _, l := range p.Launch {
			parts = append(parts, strings.TrimSpace(fmt.Sprintf("%d %s %s", l.Count, l.InstanceType, l.Zone)))
		}
		out = append(out, Clean("First start "+strings.Join(parts, ", ")+", cordoned, and open them one by one as pods move: over all of them at once the scheduler spreads pods so that some find no room."))
	}
	if slices.ContainsFunc(p.Moves, func(m document.NodeMove) bool { return m.Action == "drain" && m.Evictions > 0 }) {
		out = append(out, "Cordon all nodes that are drained below: a pod that moves onto one of them moves twice.")
	}
	for _, m := range p.Moves {
		line := fmt.Sprintf("%s %s: %s in %s", m.Action, m.Node, document.Counted(m.Evictions, "pod"), document.Counted(m.Rounds, "round"))
		if m.MonthlySavings != 0 { // where pods move alone, no node goes
			line += fmt.Sprintf(", %s a month", WholeOf(m.MonthlySavings))
		}
		if m.SavingsPerEviction != 0 {
			line += fmt.Sprintf(" (%s a pod)", WholeOf(m.SavingsPerEviction))
		}
		if m.Blocked != "" {
			line += "; blocked: " + m.Blocked
		}
		out = append(out, Clean(line)+".")
	}
	if len(p.Stays) > 0 {
		out = append(out, Clean("Unchanged, with all pods: "+strings.Join(p.Stays, ", ")+"."))
	}
	return out
}

// KeptMachines is how many machines a plan keeps as they are; 0 without one.
func KeptMachines(p *document.NodePlan) (n int) {
	if p == nil {
		return 0
	}
	for _, k := range p.Kept {
		if !k.ByPod {
			n++
		}
	}
	return n
}

// AllKept reports whether a plan leaves every node as it is, since none may go.
func AllKept(p *document.NodePlan) bool {
	return p != nil && p.Fresh == nil && len(p.Kept) > 0 && KeptMachines(p) == p.Count
}

// PlanLine is the plan in one sentence, where the summary has a bill.
func PlanLine(p *document.NodePlan, s *document.Summary, noHistory bool) string {
	bill := *s.MonthlyCost
	proof, held := proof(p), byHourLine(p)+planBillLine(p.WithCommitments)
	if AllKept(p) {
		return "No node may go: each stays as it is." + held
	}
	if noHistory {
		return planGuess(p, bill)
	}
	if s.QuietHour {
		return fmt.Sprintf("%s hold the busiest hour for %s a month; at this hour few pods run, and what the nodes of the window cost is not known: %s.",
			Capital(document.Counted(p.Count, "node")), WholeOf(p.MonthlyCost), kinds(p.Pools)) + held
	}
	if p.MonthlyCost == bill {
		return fmt.Sprintf("Its nodes are right for that, %s.", proof) + held
	}
	less, off, word := bill-p.MonthlyCost, saved(bill, p.MonthlyCost), "off the bill"
	if less < 0 {
		less, off, word = -less, -off, "more"
	}
	return fmt.Sprintf("%s enough for %s a month, %s (%s) %s, %s: %s.",
		Capital(are(p.Count)), WholeOf(p.MonthlyCost), off, Part(less, bill), word, proof, kinds(p.Pools)) + held
}

// byHourLine is what the plan comes to where nodes follow their pods.
func byHourLine(p *document.NodePlan) string {
	h := p.ByHour
	switch {
	case h == nil || len(h.Nodes) == 0:
		return ""
	case p.BusiestMonthly > 0:
		return fmt.Sprintf(" That is the mean over the hours, as of today's nodes: %s. The busiest hour's nodes cost %s a month if they ran in all of them.", hoursOf(h.Nodes), WholeOf(p.BusiestMonthly))
	}
	return fmt.Sprintf(" That is the busiest hour's; as the autoscaler of nodes follows the pods it costs %s a month: %s.", WholeOf(h.MonthlyCost), hoursOf(h.Nodes))
}

// planGuess is the plan of a report without history: no share of the bill, and no
// proof, since nobody knows what the busiest hour needs.
func planGuess(p *document.NodePlan, bill document.USD) string {
	const rests = "no usage of other hours is known, so check before use"
	if p.MonthlyCost >= bill {
		return "Without history no cheaper nodes are advised; " + rests + "."
	}
	return fmt.Sprintf("By today's requests %s enough for %s a month, %s off the bill: %s; %s.",
		are(p.Count), WholeOf(p.MonthlyCost), saved(bill, p.MonthlyCost), kinds(p.Pools), rests)
}

// are says how many nodes are so.
func are(nodes int) string {
	if nodes == 1 {
		return "1 node is"
	}
	return document.Counted(nodes, "node") + " are"
}

// mostKinds is how many kinds of nodes the sentence names.
const mostKinds = 4

// poolKind names the pool's machines by type and capacity type.
func poolKind(p *document.Pool) string {
	kind := cmp.Or(Clean(p.InstanceType), "(no type)") + " " + Clean(p.CapacityType)
	if p.Hourly == 0 {
		kind += " without a price"
	}
	return kind
}

// kinds lists the pools by type and capacity type, zones added up, the most
// nodes first.
func kinds(pools []document.Pool) string {
	count := map[string]int{}
	var names []string
	for _, p := range pools {
		if p.ByPod {
			continue // the count leaves it out too
		}
		name := poolKind(&p)
		if count[name] == 0 {
			names = append(names, name)
		}
		count[name] += p.Count
	}
	slices.SortStableFunc(names, func(a, b string) int { return count[b] - count[a] })
	var parts []string
	for i, name := range names {
		if i == mostKinds && len(names) > mostKinds+1 {
			return fmt.Sprintf("%s and %d other kinds", strings.Join(parts, ", "), len(names)-i)
		}
		parts = append(parts, fmt.Sprintf("%d %s", count[name], name))
	}
	return strings.Join(parts, ", ")
}

// proof says how good the plan is: at list prices, or with the commitments.
func proof(p *document.NodePlan) string {
	if b := p.WithCommitments; b != nil {
		return fmt.Sprintf("proven to be at most %s %% above the least bill with the commitments held", document.Figures(b.GapPercent))
	}
	return fmt.Sprintf("proven to be at most %s %% above the cheapest", document.Figures(p.GapPercent))
}

// planBillLine is which nodes the plan took, and what the others come to; empty where
// commitments are tied to no family.
func planBillLine(b *document.PlanBill) string {
	if b == nil || b.MonthlyUsed == nil {
		return ""
	}
	text := fmt.Sprintf(" With the commitments held the nodes' bill is %s", WholeOf(b.MonthlyCost))
	if b.MonthlyCost < b.MonthlyAtListPrices {
		return text + fmt.Sprintf(", with those cheapest at list prices it would be %s.", WholeOf(b.MonthlyAtListPrices))
	}
	return text + fmt.Sprintf(", with nodes that use those to %s it would be %s.", Clean(strings.Join(b.Families, ", ")), WholeOf(*b.MonthlyUsed))
}
