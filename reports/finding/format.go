package finding

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/reports/format"
)

// Report is a judgement with what made it.
type Report struct {
	*gate.Result
	// Rules are those that could have run, the policy's own among them.
	Rules []gate.Rule
	// Threshold is the severity from which a finding fails the gate.
	Threshold gate.Severity
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
}

// Format is one way to print a judgement.
type Format struct {
	Name  string
	Doc   string // one line
	Write func(w io.Writer, r *Report, o Options) error
}

// Formats lists every format.
func Formats() []Format {
	return []Format{
		{"table", "for a terminal", writeTable},
		{"json", "everything, indented", writeJSON},
		{"sarif", "SARIF 2.1.0 for code scanning", writeSARIF},
		{"junit", "JUnit XML: a test suite a rule", writeJUnit},
		{"github", "workflow commands that GitHub shows as annotations", writeGitHub},
		{"markdown", "a comment for a pull request", writeMarkdown},
		{"gitlab", "GitLab's code quality report", writeGitLab},
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
// also the others.
func (r *Report) shown(all bool) []gate.Finding {
	out := slices.Clone(r.Findings)
	if !all {
		out = slices.DeleteFunc(out, func(f gate.Finding) bool { return !f.Counts() })
	}
	return out
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
	if s.Waived > 0 {
		text += fmt.Sprintf("; %d waived", s.Waived)
	}
	return fmt.Sprintf("%s in %s", text, plural(s.Workloads, "workload"))
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
func location(p gate.Place) string {
	if p.File == "" {
		return "-"
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Start.Line, p.Start.Column)
}

// subject names what a finding is about.
func subject(f gate.Finding) string {
	if f.Container == "" {
		return f.Object
	}
	return f.Object + "/" + f.Container
}

// fix writes what mends a finding: 4Gi -> 400Mi.
func fix(f gate.Finding) string {
	var out []string
	for _, e := range f.Fix {
		out = append(out, fmt.Sprintf("%s -> %s", e.Old, e.New))
	}
	return strings.Join(out, ", ")
}
