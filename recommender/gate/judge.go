package gate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// Rule is one thing that the gate looks at.
type Rule struct {
	Name string
	Doc  string // one sentence
	// Severity is that of its findings unless the policy says otherwise.
	Severity Severity
	// Run reports findings through the pass. An error means that the rule
	// itself could not run, not that it found nothing.
	Run func(*Pass) error
}

// Rules lists every built-in rule, in the order in which they run.
func Rules() []Rule {
	return []Rule{
		unreadable, nothingJudged, quantityInvalid, quantityAbsurd, requestMissing, limitMissing, requestOverLimit, limitRatio, qosClass,
		nodeSize, daemonSetWeight, runtimeFlag,
		replicasUnderHPA, hpaNoRequest, hpaTarget, hpaUnreachable, hpaInvalid, hpaContainer, hpaRange, hpaFromZero, hpaOverlap, hpaVPA,
		pdbDeadlock, pdbOverlap, limitRange, quota, spotUnsafe,
		requestTooBig, requestTooSmall, hpaShift,
		costIncrease, costBudget,
		waiverInvalid, waiverExpired, waiverUnused,
	}
}

// Input is everything that a judgement rests on.
type Input struct {
	Documents []*manifest.Document
	Problems  []manifest.Problem
	// Skips are documents that were read and cannot be judged.
	Skips []manifest.Skip
	// Paths are what the user named; of each something must be judged, unless
	// AllowEmpty says that it need not.
	Paths      []Path
	AllowEmpty bool
	// Policy is nil for the defaults.
	Policy *Policy
	// Evidence is nil where no report or snapshot is given.
	Evidence *Evidence
	Prices   Prices
	// Node is what the largest node leaves for pods; zero where not known.
	Node analyzer.Amounts
	// Base holds the documents before the change; nil where nothing is
	// compared.
	Base *Base
	// Baseline holds the findings that are let be; nil without one.
	Baseline *Baseline
	// Today is the date as YYYY-MM-DD, for waivers.
	Today string
	// Namespace is that of manifests which name none.
	Namespace string
}

// Base is the tree before the change.
type Base struct {
	Name      string // for people: a revision, folder or file
	Documents []*manifest.Document
}

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
	sortFindings(r.Findings)
}

// Fails reports whether a finding that counts weighs the given severity or
// more.
func (r *Result) Fails(threshold Severity) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Counts() && f.Severity.AtLeast(threshold) })
}

// Pass is what a rule reads, and where it reports.
type Pass struct {
	*tree
	policy   *Policy
	evidence *Evidence
	prices   Prices
	node     analyzer.Amounts
	problems []manifest.Problem
	input    Input
	accounts Account
	cost     *Cost
	waivers  []*waiver
	today    string

	rule     string
	severity Severity
	out      []Finding
	warnings []analyzer.Warning
}

// Judge runs the rules. It fails only where the policy itself cannot be run.
func Judge(in Input) (*Result, error) {
	policy := in.Policy
	if policy == nil {
		policy = &Policy{}
	}
	p := &Pass{
		tree: newTree(in.Documents, policy, in.Namespace), policy: policy, evidence: in.Evidence.indexed(),
		prices: policy.Prices.over(in.Prices), node: in.Node, problems: in.Problems, today: in.Today, input: in,
	}
	p.accounts = p.account(in)
	p.cost = p.costOf(in.Base)
	p.collectWaivers()
	for _, r := range Rules() {
		if err := p.run(r); err != nil {
			return nil, err
		}
		if r.Name == costBudget.Name {
			for _, c := range policy.Custom {
				if err := p.run(c.rule()); err != nil {
					return nil, err
				}
			}
			p.waive()
		}
	}
	p.accounts = p.account(in) // rules of the policy judge kinds of their own
	sortFindings(p.out)
	p.out = merged(p.out)
	fingerprints(p.out)
	in.Baseline.apply(p.out)
	out := &Result{Findings: p.out, Account: p.accounts, Cost: *p.cost, Warnings: p.warnings}
	out.Summary = summarize(p)
	return out, nil
}

func (p *Pass) run(r Rule) error {
	p.rule, p.severity = r.Name, p.policy.severity(r.Name, r.Severity)
	if p.severity == SeverityOff {
		return nil
	}
	if err := r.Run(p); err != nil {
		return fmt.Errorf("rule %s: %w", r.Name, err)
	}
	return nil
}

func summarize(p *Pass) Summary {
	judged, skipped := sum(p.accounts.Judged), sum(p.accounts.Skipped)
	s := Summary{Documents: judged + skipped, Judged: judged, Skipped: skipped, Workloads: len(p.workloads)}
	for _, f := range p.out {
		switch {
		case f.State == StateKnown:
			s.Known++
		case f.State == StateWaived:
			s.Waived++
		case f.Severity == SeverityError:
			s.Errors++
		case f.Severity == SeverityWarning:
			s.Warnings++
		default:
			s.Notes++
		}
	}
	return s
}

// report files a finding at a place of a document.
func (p *Pass) report(d *manifest.Document, at manifest.Position, f Finding) {
	f.Rule, f.Severity, f.State = p.rule, p.severity, StateNew
	if d != nil {
		f.Object = p.id(d)
		f.Place.File, f.tree = d.File, d.Tree
		if d.Origin != "" {
			f.Reason = strings.TrimPrefix(f.Reason+"; rendered of "+d.Origin, "; ")
		}
		if d.RenderedLines {
			f.Reason = strings.TrimPrefix(f.Reason+"; "+manifest.RenderedLine, "; ")
		}
	}
	if at == (manifest.Position{}) {
		at = manifest.Position{Line: 1, Column: 1}
	}
	f.Place.Start = at
	if f.Place.End == (manifest.Position{}) {
		f.Place.End = at
	}
	p.out = append(p.out, f)
}

// id names an object, with its namespace filled in.
func (p *Pass) id(d *manifest.Document) string {
	return or(p.ns(d), "-") + "/" + d.Kind + "/" + d.Name
}

// reportAt files a finding at a value, and says by which alias it came in.
func (p *Pass) reportAt(d *manifest.Document, n *manifest.Node, f Finding) {
	if n == nil {
		p.report(d, d.Root.Key("kind"), f)
		return
	}
	if d.Text != nil && n.End > 0 {
		f.Place.End = d.Text.Position(int(n.End))
	}
	if n.Via != (manifest.Position{}) {
		f.Via = &Place{File: d.File, Start: n.Via, End: n.Via}
	}
	p.report(d, n.Position, f)
}

// edit replaces a value; there is none where it does not stand in the file
// literally, or stands there for others too: under an anchor, or in the base of
// several overlays.
func edit(d *manifest.Document, n *manifest.Node, to string) []Edit {
	if !d.Text.Editable() || d.Shared || n == nil || n.End == 0 || n.Shared || n.Via != (manifest.Position{}) || n.Text == to {
		return nil
	}
	if d.Text.JSON() && !n.Quoted {
		to = strconv.Quote(to)
	}
	return []Edit{{
		File: d.File, Start: int(n.Start), End: int(n.End), Old: n.Text, New: to,
		Place: Place{File: d.File, Start: d.Text.Position(int(n.Start)), End: d.Text.Position(int(n.End))},
	}}
}

// containers calls f for every container of every workload.
func (p *Pass) containers(f func(w *manifest.Workload, c *manifest.Container)) {
	for _, w := range p.workloads {
		for i := range w.Containers {
			f(w, &w.Containers[i])
		}
	}
}

// over gives the policy's own prices, else the others.
func (u UnitPrices) over(others Prices) Prices {
	if u == (UnitPrices{}) {
		return others
	}
	return Prices{Unit: cost.UnitPrice{CoreHour: u.CPUCoreHour, GiBHour: u.MemoryGiBHour, GPUHour: u.GPUHour}, Source: "the policy"}
}

// unreadable reports what could not be parsed.
var unreadable = Rule{
	Name: "unreadable", Severity: SeverityError,
	Doc: "A document is not valid YAML or JSON, or of no kind that there is, so that nothing in it can be judged.",
	Run: func(p *Pass) error {
		for _, problem := range p.problems {
			f := Finding{Message: problem.Message, Reason: "what cannot be read cannot be judged, nor applied"}
			if problem.Beside {
				f.Reason = "it is judged all the same"
			}
			f.Place.File = problem.File
			// Two broken documents of one file are two findings.
			f.Field = problem.File
			p.report(nil, problem.Position, f)
		}
		return nil
	},
}
