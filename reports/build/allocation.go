package build

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// allocation makes the section; nil where it was not asked for.
func (b *builder) allocation() *document.Allocation {
	a := b.Allocation
	if a == nil || a.Hours <= 0 {
		return nil
	}
	start, end := allocation.Span(a.Window)
	out := &document.Allocation{
		Window: document.AllocationWindow{Start: seconds(start), End: seconds(end)}, Minutes: document.Decimals(a.Hours*60, 5), Seen: seenShare(a),
		Warnings: sortedWarnings(append([]analyzer.Warning{}, a.Warnings...)), Accuracy: accuracy(a),
	}
	for _, k := range b.AllocateBy.Aggregate {
		out.Aggregate = append(out.Aggregate, string(k))
	}
	if names := b.AllocateBy.ShareNamespaces; len(names) > 0 {
		split := b.AllocateBy.Split
		if split == "" {
			split = allocation.Weighted
		}
		out.Shared = &document.SharedNamespaces{Namespaces: slices.Sorted(slices.Values(names)), Split: string(split)}
	}
	out.ShareIdle, out.Filter = string(b.AllocateBy.ShareIdle), b.AllocateBy.FilterText
	month := monthOf(a)
	out.NodesByHour = a.ByHour
	out.PriceBasis = b.basis()
	out.Bill, out.MonthlyBill = billOf(a.Bill, 1, document.PerDollar), billOf(a.Bill, month, 100)
	if a.Held {
		list := document.Cents(a.ListNodes * month)
		out.PriceBasis, out.ListNodesMonthly = basisCommitments, &list
		b.settleHeld(out)
	}
	settleBill(&out.MonthlyBill, &b.whole)
	out.NodeUse, out.Nodes = nodeUse(a, out.MonthlyBill.Nodes, b.cents.overhead)
	if !slices.Contains(b.AllocateBy.Aggregate, allocation.ByNode) {
		out.Nodes = nil
	}
	addRows(out, a, a.Aggregate(b.AllocateBy), month)
	return out
}

// monthOf is how many windows make a month.
func monthOf(a *allocation.Allocation) float64 { return pricing.HoursPerMonth / a.Hours }

func accuracy(a *allocation.Allocation) document.Accuracy {
	month := monthOf(a)
	out := document.Accuracy{
		Step: "1h", MissedMonthly: document.Cents(a.Accuracy.Missed * month), DailyMonthly: document.Cents(a.Accuracy.Daily * month),
		UnplacedMonthly: document.Cents(a.Accuracy.Homeless * month),
	}
	if a.Window.Moment {
		out.Step = "0s"
	}
	return out
}

// seenShare is the share of the window in which usage was recorded.
func seenShare(a *allocation.Allocation) float64 {
	if a.Unused {
		return 0
	}
	return document.Share(a.Seen)
}

// apportioned rounds parts times a factor to a unit of so many a dollar. They
// add up to sum, which is theirs to within rounding.
func apportioned(sum document.Dollars, parts []float64, factor float64, unit int64) []document.Dollars {
	scaled := make([]float64, len(parts))
	for i, p := range parts {
		scaled[i] = p * factor * float64(unit) / 100 // apportionTo counts hundredths
	}
	units, _ := apportionTo(float64(sum)/float64(document.PerDollar/unit)/100, scaled)
	out := make([]document.Dollars, len(parts))
	for i, u := range units {
		out[i] = document.Dollars(int64(u) * (document.PerDollar / unit))
	}
	return out
}

func billOf(b allocation.Bill, factor float64, unit int64) document.AllocationBill {
	round := func(v float64) document.Dollars {
		return document.Dollars(document.Whole(document.Finite(v)*factor*float64(unit)) * (document.PerDollar / unit))
	}
	out := document.AllocationBill{Nodes: round(b.Nodes), Volumes: round(b.Volumes), LoadBalancers: round(b.LoadBalancers), ControlPlane: round(b.ControlPlane), UnusedCommitments: round(b.UnusedCommitments)}
	addBill(&out)
	return out
}

func addBill(b *document.AllocationBill) {
	b.Total = b.Nodes + b.Volumes + b.LoadBalancers + b.ControlPlane + b.UnusedCommitments
}

// settleBill takes the lines of the summary's bill where only half a cent, rounded
// the other way, tells them apart.
func settleBill(b *document.AllocationBill, summary *document.AllocationBill) {
	for _, line := range []struct{ own, other *document.Dollars }{
		{&b.Nodes, &summary.Nodes}, {&b.Volumes, &summary.Volumes}, {&b.LoadBalancers, &summary.LoadBalancers}, {&b.ControlPlane, &summary.ControlPlane},
	} {
		if off := (*line.own - *line.other).USD(); off == 1 || off == -1 {
			*line.own = *line.other
		}
	}
	addBill(b)
}

// nodeUse gives what becomes of all nodes' bill, which is sum, and of each one's.
// What is reserved is as in the summary where only rounding tells them apart.
func nodeUse(a *allocation.Allocation, sum document.Dollars, reserved document.USD) (document.NodeUse, []document.AllocatedNode) {
	month := monthOf(a)
	parts, kinds := make([]float64, 0, 6*len(a.Nodes)), make([]float64, 6)
	for i := range a.Nodes {
		n := &a.Nodes[i]
		parts = append(parts, n.Used.Total(), n.Slack.Total(), n.DaemonSets.Total(), n.Stranded.Total(), n.Free.Total(), n.Reserved.Total())
		for kind := range kinds {
			kinds[kind] += parts[6*i+kind]
		}
	}
	whole := apportioned(sum, kinds, month, 100)
	if off := reserved - whole[5].USD(); off == 1 || off == -1 {
		whole = append(apportioned(sum-reserved.Dollars(), kinds[:5], month, 100), reserved.Dollars())
	}
	cents := make([]document.Dollars, len(parts))
	for kind, sum := range whole {
		of := make([]float64, len(a.Nodes))
		for i := range of {
			of[i] = parts[6*i+kind]
		}
		for i, d := range apportioned(sum, of, month, 100) {
			cents[6*i+kind] = d
		}
	}
	var all document.NodeUse
	out := make([]document.AllocatedNode, 0, len(a.Nodes))
	for i := range a.Nodes {
		p := cents[6*i : 6*i+6]
		u := document.NodeUse{Used: p[0].USD(), Slack: p[1].USD(), DaemonSets: p[2].USD(), Stranded: p[3].USD(), Free: p[4].USD(), Reserved: p[5].USD()}
		u.Total = u.Used + u.Slack + u.DaemonSets + u.Stranded + u.Free + u.Reserved
		addUse(&all, u)
		one := document.AllocatedNode{Name: a.Nodes[i].Name, InstanceType: a.Nodes[i].InstanceType, PriceGap: nodeGap(&a.Nodes[i]), NodeUse: u}
		if a.ByHour {
			one.Hours = document.Decimals(a.Nodes[i].Hours, 2)
		}
		out = append(out, one)
	}
	return all, out
}

func nodeGap(n *allocation.Node) string {
	switch n.Gap {
	case allocation.Estimated:
		return gapText(typeNames([]string{n.Machine()}), nil)
	case allocation.Unpriced:
		return gapText(nil, typeNames([]string{n.Machine()}))
	}
	return ""
}

func addUse(u *document.NodeUse, o document.NodeUse) {
	u.Used += o.Used
	u.Slack += o.Slack
	u.DaemonSets += o.DaemonSets
	u.Stranded += o.Stranded
	u.Free += o.Free
	u.Reserved += o.Reserved
	u.Total += o.Total
}

// rowParts is how many kinds of cost a row has.
const rowParts = 6

// addRows rounds the rows' costs so that they add up to the bill, in every way.
func addRows(out *document.Allocation, a *allocation.Allocation, rows []allocation.Row, month float64) {
	parts := make([]float64, 0, rowParts*len(rows))
	for i := range rows {
		r := &rows[i]
		parts = append(parts, r.Nodes.CPU+r.Idle.CPU, r.Nodes.Memory+r.Idle.Memory, r.Nodes.GPU+r.Idle.GPU, r.Volume, r.LoadBalancer, r.Shared+r.ControlPlane+r.Unused)
	}
	fine, coarse := roundRows(out, out.Bill, parts, 1, document.PerDollar), roundRows(out, out.MonthlyBill, parts, month, 100)
	out.Allocations = make([]document.AllocationRow, 0, len(rows))
	for i := range rows {
		r := rowOf(&rows[i], out, a.Hours)
		setCost(&r, fine[rowParts*i:])
		setIdle(&r, rows[i].Idle)
		setSingle(&r, &rows[i], a)
		r.Monthly = monthlyOf(coarse[rowParts*i:], document.Cents(rows[i].Slack.Total()*month))
		addMonthly(&out.MonthlyTotals, r.Monthly)
		out.Allocations = append(out.Allocations, r)
	}
}

// roundRows rounds the rows' parts to the bill: where nothing is shared each line
// of the bill to its own kinds of cost, else all to the total.
func roundRows(out *document.Allocation, bill document.AllocationBill, parts []float64, factor float64, unit int64) []document.Dollars {
	if out.Shared != nil {
		return apportioned(bill.Total, parts, factor, unit)
	}
	all := make([]document.Dollars, len(parts))
	for _, line := range []struct {
		sum      document.Dollars
		from, to int // kinds of cost
	}{{bill.Nodes, 0, 3}, {bill.Volumes, 3, 4}, {bill.LoadBalancers, 4, 5}, {bill.ControlPlane + bill.UnusedCommitments, 5, 6}} {
		sums := make([]float64, line.to-line.from)
		for kind := range sums {
			for i := line.from + kind; i < len(parts); i += rowParts {
				sums[kind] += parts[i]
			}
		}
		for kind, sum := range apportioned(line.sum, sums, factor, unit) {
			roundKind(all, parts, line.from+kind, sum, factor, unit)
		}
	}
	return all
}

// roundKind rounds one kind of cost over all rows.
func roundKind(all []document.Dollars, parts []float64, kind int, sum document.Dollars, factor float64, unit int64) {
	of := make([]float64, 0, len(parts)/rowParts)
	for i := kind; i < len(parts); i += rowParts {
		of = append(of, parts[i])
	}
	for i, d := range apportioned(sum, of, factor, unit) {
		all[kind+i*rowParts] = d
	}
}

func monthlyOf(p []document.Dollars, slack document.USD) document.AllocationMonthly {
	m := document.AllocationMonthly{
		CPU: p[0].USD(), Memory: p[1].USD(), GPU: p[2].USD(), Volumes: p[3].USD(), LoadBalancers: p[4].USD(), Shared: p[5].USD(), Slack: slack,
	}
	m.Total = m.CPU + m.Memory + m.GPU + m.Volumes + m.LoadBalancers + m.Shared
	return m
}

func addMonthly(m *document.AllocationMonthly, o document.AllocationMonthly) {
	m.CPU += o.CPU
	m.Memory += o.Memory
	m.GPU += o.GPU
	m.Volumes += o.Volumes
	m.LoadBalancers += o.LoadBalancers
	m.Shared += o.Shared
	m.Total += o.Total
	m.Slack += o.Slack
}
