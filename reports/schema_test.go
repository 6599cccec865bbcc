package reports_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	generator "github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

const (
	schemaFile = "../docs/report.schema.json"
	schemaID   = "https://plimsoll.dev/schemas/v1alpha1/report.json"
	module     = "github.com/plimsoll-k8s/plimsoll"
)

// schema generates the JSON Schema of the report from its Go types and their
// comments. The generator is in the tests alone so that no binary links it.
func schema(t testing.TB) []byte {
	t.Helper()
	g := generator.Reflector{AllowAdditionalProperties: true, Mapper: scalars}
	for pkg, dir := range map[string]string{module + "/reports": "document", module + "/analyzer": "../analyzer"} {
		if err := g.AddGoComments(pkg, dir, generator.WithFullComment()); err != nil {
			t.Fatal(err)
		}
	}
	for k, v := range g.CommentMap { // one line each
		g.CommentMap[k] = strings.Join(strings.Fields(v), " ")
	}
	s := g.Reflect(&document.Report{})
	for _, d := range s.Definitions {
		for p := d.Properties.Oldest(); p != nil; p = p.Next() {
			liftDescription(p.Value)
		}
	}
	s.ID, s.Title = schemaID, "plimsoll report"
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

// liftDescription moves the description of a nullable field from its first
// alternative to the field.
func liftDescription(s *generator.Schema) {
	if len(s.OneOf) > 0 && s.Description == "" {
		s.Description, s.OneOf[0].Description = s.OneOf[0].Description, ""
	}
}

// scalars gives the schema of the types that marshal themselves.
func scalars(t reflect.Type) *generator.Schema {
	const quantity = `^[+-]?[0-9]+(\.[0-9]+)?([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$`
	switch t {
	case reflect.TypeFor[document.USD](), reflect.TypeFor[document.Dollars]():
		return &generator.Schema{Type: "number"}
	case reflect.TypeFor[document.CPU](), reflect.TypeFor[document.Bytes](), reflect.TypeFor[document.Devices]():
		return &generator.Schema{Type: "string", Pattern: quantity}
	}
	return nil
}

func TestSchemaIsCurrent(t *testing.T) { golden(t, schemaFile, string(schema(t))) }

// TestSchemaDescribes asks that every type and the fields people ask about
// carry their comment.
func TestSchemaDescribes(t *testing.T) {
	var doc struct {
		Defs map[string]struct {
			Description string
			Properties  map[string]struct{ Description string }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(schema(t), &doc); err != nil {
		t.Fatal(err)
	}
	for name, d := range doc.Defs {
		if d.Description == "" {
			t.Errorf("type %s has no description", name)
		}
	}
	for _, field := range []string{"Container.recommended", "Container.coverage", "Summary.monthlySavings", "Summary.freedRoom", "Warning.code"} {
		typ, prop, _ := strings.Cut(field, ".")
		if doc.Defs[typ].Properties[prop].Description == "" {
			t.Errorf("field %s has no description", field)
		}
	}
}

// compile makes a check of JSON reports against the schema.
func compile(t testing.TB) func(report string) error {
	t.Helper()
	s, err := validator.UnmarshalJSON(bytes.NewReader(schema(t)))
	if err != nil {
		t.Fatal(err)
	}
	c := validator.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(schemaID, s); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile(schemaID)
	if err != nil {
		t.Fatal(err)
	}
	return func(report string) error {
		doc, err := validator.UnmarshalJSON(strings.NewReader(report))
		if err != nil {
			return err
		}
		return compiled.Validate(doc)
	}
}

func TestSchemaAcceptsReports(t *testing.T) {
	fits := compile(t)
	for name, r := range oddReports() {
		if err := fits(output(t, "json", r, reports.Options{})); err != nil {
			t.Errorf("%s: the report does not fit the schema: %v", name, err)
		}
	}
}

func TestSchemaRejects(t *testing.T) {
	fits := compile(t)
	good := output(t, "json", production().report(), reports.Options{Width: 80})
	for _, tt := range []struct{ name, from, to string }{
		{"another kind", `"kind": "Report"`, `"kind": "List"`},
		{"a missing field", `"recommended": null,`, ``},
		{"a bad quantity", `"cpu": "120m"`, `"cpu": "120 millicores"`},
		{"a confidence above 1", `"confidence": 0.93`, `"confidence": 93`},
		{"money as text", `"monthlyCost": 4424.24`, `"monthlyCost": "$4,424.24"`},
		{"a date of another form", `"2026-11-20T12:00:00Z"`, `"20 November"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bad := strings.Replace(good, tt.from, tt.to, 1)
			if bad == good {
				t.Fatalf("the report has no %s", tt.from)
			}
			if err := fits(bad); err == nil {
				t.Errorf("got no error for %s", tt.to)
			}
		})
	}
}
