package html

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// list is a table whose first rows are plain HTML. The script sorts it, and has the rows
// that are left.
type list struct {
	ID, Label string
	Class     string // pairs: on a phone, names and values side by side
	Heads     []head
	Rows      [][]cell
	rest      [][]cell
}

// head is a column: its name, and the class of its cells. n is a number, whole takes the
// width of a phone, named has the column's name before it there.
type head struct{ Text, Class string }

// cell is a text, and the fragment it links to.
type cell struct {
	Text   string       `json:"t"`
	Link   template.URL `json:"l,omitempty"`
	Class  string       `json:"-"`
	Label  string       `json:"-"`
	Strong bool         `json:"-"`
}

// add adds a row; what is above the rows of plain HTML waits for the script.
func (l *list) add(row ...cell) {
	for i := range row {
		row[i].Class, row[i].Label = l.Heads[i].Class, l.Heads[i].Text
	}
	if len(l.Rows) < mostRows {
		l.Rows = append(l.Rows, row)
		return
	}
	l.rest = append(l.rest, row)
}

// More says how many rows are left out; empty where none are.
func (l *list) More() string {
	if len(l.rest) == 0 {
		return ""
	}
	return fmt.Sprintf("The first %d of %d.", len(l.Rows), len(l.Rows)+len(l.rest))
}

// lists are all of a view, by what they are called.
func (v *view) lists() map[string][][]cell {
	out := map[string][][]cell{}
	all := []*list{v.Scaling, v.Findings, v.Waste}
	if v.Purchase != nil {
		all = append(all, v.Purchase.Commitments, v.Purchase.Scenarios)
	}
	for _, l := range all {
		if l != nil && len(l.rest) > 0 {
			out["list-"+l.ID] = l.rest
		}
	}
	return out
}

// linksOf are the fragments of workloads, by how a document names them.
func linksOf(r *document.Report) map[string]template.URL {
	out := map[string]template.URL{}
	for i := range r.Workloads {
		w := &r.Workloads[i]
		out[w.Namespace+"/"+w.Kind+"/"+w.Name] = anchor(w)
	}
	return out
}

// scalingList is how workloads should be scaled.
func scalingList(r *document.Report) *list {
	l := &list{ID: "scaling", Label: "How to scale", Heads: []head{
		{"Workload", ""}, {"Saves a month", "n"}, {"Advice", "whole named"}, {"Now", "whole named"}, {"Lower targets, notes", "whole named"},
	}}
	for _, w := range brief.Rescaled(r) {
		h, saves, notes := w.Horizontal, "-", brief.Trades(w.Horizontal, 2)
		if h.MonthlySavings != nil {
			saves = brief.WholeOf(*h.MonthlySavings).String()
		}
		for _, x := range h.Warnings {
			notes = append(notes, x.Message)
		}
		l.add(cell{Text: brief.Clean(w.Namespace + "/" + brief.ShortKind(w.Kind) + "/" + w.Name), Link: anchor(w)}, cell{Text: saves},
			cell{Text: brief.Scaling(*h.Recommended)}, cell{Text: brief.Scaling(h.Current)}, cell{Text: brief.Clean(strings.Join(notes, "; "))})
	}
	return orNil(l)
}

// findingList is what is wrong with autoscalers and disruption budgets as they stand.
func findingList(r *document.Report, links map[string]template.URL) *list {
	l := &list{ID: "findings", Label: "What to mend", Heads: []head{{"Where", "whole"}, {"What", "whole"}, {"Do", "whole set"}}}
	for _, x := range brief.Findings(r) {
		l.add(cell{Text: brief.Clean(x.Target), Link: links[x.Target]}, cell{Text: brief.Clean(brief.Capital(x.Title))}, cell{Text: brief.Clean(x.Fix)})
	}
	return orNil(l)
}

func wasteList(r *document.Report, links map[string]template.URL) *list {
	l := &list{ID: "waste", Label: "Findings of waste", Heads: []head{{"What", "whole"}, {"Where", ""}, {"A month", "n"}, {"Lost with it", "whole named"}, {"Blocked by", "whole named"}}}
	for i := range r.Waste {
		x := &r.Waste[i]
		l.add(cell{Text: brief.Clean(x.Title)}, cell{Text: brief.Clean(x.Target), Link: links[x.Target]}, cell{Text: brief.WasteMoney(x)},
			cell{Text: brief.Clean(x.Loss)}, cell{Text: brief.Clean(brief.Joined(x.Blocked))})
	}
	return orNil(l)
}

// commitmentList is what to commit to.
func commitmentList(r *document.Report) *list {
	l := &list{ID: "commitments", Label: "Commitments", Class: " pairs", Heads: []head{
		{"Commit to", ""}, {"For", "whole"}, {"Saves a month", "n"}, {"An hour", "n"}, {"Safe today", "n"}, {"Paid at once", "n"}, {"Of the demand", "n"}, {"Used", "n"}, {"Pays from", "n"},
	}}
	saves, paid := brief.CommitmentShares(r)
	for i := range r.Purchase.Commitments {
		c := &r.Purchase.Commitments[i]
		l.add(cell{Text: brief.CommitmentName(c)}, cell{Text: brief.CommitmentTerm(c)}, cell{Text: saves[i].String()},
			cell{Text: fmt.Sprintf("$%.2f", c.Amount)}, cell{Text: fmt.Sprintf("$%.2f", c.SafeToday)}, cell{Text: paid[i].String()},
			cell{Text: document.Percent(c.Coverage)}, cell{Text: document.Percent(c.Utilization)}, cell{Text: document.Percent(c.BreakEven)})
	}
	return orNil(l)
}

// scenarioList is what the commitments do when demand changes.
func scenarioList(r *document.Report) *list {
	l := &list{ID: "scenarios", Label: "Scenarios", Class: " pairs", Heads: []head{
		{"Demand", ""}, {"On demand", "n"}, {"With commitments", "n"}, {"Saves", "n"}, {"Used", "n"}, {"The best would save more", "n"},
	}}
	for i := range r.Purchase.Scenarios {
		x := &r.Purchase.Scenarios[i]
		onDemand, cost, saves := brief.ScenarioDollars(r, x)
		l.add(cell{Text: brief.Clean(x.Name)}, cell{Text: onDemand.String()}, cell{Text: cost.String()}, cell{Text: saves.String()},
			cell{Text: document.Percent(x.Utilization)}, cell{Text: brief.WholeOf(x.MonthlyRegret).String()})
	}
	return orNil(l)
}

func orNil(l *list) *list {
	if len(l.Rows) == 0 {
		return nil
	}
	return l
}
