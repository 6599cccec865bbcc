package html

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// The picture of the nodes: a box a node, as wide as it is dear.
const (
	mostBoxes  = 300 // above it, a box a pool
	boxHeight  = 26
	widestBox  = 150
	leastWidth = 8
)

// nodesView is the nodes before and after.
type nodesView struct {
	Now, Then           []box
	NowTitle, ThenTitle string
	Filled              bool
	Line                string // the plan in one sentence
	Lines               []string
	Pools               []pool
}

// box is a node: its width is its cost on one scale for both pictures; the left
// half is filled with CPU that is requested, the right one with memory.
type box struct {
	Title, Class, Count   string
	Width, Half, HalfFrom int
	CPU, CPUTop           int
	Memory, MemoryTop     int
}

// pool is a row of the table of pools.
type pool struct{ Type, Capacity, Zone, Now, Plan, Money string }

func nodesOf(r *document.Report) *nodesView {
	if r.Nodes.Current.Count == 0 && r.Nodes.Plan == nil {
		return nil
	}
	v := &nodesView{NowTitle: "Today: " + document.Counted(r.Nodes.Current.Count, "node")}
	if m := r.Nodes.Current.MonthlyCost; m != nil {
		v.NowTitle += ", " + brief.SumMark(r) + brief.WholeOf(*m).String() + " a month"
	}
	now, then := fillsOf(r)
	v.Filled = now != nil
	if now == nil {
		now = poolFills(r.Nodes.Current.Pools)
	}
	if p := r.Nodes.Plan; p != nil {
		mark := ""
		if slices.ContainsFunc(p.Pools, func(x document.Pool) bool { return x.Estimated }) {
			mark = brief.EstimateMark
		}
		v.ThenTitle = fmt.Sprintf("Plan: %s, %s%s a month", document.Counted(p.Count, "node"), mark, brief.WholeOf(p.MonthlyCost))
		if m := r.Nodes.Current.MonthlyCost; m != nil {
			v.Line = brief.PlanLine(p, &r.Summary, r.NoHistory())
		}
		v.Lines = brief.GroupLines(p)
		if !v.Filled {
			then = poolFills(p.Pools)
		}
	}
	dearest := document.USD(1)
	for _, x := range append(slices.Clone(now), then...) {
		dearest = max(dearest, x.MonthlyCost)
	}
	gaps := gapTypes(r)
	v.Now, v.Then = boxes(now, dearest, gaps), boxes(then, dearest, gaps)
	if len(gaps) > 0 {
		v.Lines = append(v.Lines, brief.EstimateWords(r)+".")
	}
	v.Pools = poolRows(r)
	return v
}

// fillsOf are the nodes one by one; nil where the report does not have them, or
// has so many that nobody would look at each.
func fillsOf(r *document.Report) (now, then []document.NodeFill) {
	h := r.History
	if h == nil || len(h.Nodes) == 0 || len(h.Nodes) > mostBoxes || len(h.PlanNodes) > mostBoxes || (r.Nodes.Plan != nil) != (len(h.PlanNodes) > 0) {
		return nil, nil
	}
	sorted := func(all []document.NodeFill) []document.NodeFill {
		all = slices.Clone(all)
		slices.SortStableFunc(all, func(a, b document.NodeFill) int {
			return cmp.Or(cmp.Compare(b.MonthlyCost, a.MonthlyCost), cmp.Compare(a.Name, b.Name))
		})
		return all
	}
	return sorted(h.Nodes), sorted(h.PlanNodes)
}

// poolFills are the pools as boxes that say nothing of what fills them.
func poolFills(pools []document.Pool) []document.NodeFill {
	var out []document.NodeFill
	for _, p := range pools {
		out = append(out, document.NodeFill{Name: fmt.Sprintf("%d x", p.Count), InstanceType: p.InstanceType, CapacityType: p.CapacityType, MonthlyCost: p.MonthlyCost})
	}
	return out
}

// gapTypes are the types of machines of which a price is in no table: whether it is
// estimated.
func gapTypes(r *document.Report) map[string]bool {
	out := map[string]bool{}
	for _, g := range r.Summary.PriceGaps {
		out[g.InstanceType] = out[g.InstanceType] || g.Estimated > 0
	}
	return out
}

func boxes(all []document.NodeFill, dearest document.USD, gaps map[string]bool) []box {
	var out []box
	for _, x := range all {
		b := box{Width: max(int(widestBox*float64(x.MonthlyCost)/float64(dearest)), leastWidth)}
		b.Half = b.Width / 2
		b.HalfFrom = b.Width - b.Half
		b.CPU, b.Memory = int(x.CPU*boxHeight+0.5), int(x.Memory*boxHeight+0.5)
		b.CPUTop, b.MemoryTop = boxHeight-b.CPU, boxHeight-b.Memory
		money := brief.WholeOf(x.MonthlyCost).String() + " a month"
		switch estimated, gap := gaps[x.InstanceType]; {
		case gap && x.MonthlyCost == 0:
			money = "not priced"
		case estimated:
			money = brief.EstimateMark + money
		}
		b.Title = brief.Clean(fmt.Sprintf("%s: %s %s, %s", x.Name, x.InstanceType, x.CapacityType, money))
		if x.CPU+x.Memory > 0 {
			b.Title += fmt.Sprintf(", CPU %s and memory %s requested", document.Percent(x.CPU), document.Percent(x.Memory))
		}
		switch x.Change {
		case "drained", "new": // a report that was read may say anything
			b.Class = x.Change
			b.Title += ", " + x.Change
		}
		out = append(out, b)
	}
	return out
}

// poolRows joins the pools of today and of the plan.
func poolRows(r *document.Report) []pool {
	type key struct {
		kind, capacity, zone string
		priced               bool
	}
	at, out := map[key]int{}, []pool{}
	add := func(p document.Pool, put func(*pool)) {
		k := key{p.InstanceType, p.CapacityType, p.Zone, p.Hourly > 0}
		i, ok := at[k]
		if !ok {
			i, at[k] = len(out), len(out)
			out = append(out, pool{Type: brief.Clean(p.InstanceType), Capacity: brief.Clean(p.CapacityType), Zone: brief.Clean(p.Zone)})
			out[i].Money = brief.PoolMoney(&p, document.Cents(p.Hourly*pricing.HoursPerMonth))
		}
		put(&out[i])
	}
	for _, p := range r.Nodes.Current.Pools {
		add(p, func(x *pool) { x.Now = fmt.Sprint(p.Count) })
	}
	if r.Nodes.Plan != nil {
		for _, p := range r.Nodes.Plan.Pools {
			add(p, func(x *pool) { x.Plan = fmt.Sprint(p.Count) })
		}
	}
	return out
}
