package finding

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// mostAnnotations is how many annotations of one level GitHub shows of a step;
// it drops the others without a word.
const mostAnnotations = 10

// writeGitHub prints workflow commands, the gravest and dearest first, for
// GitHub drops what is too much, and then the table, for GitHub's log shows of a
// command its message alone.
func writeGitHub(w io.Writer, r *Report, o Options) error {
	out := bufio.NewWriter(w)
	findings := r.shown(o.All)
	slices.SortStableFunc(findings, func(a, b verdict.Finding) int {
		weight := func(s verdict.Severity) int { return slices.Index(verdict.Severities(), s) }
		return cmp.Or(cmp.Compare(weight(b.Severity), weight(a.Severity)), cmp.Compare(max(b.MonthlyUSD, -b.MonthlyUSD), max(a.MonthlyUSD, -a.MonthlyUSD)))
	})
	shown, left := map[verdict.Severity]int{}, 0
	for _, f := range findings {
		if shown[f.Severity]++; shown[f.Severity] > mostAnnotations {
			left++
			continue
		}
		command := map[verdict.Severity]string{verdict.SeverityError: "error", verdict.SeverityWarning: "warning", verdict.SeverityNote: "notice"}[f.Severity]
		fmt.Fprintf(out, "::%s %s::%s\n", command, properties(f), data(annotation(f)))
	}
	if left > 0 {
		fmt.Fprintf(out, "%s more are not shown as annotations, since GitHub takes %d of a level; all are listed below\n", plural(left, "finding"), mostAnnotations)
	}
	var table bytes.Buffer
	if err := writeTable(&table, r, o); err != nil {
		return err
	}
	for line := range strings.Lines(table.String()) {
		fmt.Fprint(out, inert(line))
	}
	return out.Flush()
}

// inert keeps a line of text from being read as a workflow command: those
// begin with two colons, or have ##[ anywhere.
func inert(line string) string {
	line = strings.ReplaceAll(line, "##[", "## [")
	if strings.HasPrefix(strings.TrimSpace(line), "::") {
		return "." + line
	}
	return line
}

func annotation(f verdict.Finding) string {
	text := f.Message
	if s := subject(f); s != "" {
		text = s + ": " + text
	}
	if f.Reason != "" {
		text += "\n" + f.Reason
	}
	if s := reaches(f); s != "" {
		text += "\n" + s
	}
	if len(f.Fix) > 0 {
		text += "\nfix: " + fix(f)
	}
	return text
}

func properties(f verdict.Finding) string {
	p := fmt.Sprintf("file=%s,line=%d,col=%d", property(f.Place.File), f.Place.Start.Line, f.Place.Start.Column)
	if f.Place.End.Line == f.Place.Start.Line && f.Place.End.Column > f.Place.Start.Column {
		p += fmt.Sprintf(",endLine=%d,endColumn=%d", f.Place.End.Line, f.Place.End.Column)
	}
	return p + ",title=" + property("plimsoll "+f.Rule)
}

// data and property escape what ends a command, or a property of one.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}
