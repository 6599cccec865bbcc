package gate

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// ruleName is what can stand in an annotation's name after the prefix.
var ruleName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,60}[a-z0-9])?$`)

func (c CustomRule) check(known map[string]bool) error {
	switch {
	case !ruleName.MatchString(c.Name):
		return fmt.Errorf("%q is no name for a rule: use small letters, digits and dashes", c.Name)
	case known[c.Name]:
		return fmt.Errorf("there is already a rule %q", c.Name)
	case c.Message == "":
		return fmt.Errorf("%s: a message must say what is wrong", c.Name)
	}
	if c.Severity != "" {
		if err := c.Severity.check(); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	if err := c.Match.check(); err != nil {
		return fmt.Errorf("%s: match: %w", c.Name, err)
	}
	if _, err := c.program(); err != nil {
		return fmt.Errorf("%s: expression: %w", c.Name, err)
	}
	return nil
}

// maxCELCost bounds what one expression may do on one object.
const maxCELCost = 1_000_000

// program compiles the expression.
func (c CustomRule) program() (cel.Program, error) {
	env, err := cel.NewEnv(
		cel.Variable("object", cel.DynType), cel.Variable("replicas", cel.DoubleType), cel.Variable("monthly", cel.DoubleType),
		ext.Strings(), ext.Sets(), cel.OptionalTypes(),
	)
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(c.Expression)
	if issues.Err() != nil {
		return nil, errors.New(strings.Join(strings.Fields(issues.Err().Error()), " "))
	}
	if !ast.OutputType().IsExactType(cel.BoolType) && !ast.OutputType().IsExactType(cel.DynType) {
		return nil, fmt.Errorf("it gives %s, and must give true or false", ast.OutputType())
	}
	return env.Program(ast, cel.CostLimit(maxCELCost))
}

// rule makes a Rule of it.
func (c CustomRule) rule() Rule {
	return Rule{Name: c.Name, Doc: c.Message, Severity: or(c.Severity, SeverityWarning), Run: c.run}
}

func (c CustomRule) run(p *Pass) error {
	program, err := c.program()
	if err != nil {
		return err
	}
	for _, d := range p.documents {
		if c.Match.fits(d, p.ns(d)) {
			p.judged[d] = max(p.judged[d], byKind)
			c.judge(p, program, d)
		}
	}
	return nil
}

func (c CustomRule) judge(p *Pass, program cel.Program, d *manifest.Document) {
	f := Finding{Field: c.Field, Message: c.Message}
	object, ok := d.Root.Plain()
	if !ok {
		f.Message, f.Reason = "the object is too large for rule "+c.Name, "aliases make more than a million values of it"
		p.reportAt(d, nil, f)
		return
	}
	vars := map[string]any{"object": object, "replicas": 0.0, "monthly": 0.0}
	if w := d.Workload(p.policy.Templates()); w != nil {
		n, _ := p.replicas(w)
		vars["replicas"], vars["monthly"] = n, p.prices.monthly(p.ref(w), p.amounts(w), n)
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
