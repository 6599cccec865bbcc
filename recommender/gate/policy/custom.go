package policy

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
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
		if err := c.Severity.Check(); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	if err := c.Match.check(); err != nil {
		return fmt.Errorf("%s: match: %w", c.Name, err)
	}
	if _, err := c.Program(); err != nil {
		return fmt.Errorf("%s: expression: %w", c.Name, err)
	}
	return nil
}

// maxCELCost bounds what one expression may do on one object.
const maxCELCost = 1_000_000

// Program compiles the expression.
func (c CustomRule) Program() (cel.Program, error) {
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
