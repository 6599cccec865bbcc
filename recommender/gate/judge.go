package gate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/evidence"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/policy"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// Rule is one thing that the gate looks at.
type Rule struct {
	Name string
	Doc  string // one sentence
	// Severity is that of its findings unless the policy says otherwise.
	Severity verdict.Severity
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
		evidencePartial, requestTooBig, requestTooSmall, hpaShift,
		costIncrease, costBudget,
		waiverInvalid, waiverExpired, waiverUnused,
	}
}

// ParsePolicy reads a policy, which may name the rules of this package and its
// own.
func ParsePolicy(data []byte) (*policy.Document, error) {
	names := map[string]bool{}
	for _, r := range Rules() {
		names[r.Name] = true
	}
	return policy.Parse(data, names)
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
	Policy *policy.Document
	// Evidence is nil where no report or snapshot is given.
	Evidence *evidence.Set
	Prices   evidence.Prices
	// Node is what the largest node leaves for pods; zero where not known. Programs bill
	// pods one by one beside the nodes: a pod of theirs may be as large as they sell.
	Node     analyzer.Amounts
	Programs []string
	// Base holds the documents before the change; nil where nothing is
	// compared.
	Base *Base
	// Baseline holds the findings that are let be; nil without one.
	Baseline *verdict.Baseline
	// Today is the date as YYYY-MM-DD, for waivers.
	Today string
	// Namespace is that of manifests which name none.
	Namespace string
}

// RulesOf lists the built-in rules and the policy's own.
func RulesOf(p *policy.Document) []Rule {
	rules := Rules()
	for _, c := range p.Custom {
		severity := c.Severity
		if severity == "" {
			severity = verdict.SeverityWarning
		}
		rules = append(rules, Rule{Name: c.Name, Doc: c.Message, Severity: severity})
	}
	return rules
}

// Base is the tree before the change.
type Base struct {
	Name      string // for people: a revision, folder or file
	Documents []*manifest.Document
}

// Pass is what a rule reads, and where it reports.
type Pass struct {
	*tree
	policy   *policy.Document
	evidence *evidence.Set
	prices   evidence.Prices
	node     analyzer.Amounts
	problems []manifest.Problem
	input    Input
	accounts verdict.Account
	cost     *costed
	waivers  []*waiver
	today    string

	rule     string
	severity verdict.Severity
	out      []verdict.Finding
	warnings []analyzer.Warning
}

// Judge runs the rules. It fails only where the policy itself cannot be run.
func Judge(in Input) (*verdict.Result, error) {
	rules := in.Policy
	if rules == nil {
		rules = &policy.Document{}
	}
	p := &Pass{
		tree: newTree(in.Documents, rules, in.Namespace), policy: rules, evidence: in.Evidence.Indexed(),
		prices: over(rules.Prices, in.Prices), node: in.Node, problems: in.Problems, today: in.Today, input: in,
	}
	p.accounts = p.account(in)
	p.cost = p.costOf(in.Base)
	p.collectWaivers()
	for _, r := range Rules() {
		if err := p.run(r); err != nil {
			return nil, err
		}
		if r.Name == costBudget.Name {
			for _, c := range rules.Custom {
				if err := p.run(custom(c)); err != nil {
					return nil, err
				}
			}
			p.waive()
		}
	}
	p.accounts = p.account(in) // rules of the policy judge kinds of their own
	verdict.Sort(p.out)
	p.out = verdict.Merged(p.out)
	verdict.Fingerprint(p.out)
	in.Baseline.Mark(p.out)
	out := &verdict.Result{Findings: p.out, Account: p.accounts, Cost: p.cost.Cost, Warnings: p.warnings}
	out.Summary = summarize(p)
	return out, nil
}

func (p *Pass) run(r Rule) error {
	p.rule, p.severity = r.Name, p.policy.Severity(r.Name, r.Severity)
	if p.severity == verdict.SeverityOff {
		return nil
	}
	if err := r.Run(p); err != nil {
		return fmt.Errorf("rule %s: %w", r.Name, err)
	}
	return nil
}

func summarize(p *Pass) verdict.Summary {
	judged, skipped := verdict.Sum(p.accounts.Judged), verdict.Sum(p.accounts.Skipped)
	s := verdict.Summary{Documents: judged + skipped, Judged: judged, Skipped: skipped, Workloads: len(p.workloads)}
	for _, f := range p.out {
		switch {
		case f.State == verdict.StateKnown:
			s.Known++
		case f.State == verdict.StateWaived:
			s.Waived++
		case f.Severity == verdict.SeverityError:
			s.Errors++
		case f.Severity == verdict.SeverityWarning:
			s.Warnings++
		default:
			s.Notes++
		}
	}
	return s
}

// report files a finding at a place of a document.
func (p *Pass) report(d *manifest.Document, at manifest.Position, f verdict.Finding) {
	f.Rule, f.Severity, f.State = p.rule, p.severity, verdict.StateNew
	if d != nil {
		f.Object = p.id(d)
		f.Place.File, f.Tree = d.File, d.Tree
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
func (p *Pass) reportAt(d *manifest.Document, n *manifest.Node, f verdict.Finding) {
	if n == nil {
		p.report(d, d.Root.Key("kind"), f)
		return
	}
	if d.Text != nil && n.Literal {
		f.Place.End = d.Text.Position(int(n.End()))
	}
	if n.Via() != (manifest.Position{}) {
		f.Via = &verdict.Place{File: d.File, Start: n.Via(), End: n.Via()}
	}
	p.report(d, n.Position, f)
}

// edit replaces a value; there is none where it does not stand in the file
// literally, or stands there for others too: under an anchor, or in the base of
// several overlays.
func edit(d *manifest.Document, n *manifest.Node, to string) []verdict.Edit {
	if !d.Text.Editable() || d.Shared || n == nil || !n.Literal || n.Shared || n.Via() != (manifest.Position{}) || n.Text == to {
		return nil
	}
	if d.Text.JSON() && !n.Quoted {
		to = strconv.Quote(to)
	}
	return []verdict.Edit{{
		File: d.File, Start: int(n.Start), End: int(n.End()), Old: n.Text, New: to,
		Place: verdict.Place{File: d.File, Start: d.Text.Position(int(n.Start)), End: d.Text.Position(int(n.End()))},
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
func over(u policy.UnitPrices, others evidence.Prices) evidence.Prices {
	if u == (policy.UnitPrices{}) {
		return others
	}
	return evidence.Prices{Unit: cost.UnitPrice{CoreHour: u.CPUCoreHour, GiBHour: u.MemoryGiBHour, GPUHour: u.GPUHour}, Source: "the policy"}
}

// unreadable reports what could not be parsed.
var unreadable = Rule{
	Name: "unreadable", Severity: verdict.SeverityError,
	Doc: "A document is not valid YAML or JSON, of no kind that there is, or without the containers of its kind, so that nothing in it can be judged.",
	Run: func(p *Pass) error {
		for _, problem := range p.problems {
			f := verdict.Finding{Message: problem.Message, Reason: "what cannot be read cannot be judged, nor applied"}
			if problem.Beside {
				f.Reason = "it is judged all the same"
			}
			f.Place.File = problem.File
			// Two broken documents of one file are two findings.
			f.Field = problem.File
			p.report(nil, problem.Position, f)
		}
		for _, d := range p.documents {
			if at, lack := d.Lack(); lack != "" && p.judged[d] == 0 {
				p.report(d, at, verdict.Finding{Field: "containers", Message: lack, Reason: "without containers nothing of it can be judged, and the API server refuses it"})
			}
		}
		return nil
	},
}

// or gives v, or the default where v is zero.
func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
