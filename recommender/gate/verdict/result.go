package verdict

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Result is the judgement.
type Result struct {
	// Findings are sorted by file and line.
	Findings []Finding
	// Account says what became of every document that was read.
	Account  Account
	Cost     Cost
	Summary  Summary
	Warnings []analyzer.Warning
}

// Summary counts.
type Summary struct {
	// Documents were read; those judged and those skipped add up to them.
	Documents int `json:"documents"`
	Judged    int `json:"judged"`
	Skipped   int `json:"skipped"`
	Workloads int `json:"workloads"`
	// Errors, Warnings and Notes are findings that count; Known and Waived do
	// not.
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Notes    int `json:"notes"`
	Known    int `json:"known"`
	Waived   int `json:"waived"`
	Fixed    int `json:"fixed,omitempty"`
}

// Brought gives the findings that count, are of an object and were not there
// before: what edits have brought.
func (r *Result) Brought(before *Result) []Finding {
	there := map[string]bool{}
	for _, f := range before.Findings {
		there[f.fingerprint()] = true
	}
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool {
		return !f.Counts() || f.Object == "" || there[f.fingerprint()]
	})
}

// Fixed adds the findings of the judgement before the edits that are gone now.
func (r *Result) Fixed(before *Result) {
	left := map[string]bool{}
	for _, f := range r.Findings {
		left[f.fingerprint()] = true
	}
	for _, f := range before.Findings {
		if f.Counts() && len(f.Fix) > 0 && !left[f.fingerprint()] {
			f.State = StateFixed
			r.Findings = append(r.Findings, f)
			r.Summary.Fixed++
		}
	}
	Sort(r.Findings)
}

// Fails reports whether a finding that counts weighs the given severity or
// more.
func (r *Result) Fails(threshold Severity) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Counts() && f.Severity.AtLeast(threshold) })
}

// MakePrintable takes control characters out of all that manifests say.
func (r *Result) MakePrintable() {
	for i := range r.Findings {
		n := &r.Findings[i]
		for _, text := range []*string{&n.Object, &n.Container, &n.Field, &n.Message, &n.Reason, &n.Place.File} {
			*text = analyzer.Printable(*text)
		}
	}
	analyzer.Clean(&r.Warnings)
}
