package gate_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
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
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
)

const head = "apiVersion: plimsoll.dev/v1alpha1\nkind: Policy\n"

func TestPolicyIsStrict(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", "the policy is empty"},
		{"kind: Policy\n", `it is "Policy" of ""`},
		{head + "fialOn: error\n", "line 3: there is no key fialOn"},
		{head + "ratios:\n  cpu: {maximum: 3}\n", "line 4: there is no key maximum"},
		{head + "rules: {no-such: off}\n", `there is no rule "no-such"; docs/gate.md lists them`},
		{head + "rules: {qos: fatal}\n", `"fatal" is no severity`},
		{head + "failOn: sometimes\n", "failOn"},
		{head + "qos: [{want: Best}]\n", "Guaranteed or Burstable"},
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
	if _, err := gate.ParsePolicy(gate.ExamplePolicy); err != nil {
		t.Fatal(err)
	}
	// With the comments taken off the keys, too.
	var all []string
	key := regexp.MustCompile(`^# ([a-zA-Z]+:( |$)|  )`)
	twice := regexp.MustCompile(`^# (node: .instanceType|daemonSets:|  waiver)`)
	for _, line := range strings.Split(string(gate.ExamplePolicy), "\n") {
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
		case reflect.TypeFor[gate.Severity]():
			return &generator.Schema{Type: "string", Enum: []any{"off", "note", "warning", "error"}}
		case reflect.TypeFor[gate.Quantity]():
			return &generator.Schema{AnyOf: []*generator.Schema{{Type: "string"}, {Type: "number"}}}
		}
		return nil
	}}
	if err := g.AddGoComments("github.com/plimsoll-k8s/plimsoll/recommender/gate", ".", generator.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	for k, v := range g.CommentMap {
		g.CommentMap[k] = strings.Join(strings.Fields(v), " ")
	}
	s := g.Reflect(&gate.Policy{})
	s.ID, s.Title = "https://plimsoll.dev/schemas/v1alpha1/policy.json", "plimsoll gate policy"
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

func TestPolicySchema(t *testing.T) {
	const file = "../../docs/policy.schema.json"
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
	for _, text := range append(casePolicies(t), string(gate.ExamplePolicy)) {
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
	for _, a := range archives(t) {
		if p := casetest.Section(a, "policy"); p != "" && !strings.Contains(p, "expires") { // YAML reads a bare day as a time
			out = append(out, head+p)
		}
	}
	return out
}

func archives(t *testing.T) []*txtar.Archive {
	t.Helper()
	files, err := filepath.Glob(cases + "/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	var out []*txtar.Archive
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
	return out
}

// TestFixes mends every case and judges it again: only numbers differ, and
// what was mended is not found again.
func TestFixes(t *testing.T) {
	fixed := 0
	for _, a := range archives(t) {
		edits := map[string][]gate.Edit{}
		for _, f := range judge(t, a).Findings {
			for _, e := range f.Fix {
				edits[e.File] = append(edits[e.File], e)
				fixed++
			}
		}
		for i := range a.Files {
			f := &a.Files[i]
			mended, err := gate.Apply(f.Data, edits[f.Name])
			if err != nil {
				t.Fatal(err)
			}
			if len(edits[f.Name]) == 0 && !bytes.Equal(mended, f.Data) {
				t.Errorf("%s changed without an edit", f.Name)
			}
			if got, want := skeleton(mended, edits[f.Name], true), skeleton(f.Data, edits[f.Name], false); got != want {
				t.Errorf("more than the numbers changed:\n%s\n%s", got, want)
			}
			f.Data = mended
		}
		for _, f := range judge(t, a).Findings {
			if len(f.Fix) > 0 {
				t.Errorf("still found after its fix: %s: %s", f.Rule, f.Message)
			}
		}
	}
	if fixed < 10 {
		t.Errorf("the cases have only %d edits", fixed)
	}
}

// skeleton is the file with the edited values taken out.
func skeleton(data []byte, edits []gate.Edit, after bool) string {
	var b strings.Builder
	last, shift := 0, 0
	done := map[int]bool{}
	for at := range data {
		for _, e := range edits {
			old, now := e.End-e.Start, len(e.New)
			if !after {
				now = old
			}
			if !done[e.Start] && at == e.Start+shift {
				b.Write(data[last:at])
				last = at + now
				done[e.Start] = true
				if after {
					shift += now - old
				}
			}
		}
	}
	b.Write(data[last:])
	return b.String()
}

func TestApplyRefuses(t *testing.T) {
	data := []byte("cpu: 100m\n")
	edit := gate.Edit{File: "f", Start: 5, End: 9, Old: "100m", New: "50m"}
	if got, err := gate.Apply(data, []gate.Edit{edit, edit}); err != nil || string(got) != "cpu: 50m\n" {
		t.Errorf("got %q, %v, want the same edit made once", got, err)
	}
	other := edit
	other.New = "70m"
	if _, err := gate.Apply(data, []gate.Edit{edit, other}); err == nil {
		t.Error("two edits of one place were made")
	}
	if _, err := gate.Apply([]byte("cpu: 200m\n"), []gate.Edit{edit}); err == nil {
		t.Error("a file that changed meanwhile was edited")
	}
	if _, err := gate.Apply([]byte("cpu"), []gate.Edit{edit}); err == nil {
		t.Error("a file that is too short was edited")
	}
}

// TestOrderDoesNotMatter shuffles the documents of every case.
func TestOrderDoesNotMatter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, a := range archives(t) {
		if casetest.Section(a, "want") == "" || strings.Contains(casetest.Section(a, "want"), "hpa-overlap") {
			continue // of two autoscalers, the later one is named
		}
		want := describe(judge(t, a))
		random.Shuffle(len(a.Files), func(i, j int) { a.Files[i], a.Files[j] = a.Files[j], a.Files[i] })
		if got := describe(judge(t, a)); got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	}
}

func TestFingerprintsOutliveLines(t *testing.T) {
	prints := func(prefix string) (out []string) {
		docs, _ := manifest.Parse("f.yaml", []byte(prefix+"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c}, {name: d}]}\n"))
		r, err := gate.Judge(gate.Input{Documents: docs})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Findings {
			out = append(out, f.Fingerprint)
		}
		return out
	}
	a, b := prints(""), prints("# moved\n\n\n")
	if len(a) != 6 || !reflect.DeepEqual(a, b) {
		t.Errorf("got %v and %v, want six that stay the same", a, b)
	}
}

func TestFingerprintsAreUnique(t *testing.T) {
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c}]}\n"
	docs, _ := manifest.Parse("f.yaml", []byte(pod+"---\n"+pod))
	r, err := gate.Judge(gate.Input{Documents: docs})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range r.Findings {
		if seen[f.Fingerprint] {
			t.Errorf("fingerprint %s twice", f.Fingerprint)
		}
		seen[f.Fingerprint] = true
	}
}

func TestBaseline(t *testing.T) {
	judgeText := func(cpu string, b *gate.Baseline) *gate.Result {
		text := "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {template: {spec: {containers: [{name: app, resources: {requests: {cpu: " + cpu + ", memory: 1Gi}}}]}}}\n"
		docs, _ := manifest.Parse("f.yaml", []byte(text))
		in := gate.Input{Documents: docs, Baseline: b}
		readEvidence(t, &in, "shop/Deployment/web container=app want=100m/1Gi cpu=50m,60m,70m,80m memory=1Gi,1Gi,1Gi,1Gi")
		r, err := gate.Judge(in)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := judgeText("1", nil)
	if len(first.Findings) != 2 || !first.Fails(gate.SeverityError) {
		t.Fatalf("got %+v, want a missing limit and a large request", first.Findings)
	}
	data, err := gate.BaselineOf(first.Findings).Encode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := gate.ParseBaseline(data)
	if err != nil {
		t.Fatal(err)
	}
	if r := judgeText("1", b); r.Fails(gate.SeverityNote) || r.Summary.Known != 2 {
		t.Errorf("got %+v, want both known", r.Findings)
	}
	if r := judgeText("900m", b); r.Fails(gate.SeverityNote) {
		t.Errorf("got %+v, want what got better let be", r.Findings)
	}
	if r := judgeText("2", b); !r.Fails(gate.SeverityError) || r.Summary.Known != 1 {
		t.Errorf("got %+v, want the larger request to count as worse", r.Findings)
	}
	for _, bad := range []string{"", "{}", `{"apiVersion":"plimsoll.dev/v1alpha1","kind":"Baseline","findings":[],"x":1}`} {
		if _, err := gate.ParseBaseline([]byte(bad)); err == nil {
			t.Errorf("%q was read as a baseline", bad)
		}
	}
}

func TestCurve(t *testing.T) {
	c := gate.Curve{{Share: 0.5, Value: 100}, {Share: 0.95, Value: 200}, {Share: 1, Value: 400}}
	tests := []struct{ v, want float64 }{{-1, 1}, {0, 1}, {50, 0.75}, {100, 0.5}, {150, 0.275}, {200, 0.05}, {300, 0.025}, {400, 0}, {500, 0}}
	for _, tt := range tests {
		if got := c.ShareAbove(tt.v); got < tt.want-1e-9 || got > tt.want+1e-9 {
			t.Errorf("ShareAbove(%g): got %g, want %g", tt.v, got, tt.want)
		}
	}
	if got := gate.Curve(nil).ShareAbove(1); got != 0 {
		t.Errorf("without samples: got %g, want 0", got)
	}
}

func TestNodeSizeOfType(t *testing.T) {
	p := &gate.Policy{Node: gate.Node{InstanceType: "m6i.xlarge"}}
	catalog := pricing.New(pricing.Config{})
	got, err := p.NodeSize(catalog, "aws", "us-east-1")
	if err != nil || got.CPU <= 3500 || got.CPU >= 4000 || got.Memory <= 12<<30 || got.Memory >= 16<<30 {
		t.Errorf("got %+v, %v, want what an m6i.xlarge leaves for pods", got, err)
	}
	p.Node.InstanceType = "no.such"
	if got, err := p.NodeSize(catalog, "aws", "us-east-1"); err == nil {
		t.Errorf("got %+v for a type that does not exist, want an error", got)
	}
}

func TestNothingIsFine(t *testing.T) {
	r, err := gate.Judge(gate.Input{})
	if err != nil || len(r.Findings) != 0 || r.Fails(gate.SeverityNote) {
		t.Errorf("got %+v, %v, want nothing", r, err)
	}
	var zero analyzer.Amounts
	if got, err := new(gate.Policy).NodeSize(nil, "", ""); got != zero || err != nil {
		t.Errorf("got %+v, %v, want no node", got, err)
	}
}

// TestPodsAreCountedInFull writes no number of pods as a power of ten.
func TestPodsAreCountedInFull(t *testing.T) {
	docs, _ := manifest.Parse("a.yaml", []byte("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"+
		"spec: {replicas: 2147483647, template: {spec: {containers: [{name: c, image: a, resources: {requests: {cpu: 2, memory: 1Gi}, limits: {memory: 1Gi}}}]}}}\n"))
	r, err := gate.Judge(gate.Input{
		Documents: docs, Today: "2026-11-24", Evidence: seen(docs), Prices: gate.Prices{Unit: cost.UnitPrice{CoreHour: 0.03, GiBHour: 0.004}, Source: "the test"},
	})
	if err != nil || len(r.Findings) == 0 {
		t.Fatal(r, err)
	}
	for _, f := range r.Findings {
		if strings.Contains(f.Message+f.Reason, "e+") || !strings.Contains(f.Reason, "2147483647 replicas") {
			t.Errorf("got %q, %q, want 2147483647 replicas", f.Message, f.Reason)
		}
	}
}
