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

// save is the block of the levers: what each takes off the bill, in whole
// dollars that add up to the whole.
func (s *screen) save() {
	all := brief.Savings(s.r)
	if len(all) == 0 {
		return
	}
	dollars := brief.StepDollars(all)
	t := &layout.Rows{Indent: 2, Right: []bool{false, false, true, false}}
	head := t.Add("SAVE", "each needs those before", "A MONTH", "RISK")
	for i := range head.Tones {
		head.Tones[i] = layout.Strong
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
			label, money = fmt.Sprintf("%d %s", n, x.Name), x.RoomWord()
			switch {
			case x.Unknown:
				money = "not known"
			case !x.Room:
				money, dollars = dollars[0].String(), dollars[1:]
			}
		}
		if s.r.Summary.MonthlyCost == nil {
			money = ""
		} else if x.Estimate && !x.Unknown {
			money, marked = brief.EstimateMark+money, true
		}
		l := t.Add(label, x.Size, money, x.Risk)
		if !x.Room && x.USD > 0 {
			l.Tones[2] = layout.Good
		}
	}
	s.saveTable(t)
	if marked {
		s.hang("  ", brief.EstimateWords(s.r), layout.Plain)
	}
	if words := brief.WasteWithin(s.r); words != "" && s.o.Saved {
		s.hang("  ", words+s.with("plimsoll show waste"), layout.Plain)
	}
}

func (s *screen) saveTable(t *layout.Rows) {
	s.WriteByte('\n')
	for i, l := range t.Print(s.o.line(), s.o.Color) {
		if i == 0 {
			l = strings.Replace(l, "  ", "", 1) // the title stands at the edge
			l = strings.Replace(l, "SAVE", "SAVE  ", 1)
			l = strings.Replace(l, "\x1b[1mSAVE  \x1b[0m", "\x1b[1mSAVE\x1b[0m  ", 1)
		}
		s.lines(l)
	}
}

// first is the workload whose requests free the most room, else the one that is to
// have the most more; nil without either.
func (s *screen) first() *document.Workload {
	for _, list := range []func(*document.Report) []brief.Row{brief.Lowered, brief.Raised} {
		if all := list(s.r); len(all) > 0 {
			return all[0].Workload
		}
	}
	return nil
}

// largest is the block of the containers that free the most room, or, where none does,
// of those that are to have the most more.
func (s *screen) largest() {
	all, title := brief.Lowered(s.r), "LARGEST TO LOWER"
	if len(all) == 0 {
		all, title = brief.Raised(s.r), "LARGEST TO RAISE"
	}
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
	t := &layout.Rows{Indent: 2, Right: []bool{false, true, true, true, true, true}}
	head := []string{title, "CPU", "MEMORY", "ROOM/MONTH", "OOM A WEEK"}
	if wide {
		head = slices.Insert(head, 3, "MEMORY LIMIT")
	}
	titles := t.Add(s.priced(head)...)
	for i := range titles.Tones {
		titles.Tones[i] = layout.Strong
	}
	for i := range all[:n] {
		x := &all[i]
		cells := []string{brief.Name(x.Workload, x.Container), asciiChange(brief.CPUChange(x.Container)), asciiChange(brief.MemoryChange(x.Container)), roomOf(x), brief.OOMRisk(x.Container)}
		if wide {
			cells = slices.Insert(cells, 3, asciiChange(memoryLimit(&row{Row: *x})))
		}
		t.Add(s.priced(cells)...)
		for _, l := range limitsBelow(x.Container, wide) {
			t.Add("  " + l)
		}
	}
	s.WriteByte('\n')
	for i, l := range t.Print(s.o.line(), s.o.Color) {
		if i == 0 {
			l = strings.Replace(l, "  ", "", 1)
			l = strings.Replace(l, title, title+"  ", 1)
			l = strings.Replace(l, title+"  \x1b[0m", title+"\x1b[0m  ", 1)
		}
		s.lines(l)
	}
	if s.r.Metadata.GeneratedFrom.Moment {
		s.lines("  " + brief.MomentMark + " " + brief.MomentWords)
	}
	s.more(len(all)-n, "rightsize")
}

// priced leaves out the money, which is the last but one, where nothing has a price.
func (s *screen) priced(cells []string) []string {
	if s.r.Summary.MonthlyCost == nil {
		return slices.Delete(cells, len(cells)-2, len(cells)-1)
	}
	return cells
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

// unsure is the block of what weakens the numbers: two lines, of which the words
// give way to counts where they are more. Warnings in full stand below it if asked for.
func (s *screen) unsure() {
	const most = 2
	var out []string
	for words := range 4 {
		out = s.doubts(3 - words)
		if s.o.Verbose || len(layout.Wrap(layout.Called(s.o.Program, strings.Join(out, "; ")), s.beside(), 0)) <= most {
			break
		}
	}
	if len(out) == 0 {
		return
	}
	s.block("UNSURE", strings.Join(out, "; "), layout.Strong)
	if s.o.Verbose {
		for _, l := range brief.WarningLines(s.r.Warnings, true) {
			s.lines(layout.Wrap("  "+l, s.o.line(), 4)...)
		}
	}
}

// doubts lists what weakens the numbers, in as many words as there is room for: 3
// says the first doubt of the sources, 2 counts them, 1 leaves out why nodes stay,
// 0 is the shortest.
func (s *screen) doubts(words int) (out []string) {
	if of := brief.WarningLines(brief.SourceDoubts(s.r.Warnings), false); s.o.Verbose {
		out = of
	} else {
		out = inFew(of, words)
	}
	if of := brief.Unused(s.r); of != "" {
		out = append(out, of)
	}
	if n := brief.Unpromised(s.r); n > 0 {
		out = append(out, document.Counted(n, "request")+doNot(n)+" hold for every pod and hour")
	}
	if p := brief.PriceAge(s.r); p != "" {
		out = append(out, p)
	}
	if n := brief.KeptMachines(s.r.Nodes.Plan); n > 0 {
		why := ""
		if words > 1 {
			why = " (" + keptBy(s.r.Nodes.Plan) + ")"
		}
		out = append(out, document.Counted(n, "node")+" must stay"+why)
	}
	if n := s.r.Summary.Containers.Withheld; n > 0 && judged(s.r) {
		if words > 0 {
			out = append(out, document.Counted(n, "container")+" without advice")
		} else {
			out = append(out, fmt.Sprintf("%d without advice", n))
		}
	}
	if len(out) == 0 && len(s.r.Warnings) > 0 {
		out = append(out, document.Counted(len(s.r.Warnings), "warning"))
	}
	if len(out) > 0 && len(s.r.Warnings) > 0 && s.o.Saved && !s.o.Verbose {
		out[len(out)-1] += s.with("plimsoll show warnings")
	}
	return out
}

// inFew is the first doubt of the sources and how many more there are, or how many
// there are.
func inFew(doubts []string, words int) []string {
	n := len(doubts)
	switch {
	case n == 0:
		return nil
	case words < 3:
		return []string{document.Counted(n, "doubt") + " about the sources"}
	case n == 1:
		return doubts
	}
	return []string{inShort(doubts[0]), document.Counted(n-1, "more doubt") + " about the sources"}
}

// inShort is a doubt without what follows from it, which is among the warnings:
// its subject, and its first clause.
func inShort(doubt string) string {
	subject, rest, ok := strings.Cut(doubt, ": ")
	if !ok {
		return doubt
	}
	what, _, _ := strings.Cut(rest, ": ")
	return subject + ": " + what
}

// keptBy says what keeps most nodes, and how many other reasons there are.
func keptBy(p *document.NodePlan) string {
	first, kinds := "", 0
	for most, i := 0, 0; i < len(p.Pinned); i++ {
		x := &p.Pinned[i]
		if x.ByPod {
			continue
		}
		if kinds++; x.Nodes > most {
			first, most = brief.Clean(x.Kind), x.Nodes
		}
	}
	if kinds > 1 {
		return fmt.Sprintf("%s, and %s", first, document.Counted(kinds-1, "other reason"))
	}
	return cmp.Or(first, brief.Clean(p.Kept[0].Reason))
}

func doNot(n int) string {
	if n == 1 {
		return " does not"
	}
	return " do not"
}
