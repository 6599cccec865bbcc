package text

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/layout"
)

// SectionAll is the section with everything.
const SectionAll = "all"

// Section is a part of the report that can be printed by itself.
type Section struct {
	Name, Doc string
	print     func(s *screen)
}

// Sections lists them all, in their order.
func Sections() []Section {
	return []Section{
		{"risks", "what is dangerous as it is, and its fix", (*screen).riskSection},
		{"rightsize", "every container's requests and limits, now and advised", (*screen).rightsizeSection},
		{"horizontal", "how workloads should be scaled, and what is wrong with autoscalers", func(s *screen) { s.prose(brief.ScalingLines(s.r)) }},
		{"nodes", "the plan of the nodes and the way to it", (*screen).nodesSection},
		{"purchase", "commitments, spot, and what they do when demand changes", func(s *screen) { s.prose(brief.PurchaseLines(s.r)) }},
		{"waste", "what costs money and does nothing", func(s *screen) { s.prose(brief.WasteLines(s.r, true)) }},
		{"prices", "where prices are from", func(s *screen) { s.prose(brief.PriceLines(s.r.Prices)) }},
		{"backtest", "what our sizes and other tools' would have brought on your history", (*screen).backtestSection},
		{"savings", "what the advice is worth by namespace, or --by team or kind", (*screen).savingsSection},
		{"warnings", "all doubts, in full", (*screen).warningsSection},
		{SectionAll, "everything, as text", nil},
	}
}

// warningsSection is the doubts, and where those of single containers stand.
func (s *screen) warningsSection() {
	lines := brief.WarningLines(s.r.Warnings, s.o.Section != SectionAll || s.o.Verbose)
	if n := s.r.Summary.Containers.Withheld; n > 0 && judged(s.r) && s.o.Section != SectionAll {
		lines = append(lines, document.Counted(n, "container")+" without advice"+s.with("plimsoll show -o wide --columns workload,why-not"))
	}
	s.prose(lines)
}

func writeSection(w io.Writer, r *document.Report, o Options) error {
	all := Sections()
	i := slices.IndexFunc(all, func(x Section) bool { return x.Name == o.Section })
	if i < 0 {
		return fmt.Errorf("there is no section %q", o.Section)
	}
	s := &screen{r: r, o: o}
	all[i].print(s)
	if s.Len() == 0 {
		s.lines("Nothing of " + o.Section + " in this report.")
	}
	_, err := w.Write(s.Bytes())
	return err
}

// prose prints sentences, each of which may take several lines.
func (s *screen) prose(texts []string) {
	for _, text := range texts {
		s.lines(layout.Wrap(layout.Called(s.o.Program, text), s.o.line(), 2)...)
	}
}

func (s *screen) riskSection() {
	all := s.risks()
	if len(all) == 0 {
		s.hang("", "N"+brief.Quiet(s.r)[1:]+".", layout.Plain)
		return
	}
	t := riskRows(all, true)
	s.lines(t.Print(s.o.line(), s.o.Color)...)
}

func (s *screen) nodesSection() {
	if p := s.r.Nodes.Plan; p != nil && s.r.Summary.MonthlyCost != nil {
		s.prose([]string{brief.PlanLine(p, &s.r.Summary, s.r.NoHistory())})
	}
	if p := s.r.Nodes.Plan; p != nil && p.Fresh != nil {
		s.prose([]string{brief.FreshLine(p)})
	}
	s.prose(brief.GroupLines(s.r.Nodes.Plan))
	if p := s.r.Nodes.Plan; p != nil {
		for _, k := range p.Kept {
			s.prose([]string{brief.Clean(k.Name) + " stays as it is: " + brief.Clean(k.Reason) + "."})
		}
	}
}

// rightsizeSection is the table of containers, with the notes below it.
func (s *screen) rightsizeSection() {
	notes := brief.Notes{Exact: s.o.Verbose}
	var rows, rest []row
	fine := 0
	if s.o.All || judged(s.r) {
		rows, rest, fine = listed(s.r, s.o, &notes)
	}
	if len(rows) > 0 {
		s.lines(s.containers(rows).Print(s.o.line(), s.o.Color)...)
		s.lines("")
	}
	var buf bytes.Buffer
	prose(&buf, s.o, append(leftOut(rest), footnotes(s.r, rows, fine, notes.Notes)...)...)
	s.Write(buf.Bytes())
}

const titleLimit = "MEMORY LIMIT"

// containers are the rows of right-sizing: names whole, as explain takes them.
func (s *screen) containers(list []row) *layout.Rows {
	columns := []column{
		{title: titleWorkload, cell: containerName, foot: func(*document.Report) string { return "TOTAL" }},
		{title: titleCPU, right: true, cell: func(r *row) string { return asciiChange(brief.CPUChange(r.Container)) }, foot: cpuTotal},
		{title: titleMemory, right: true, cell: func(r *row) string { return asciiChange(brief.MemoryChange(r.Container)) }, foot: memoryTotal},
		{title: titleLimit, right: true, cell: func(r *row) string { return asciiChange(memoryLimit(r)) }},
		freedColumn(),
		notesColumn(),
	}
	narrow := s.o.line() < wideScreen
	if narrow { // limits that change have a line of their own
		columns = slices.DeleteFunc(columns, func(c column) bool { return c.title == titleLimit })
	}
	if s.r.Summary.MonthlyCost == nil {
		columns = slices.DeleteFunc(columns, func(c column) bool { return c.money })
	}
	t := &layout.Rows{}
	head, foot := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.title
		if c.foot != nil {
			foot[i] = asciiChange(c.foot(s.r))
		}
		t.Right = append(t.Right, c.right)
	}
	titles := t.Add(head...)
	for i := range titles.Tones {
		titles.Tones[i] = layout.Strong
	}
	for i := range list {
		cells := make([]string, len(columns))
		for k, c := range columns {
			cells[k] = c.cell(&list[i])
		}
		l := t.Add(cells...)
		for k, c := range columns {
			if c.tone != nil {
				l.Tones[k] = c.tone(&list[i])
			}
		}
		for _, b := range below(list[i].Container, !narrow) {
			t.Add("  " + b)
		}
	}
	if whole(s.r) {
		t.Add(foot...)
	}
	return t
}

// below is what is said of a container below its row: limits that change and have
// no column, and a support that is less than good.
func below(c *document.Container, column bool) []string {
	out := limitsBelow(c, column)
	if x := brief.Support(c); x == "fairly" || x == "weakly" {
		out = append(out, x+" supported by the history")
	}
	return out
}

// whole reports whether the report has all the containers that its sums are of.
func whole(r *document.Report) bool {
	n := 0
	for i := range r.Workloads {
		n += len(r.Workloads[i].Containers)
	}
	return n == r.Summary.Containers.Total
}

// containerName names a container as the screen does; init containers apart.
func containerName(r *row) string {
	name := brief.Name(r.Workload, r.Container)
	if r.Container.Type == "init" {
		name += " (init)"
	}
	return name
}
