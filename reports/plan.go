package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/recommender"
)

// planMoney finds the plan of the nodes and rounds its cost to cents.
func (b *builder) planMoney() {
	at := slices.IndexFunc(b.recs, func(r recommender.Recommendation) bool { return r.Nodes != nil })
	if at < 0 || !b.priced {
		return
	}
	b.plan = b.recs[at].Nodes
	monthly := make([]float64, len(b.plan.Pools))
	for i, p := range b.plan.Pools {
		monthly[i] = float64(p.Count) * p.Hourly * recommender.HoursPerMonth
	}
	b.planPools, b.planCost = apportion(monthly)
	if len(b.recs[at].Changes) == 0 { // the same nodes cost the same to the cent
		b.planPools, b.planCost = apportionTo(float64(b.ledger.bill)/100, monthly)
	}
	b.savings[at] = b.ledger.bill - b.planCost
	b.savedBy[recommender.LeverNodes] = b.savings[at]
}

// bought is the part of what purchases save that is left with the plan. Where
// their demand follows the plan, that is all of it: the rules reckon on the
// plan's nodes already. Commitments on a demand of its own, of which the plan
// leaves less, save in proportion.
func (b *builder) bought(saved USD) USD {
	if b.plan == nil {
		return saved
	}
	demand, left := 0.0, 0.0
	for i := range b.recs {
		if p := b.recs[i].Purchase; p != nil && p.Demand.Hours > 0 && !p.Demand.Planned {
			demand = p.Demand.Mean + p.Demand.Held + p.Demand.Spot
		}
	}
	for _, p := range b.plan.Pools {
		if p.CapacityType == onDemand {
			left += float64(p.Count) * p.Hourly
		}
	}
	if demand <= left {
		return saved
	}
	return USD(whole(float64(saved) * left / demand))
}

// onDemand is the capacity type of nodes that purchases are about.
const onDemand = "on-demand"

// nodePlan prints the plan; nil without one.
func (b *builder) nodePlan() *NodePlan {
	if b.plan == nil {
		return nil
	}
	out := &NodePlan{
		MonthlyCost: b.planCost, LowerBoundMonthly: USD(whole(finite(b.plan.LowerBound) * 100)),
		GapPercent: max(decimals(b.plan.GapPercent, 2), 0), Pools: []Pool{}, Moves: []NodeMove{},
	}
	for i, p := range b.plan.Pools {
		out.Count += p.Count
		out.Pools = append(out.Pools, Pool{
			InstanceType: p.InstanceType, CapacityType: p.CapacityType, Zone: p.Zone, Count: p.Count,
			Hourly: decimals(finite(p.Hourly), 6), MonthlyCost: b.planPools[i],
		})
	}
	for _, p := range b.plan.Launch {
		out.Launch = append(out.Launch, Pool{
			InstanceType: p.InstanceType, CapacityType: p.CapacityType, Zone: p.Zone, Count: p.Count, Hourly: decimals(finite(p.Hourly), 6),
			MonthlyCost: USD(whole(finite(float64(p.Count)*p.Hourly*recommender.HoursPerMonth) * 100)),
		})
	}
	out.Stays, out.WithCommitments = b.plan.Stays, planBill(b.plan.Held)
	out.provision(b.plan.Groups, b.Analysis.Snapshot.Cluster)
	for _, m := range b.plan.Moves {
		action := "drain"
		if m.Keep {
			action = "shift"
		}
		out.Moves = append(out.Moves, NodeMove{
			Node: m.Node, Action: action, Evictions: len(m.Evictions), Rounds: m.Waves, Blocked: m.Blocked,
			MonthlySavings:     USD(whole(finite(m.Savings*recommender.HoursPerMonth) * 100)),
			SavingsPerEviction: USD(whole(finite(m.Savings*recommender.HoursPerMonth/float64(max(len(m.Evictions), 1))) * 100)),
			Score:              decimals(m.Score, 3),
		})
	}
	for _, k := range b.plan.Kept {
		out.Kept = append(out.Kept, KeptNode(k))
	}
	return out
}

// planRisk says what following the plan disturbs.
func planRisk(p *recommender.NodePlan) string {
	drains, evictions := 0, 0
	for _, m := range p.Moves {
		evictions += len(m.Evictions)
		if !m.Keep {
			drains++
		}
	}
	if drains+evictions == 0 {
		return "not known"
	}
	return fmt.Sprintf("%s drained, %s once", counted(drains, "node"), counted(evictions, "eviction"))
}

// planLine is the plan in one sentence.
func planLine(p *NodePlan, bill USD) string {
	proof, held := p.proof(), p.WithCommitments.line()
	if p.MonthlyCost == bill {
		return fmt.Sprintf("Its nodes are right for that, %s.", proof) + held
	}
	saved, word := bill-p.MonthlyCost, "off the bill"
	if saved < 0 {
		saved, word = -saved, "more"
	}
	return fmt.Sprintf("%s would do for %s a month, %s (%s) %s, %s: %s.",
		capital(counted(p.Count, "node")), p.MonthlyCost, saved, percentOf(saved, bill), word, proof, kinds(p.Pools)) + held
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// mostKinds is how many kinds of nodes the sentence names.
const mostKinds = 4

// kind names the pool's machines by type and capacity type.
func (p *Pool) kind() string {
	kind := cmp.Or(clean(p.InstanceType), "(no type)") + " " + clean(p.CapacityType)
	if p.Hourly == 0 {
		kind += " without a price"
	}
	return kind
}

// kinds lists the pools by type and capacity type, zones added up, the most
// nodes first.
func kinds(pools []Pool) string {
	count := map[string]int{}
	var names []string
	for _, p := range pools {
		name := p.kind()
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
