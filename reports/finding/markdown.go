package finding

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// Marker is the first line of the comment, by which it is found again to be
// updated in place.
const Marker = "<!-- plimsoll:gate -->"

const (
	// maxComment is below GitHub's 65,536 characters and GitLab's million.
	maxComment = 60_000
	// maxRows is how many workloads the table shows.
	maxRows = 20
)

// writeMarkdown prints a comment: one sentence, the workloads whose cost
// changes, and the findings, folded. What is beyond the size that code hosts
// take is cut from the end and counted.
func writeMarkdown(w io.Writer, r *Report, o Options) error {
	var b bytes.Buffer
	mark := "passed"
	if r.Fails() {
		mark = "failed"
	}
	fmt.Fprintf(&b, "%s\n**plimsoll gate %s**: %s", Marker, mark, r.verdict())
	if s := r.costLine(); s != "" {
		fmt.Fprintf(&b, ". %s", s)
	}
	b.WriteString("\n")
	if s := r.Read(); s != "" {
		fmt.Fprintf(&b, "\n%s\n", cell(s))
	}
	markdownCost(&b, r)
	footer := markdownFooter(r)
	findings := r.shown(o.All)
	for _, severity := range []verdict.Severity{verdict.SeverityError, verdict.SeverityWarning, verdict.SeverityNote} {
		markdownFindings(&b, severity, findings, maxComment-len(footer))
	}
	b.WriteString(footer)
	_, err := w.Write(b.Bytes())
	return err
}

func markdownCost(b *bytes.Buffer, r *Report) {
	lines := changed(r)
	if !r.Cost.Known || r.Cost.Base == "" || len(lines) == 0 {
		return
	}
	b.WriteString("\n| workload | replicas | CPU | memory | USD a month | delta |\n|---|---|---|---|--:|--:|\n")
	for i, l := range lines {
		if i == maxRows {
			fmt.Fprintf(b, "| %d more | | | | | |\n", len(lines)-maxRows)
			break
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", code(l.Object), cell(replicas(l)),
			cell(arrow(l.RequestsBefore.CPU, l.RequestsAfter.CPU)), cell(arrow(l.RequestsBefore.Memory, l.RequestsAfter.Memory)), usd(l.After), signed(l.Delta))
	}
}

func markdownFindings(b *bytes.Buffer, severity verdict.Severity, findings []verdict.Finding, room int) {
	var lines []string
	for _, f := range findings {
		if f.Severity != severity {
			continue
		}
		line := fmt.Sprintf("- %s %s: %s\n", code(location(f.Place)), code(f.Rule), cell(f.Message))
		if s := subject(f); s != "" {
			line = fmt.Sprintf("- %s %s %s: %s\n", code(location(f.Place)), code(f.Rule), code(s), cell(f.Message))
		}
		if f.Reason != "" {
			line += "  " + cell(f.Reason) + "\n"
		}
		if s := reaches(f); s != "" {
			line += "  " + cell(s) + "\n"
		}
		if len(f.Fix) > 0 {
			line += fmt.Sprintf("  fix: %s\n", code(fix(f)))
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return
	}
	const tail = "- ... %d more\n"
	open := ""
	if severity == verdict.SeverityError {
		open = " open"
	}
	fmt.Fprintf(b, "\n<details%s><summary>%s</summary>\n\n", open, plural(len(lines), string(severity)))
	for i, line := range lines {
		if b.Len()+len(line)+100 > room {
			fmt.Fprintf(b, tail, len(lines)-i)
			break
		}
		b.WriteString(line)
	}
	b.WriteString("\n</details>\n")
}

func markdownFooter(r *Report) string {
	var parts []string
	if r.Cost.Known {
		parts = append(parts, "prices: "+r.Cost.Prices)
	}
	if r.Evidence != "" {
		parts = append(parts, "evidence: "+r.Evidence)
	}
	if n := len(r.Cost.Uncounted); n > 0 && r.Cost.Known {
		parts = append(parts, fmt.Sprintf("%s without a known number of pods not counted", plural(n, "workload")))
	}
	parts = append(parts, "plimsoll "+r.Version)
	return "\n<sub>" + cell(strings.Join(parts, "; ")) + "</sub>\n"
}

// cell escapes text so that it can neither break the table nor become markup.
func cell(s string) string {
	s = printable(strings.NewReplacer("\n", " ", "\r", "").Replace(s))
	return strings.NewReplacer("\\", "\\\\", "|", "\\|", "<", "&lt;", ">", "&gt;", "\n", " ", "\r", "", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "@", "&#64;").Replace(s)
}

// code writes text as code; backquotes cannot stand in it.
func code(s string) string {
	s = printable(strings.NewReplacer("\n", " ", "\r", "").Replace(s))
	return "`" + strings.NewReplacer("`", "'", "|", "\\|", "\n", " ", "\r", "").Replace(s) + "`"
}
