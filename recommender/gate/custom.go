package gate

import (
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/policy"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// custom makes a Rule of one of the policy's own.
func custom(c policy.CustomRule) Rule {
	run := func(p *Pass) error { return p.runCustom(c) }
	return Rule{Name: c.Name, Doc: c.Message, Severity: or(c.Severity, verdict.SeverityWarning), Run: run}
}

func (p *Pass) runCustom(c policy.CustomRule) error {
	program, err := c.Program()
	if err != nil {
		return err
	}
	for _, d := range p.documents {
		if c.Match.Fits(d, p.ns(d)) {
			p.judged[d] = max(p.judged[d], byKind)
			p.judgeCustom(c, program, d)
		}
	}
	return nil
}

func (p *Pass) judgeCustom(c policy.CustomRule, program cel.Program, d *manifest.Document) {
	f := verdict.Finding{Field: c.Field, Message: c.Message}
	object, ok := d.Root.Plain()
	if !ok {
		f.Message, f.Reason = "the object is too large for rule "+c.Name, "aliases make more than a million values of it"
		p.reportAt(d, nil, f)
		return
	}
	vars := map[string]any{"object": object, "replicas": 0.0, "monthly": 0.0}
	if w := d.Workload(p.policy.Templates()); w != nil {
		n, _ := p.replicas(w)
		vars["replicas"], vars["monthly"] = n, p.prices.Monthly(p.ref(w), p.amounts(w), n)
	}
	got, _, err := program.Eval(vars)
	switch {
	case err != nil:
		f.Message, f.Reason = fmt.Sprintf("rule %s could not be evaluated: %s", c.Name, strings.Join(strings.Fields(err.Error()), " ")), "guard fields that may be missing with has()"
	case got.Value() == true:
		return
	}
	var at *manifest.Node
	if c.Field != "" {
		at = d.Root.At(strings.Split(c.Field, ".")...)
	}
	p.reportAt(d, at, f)
}
