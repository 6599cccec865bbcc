package finding

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
	"github.com/plimsoll-k8s/plimsoll/reports/format"
)

// Report is a judgement with what made it.
type Report struct {
	*verdict.Result
	// Rules are those that could have run, the policy's own among them.
	Rules []gate.Rule
	// Threshold is the severity from which a finding fails the gate.
	Threshold verdict.Severity
	// Version is the program's.
	Version string
	// Evidence names the report or snapshot; "" without one.
	Evidence string
	// Today is the date by which waivers were judged.
	Today string
}

// Options is how to print.
type Options struct {
	Color bool
	// All prints findings that are known or waived, too.
	All bool
	// Indent lays JSON out for people.
	Indent bool
}

// Format is one way to print a judgement.
type Format struct {
	Name  string
	Doc   string // one line
	Write func(w io.Writer, r *Report, o Options) error
	// ForPeople says that it tells in words what was read.
	ForPeople bool
}

// Formats lists every format.
func Formats() []Format {
	return []Format{
		{"table", "for a terminal", writeTable, true},
		{"json", "everything; indented on a terminal", writeJSON, false},
		{"sarif", "SARIF 2.1.0 for code scanning", writeSARIF, false},
		{"junit", "JUnit XML: a test suite a rule", steady(writeJUnit), false},
		{"github", "workflow commands that GitHub shows as annotations, and the table", steady(writeGitHub), true},
		{"markdown", "a comment for a pull request", steady(writeMarkdown), true},
		{"gitlab", "GitLab's code quality report", writeGitLab, false},
	}
}

// steady takes what analyzer.Steers a terminal or turns text around out of what a writer
// prints that has no colours of its own.
func steady(write func(io.Writer, *Report, Options) error) func(io.Writer, *Report, Options) error {
	return func(w io.Writer, r *Report, o Options) error {
		var b bytes.Buffer
		o.Color = false
		if err := write(&b, r, o); err != nil {
			return err
		}
		lines := strings.Split(b.String(), "\n")
		for i, line := range lines {
			lines[i] = analyzer.Printable(line)
		}
		_, err := io.WriteString(w, strings.Join(lines, "\n"))
		return err
	}
}

// Lookup finds a format by name.
func Lookup(name string) (Format, error) { return format.Lookup(Formats(), nameOf, name) }

// Names lists the formats' names.
func Names() []string { return format.Names(Formats(), nameOf) }

func nameOf(f Format) string { return f.Name }

// Fails reports whether the gate is closed.
func (r *Report) Fails() bool { return r.Result.Fails(r.Threshold) }

// shown gives the findings that are printed: those that count, and with all
// also the others. What was put right just now is no longer there.
func (r *Report) shown(all bool) []verdict.Finding {
	out := r.present()
	if !all {
		out = slices.DeleteFunc(out, func(f verdict.Finding) bool { return !f.Counts() })
	}
	return out
}

// present gives the findings but for those that were put right.
func (r *Report) present() []verdict.Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f verdict.Finding) bool { return f.State == verdict.StateFixed })
}

// verdict says in one sentence how it went.
func (r *Report) verdict() string {
	s := r.Summary
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{s.Errors, "error"}, {s.Warnings, "warning"}, {s.Notes, "note"}} {
		if p.n > 0 {
			parts = append(parts, plural(p.n, p.word))
		}
	}
	text := "nothing found"
	if len(parts) > 0 {
		text = strings.Join(parts, ", ")
	}
	if s.Known > 0 {
		text += fmt.Sprintf("; %d known", s.Known)
	}
	if s.Fixed > 0 {
		text += fmt.Sprintf("; %d fixed", s.Fixed)
	}
	if s.Waived > 0 {
		text += fmt.Sprintf("; %d waived", s.Waived)
	}
	return fmt.Sprintf("%s in %s", text, plural(s.Workloads, "workload"))
}

// Verdict says in one line why the gate failed: gate failed: 3 errors
// (--fail-on error).
func (r *Report) Verdict() string {
	s, of := r.Summary, []string{}
	for _, p := range []struct {
		severity verdict.Severity
		n        int
	}{{verdict.SeverityError, s.Errors}, {verdict.SeverityWarning, s.Warnings}, {verdict.SeverityNote, s.Notes}} {
		if p.n > 0 && p.severity.AtLeast(r.Threshold) {
			of = append(of, plural(p.n, string(p.severity)))
		}
	}
	return fmt.Sprintf("gate failed: %s (--fail-on %s)", strings.Join(of, ", "), r.Threshold)
}

// Withheld says that a check which was asked for lacks its evidence; nil where
// every workload has it.
func (r *Report) Withheld() error {
	if r.Account.Withheld == 0 {
		return nil
	}
	text := fmt.Sprintf("%s is partial, so %s cannot be judged by it: run the audit again, or give an earlier report that is whole", r.Evidence, plural(r.Account.Withheld, "workload"))
	if r.Fails() {
		text = r.Verdict() + "; " + text
	}
	return errors.New(printable(text))
}

// Read says in one line what became of the documents that were read; "" where
// none was asked for.
func (r *Report) Read() string {
	if len(r.Account.Paths) == 0 {
		return ""
	}
	return r.Account.String()
}

// Printable writes out what would steer a terminal.
func Printable(s string) string { return printable(s) }

// printable writes out what would steer a terminal, or turn the text around:
// names come from files of strangers.
func printable(s string) string {
	if !strings.ContainsFunc(s, analyzer.Steers) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if analyzer.Steers(r) {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// reaches says where else one text brings a finding to.
func reaches(f verdict.Finding) string {
	const most = 4
	if len(f.Reaches) == 0 {
		return ""
	}
	list := f.Reaches
	if n := len(list) - most; n > 0 {
		list = append(slices.Clone(list[:most]), fmt.Sprintf("%d more", n))
	}
	return "reaches " + strings.Join(list, ", ")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// usd writes money.
func usd(v float64) string {
	if v < 0 {
		return fmt.Sprintf("-$%.2f", -v)
	}
	return fmt.Sprintf("$%.2f", v)
}

// signed puts a plus before what is added.
func signed(v float64) string {
	s := usd(v)
	if v < 0 || s == "$0.00" {
		return s
	}
	return "+" + s
}

// costLine says what the tree costs; "" without prices.
func (r *Report) costLine() string {
	c := r.Cost
	switch {
	case !c.Known:
		return ""
	case c.Base == "":
		return fmt.Sprintf("%s a month", usd(c.After))
	}
	percent := ""
	if c.Before > 0 {
		percent = fmt.Sprintf(", %+.1f %%", 100*c.Delta/c.Before)
	}
	return fmt.Sprintf("%s a month (%s%s)", usd(c.After), signed(c.Delta), percent)
}

// location is file:line:column.
func location(p verdict.Place) string {
	if p.File == "" {
		return "-"
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Start.Line, p.Start.Column)
}

// subject names what a finding is about.
func subject(f verdict.Finding) string {
	if f.Container == "" {
		return f.Object
	}
	return f.Object + "/" + f.Container
}

// fix writes what mends a finding: 4Gi -> 400Mi.
func fix(f verdict.Finding) string {
	var out []string
	for _, e := range f.Fix {
		out = append(out, fmt.Sprintf("%s -> %s", e.Old, e.New))
	}
	return strings.Join(out, ", ")
}
