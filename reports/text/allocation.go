package text

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/layout"
)

// writeAllocation prints whose the bill is, in place of the advice.
func writeAllocation(w io.Writer, r *document.Report, o Options) error {
	var buf bytes.Buffer
	a := r.Allocation
	prose(&buf, o, subject(r), allocationHead(a))
	if len(a.Allocations) > 0 {
		buf.WriteByte('\n')
		for _, l := range allocationRows(a, o).Print(o.room(), o.Color) {
			buf.WriteString(l + "\n")
		}
	}
	buf.WriteByte('\n')
	prose(&buf, o, allocationNotes(a, o)...)
	prose(&buf, o, brief.PriceLines(r.Prices)...)
	_, err := w.Write(buf.Bytes())
	return err
}

// allocationHead says what there is to pay.
func allocationHead(a *document.Allocation) string {
	b := a.MonthlyBill
	parts := billParts(&b)
	if b.Nodes != 0 {
		parts = append([]string{fmt.Sprintf("nodes %s", b.Nodes.USD())}, parts...)
	}
	if len(parts) == 0 {
		return "Nothing has a price, so that there is no bill."
	}
	nodes := "on today's nodes"
	if a.NodesByHour {
		nodes = "on the nodes of its hours"
	}
	return fmt.Sprintf("The bill of a month like this window, %s: %s (%s).", nodes, b.Total.USD(), strings.Join(parts, ", "))
}

// billParts name what is paid beside the nodes.
func billParts(b *document.AllocationBill) (out []string) {
	for _, p := range []struct {
		name string
		usd  document.Dollars
	}{{"volumes", b.Volumes}, {"load balancers", b.LoadBalancers}, {"control plane", b.ControlPlane}, {"commitments without usage", b.UnusedCommitments}} {
		if p.usd != 0 {
			out = append(out, fmt.Sprintf("%s %s", p.name, p.usd.USD()))
		}
	}
	return out
}

// wholeBillLine says what the bill of the nodes leaves out; empty where that is nothing.
// Of a part of the cluster there is no whole.
func wholeBillLine(b *document.AllocationBill, partial bool) string {
	switch {
	case b == nil:
		return ""
	case partial:
		return "That is the nodes alone: volumes, load balancers and the control plane are not in it."
	}
	return fmt.Sprintf("That is the nodes alone; with %s it is %s, see --aggregate.", brief.Joined(billParts(b)), brief.WholeOf(b.Total.USD()))
}

// costColumn is a column of money: the rows' and the sum of all.
type costColumn struct {
	title  string
	of     func(row int) document.USD
	total  document.USD
	always bool // keeps the column where all of it is nothing
}

func costColumns(a *document.Allocation, wide bool) []costColumn {
	of := func(title string, always bool, get func(*document.AllocationMonthly) document.USD) costColumn {
		return costColumn{title, func(i int) document.USD { return get(&a.Allocations[i].Monthly) }, get(&a.MonthlyTotals), always}
	}
	out := []costColumn{
		of("CPU", true, func(m *document.AllocationMonthly) document.USD { return m.CPU }),
		of("MEMORY", true, func(m *document.AllocationMonthly) document.USD { return m.Memory }),
		of("GPU", false, func(m *document.AllocationMonthly) document.USD { return m.GPU }),
	}
	if wide {
		out = append(out, of("VOLUMES", false, func(m *document.AllocationMonthly) document.USD { return m.Volumes }),
			of("LOAD-BALANCERS", false, func(m *document.AllocationMonthly) document.USD { return m.LoadBalancers }))
	} else {
		out = append(out, of("OTHER", false, func(m *document.AllocationMonthly) document.USD { return m.Volumes + m.LoadBalancers }))
	}
	return append(out, of("SHARED", false, func(m *document.AllocationMonthly) document.USD { return m.Shared }),
		of("TOTAL/MONTH", true, func(m *document.AllocationMonthly) document.USD { return m.Total }))
}

// nodeColumns tell what becomes of each node's bill.
func nodeColumns(a *document.Allocation, wide bool) []costColumn {
	of := func(title string, get func(*document.NodeUse) document.USD) costColumn {
		return costColumn{title, func(i int) document.USD { return get(&a.Nodes[i].NodeUse) }, get(&a.NodeUse), true}
	}
	total := of("TOTAL/MONTH", func(u *document.NodeUse) document.USD { return u.Total })
	slack := of("SLACK", func(u *document.NodeUse) document.USD { return u.Slack })
	system := of("SYSTEM", func(u *document.NodeUse) document.USD { return u.Reserved })
	if wide {
		return []costColumn{
			of("USED", func(u *document.NodeUse) document.USD { return u.Used }), of("DAEMONSETS", func(u *document.NodeUse) document.USD { return u.DaemonSets }), slack,
			of("FREE", func(u *document.NodeUse) document.USD { return u.Free }), of("STRANDED", func(u *document.NodeUse) document.USD { return u.Stranded }), system, total,
		}
	}
	return []costColumn{
		of("USED", func(u *document.NodeUse) document.USD { return u.Used + u.DaemonSets }), slack,
		of("IDLE", func(u *document.NodeUse) document.USD { return u.Free + u.Stranded }), system, total,
	}
}

// byNode reports whether the table is one of nodes and what becomes of their bill, which
// no filter cuts and no idle is shared out of.
func byNode(a *document.Allocation) bool {
	return len(a.Aggregate) == 1 && a.Nodes != nil && a.Filter == "" && a.ShareIdle == ""
}

// allocationRows lays the rows out, names whole; the efficiency goes where there is
// no room.
func allocationRows(a *document.Allocation, o Options) *layout.Rows {
	names, columns := make([]string, 0, len(a.Allocations)), costColumns(a, o.Verbose)
	if byNode(a) {
		columns = nodeColumns(a, o.Verbose)
		for i := range a.Nodes {
			names = append(names, brief.GapMark(a.Nodes[i].PriceGap)+brief.Clean(a.Nodes[i].Name))
		}
	} else {
		for i := range a.Allocations {
			names = append(names, brief.GapMark(a.Allocations[i].PriceGap)+brief.Clean(a.Allocations[i].Name))
		}
	}
	shown := len(names)
	if o.Top > 0 {
		shown = min(shown, o.Top)
	}
	title := strings.ToUpper(strings.Join(a.Aggregate, "/"))
	mark := brief.GapMark(gapLine(a)) // sums of rows that have it have it too
	text := [][]string{withEnds(title, names, shown, fmt.Sprintf("%s(%d more)", mark, len(names)-shown), mark+"TOTAL")}
	for _, c := range columns {
		if c.always || c.total != 0 {
			text = append(text, c.text(len(names), shown))
		}
	}
	if used := efficiencies(a, shown); used != nil && total(text)+layout.Gap+4 <= o.room() {
		text = append(text, used)
	}
	t := &layout.Rows{}
	for i := range text {
		t.Right = append(t.Right, i > 0)
	}
	for j := range text[0] {
		line := make([]string, len(text))
		for i := range text {
			line[i] = text[i][j]
		}
		l := t.Add(line...)
		for i := range l.Tones {
			if j == 0 {
				l.Tones[i] = layout.Strong
			}
		}
	}
	return t
}

// fairName is as much of a name's room as counts where it is decided what else fits.
const fairName = 28

// total is the width of columns side by side.
func total(text [][]string) int {
	sum := -layout.Gap
	for i, column := range text {
		most := 0
		for _, s := range column {
			most = max(most, layout.Cells(s))
		}
		if i == 0 {
			most = min(most, fairName)
		}
		sum += layout.Gap + most
	}
	return sum
}

// gapLine says which machines those are; empty where all have a price.
func gapLine(a *document.Allocation) string {
	var gaps []string
	add := func(gap string) {
		for _, g := range strings.Split(gap, "; ") {
			if g != "" && !slices.Contains(gaps, g) {
				gaps = append(gaps, g)
			}
		}
	}
	for i := range a.Allocations {
		add(a.Allocations[i].PriceGap)
	}
	if len(gaps) == 0 {
		return ""
	}
	return fmt.Sprintf("%s rests on machines without a price in any table: %s.", brief.EstimateMark, brief.Clean(strings.Join(gaps, "; ")))
}

// withEnds is a column: its title, the cells that are shown, what stands for
// the others if there are any, and the foot.
func withEnds(title string, cells []string, shown int, rest, foot string) []string {
	out := append([]string{title}, cells[:shown]...)
	if shown < len(cells) {
		out = append(out, rest)
	}
	return append(out, foot)
}

func (c *costColumn) text(n, shown int) []string {
	var rest document.USD
	out := make([]string, n)
	for i := range n {
		if out[i] = usdOrDash(c.of(i)); i >= shown {
			rest += c.of(i)
		}
	}
	return withEnds(c.title, out, shown, usdOrDash(rest), c.total.String())
}

// efficiencies is the column of what was used of what was requested; nil for nodes, and
// where one reading or none would stand for a month.
func efficiencies(a *document.Allocation, shown int) []string {
	if byNode(a) || a.OfMoment() || a.Seen == 0 {
		return nil
	}
	out := make([]string, len(a.Allocations))
	for i := range out {
		out[i] = "-"
		if e := a.Allocations[i].TotalEfficiency; e != nil && *e > 0 {
			out[i] = fmt.Sprintf("%.0f %%", 100**e)
		}
	}
	return withEnds("EFF", out, shown, "", "")
}

func usdOrDash(u document.USD) string {
	if u == 0 {
		return "-"
	}
	return u.String()
}

// allocationNotes are the lines below the table.
func allocationNotes(a *document.Allocation, o Options) []string {
	u := a.NodeUse
	var out []string
	if u.Total != 0 && a.Seen == 0 {
		out = append(out, fmt.Sprintf("Of the nodes' %s: %s requested (what of it is used is not known), %s DaemonSets, %s free, "+
			"%s stranded (another resource of the node is full), %s kept for the system.", u.Total, u.Used+u.Slack, u.DaemonSets, u.Free, u.Stranded, u.Reserved))
	} else if u.Total != 0 {
		out = append(out, fmt.Sprintf("Of the nodes' %s: %s used, %s slack (requested and not used), %s DaemonSets, %s free, "+
			"%s stranded (another resource of the node is full), %s kept for the system.", u.Total, u.Used, u.Slack, u.DaemonSets, u.Free, u.Stranded, u.Reserved))
	}
	if line := gapLine(a); line != "" {
		out = append(out, line)
	}
	if s := a.Shared; s != nil {
		out = append(out, fmt.Sprintf("The cost of %s is spread over the others, %s.", brief.Clean(strings.Join(s.Namespaces, ", ")), splitWords(s.Split)))
	}
	switch a.ShareIdle {
	case "cluster":
		out = append(out, "Idle is spread over all, of each resource by what they pay of it.")
	case "node":
		out = append(out, "The idle of each node is spread over what is on it, of each resource by what they pay of it.")
	}
	if a.Filter != "" {
		out = append(out, fmt.Sprintf("Listed is what %s takes; the rest of the bill stands in one row.", brief.Clean(a.Filter)))
	}
	if l := a.ListNodesMonthly; l != nil {
		out = append(out, fmt.Sprintf("The nodes cost %s at list prices; with the commitments held they cost %s.", *l, a.MonthlyBill.Nodes.USD()))
	}
	out = append(out, paysFor(a))
	for _, line := range brief.WarningLines(a.Warnings, o.Verbose) {
		out = append(out, "warning: "+line)
	}
	return out
}

// What the rows of the allocation and of the workloads' table rest on.
const (
	byTheHour   = "Each pays for the larger of request and usage, hour by hour."
	byTheWindow = "Rows are of the window's pods and requests."
	ofTheWindow = costTitle + " is of the window's pods and requests, as in --aggregate."
	costTitle   = "COST/MONTH"
)

// paysFor says by what the bill is shared out.
func paysFor(a *document.Allocation) string {
	switch {
	case a.Seen == 0:
		return "Each pays for what it requests."
	case a.OfMoment():
		return "Each pays for the larger of request and usage at the moment of the one reading: check before use."
	case a.Accuracy.MissedMonthly != 0:
		return fmt.Sprintf("%s By the minute it could be at most %s more, all together. %s", byTheHour, a.Accuracy.MissedMonthly, byTheWindow)
	}
	return byTheHour + " " + byTheWindow
}

func splitWords(split string) string {
	if split == "even" {
		return "evenly"
	}
	return "by their own cost"
}
