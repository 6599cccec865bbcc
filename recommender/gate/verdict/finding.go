// Package verdict is what the gate says: findings, their edits, what was judged and
// what was not.
package verdict

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// Severity is how much a finding weighs.
type Severity string

// The severities, from light to heavy. A rule that is off does not run.
const (
	SeverityOff     Severity = "off"
	SeverityNote    Severity = "note"
	SeverityWarning Severity = "warning"
	SeverityError   Severity = "error"
)

// Severities lists those that a finding may have, from light to heavy.
func Severities() []Severity { return []Severity{SeverityNote, SeverityWarning, SeverityError} }

// Check refuses what is no severity.
func (s Severity) Check() error {
	if s == SeverityOff || slices.Contains(Severities(), s) {
		return nil
	}
	return fmt.Errorf("%q is no severity: use off, note, warning or error", s)
}

// AtLeast reports whether s weighs as much as o or more.
func (s Severity) AtLeast(o Severity) bool {
	return slices.Index(Severities(), s) >= slices.Index(Severities(), o)
}

// State says whether a finding counts.
type State string

// The states. Only new and worse findings fail the gate.
const (
	StateNew    State = "new"
	StateWorse  State = "worse"  // known to the baseline, and worse than it was
	StateKnown  State = "known"  // in the baseline
	StateWaived State = "waived" // by a waiver that has not expired
	StateFixed  State = "fixed"  // by --fix, just now
)

// Place is a region of a file. End is exclusive and equal to Start where the
// region has no extent.
type Place struct {
	File  string            `json:"file"`
	Start manifest.Position `json:"start"`
	End   manifest.Position `json:"end"`
}

// Finding is something that the policy or the evidence speaks against.
type Finding struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	State    State    `json:"state"`
	// Object is namespace/kind/name, with "-" for no namespace; "" for the
	// tree as a whole.
	Object    string `json:"object,omitempty"`
	Container string `json:"container,omitempty"`
	// Field is the path of what is judged, such as requests.cpu.
	Field string `json:"field,omitempty"`
	// Message says in one sentence what is wrong, Reason why that matters and
	// how it is known.
	Message string `json:"message"`
	Reason  string `json:"reason,omitempty"`
	Place   Place  `json:"place"`
	// Via is where an alias or merge key brings the value to this object.
	Via *Place `json:"via,omitempty"`
	// MonthlyUSD is what the finding wastes a month; negative where mending it
	// costs that much. 0 where it has no price.
	MonthlyUSD float64 `json:"monthlyUSD,omitempty"`
	// Measure says how bad it is, in the rule's own unit; larger is worse.
	Measure float64 `json:"measure,omitempty"`
	// Fix mends it; empty where that takes a person.
	Fix []Edit `json:"fix,omitempty"`
	// Fingerprint stays the same when lines move.
	Fingerprint string `json:"fingerprint"`
	// Waiver is what waives it.
	Waiver *Waiver `json:"waiver,omitempty"`
	// Reaches lists the environments, or the objects, that one text in a file
	// brings it to; empty where it is one.
	Reaches []string `json:"reaches,omitempty"`

	// Tree is the environment; "" for the tree as a whole.
	Tree string `json:"-"`
}

// Counts reports whether the finding can fail the gate.
func (f *Finding) Counts() bool { return f.State == StateNew || f.State == StateWorse }

// fingerprint hashes what a finding is about: rule, object, container, field.
func (f *Finding) fingerprint() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{f.Rule, f.Object, f.Container, f.Field}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// Sort orders by place, then rule; equal places by object.
func Sort(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Place.File, b.Place.File),
			cmp.Compare(a.Place.Start.Line, b.Place.Start.Line), cmp.Compare(a.Place.Start.Column, b.Place.Start.Column),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Container, b.Container),
			cmp.Compare(a.Field, b.Field), cmp.Compare(a.Message, b.Message))
	})
}

// Merged makes one finding of those that say the same of the same place, as
// the overlays of one base do, and notes what it reaches. Findings are sorted, and
// their slice is what the result is written into.
func Merged(findings []Finding) []Finding {
	out := findings[:0]
	for i := 0; i < len(findings); {
		j := i + 1
		for j < len(findings) && findings[j].Place.File == findings[i].Place.File && findings[j].Place.Start == findings[i].Place.Start {
			j++
		}
		if j == i+1 {
			out = append(out, findings[i])
		} else {
			out = append(out, mergedAt(findings[i:j])...)
		}
		i = j
	}
	return out
}

// mergedAt merges the findings at one place.
func mergedAt(findings []Finding) []Finding {
	var out []Finding
	for _, f := range findings {
		k := slices.IndexFunc(out, func(o Finding) bool { return o.same(f) })
		if k < 0 || f.Place.File == "" {
			out = append(out, f)
			continue
		}
		o := &out[k]
		if len(o.Reaches) == 0 {
			o.Reaches = []string{o.reach()}
		}
		if r := f.reach(); !slices.Contains(o.Reaches, r) {
			o.Reaches = append(o.Reaches, r)
		}
		o.MonthlyUSD += f.MonthlyUSD
		o.Measure = max(o.Measure, f.Measure)
		if !slices.Equal(o.Fix, f.Fix) {
			o.Fix = nil
		}
	}
	for i := range out {
		if len(out[i].Reaches) == 1 {
			out[i].Reaches = nil
		}
	}
	return out
}

// same reports whether two findings at one place are the same to who reads the
// file.
func (f *Finding) same(o Finding) bool {
	return f.Rule == o.Rule && f.State == o.State && f.Severity == o.Severity && f.Container == o.Container && f.Field == o.Field && f.Message == o.Message
}

// reach names what a finding is about beyond its file.
func (f *Finding) reach() string {
	if f.Tree != "" {
		return f.Tree + " " + f.Object
	}
	return f.Object
}

// Fingerprint marks every finding; of several alike, as two overlays of one
// object give, the later ones are counted.
func Fingerprint(findings []Finding) {
	seen := map[string]int{}
	for i := range findings {
		print := findings[i].fingerprint()
		if seen[print]++; seen[print] > 1 {
			print = fmt.Sprintf("%s-%d", print, seen[print])
		}
		findings[i].Fingerprint = print
	}
}
