package text

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
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
		{"horizontal", "how workloads should be scaled, and what is wrong with autoscalers", func(s *screen) { s.prose(brief.ScalingLines(s.r, true)) }},
		{"nodes", "the plan of the nodes and the way to it", (*screen).nodesSection},
		{"purchase", "commitments, spot, and what they do when demand changes", func(s *screen) { s.prose(brief.PurchaseLines(s.r, true)) }},
		{"waste", "what costs money and does nothing", func(s *screen) { s.prose(brief.WasteLines(s.r, true)) }},
		{"prices", "where prices are from", func(s *screen) { s.prose(brief.PriceLines(s.r.Prices)) }},
		{"backtest", "what our sizes and other tools' would have brought on your history", (*screen).backtestSection},
		{"savings", "what the advice is worth by namespace, or --by team or kind", (*screen).savingsSection},
		{"warnings", "all doubts, in full", func(s *screen) { s.prose(brief.WarningLines(s.r.Warnings, true)) }},
		{SectionAll, "everything, as text", nil},
	}
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
		s.lines(wrap(text, s.o.line(), 2)...)
	}
}

func (s *screen) riskSection() {
	all := s.risks()
	if len(all) == 0 {
		s.lines("Nothing was OOM-killed, short of CPU or blocked.")
		return
	}
	t := riskRows(all, true)
	t.indent = 0
	s.lines(t.print(s.o.line(), s.o.Color)...)
}

func (s *screen) nodesSection() {
	if p := s.r.Nodes.Plan; p != nil && s.r.Summary.MonthlyCost != nil {
		s.prose([]string{brief.PlanLine(p, *s.r.Summary.MonthlyCost, s.r.NoHistory())})
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
	var buf bytes.Buffer
	notes := brief.Notes{Exact: s.o.Verbose}
	rows, rest, fine := listed(s.r, s.o, &notes)
	if len(rows) > 0 {
		// A buffer takes all that is written to it.
		_ = render(&buf, s.r, rows, tableColumns(), s.o)
		buf.WriteByte('\n')
	}
	prose(&buf, s.o, leftOut(rest)...)
	var lines []string
	if fine > 0 {
		lines = append(lines, document.Counted(fine, "container")+" fine as they are.")
	}
	for i, n := range notes.Notes {
		lines = append(lines, fmt.Sprintf("[%d] %s", i+1, n))
	}
	prose(&buf, s.o, lines...)
	s.Write(buf.Bytes())
}
