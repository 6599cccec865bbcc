package text

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/layout"
)

// row is one container of one workload.
type row struct {
	brief.Row
	notes []int // numbers of the notes that concern it
	blind bool  // OOM kills are not known
}

// WriteTable writes the first screen, a section of the report, or all of it.
func WriteTable(w io.Writer, r *document.Report, o Options) error {
	return layout.Plainly(w, o.ASCII, func(w io.Writer) error { return writeTable(w, r, o) })
}

func writeTable(w io.Writer, r *document.Report, o Options) error {
	o.Section = r.Metadata.Part.Printed(o.Section)
	switch {
	case r.Allocation != nil:
		return writeAllocation(w, r, o)
	case o.Section == SectionAll:
		return writeAll(w, r, o)
	case o.Section != "":
		return writeSection(w, r, o)
	}
	return writeScreen(w, r, o)
}

// WriteWide writes the containers as one table, a section, or all of it, in full.
func WriteWide(w io.Writer, r *document.Report, o Options) error {
	return layout.Plainly(w, o.ASCII, func(w io.Writer) error { return writeContainers(w, r, o) })
}

func writeContainers(w io.Writer, r *document.Report, o Options) error {
	o.Section = r.Metadata.Part.Printed(o.Section)
	switch {
	case r.Allocation != nil:
		o.Width, o.Verbose = unlimited, true
		return writeAllocation(w, r, o)
	case o.Section == SectionAll:
		o.Width, o.Verbose = Widest, true
		return writeAll(w, r, o)
	case o.Section == "" || o.Section == "rightsize":
		return writeWide(w, r, o)
	}
	return writeSection(w, r, o)
}

// writeAll writes the sums, then every section that has something to say.
func writeAll(w io.Writer, r *document.Report, o Options) error {
	s := &screen{r: r, o: o}
	for _, l := range headline(r) {
		s.lines(layout.Wrap(l, o.line(), 0)...)
	}
	for _, x := range Sections() {
		if x.print == nil {
			continue
		}
		part := &screen{r: r, o: o}
		if x.print(part); part.Len() > 0 {
			s.block(strings.ToUpper(x.Name), "", layout.Strong)
			s.Write(part.Bytes())
		}
	}
	_, err := w.Write(s.Bytes())
	return err
}

// judged reports whether any rule looked at the containers' requests. Where
// none did, as with --only waste, they are not listed.
func judged(r *document.Report) bool {
	none := true
	for i := range r.Workloads {
		for j := range r.Workloads[i].Containers {
			c := &r.Workloads[i].Containers[j]
			if !slices.ContainsFunc(c.Warnings, func(w analyzer.Warning) bool { return w.Code == document.WarnNotJudged }) {
				return true
			}
			none = false
		}
	}
	return none
}

// prose writes each text wrapped to the width; a continued line is indented
// by two, or by a note's mark.
func prose(buf *bytes.Buffer, o Options, texts ...string) {
	for _, text := range texts {
		indent := 0
		if strings.HasPrefix(text, "[") {
			indent = strings.IndexByte(text, ']') + 2
		} else if strings.HasPrefix(text, "warning:") {
			indent = 2
		}
		for _, line := range layout.Wrap(text, o.line(), indent) {
			buf.WriteString(line)
			buf.WriteByte('\n')
		}
	}
}

// headline says what was looked at and what it comes to.
func headline(r *document.Report) []string {
	s := r.Summary
	out := []string{subject(r)}
	switch {
	case s.MonthlyCost == nil && r.Nodes.Plan != nil && r.Nodes.Plan.Fresh != nil:
		out = append(out, brief.FreshLine(r.Nodes.Plan))
	case s.MonthlyCost == nil:
		out = append(out, "No node has a price: neither costs nor savings can be told.")
	case s.Rightsize.Monthly == nil || s.Containers.Total == s.Containers.Withheld:
		out = append(out, fmt.Sprintf("It costs %s a month.", brief.WholeOf(*s.MonthlyCost)))
	case r.Partial():
		var part document.USD
		for i := range r.Workloads {
			if c := r.Workloads[i].MonthlyCost; c != nil {
				part += *c
			}
		}
		out = append(out, fmt.Sprintf("It costs %s a month, the workloads that are listed %s of it; right-sizing %s.", brief.WholeOf(*s.MonthlyCost), brief.WholeOf(part), worth(*s.Rightsize.Monthly, part, r.NoHistory())))
	default:
		out = append(out, fmt.Sprintf("It costs %s a month; right-sizing %s.", brief.WholeOf(*s.MonthlyCost), worth(*s.Rightsize.Monthly, *s.MonthlyCost, r.NoHistory())))
	}
	if p := r.Nodes.Plan; p != nil && s.MonthlyCost != nil {
		out = append(out, brief.PlanLine(p, &s, r.NoHistory()))
	}
	if s.IdleMonthly != nil && s.OverheadMonthly != nil && !r.Partial() {
		out = append(out, fmt.Sprintf("Of the cost %s is unrequested capacity, %s is what nodes keep for the system.", brief.WholeOf(*s.IdleMonthly), brief.WholeOf(*s.OverheadMonthly)))
	}
	if line := wholeBillLine(s.MonthlyBill, r.Partial()); line != "" {
		out = append(out, line)
	}
	return out
}

func worth(savings, cost document.USD, noHistory bool) string {
	share := ""
	if cost > 0 && !noHistory {
		share = fmt.Sprintf(" (%s)", brief.Part(max(savings, -savings), cost))
	}
	switch {
	case savings == 0:
		return "changes nothing in it"
	case savings < 0:
		return fmt.Sprintf("takes room worth %s more%s", brief.Little(-savings), share)
	}
	return fmt.Sprintf("frees room worth %s%s", brief.Little(savings), share)
}

func subject(r *document.Report) string {
	m := r.Metadata
	name := brief.Clean(m.Cluster)
	if name == "" {
		name = "(without a name)"
	}
	var kinds []string
	for _, s := range m.Sources {
		if !slices.Contains(kinds, s.Kind) {
			kinds = append(kinds, s.Kind)
		}
	}
	from := ""
	if len(kinds) > 0 {
		from = ", from " + brief.Clean(strings.Join(kinds, ", "))
	}
	return fmt.Sprintf("Cluster %s, %s%s: %s, %s.", name, spanOf(r), from,
		document.Counted(r.Nodes.Current.Count, "node"), document.Counted(len(r.Workloads), "workload"))
}

func spanOf(r *document.Report) string {
	w := r.Metadata.GeneratedFrom
	if r.NoUsage() {
		return "no usage seen"
	}
	end := w.End.UTC().Format("2006-01-02 15:04 MST")
	if w.Moment {
		return "at " + end + " only, no history"
	}
	d := w.End.Sub(w.Start)
	if d >= 48*time.Hour {
		return document.Figures(d.Hours()/24) + " days to " + end
	}
	return document.Counted(int(d.Hours()+0.5), "hour") + " to " + end
}

// listed gives the rows of the table, most savings first, those beyond the
// limit, and the number of containers that are left out because they are fine
// as they are.
func listed(r *document.Report, o Options, notes *brief.Notes) (rows, rest []row, fine int) {
	for i := range r.Workloads {
		w := &r.Workloads[i]
		for j := range w.Containers {
			c := &w.Containers[j]
			if !o.All && len(doubts(c)) == 0 && c.Recommended != nil && *c.Recommended == c.Current {
				fine++
				continue
			}
			rows = append(rows, row{Row: brief.Row{Workload: w, Container: c}})
		}
	}
	slices.SortStableFunc(rows, compareRows)
	if o.Top > 0 && len(rows) > o.Top {
		rows, rest = rows[:o.Top:o.Top], rows[o.Top:]
	}
	for i := range rows {
		for _, w := range doubts(rows[i].Container) {
			if n := notes.Add(w); !slices.Contains(rows[i].notes, n) {
				rows[i].notes = append(rows[i].notes, n)
			}
		}
		slices.Sort(rows[i].notes)
	}
	return rows, rest, fine
}

// doubts are a container's warnings and what is withheld, in their order.
func doubts(c *document.Container) []analyzer.Warning {
	if len(c.Withheld) == 0 {
		return c.Warnings
	}
	out := slices.Clone(c.Warnings)
	for _, w := range c.Withheld {
		message := w.Reason
		if w.Resource != "all" {
			message = w.Resource + ": " + w.Reason
		}
		out = append(out, analyzer.Warning{Code: document.WarnWithheld, Message: message})
	}
	slices.SortFunc(out, analyzer.CompareWarnings)
	return out
}

// leftOut says what the rows beyond the limit come to.
func leftOut(rest []row) []string {
	if len(rest) == 0 {
		return nil
	}
	var sum document.USD
	for _, x := range rest {
		sum += brief.Freed(x.Container)
	}
	return []string{fmt.Sprintf("%s more, together %s, not listed.", document.Counted(len(rest), "container"), sum)}
}

// footnotes are the lines below the table.
func footnotes(r *document.Report, rows []row, fine int, notes []brief.Note) []string {
	var out []string
	switch {
	case fine == 1:
		out = append(out, "1 container is fine as it is.")
	case fine > 1:
		out = append(out, fmt.Sprintf("%d containers are fine as they are.", fine))
	case len(r.Workloads) == 0:
		out = append(out, "No workload was found.")
	case len(rows) == 0:
		out = append(out, "No rule has looked at the containers' requests, so they are not listed; --show-all lists them.")
	}
	if len(rows) > 0 {
		out = append(out, "CPU and memory are requests of one pod, the total is over all pods. Room leaves the bill when nodes go.")
		if slices.ContainsFunc(rows, func(x row) bool { return x.Container.Recommended != nil }) {
			out = append(out, "Where nothing else is said, the history supports the advice well.")
		}
	}
	if slices.ContainsFunc(rows, func(x row) bool { return x.Workload.PriceGap != "" }) {
		out = append(out, brief.EstimateWords(r)+".")
	}
	for i, n := range notes {
		out = append(out, fmt.Sprintf("[%d] %s", i+1, n))
	}
	return out
}

func compareRows(a, b row) int { return brief.CompareRows(a.Row, b.Row) }
