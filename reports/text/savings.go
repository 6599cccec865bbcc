package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/layout"
)

// Groupings lists what savings can be added up by.
func Groupings() []string { return []string{"namespace", "team", "kind"} }

func groupOf(w *document.Workload, by string) string {
	switch by {
	case "team":
		return cmp.Or(w.Team, "(none)")
	case "kind":
		return w.Kind
	}
	return w.Namespace
}

// savingsSection adds up what workloads cost and what the advice on them is
// worth, those that save most first.
func (s *screen) savingsSection() {
	type group struct {
		name          string
		workloads     int
		cost, savings document.USD
	}
	byName := map[string]*group{}
	var all []*group
	for i := range s.r.Workloads {
		w := &s.r.Workloads[i]
		name := groupOf(w, s.o.By)
		g := byName[name]
		if g == nil {
			g = &group{name: name}
			byName[name] = g
			all = append(all, g)
		}
		g.workloads++
		if w.MonthlyCost != nil {
			g.cost += *w.MonthlyCost
		}
		if w.MonthlySavings != nil {
			g.savings += *w.MonthlySavings
		}
	}
	slices.SortFunc(all, func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.savings, a.savings), cmp.Compare(a.name, b.name))
	})
	t := &layout.Rows{Right: []bool{false, true, true, true}}
	t.Add(strings.ToUpper(cmp.Or(s.o.By, "namespace")), "WORKLOADS", "COST A MONTH", "ROOM A MONTH")
	var sum group
	for _, g := range all {
		t.Add(brief.Clean(g.name), fmt.Sprint(g.workloads), g.cost.String(), g.savings.String())
		sum.workloads, sum.cost, sum.savings = sum.workloads+g.workloads, sum.cost+g.cost, sum.savings+g.savings
	}
	t.Add("TOTAL", fmt.Sprint(sum.workloads), sum.cost.String(), sum.savings.String())
	if s.r.Summary.MonthlyCost == nil {
		s.hang("", "No node has a price, so there are no costs and no savings.", layout.Plain)
		return
	}
	s.lines(t.Print(s.o.line(), s.o.Color)...)
	s.prose(s.restOf(sum.cost))
}

// restOf says what the sums leave out of the nodes' bill, and what they hold.
func (s *screen) restOf(cost document.USD) []string {
	var out []string
	if idle := s.r.Summary.IdleMonthly; idle != nil && !s.r.Partial() {
		rest := fmt.Sprintf("Of %s for %s the rest is unrequested capacity, %s", s.r.Summary.MonthlyCost, brief.Billed(s.r), idle)
		if x := s.r.Summary.OverheadMonthly; x != nil && *x != 0 {
			rest += fmt.Sprintf(", and what nodes keep for the system, %s", x)
		}
		if x := *s.r.Summary.MonthlyCost - cost - *idle - usdOf(s.r.Summary.OverheadMonthly); x >= 1 || x <= -1 {
			rest += fmt.Sprintf("; %s belongs to no workload", x)
		}
		out = append(out, rest+".")
	}
	return append(out, "Cost is of the window's pods, hour by hour; room is of right-sizing and rescaling, and no more than the cost.",
		"Room leaves the bill when nodes go: see "+s.command("plimsoll show nodes")+".")
}
