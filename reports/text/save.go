package text

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// save is the block of the levers: what each takes off the bill, in whole
// dollars that add up to the whole.
func (s *screen) save() {
	all := brief.Savings(s.r)
	if len(all) == 0 {
		return
	}
	dollars := stepDollars(s.r, all)
	t := &rows{indent: 2, right: []bool{false, false, true, false}}
	head := t.add("SAVE", "each needs those before", "A MONTH", "RISK")
	for i := range head.tones {
		head.tones[i] = strongTone
	}
	n, marked := 0, false
	for _, x := range all {
		label, money := "", ""
		switch {
		case x.Beside:
			label, money = "- "+x.Name, brief.WholeOf(x.USD).String()
			x.Size += ", not nodes"
		default:
			n++
			label, money = fmt.Sprintf("%d %s", n, x.Name), "room"
			if !x.Room {
				money, dollars = dollars[0].String(), dollars[1:]
			}
		}
		if s.r.Summary.MonthlyCost == nil {
			money = ""
		} else if x.Estimate {
			money, marked = brief.EstimateMark+money, true
		}
		l := t.add(label, x.Size, money, x.Risk)
		if !x.Room && x.USD > 0 {
			l.tones[2] = goodTone
		}
	}
	s.saveTable(t)
	if marked {
		s.hang("  ", brief.EstimateWords(s.r), plainTone)
	}
	if len(s.r.Waste) > 0 && s.o.Saved {
		s.hang("  ", brief.WasteWithin(s.r)+s.with("plimsoll show waste"), plainTone)
	}
}

// stepDollars are the whole dollars of the steps that take something off the bill.
func stepDollars(r *document.Report, all []brief.Saving) []brief.Whole {
	var parts []document.USD
	for _, x := range all {
		if !x.Room && !x.Beside {
			parts = append(parts, x.USD)
		}
	}
	return brief.Shares(brief.Saves(r), parts)
}

func (s *screen) saveTable(t *rows) {
	s.WriteByte('\n')
	for i, l := range t.print(s.o.line(), s.o.Color) {
		if i == 0 {
			l = strings.Replace(l, "  ", "", 1) // the title stands at the edge
			l = strings.Replace(l, "SAVE", "SAVE  ", 1)
			l = strings.Replace(l, "\x1b[1mSAVE  \x1b[0m", "\x1b[1mSAVE\x1b[0m  ", 1)
		}
		s.lines(l)
	}
}

// first is the workload whose requests free the most room; nil without one.
func (s *screen) first() *document.Workload {
	if all := brief.Lowered(s.r); len(all) > 0 {
		return all[0].Workload
	}
	return nil
}

// largest is the block of the containers that free the most room.
func (s *screen) largest() {
	all := brief.Lowered(s.r)
	if len(all) == 0 {
		return
	}
	n := s.rows
	if s.o.Top > 0 {
		n = s.o.Top
	}
	if s.o.All || n > len(all) {
		n = len(all)
	}
	wide := s.o.line() >= wideScreen
	t := &rows{indent: 2, right: []bool{false, true, true, true, true, true}}
	head := []string{"LARGEST TO LOWER", "CPU", "MEMORY", "ROOM/MONTH", "OOM A WEEK"}
	if wide {
		head = slices.Insert(head, 3, "MEMORY LIMIT")
	}
	titles := t.add(head...)
	for i := range titles.tones {
		titles.tones[i] = strongTone
	}
	for i := range all[:n] {
		x := &all[i]
		cells := []string{brief.Name(x.Workload, x.Container), asciiChange(brief.CPUChange(x.Container)), asciiChange(brief.MemoryChange(x.Container)), roomOf(x), brief.OOMRisk(x.Container)}
		if wide {
			cells = slices.Insert(cells, 3, asciiChange(memoryLimit(&row{Row: *x})))
		}
		t.add(cells...)
		for _, l := range limitsBelow(x.Container, wide) {
			t.add("  " + l)
		}
	}
	s.WriteByte('\n')
	for i, l := range t.print(s.o.line(), s.o.Color) {
		if i == 0 {
			l = strings.Replace(l, "  ", "", 1)
			l = strings.Replace(l, "TO LOWER", "TO LOWER  ", 1)
			l = strings.Replace(l, "TO LOWER  \x1b[0m", "TO LOWER\x1b[0m  ", 1)
		}
		s.lines(l)
	}
	if s.r.Metadata.GeneratedFrom.Moment {
		s.lines("  " + brief.MomentMark + " " + brief.MomentWords)
	}
	s.more(len(all)-n, "rightsize")
}

// limitsBelow are the limits that change and have no column.
func limitsBelow(c *document.Container, column bool) (out []string) {
	for _, l := range brief.LimitChanges(c) {
		if !column || !strings.HasPrefix(l, "memory") {
			out = append(out, l)
		}
	}
	return out
}

// roomOf is the room that an advice frees, in whole dollars.
func roomOf(x *brief.Row) string {
	if x.Container.MonthlySavings == nil {
		return "-"
	}
	return brief.GapMark(x.Workload.PriceGap) + brief.WholeOf(*x.Container.MonthlySavings).String()
}

// wideScreen is the width from which the screen has the limits.
const wideScreen = 100

// asciiChange writes a change in ASCII, and what is not set as none.
func asciiChange(s string) string {
	return strings.ReplaceAll(strings.Replace(s, "- → ", "none → ", 1), " → ", " -> ")
}

// unsure is the block of what weakens the numbers.
func (s *screen) unsure() {
	out := brief.WarningLines(brief.SourceDoubts(s.r.Warnings), false)
	if len(out) > 2 && !s.o.Verbose {
		out = append(out[:2], fmt.Sprintf("%d more doubts about the sources", len(out)-2))
	}
	if p := brief.PriceAge(s.r); p != "" {
		out = append(out, p)
	}
	if p := s.r.Nodes.Plan; p != nil && len(p.Kept) > 0 {
		out = append(out, document.Counted(len(p.Kept), "node")+stay(len(p.Kept))+" ("+keptBy(p)+")")
	}
	if n := s.r.Summary.Containers.Withheld; n > 0 && judged(s.r) {
		out = append(out, document.Counted(n, "container")+" without advice")
	}
	if len(out) == 0 && len(s.r.Warnings) > 0 {
		out = append(out, document.Counted(len(s.r.Warnings), "warning"))
	}
	if len(out) == 0 {
		return
	}
	if len(s.r.Warnings) > 0 && s.o.Saved && !s.o.Verbose {
		out[len(out)-1] += s.with("plimsoll show warnings")
	}
	s.block("UNSURE", strings.Join(out, "; "), strongTone)
	if s.o.Verbose {
		for _, l := range brief.WarningLines(s.r.Warnings, true) {
			s.lines(wrap("  "+l, s.o.line(), 4)...)
		}
	}
}

// keptBy says what keeps nodes, by kind.
func keptBy(p *document.NodePlan) string {
	var kinds []string
	for _, x := range p.Pinned {
		kinds = append(kinds, brief.Clean(x.Kind))
	}
	if len(kinds) == 0 {
		return brief.Clean(p.Kept[0].Reason)
	}
	return strings.Join(kinds, ", ")
}

func stay(n int) string {
	if n == 1 {
		return " stays"
	}
	return " stay"
}
