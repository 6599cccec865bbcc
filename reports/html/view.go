package html

import (
	"fmt"
	"html/template"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// mostUrgent is how many rows "fix first" has.
const mostUrgent = 8

// view is what the plain part of the page says, in words.
type view struct {
	Cluster, Span, Version string
	Part                   string // what it has of the report; empty of a whole one
	Urgency, Ladder        bool   // whether it tells what to fix first, and the steps
	Listed                 bool   // whether the section, or the whole, has workloads
	Today, Possible, Less  string // the figures; empty without
	Money                  []brief.MoneyLine
	Counts                 string
	Urgents                []urgent
	Quiet                  string // where there are none
	UrgentCounts           string
	MoreUrgent             int
	Steps                  []step
	StepNotes              []string
	Rows                   []row
	RowCount               int
	Priced                 bool
	Moment                 string
	Scaling, Findings      *list
	Nodes                  *nodesView
	Purchase               *purchaseView
	Proof                  *proofView
	Waste                  *list
	WasteNote              string
	Warnings, Prices       []string
	PriceAge               string
}

// urgent is one row of what to fix first.
type urgent struct {
	Kind, Name, What, Change string
	Link                     template.URL
}

// step is one bar of the waterfall: from and to are thousandths of the picture.
type step struct {
	Label, Size, Amount, Risk string
	From, Width               int
	Class                     string // total, less, more, room
}

func viewOf(r *document.Report, rows []row) *view {
	links := linksOf(r)
	v := &view{
		Cluster: clusterName(r), Span: brief.SpanOf(r), Version: brief.Clean(r.Metadata.Version),
		Money: brief.MoneyLines(r), Counts: counts(r), Priced: r.Summary.MonthlyCost != nil,
		Rows: rows[:min(len(rows), mostRows)], RowCount: len(rows),
		Scaling: scalingList(r), Findings: findingList(r, links), Waste: wasteList(r, links), Nodes: nodesOf(r), Purchase: purchaseOf(r), Proof: proofOf(r.Backtest),
		Warnings: brief.WarningLines(r.Warnings, false), Prices: brief.PriceLines(r.Prices), PriceAge: brief.PriceAge(r),
	}
	if saves := brief.Saves(r); v.Priced && saves > 0 && !r.NoHistory() && !r.Summary.QuietHour {
		today := brief.WholeOf(*r.Summary.MonthlyCost)
		v.Today, v.Possible, v.Less = brief.SumMark(r)+today.String(), brief.SumMark(r)+(today-saves).String(), brief.Part(document.USD(saves), document.USD(today))
	}
	if r.Metadata.GeneratedFrom.Moment {
		v.Moment = brief.MomentMark + " " + brief.MomentWords
	}
	v.part(r.Metadata.Part)
	v.Listed = v.Ladder || len(rows) > 0
	v.urgent(r)
	v.steps(r)
	v.wasteNote(r)
	return v
}

// part says what the page has. What is dangerous is told of the workloads, and the steps
// of all sections.
func (v *view) part(p *document.PartOf) {
	v.Part = brief.Clean(p.String())
	v.Ladder = p == nil || p.Section == ""
	v.Urgency = v.Ladder || p.Section == "risks"
}

func counts(r *document.Report) string {
	c := r.Summary.Containers
	return fmt.Sprintf("%s, %s, %s: %d to change, %d right as they are, %d without advice",
		document.Counted(r.Nodes.Current.Count, "node"), document.Counted(len(r.Workloads), "workload"), document.Counted(c.Total, "container"), c.Change, c.Fine, c.Withheld)
}

func (v *view) urgent(r *document.Report) {
	all := brief.Urgents(r)
	shown := brief.Pressing(all, mostUrgent)
	v.Quiet = brief.Capital(brief.Quiet(r)) + "."
	v.UrgentCounts, v.MoreUrgent = brief.UrgentCounts(all), len(all)-len(shown)
	for _, x := range shown {
		u := urgent{Kind: string(x.Kind), Name: x.Name, What: x.What, Change: x.Change}
		if u.Change == "" {
			u.Change = x.Fix
		}
		if x.Of != nil {
			u.Link = anchor(x.Of)
		}
		v.Urgents = append(v.Urgents, u)
	}
}

// steps are the waterfall: each bar begins where the one before ends.
func (v *view) steps(r *document.Report) {
	all := brief.Savings(r)
	if len(all) == 0 {
		return
	}
	today := document.USD(0)
	if r.Summary.MonthlyCost != nil {
		today = *r.Summary.MonthlyCost
	}
	scale := func(u document.USD) int { return int(min(max(1000*float64(u)/float64(max(today, 1)), 0), 1000)) }
	dollars := brief.StepDollars(all)
	first := "today"
	if r.Summary.QuietHour { // today's is not known
		first, today = "the plan", r.Summary.Waterfall[0].MonthlyBefore
	}
	if v.Priced {
		v.Steps = append(v.Steps, step{Label: first, Amount: brief.SumMark(r) + brief.WholeOf(today).String(), Width: 1000, Class: "total"})
	}
	left, n := today, 0
	for _, x := range all {
		s := step{Label: "- " + x.Name, Size: x.Size, Risk: x.Risk, Class: "less"}
		switch {
		case x.Beside:
			s.Size += ", not nodes"
			s.Amount, s.Class = brief.WholeOf(x.USD).String(), ""
		default:
			n++
			s.Label = fmt.Sprintf("%d %s", n, x.Name)
			if x.Room {
				s.Amount, s.Class = x.RoomWord()+" "+x.Mark()+brief.WholeOf(max(x.Freed, -x.Freed)).String(), "room"
				s.Width = scale(max(x.Freed, -x.Freed))
				s.From = max(scale(left)-s.Width, 0)
				break
			}
			if x.Unknown {
				s.Amount, s.Class = "not known", ""
				break
			}
			s.Amount, dollars = x.Mark()+(-dollars[0]).String(), dollars[1:]
			to := left - x.USD
			s.From, s.Width = min(scale(left), scale(to)), max(scale(left)-scale(to), scale(to)-scale(left))
			if x.USD < 0 {
				s.Class = "more"
			}
			left = to
		}
		if !v.Priced {
			s.Amount, s.Class = "", ""
		}
		v.Steps = append(v.Steps, s)
	}
	if v.Priced {
		v.Steps = append(v.Steps, step{Label: "after all steps", Amount: brief.SumMark(r) + (brief.WholeOf(today) - brief.Saves(r)).String(), Width: scale(left), Class: "total"})
	}
	v.stepNotes(r)
}

func (v *view) stepNotes(r *document.Report) {
	if v.Priced && brief.SumMark(r) != "" {
		v.StepNotes = append(v.StepNotes, brief.EstimateWords(r)+".")
	}
	if words := brief.WasteWithin(r); words != "" {
		v.StepNotes = append(v.StepNotes, words+".")
	}
}

func (v *view) wasteNote(r *document.Report) {
	if len(r.Waste) > 0 {
		v.WasteNote = brief.WasteLines(r, false)[0]
	}
	if slices.ContainsFunc(r.Waste, func(x document.Waste) bool { return x.PriceGap != "" }) {
		v.WasteNote += " " + brief.EstimateWords(r) + "."
	}
}
