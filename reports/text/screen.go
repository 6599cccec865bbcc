package text

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/layout"
)

// screen is one page for any cluster: what was seen, what it comes to, what to
// fix first, what to save, what is unsure, and what to do next. It is made of
// the document alone.
type screen struct {
	bytes.Buffer
	r *document.Report
	o Options
	// risky and rows are how many risks and how many containers it lists.
	risky, rows int
}

// The screen lists at most mostRisks and mostRows, and as many fewer of the second,
// then of the first, down to leastRows, as keep the page within onePage lines. It lists
// more while the page has less than fullPage lines.
const (
	mostRisks = 8
	mostRows  = 5
	leastRows = 2
	onePage   = 40
	fullPage  = 30
)

func writeScreen(w io.Writer, r *document.Report, o Options) error {
	s := &screen{r: r, o: o, risky: mostRisks, rows: mostRows}
	for s.draw() > onePage && s.risky != leastRows {
		if s.rows > leastRows {
			s.rows--
		} else {
			s.risky--
		}
	}
	for more := true; more && s.draw() < fullPage; {
		more = s.grows(&s.risky) || s.grows(&s.rows)
	}
	s.draw() // the last try may not have fitted
	_, err := w.Write(s.Bytes())
	return err
}

// draw gives how many lines the page takes.
func (s *screen) draw() int {
	s.Reset()
	s.page()
	return bytes.Count(s.Bytes(), []byte("\n"))
}

// grows lists one more, where there is one that the page has room for.
func (s *screen) grows(list *int) bool {
	before := s.String()
	*list++
	if s.draw() <= onePage && s.String() != before {
		return true
	}
	*list--
	return false
}

func (s *screen) page() {
	s.seen()
	s.money()
	s.replayed()
	s.fixFirst()
	s.save()
	s.largest()
	s.unsure()
	s.next()
}

func (s *screen) lines(lines ...string) {
	for _, l := range lines {
		s.WriteString(l)
		s.WriteByte('\n')
	}
}

// block begins a part of the screen: a title and what stands beside it.
func (s *screen) block(title, beside string, t layout.Tone) {
	s.WriteByte('\n')
	head := layout.Painted(title, t, s.o.Color)
	if beside == "" {
		s.lines(head)
		return
	}
	if s.o.line() < titleRoom+layout.MinName {
		s.lines(head)
		s.hang("  ", beside, layout.Plain)
		return
	}
	for _, l := range layout.Wrap(layout.Called(s.o.Program, beside), s.beside(), 0) {
		s.lines(head + strings.Repeat(" ", titleRoom-len(title)) + l)
		head, title = "", ""
	}
}

// beside is the room beside a block's title.
func (s *screen) beside() int { return max(s.o.line()-titleRoom, layout.MinName) }

// titleRoom is the room that a block's title takes.
const titleRoom = 11

// seen says what was looked at.
func (s *screen) seen() {
	m := s.r.Metadata
	name := clusterName(m.Cluster)
	var parts []string
	for _, k := range sourceKinds(m.Sources) {
		parts = append(parts, sourceName(k))
	}
	if c, ok := s.r.Coverage(); ok && !m.GeneratedFrom.Moment && !s.r.NoUsage() {
		parts = append(parts, fmt.Sprintf("%.0f %% seen", 100*c))
	}
	from := ""
	if len(parts) > 0 {
		from = " (" + strings.Join(parts, ", ") + ")"
	}
	text := fmt.Sprintf("%s: %s, %s, %s%s", name, document.Counted(s.r.Nodes.Current.Count, "node"),
		document.Counted(len(s.r.Workloads), "workload"), brief.SpanOf(s.r), from)
	s.lines(layout.Wrap(text, s.o.line(), 2)...)
}

func sourceKinds(sources []analyzer.Source) []string {
	var out []string
	for _, x := range sources {
		if !slices.Contains(out, x.Kind) && (x.Reads != "inventory" || x.Kind != "kubernetes") {
			out = append(out, x.Kind)
		}
	}
	return out
}

// sourceName writes a source as its project does.
func sourceName(kind string) string {
	switch kind {
	case "prometheus":
		return "Prometheus"
	case "openmetrics":
		return "OpenMetrics"
	}
	return brief.Clean(kind)
}

// money is today's bill, and what is possible. The amounts add up in whole
// dollars.
func (s *screen) money() {
	s.lines("")
	for _, l := range brief.MoneyLines(s.r) {
		t := layout.Plain
		if l.Good {
			t = layout.Good
		}
		if l.Label == "" {
			s.hang("  ", l.Text, t)
			continue
		}
		s.hang(fmt.Sprintf("  %-10s", l.Label), l.Text, t)
	}
}

// hang prints a text beside a head, its further lines below its first; below
// the head where there is no room beside it.
func (s *screen) hang(head, text string, t layout.Tone) {
	if s.o.line()-layout.Cells(head) < layout.MinName && len(head) > 2 {
		s.lines(strings.TrimRight(head, " "))
		head = "  "
	}
	for _, l := range layout.Wrap(layout.Called(s.o.Program, text), max(s.o.line()-layout.Cells(head), 1), 0) {
		s.lines(head + layout.Painted(l, t, s.o.Color))
		head = strings.Repeat(" ", layout.Cells(head))
	}
}

// more points to the section that has the rest of a block.
func (s *screen) more(n int, section string) {
	if n <= 0 {
		return
	}
	s.hang("  ", fmt.Sprintf("%d more", n)+s.with("plimsoll show "+section), layout.Plain)
}

// command makes a command read this report.
func (s *screen) command(c string) string {
	if s.o.From != "" {
		c += " " + s.o.From
	}
	return c
}

// with adds a command to a text, where the report can be read again.
func (s *screen) with(c string) string {
	if !s.o.Saved {
		return ""
	}
	return ": " + s.command(c)
}
