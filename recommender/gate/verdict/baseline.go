package verdict

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// NothingJudged is the rule on paths of which nothing is judged. No baseline
// lets it be: a gate that looked at nothing must not pass.
const NothingJudged = "nothing-judged"

// APIVersion is that of the gate's documents.
const APIVersion = "plimsoll.dev/v1alpha1"

// BaselineKind is the kind of the baseline document.
const BaselineKind = "Baseline"

// Baseline is the findings that are let be, so that a gate can be put on a
// tree which is not yet clean and only fails on what is new or worse.
type Baseline struct {
	APIVersion string  `json:"apiVersion"`
	Kind       string  `json:"kind"`
	Findings   []Known `json:"findings"`
}

// Known is one finding of a baseline. Rule and Object are for people; the
// fingerprint decides.
type Known struct {
	Fingerprint string  `json:"fingerprint"`
	Rule        string  `json:"rule"`
	Object      string  `json:"object,omitempty"`
	Field       string  `json:"field,omitempty"`
	Measure     float64 `json:"measure,omitempty"`
}

// BaselineOf makes a baseline of findings; waived ones are left out, since
// their waiver already lets them be.
func BaselineOf(findings []Finding) *Baseline {
	b := &Baseline{APIVersion: APIVersion, Kind: BaselineKind, Findings: []Known{}}
	for _, f := range findings {
		if f.State != StateWaived && f.Rule != NothingJudged {
			b.Findings = append(b.Findings, Known{f.Fingerprint, f.Rule, f.Object, f.Field, f.Measure})
		}
	}
	slices.SortFunc(b.Findings, func(a, b Known) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	return b
}

// Encode writes the baseline, one finding a few lines, so that it merges well.
func (b *Baseline) Encode() ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(b)
	return analyzer.EscapeJSON(buf.Bytes()), err
}

// ParseBaseline reads a baseline.
func ParseBaseline(data []byte) (*Baseline, error) {
	var b Baseline
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b); err != nil {
		return nil, fmt.Errorf("reading the baseline: %w; write it with --write-baseline", err)
	}
	if b.APIVersion != APIVersion || b.Kind != BaselineKind {
		return nil, fmt.Errorf("reading the baseline: it is %q of %q, not %q of %q", b.Kind, b.APIVersion, BaselineKind, APIVersion)
	}
	return &b, nil
}

// worse is how much, as a factor, a measure must have grown to count.
const worse = 1.05

// Mark marks the findings that the baseline knows.
func (b *Baseline) Mark(findings []Finding) {
	if b == nil {
		return
	}
	known := map[string]float64{}
	for _, k := range b.Findings {
		known[k.Fingerprint] = k.Measure
	}
	for i := range findings {
		f := &findings[i]
		was, ok := known[f.Fingerprint]
		switch {
		case !ok || f.State == StateWaived || f.Rule == NothingJudged:
		case f.Measure > was*worse+1e-9:
			f.State = StateWorse
		default:
			f.State = StateKnown
		}
	}
}
