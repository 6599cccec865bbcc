package brief

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// MoneyLine is one line of what the cluster costs, and could cost.
type MoneyLine struct {
	Label, Text string // the label is empty where the text stands by itself
	Good        bool   // it saves
}

// MoneyLines are today's bill, and what is possible. The amounts add up in whole
// dollars.
func MoneyLines(r *document.Report) []MoneyLine {
	m := r.Summary
	if m.MonthlyCost == nil {
		if r.Nodes.Current.Count == 0 && len(r.Workloads) == 0 {
			return []MoneyLine{{Text: "Neither nodes nor workloads were seen, so there is nothing to cost or save: check the namespaces and sources that were asked for."}}
		}
		if p := r.Nodes.Plan; p != nil && p.Fresh != nil {
			return []MoneyLine{{Label: "fresh", Text: FreshLine(p)}}
		}
		return []MoneyLine{{Text: "No node has a price, so there are no costs and no savings. Name the cloud with --provider and --region, or give --pricing."}}
	}
	today := fmt.Sprintf("%s a month for %s", WholeOf(*m.MonthlyCost), Billed(r))
	if b := m.MonthlyBill; b != nil {
		today += fmt.Sprintf(" (%s with %s)", WholeOf(b.Total.USD()), strings.Join(billNames(b), ", "))
	}
	out := []MoneyLine{{Label: "today", Text: today}}
	if held := m.MonthlyWithCommitments; held != nil {
		out = append(out, MoneyLine{Label: "held", Text: fmt.Sprintf("that is at list prices, as all that is saved; with the commitments held %s cost %s", Billed(r), WholeOf(*held))})
	}
	if gaps := PriceGaps(r); gaps != "" {
		out = append(out, MoneyLine{Label: "prices", Text: gaps})
	}
	if r.Partial() {
		out = append(out, MoneyLine{Label: "listed", Text: fmt.Sprintf("%s of that are the workloads that are listed", WholeOf(listedCost(r)))})
	}
	return append(out, possible(r))
}

// Billed is what the bill is of: nodes, or pods where there is no node and each pod is
// billed by itself.
func Billed(r *document.Report) string {
	if r.Nodes.Current.Count == 0 {
		return "pods"
	}
	return "nodes"
}

// PriceGaps says what of the sums is an estimate, and what is in none of them, for
// want of a price; empty where every machine has one.
func PriceGaps(r *document.Report) string {
	var estimated, missing []string
	sum, most := document.USD(0), 3
	for _, g := range r.Summary.PriceGaps {
		name := gapName(r, &g)
		to := &estimated
		if g.Estimated == 0 {
			to = &missing
		}
		if sum += g.Estimated; !slices.Contains(*to, name) {
			*to = append(*to, name)
		}
	}
	few := func(names []string) string {
		if len(names) > most {
			return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
		}
		return strings.Join(names, ", ")
	}
	var parts []string
	if len(estimated) > 0 {
		parts = append(parts, fmt.Sprintf("%s of today's is an estimate: no table has a price of %s", WholeOf(sum), few(estimated)))
	}
	if len(missing) > 0 {
		are := " has no price and is in no sum"
		if len(missing) > 1 {
			are = " have no price and are in no sum"
		}
		parts = append(parts, few(missing)+are)
	}
	return strings.Join(parts, "; ")
}

// gapName names machines without a price; where others of their type have one, with how
// many of them have none.
func gapName(r *document.Report, g *document.PriceGap) string {
	switch {
	case g.InstanceType == "":
		return "machines without a type"
	case g.Windows: // the same type with Linux may have one
		return Clean(g.InstanceType) + " with Windows"
	}
	all := 0
	for _, p := range r.Nodes.Current.Pools {
		if p.InstanceType == g.InstanceType {
			all += p.Count
		}
	}
	if all > g.Nodes {
		return fmt.Sprintf("%d of %d %s", g.Nodes, all, Clean(g.InstanceType))
	}
	return Clean(g.InstanceType)
}

// Estimate marks a sum that rests on prices that no table has.
func Estimate(r *document.Report) string {
	if slices.ContainsFunc(r.Summary.PriceGaps, func(g document.PriceGap) bool { return g.Estimated > 0 }) {
		return ", by the estimate above"
	}
	return ""
}

func possible(r *document.Report) MoneyLine {
	line := possibly(r)
	line.Text += Estimate(r)
	return line
}

func possibly(r *document.Report) MoneyLine {
	today, saves, of := WholeOf(*r.Summary.MonthlyCost), Saves(r), Billed(r)
	switch {
	case r.Summary.QuietHour:
		return MoneyLine{Label: "advised", Text: fmt.Sprintf("%s a month for nodes, for the busiest hour of the window. Few pods run at this hour: what today's nodes cost over the window is not known, and so not what is saved", WholeOf(lastBill(r)))}
	case saves > 0 && r.NoHistory():
		return MoneyLine{Label: "possible", Text: fmt.Sprintf("%s a month for %s: saves %s, by today's requests alone: no usage of other hours is known", today-saves, of, saves)}
	case saves > 0:
		return MoneyLine{Label: "possible", Text: fmt.Sprintf("%s a month for %s: saves %s (%s) by the steps below", today-saves, of, saves, Part(document.USD(saves), document.USD(today))), Good: true}
	case saves < 0:
		return MoneyLine{Label: "advised", Text: fmt.Sprintf("%s a month for %s: %s more, for what is short today", today-saves, of, -saves)}
	case (r.Nodes.Plan == nil || AllKept(r.Nodes.Plan)) && Room(r) > 0:
		return MoneyLine{Label: "possible", Text: fmt.Sprintf("room worth %s a month becomes free; it leaves the bill when nodes go", WholeOf(Room(r))), Good: true}
	}
	return MoneyLine{Label: "possible", Text: "nothing less with what was looked at"}
}

// lastBill is what all steps leave of the bill.
func lastBill(r *document.Report) document.USD {
	if steps := r.Summary.Waterfall; len(steps) > 0 {
		return steps[len(steps)-1].MonthlyAfter
	}
	return 0
}

// listedCost is what the workloads of the report cost.
func listedCost(r *document.Report) (sum document.USD) {
	for i := range r.Workloads {
		if c := r.Workloads[i].MonthlyCost; c != nil {
			sum += *c
		}
	}
	return sum
}

func billNames(b *document.AllocationBill) (out []string) {
	for _, p := range []struct {
		name string
		usd  document.Dollars
	}{{"volumes", b.Volumes}, {"LBs", b.LoadBalancers}, {"control plane", b.ControlPlane}} {
		if p.usd != 0 {
			out = append(out, p.name)
		}
	}
	return out
}
