// Package markdown writes the report in short, for a job's summary, a pull
// request or a ticket: what it comes to, what to fix first, the steps, and the
// rest folded.
package markdown

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

const (
	// mostRows is how many rows a table shows open, mostFolded how many folded.
	mostRows   = 5
	mostFolded = 200
	// maxSize is below what a comment or a job's summary may take.
	maxSize = 60_000
)

// Write writes the report.
func Write(w io.Writer, r *document.Report) error {
	var b page
	b.head(r)
	b.money(r)
	b.urgent(r)
	b.steps(r)
	b.largest(r)
	b.waste(r)
	b.warnings(r)
	fmt.Fprintf(&b, "\n<sub>plimsoll %s; list prices; %s</sub>\n", cell(r.Metadata.Version), cell(prices(r)))
	_, err := w.Write(b.Bytes())
	return err
}

// WriteSection writes one section of the report, as text says it.
func WriteSection(w io.Writer, r *document.Report, text string) error {
	var b page
	b.head(r)
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	lines, left := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n"), 0
	b.WriteString(fence + "text\n")
	for i, l := range lines {
		if b.Len()+len(l) > maxSize {
			left = len(lines) - i
			break
		}
		b.WriteString(l)
	}
	if left > 0 {
		fmt.Fprintf(&b, "%s more", document.Counted(left, "line"))
	}
	b.WriteString("\n" + fence + "\n")
	fmt.Fprintf(&b, "\n<sub>plimsoll %s; list prices; %s</sub>\n", cell(r.Metadata.Version), cell(prices(r)))
	_, err := w.Write(b.Bytes())
	return err
}

// head names the cluster, and of a part of the report what it has.
func (b *page) head(r *document.Report) {
	fmt.Fprintf(b, "## plimsoll: %s\n\n", cell(name(r)))
	if p := r.Metadata.Part.String(); p != "" {
		fmt.Fprintf(b, "A part of the report: %s. Sums are of the whole.\n\n", cell(p))
	}
}

func name(r *document.Report) string {
	if r.Metadata.Cluster == "" {
		return "cluster without a name"
	}
	return r.Metadata.Cluster
}

func prices(r *document.Report) string {
	if s := brief.PriceAge(r); s != "" {
		return s
	}
	if len(r.Prices) == 0 {
		return "no prices"
	}
	return "prices are less than two months old"
}

// page is what is written so far.
type page struct{ bytes.Buffer }

// money is what the nodes cost today, and what is possible.
func (b *page) money(r *document.Report) {
	m := r.Summary.MonthlyCost
	if p := r.Nodes.Plan; m == nil && p != nil && p.Fresh != nil {
		b.WriteString(cell(brief.FreshLine(p)) + "\n")
		return
	}
	if m == nil {
		b.WriteString("No node has a price, so there are no costs and no savings.\n")
		return
	}
	today, saves := brief.WholeOf(*m), brief.Saves(r)
	share := " (" + brief.Part(document.USD(saves), document.USD(today)) + ")"
	if r.NoHistory() { // what other hours need is not known
		share = ", by today's requests alone"
	}
	if r.Summary.QuietHour {
		for _, line := range brief.MoneyLines(r) {
			fmt.Fprintf(b, "- %s %s.\n", cell(line.Label), cell(line.Text))
		}
		return
	}
	for _, line := range brief.MoneyLines(r) {
		if line.Label == "held" {
			defer fmt.Fprintf(b, "\nToday's sum: %s.\n", cell(line.Text))
		}
	}
	b.WriteString("| today | possible | saves |\n|--:|--:|--:|\n")
	mark := ""
	if brief.SumMark(r) != "" {
		mark = cell(brief.EstimateMark)
	}
	fmt.Fprintf(b, "| %s%s a month | %s%s a month | %s%s%s |\n", mark, today, mark, today-saves, mark, saves, share)
	if gaps := brief.PriceGaps(r); gaps != "" {
		fmt.Fprintf(b, "\nPrices: %s. Sums that rest on them have the mark %s.\n", cell(gaps), cell(brief.EstimateMark))
	}
}

func (b *page) urgent(r *document.Report) {
	all := brief.Urgents(r)
	if len(all) == 0 {
		if r.Unseen(document.OOMKilled) != "" && r.Summary.Containers.Total > 0 { // else there is nothing to say
			fmt.Fprintf(b, "\n### Fix first\n\n%s.\n", cell(brief.Capital(brief.Quiet(r))))
		}
		return
	}
	fmt.Fprintf(b, "\n### Fix first\n\n%s\n\n", cell(brief.UrgentCounts(all)))
	b.WriteString("| workload | what | change |\n|---|---|---|\n")
	shown := brief.Pressing(all, mostRows)
	for _, x := range shown {
		change := x.Change
		if change == "" {
			change = x.Fix
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", code(x.Name), cell(x.What), cell(change))
	}
	b.more(len(all)-len(shown), 3)
}

// more ends a table of so many columns that does not show all.
func (b *page) more(n, columns int) {
	if n > 0 {
		fmt.Fprintf(b, "| %d more %s|\n", n, strings.Repeat("| ", columns-1))
	}
}

func (b *page) steps(r *document.Report) {
	all := brief.Savings(r)
	if len(all) == 0 {
		return
	}
	b.WriteString("\n### Save\n\nEach step needs the ones before.\n\n| step | what | a month | risk |\n|---|---|--:|---|\n")
	dollars := brief.StepDollars(all)
	for i, x := range all {
		step, money := fmt.Sprintf("%d %s", i+1, x.Name), brief.WholeOf(x.USD).String()
		switch {
		case x.Room:
			money = x.RoomWord()
		case x.Unknown:
			money = "not known"
		case !x.Beside:
			money, dollars = dollars[0].String(), dollars[1:]
		}
		if r.Summary.MonthlyCost == nil {
			money = ""
		}
		if x.Estimate && !x.Unknown && money != "" {
			money = brief.EstimateMark + money
		}
		if x.Beside {
			step, x.Size = x.Name, x.Size+", not nodes"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", cell(step), cell(x.Size), cell(money), cell(x.Risk))
	}
}

// largest are the containers that free the most room: a few, and the others
// folded.
func (b *page) largest(r *document.Report) {
	all := brief.Lowered(r)
	if len(all) == 0 {
		return
	}
	b.WriteString("\n### Largest requests to lower\n\n")
	if r.Metadata.GeneratedFrom.Moment {
		b.WriteString(brief.MomentMark + " " + brief.MomentWords + "\n\n")
	}
	n := min(mostRows, len(all))
	b.rows(all[:n])
	if n < len(all) {
		fmt.Fprintf(b, "\n<details><summary>%s more</summary>\n\n", document.Counted(len(all)-n, "container"))
		b.rows(all[n:])
		b.WriteString("\n</details>\n")
	}
}

func (b *page) rows(all []brief.Row) {
	b.WriteString("| container | CPU | memory | room a month | OOM a week |\n|---|--:|--:|--:|--:|\n")
	for i, x := range all {
		room := "-"
		if x.Container.MonthlySavings != nil {
			room = brief.GapMark(x.Workload.PriceGap) + brief.WholeOf(*x.Container.MonthlySavings).String()
		}
		if i == mostFolded || b.Len() > maxSize {
			b.more(len(all)-i, 5)
			return
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", code(brief.Name(x.Workload, x.Container)), cell(brief.CPUChange(x.Container)),
			cell(brief.MemoryChange(x.Container)), cell(room), cell(brief.OOMRisk(x.Container)))
	}
}

func (b *page) waste(r *document.Report) {
	if len(r.Waste) == 0 || b.Len() > maxSize {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>%s of waste</summary>\n\n| what | a month | if removed |\n|---|--:|---|\n", document.Counted(len(r.Waste), "finding"))
	for i := range r.Waste {
		if i == mostFolded || b.Len() > maxSize {
			b.more(len(r.Waste)-i, 3)
			break
		}
		x := &r.Waste[i]
		fmt.Fprintf(b, "| %s | %s | %s |\n", cell(x.Title), cell(brief.WasteMoney(x)), cell(x.Loss))
	}
	b.WriteString("\n</details>\n")
}

func (b *page) warnings(r *document.Report) {
	all := brief.WarningLines(r.Warnings, false)
	if len(all) == 0 || b.Len() > maxSize {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>%s</summary>\n\n", document.Counted(len(all), "warning"))
	for i, x := range all {
		if b.Len() > maxSize {
			fmt.Fprintf(b, "- %d more\n", len(all)-i)
			break
		}
		fmt.Fprintf(b, "- %s\n", cell(x))
	}
	b.WriteString("\n</details>\n")
}

// cell escapes text so that it can neither break a table nor become markup, a
// mention or a link.
func cell(s string) string {
	return escapes.Replace(brief.Clean(s))
}

var escapes = strings.NewReplacer("\\", "\\\\", "|", "\\|", "<", "&lt;", ">", "&gt;", "&", "&amp;", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "@", "&#64;", "#", "\\#", "~", "\\~", "://", ":&#47;&#47;", "www.", "www&#46;")

// code writes a name as code. One with a character that code in a table cannot hold is
// written as text: there it can be escaped.
func code(s string) string {
	if s = brief.Clean(s); s == "" || strings.ContainsAny(s, "`|\\") {
		return cell(s)
	}
	return "`" + s + "`"
}
