package policy_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	generator "github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/policy"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

var update = flag.Bool("update", false, "rewrite the policy's schema")

const head = "apiVersion: plimsoll.dev/v1alpha1\nkind: Policy\n"

func TestPolicyIsStrict(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", "the policy is empty"},
		{"kind: Policy\n", `it is "Policy" of ""`},
		{head + "fialOn: error\n", "line 3: there is no key fialOn"},
		{head + "ratios:\n  cpu: {maximum: 3}\n", "line 4: there is no key maximum"},
		{head + "rules: {no-such: off}\n", `there is no rule "no-such"; plimsoll help gate.md lists them`},
		{head + "rules: {qos: fatal}\n", `"fatal" is no severity`},
		{head + "failOn: sometimes\n", "failOn"},
		{head + "qos: [{want: Best}]\n", "Guaranteed or Burstable"},
		{head + "budgets: {maxMonthly: .nan}\n", "line 3: .nan is no bound"},
		{head + "budgets:\n  namespaces: {shop: .inf}\n", "line 4: .inf is no bound"},
		{head + "evidence: {tooBig: .NaN}\n", "line 3: .NaN is no bound"},
		{head + "node: {cpu: 4}\n", "give cpu and memory"},
		{head + "node: {cpu: 4x, memory: 1Gi}\n", "node.cpu"},
		{head + "exclude: [{names: ['[']}]\n", "no pattern"},
		{head + "podTemplates: [{kind: A}]\n", "kind and path"},
		{head + "waivers: [{rule: qos, match: {}, owner: a, reason: b, expires: soon}]\n", "expires"},
		{head + "waivers: [{rule: no, match: {}, owner: a, reason: b, expires: 2027-01-01}]\n", `no rule "no"`},
		{head + "custom: [{name: A_b, expression: 'true', message: x}]\n", "no name for a rule"},
		{head + "custom: [{name: qos, expression: 'true', message: x}]\n", `already a rule "qos"`},
		{head + "custom: [{name: a, expression: 'objekt.x', message: x}]\n", "undeclared reference"},
		{head + "custom: [{name: a, expression: '1 + 1', message: x}]\n", "true or false"},
		{head + "custom: [{name: a, expression: 'true'}]\n", "a message"},
	}
	for _, tt := range tests {
		_, err := gate.ParsePolicy([]byte(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got error %v, want one line with %q", tt.text, err, tt.want)
		}
	}
}

func TestExamplePolicy(t *testing.T) {
	if _, err := gate.ParsePolicy(policy.Example); err != nil {
		t.Fatal(err)
	}
	// With the comments taken off the keys, too.
	var all []string
	key := regexp.MustCompile(`^# ([a-zA-Z]+:( |$)|  )`)
	twice := regexp.MustCompile(`^# (node: .instanceType|daemonSets:|  waiver)`)
	for _, line := range strings.Split(string(policy.Example), "\n") {
		if key.MatchString(line) && !twice.MatchString(line) {
			line = line[2:]
		}
		all = append(all, line)
	}
	if p, err := gate.ParsePolicy([]byte(strings.Join(all, "\n"))); err != nil || len(p.Custom) != 1 || len(p.Waivers) != 1 || p.Budgets.MaxIncrease != 200 || p.Node.CPU == "" {
		t.Errorf("got %+v, %v, want the commented keys to be a policy too\n%s", p, err, strings.Join(all, "\n"))
	}
}

// policySchema generates the published schema.
func policySchema(t *testing.T) []byte {
	t.Helper()
	g := generator.Reflector{FieldNameTag: "yaml", Mapper: func(typ reflect.Type) *generator.Schema {
		switch typ {
		case reflect.TypeFor[verdict.Severity]():
			return &generator.Schema{Type: "string", Enum: []any{"off", "note", "warning", "error"}}
		case reflect.TypeFor[policy.Quantity]():
			return &generator.Schema{AnyOf: []*generator.Schema{{Type: "string"}, {Type: "number"}}}
		}
		return nil
	}}
	if err := g.AddGoComments("github.com/plimsoll-k8s/plimsoll/recommender/gate/policy", ".", generator.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	for k, v := range g.CommentMap {
		g.CommentMap[k] = strings.Join(strings.Fields(v), " ")
	}
	s := g.Reflect(&policy.Document{})
	s.ID, s.Title = "https://plimsoll.dev/schemas/v1alpha1/policy.json", "plimsoll gate policy"
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

func TestPolicySchema(t *testing.T) {
	const file = "../../../docs/policy.schema.json"
	got := policySchema(t)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%s is not what the types give (%v): run the test with -update", file, err)
	}
	doc, err := validator.UnmarshalJSON(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	c := validator.NewCompiler()
	if err := c.AddResource("policy.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("policy.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range append(casePolicies(t), string(policy.Example)) {
		if err := schema.Validate(plain(t, text)); err != nil {
			t.Errorf("the schema refuses a policy that the program takes: %v\n%s", err, text)
		}
	}
	for _, text := range []string{head + "fialOn: error\n", head + "ratios: {cpu: {maximum: 1}}\n", head + "failOn: never\n", head + "qos: [{want: Best}]\n"} {
		if err := schema.Validate(plain(t, text)); err == nil {
			t.Errorf("the schema takes %q", text)
		}
	}
}

func plain(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := validator.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func casePolicies(t *testing.T) []string {
	t.Helper()
	var out []string
	files, err := filepath.Glob("../../../testdata/gate/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if p := casetest.Section(a, "policy"); p != "" && !strings.Contains(p, "expires") { // YAML reads a bare day as a time
			out = append(out, head+p)
		}
	}
	return out
}

func TestNodeSizeOfType(t *testing.T) {
	p := &policy.Document{Node: policy.Node{InstanceType: "m6i.xlarge"}}
	catalog := pricing.New(pricing.Config{})
	got, err := p.NodeSize(catalog, "aws", "us-east-1")
	if err != nil || got.CPU <= 3500 || got.CPU >= 4000 || got.Memory <= 12<<30 || got.Memory >= 16<<30 {
		t.Errorf("got %+v, %v, want what an m6i.xlarge leaves for pods", got, err)
	}
	p.Node.InstanceType = "no.such"
	if got, err := p.NodeSize(catalog, "aws", "us-east-1"); err == nil {
		t.Errorf("got %+v for a type that does not exist, want an error", got)
	}
	var zero analyzer.Amounts
	if got, err := new(policy.Document).NodeSize(nil, "", ""); got != zero || err != nil {
		t.Errorf("got %+v, %v, want no node", got, err)
	}
}
