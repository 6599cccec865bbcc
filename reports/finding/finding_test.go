package finding_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/evidence"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/policy"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
	"github.com/plimsoll-k8s/plimsoll/reports/finding"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const goldens = "../../testdata/gate/format"

const tree = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  annotations:
    waiver.plimsoll.dev/limit-missing: "owner=web, reason=tested | fine, expires=2027-01-01"
spec:
  replicas: 3
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: app
          resources:
            requests:
              cpu: "1200m"
              memory: 4Gi
        - name: "side|<b>car"
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
x: &all 3
spec: {minAvailable: *all, selector: {matchLabels: {app: web}}}
---
kind: [
`

const before = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  template: {spec: {containers: [{name: app, resources: {requests: {cpu: 500m, memory: 4Gi}}}]}}
`

// report judges a tree that has a bit of everything.
func report(t testing.TB) *finding.Report {
	t.Helper()
	docs, problems := manifest.Parse("deploy/web.yaml", []byte(tree))
	base, _ := manifest.Parse("deploy/web.yaml", []byte(before))
	want := analyzer.Amounts{CPU: 120, Memory: 400 << 20}
	in := gate.Input{
		Documents: docs, Problems: problems, Base: &gate.Base{Name: "origin/main", Documents: base}, Today: "2026-11-24",
		Policy: &policy.Document{Rules: map[string]verdict.Severity{"unreadable": verdict.SeverityNote, "pdb-deadlock": verdict.SeverityWarning}},
		Evidence: &evidence.Set{Days: 14, Workloads: map[analyzer.Ref]*evidence.Workload{
			{Namespace: "shop", Kind: "Deployment", Name: "web"}: {Replicas: 3, Containers: map[string]*evidence.Container{
				"app": {Requests: &want, Limits: &want, Confidence: 0.9, CPU: evidence.Curve{{Share: 1, Value: 110}}, Memory: evidence.Curve{{Share: 1, Value: 350 << 20}}},
			}},
		}},
		Prices: evidence.Prices{Unit: cost.UnitPrice{CoreHour: 0.03, GiBHour: 0.004}, Source: "the test"},
	}
	first, err := gate.Judge(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range first.Findings { // one is known already
		if f.Field == "requests.memory" && f.Rule == "request-too-big" {
			in.Baseline = verdict.BaselineOf([]verdict.Finding{f})
		}
	}
	r, err := gate.Judge(in)
	if err != nil {
		t.Fatal(err)
	}
	return &finding.Report{Result: r, Rules: gate.Rules(), Threshold: verdict.SeverityError, Version: "v1.2.3", Evidence: "report.json of 2026-11-23", Today: in.Today}
}

func write(t testing.TB, format string, r *finding.Report, o finding.Options) []byte {
	t.Helper()
	f, err := finding.Lookup(format)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := f.Write(&buf, r, o); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestGoldens(t *testing.T) {
	for _, f := range finding.Formats() {
		golden(t, f.Name+".txt", write(t, f.Name, report(t), finding.Options{Indent: true}))
	}
	golden(t, "table-all-color.txt", write(t, "table", report(t), finding.Options{All: true, Color: true}))
	clean := &finding.Report{Result: &verdict.Result{}, Rules: gate.Rules()[:2], Threshold: verdict.SeverityError, Version: "v1.2.3"}
	for _, f := range finding.Formats() {
		golden(t, f.Name+"-clean.txt", write(t, f.Name, clean, finding.Options{Indent: true}))
	}
}

// TestCompact wants the same document for programs as for people, without a space
// between its parts.
func TestCompact(t *testing.T) {
	for _, r := range []*finding.Report{report(t), hostile(3), {Result: &verdict.Result{}, Threshold: verdict.SeverityError}} {
		var want, got bytes.Buffer
		if err := json.Compact(&want, write(t, "json", r, finding.Options{Indent: true})); err != nil {
			t.Fatal(err)
		}
		got.Write(bytes.TrimSpace(write(t, "json", r, finding.Options{})))
		if got.String() != want.String() {
			t.Errorf("got %s\nwant %s", &got, &want)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join(goldens, name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s (%v): got:\n%s\nwant:\n%s", file, err, got, want)
	}
}

func TestUnknownFormat(t *testing.T) {
	if _, err := finding.Lookup("pdf"); err == nil || !strings.Contains(err.Error(), "sarif") {
		t.Errorf("got %v, want an error that lists the formats", err)
	}
}

// sarifSchema finds the schema of SARIF 2.1.0 in the linter's module.
func sarifSchema(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/securego/gosec/v2")
	cmd.Dir = "../../.ci/tools"
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off")
	out, err := cmd.Output()
	file := filepath.Join(strings.TrimSpace(string(out)), "report/sarif/testdata/sarif-schema-2.1.0.json")
	if _, statErr := os.Stat(file); err != nil || statErr != nil {
		t.Skip("the SARIF schema comes with the linter, which is not downloaded here: make lint")
	}
	return file
}

func TestSARIFSchema(t *testing.T) {
	schema, err := validator.NewCompiler().Compile(sarifSchema(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*finding.Report{report(t), {Result: &verdict.Result{}, Threshold: verdict.SeverityError}} {
		doc, err := validator.UnmarshalJSON(bytes.NewReader(write(t, "sarif", r, finding.Options{})))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Error(err)
		}
	}
	bad, _ := validator.UnmarshalJSON(strings.NewReader(`{"version":"2.1.0","runs":[{"results":[]}]}`))
	if schema.Validate(bad) == nil {
		t.Error("the schema takes a run without a tool")
	}
}

// TestCodeScanning holds SARIF to what GitHub's code scanning asks beyond the
// schema.
func TestCodeScanning(t *testing.T) {
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI, URIBaseID string }
						Region           struct{ StartLine, StartColumn, EndLine, EndColumn int }
					}
				}
				PartialFingerprints map[string]string
			}
		}
	}
	if err := json.Unmarshal(write(t, "sarif", report(t), finding.Options{}), &log); err != nil {
		t.Fatal(err)
	}
	prints := map[string]bool{}
	for _, r := range log.Runs[0].Results {
		p := r.Locations[0].PhysicalLocation
		if log.Runs[0].Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.Message.Text == "" || len(r.PartialFingerprints) != 1 {
			t.Errorf("got %+v, want a rule, a text and a fingerprint", r)
		}
		if p.ArtifactLocation.URI != "deploy/web.yaml" || p.Region.StartLine < 1 || p.Region.StartColumn < 1 {
			t.Errorf("got %+v, want a relative file and a line", p)
		}
		if prints[r.PartialFingerprints["plimsoll/v1"]] {
			t.Errorf("%s has the fingerprint of another", r.Message.Text)
		}
		prints[r.PartialFingerprints["plimsoll/v1"]] = true
	}
	if len(prints) < 6 {
		t.Errorf("got %d results, want all of them", len(prints))
	}
}

// junitForm is what the JUnit schema that CI systems share allows: elements,
// their attributes and children.
var junitForm = map[string]struct {
	required, optional []string
	children           []string
}{
	"testsuites": {required: []string{"tests", "failures", "errors"}, optional: []string{"name", "time"}, children: []string{"testsuite"}},
	"testsuite":  {required: []string{"name", "tests", "failures", "errors"}, optional: []string{"skipped", "time"}, children: []string{"testcase"}},
	"testcase":   {required: []string{"name", "classname", "time"}, optional: []string{"file", "line"}, children: []string{"skipped", "failure", "system-out"}},
	"skipped":    {optional: []string{"message"}}, "failure": {required: []string{"type"}, optional: []string{"message"}}, "system-out": {},
}

func TestJUnitForm(t *testing.T) {
	data := write(t, "junit", report(t), finding.Options{})
	d := xml.NewDecoder(bytes.NewReader(data))
	var path []string
	counts := map[string]int{}
	for {
		token, err := d.Token()
		if token == nil {
			if err.Error() != "EOF" {
				t.Fatal(err)
			}
			break
		}
		switch e := token.(type) {
		case xml.StartElement:
			counts[e.Name.Local]++
			checkElement(t, path, e)
			path = append(path, e.Name.Local)
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
	want := fmt.Sprintf(`tests="%d" failures="%d"`, counts["testcase"], counts["failure"])
	if !strings.Contains(string(data), want) || counts["failure"] == 0 || counts["skipped"] != 3 {
		t.Errorf("got %v, want the sums %s and three skipped in\n%s", counts, want, data)
	}
}

func checkElement(t *testing.T, path []string, e xml.StartElement) {
	t.Helper()
	form, ok := junitForm[e.Name.Local]
	if !ok {
		t.Fatalf("element %s is not of JUnit", e.Name.Local)
	}
	if n := len(path); n > 0 && !strings.Contains(" "+strings.Join(junitForm[path[n-1]].children, " ")+" ", " "+e.Name.Local+" ") {
		t.Errorf("%s stands in %s", e.Name.Local, path[n-1])
	}
	have := map[string]bool{}
	for _, a := range e.Attr {
		have[a.Name.Local] = true
		if !strings.Contains(" "+strings.Join(append(form.required, form.optional...), " ")+" ", " "+a.Name.Local+" ") {
			t.Errorf("%s has the attribute %s", e.Name.Local, a.Name.Local)
		}
	}
	for _, name := range form.required {
		if !have[name] {
			t.Errorf("%s lacks %s", e.Name.Local, name)
		}
	}
}

// hostile is a report of findings whose text tries to break out.
func hostile(n int) *finding.Report {
	f := verdict.Finding{
		Rule: "qos", Severity: verdict.SeverityError, State: verdict.StateNew, Object: "a/b/c`|<!-- x -->",
		Message: "::error::x\r\n</details>|`@all [x](http://y) \x00\x1b", Reason: "%0A ]]>", Place: verdict.Place{File: "a,b:c%\n.yaml", Start: manifest.Position{Line: 1, Column: 1}},
	}
	r := &verdict.Result{}
	for i := range n {
		f.Fingerprint, f.Place.Start = fmt.Sprint(i), manifest.At(i+1, 1)
		r.Findings = append(r.Findings, f)
	}
	r.Summary.Errors = n
	return &finding.Report{Result: r, Rules: gate.Rules(), Threshold: verdict.SeverityError, Version: "v1"}
}

func TestHostileText(t *testing.T) {
	github := string(write(t, "github", hostile(1), finding.Options{}))
	if strings.Count("\n"+github, "\n::") != 1 || strings.Contains(github, "file=a,b") || strings.Contains(github, "##[") {
		t.Errorf("got %q, want one command", github)
	}
	if table := string(write(t, "table", hostile(1), finding.Options{})); strings.ContainsAny(table, "\x00\x1b\r") {
		t.Errorf("%q has control characters for the terminal", table)
	}
	markdown := string(write(t, "markdown", hostile(1), finding.Options{}))
	for _, bad := range []string{"</details>|", "@all", " [x](http", "<!-- x"} {
		if strings.Contains(strings.ReplaceAll(markdown, "`a/b/c'\\|<!-- x -->`", ""), bad) {
			t.Errorf("%q got through:\n%s", bad, markdown)
		}
	}
	if err := xml.Unmarshal(write(t, "junit", hostile(1), finding.Options{}), new(struct{})); err != nil {
		t.Error(err)
	}
}

func TestLimitsOfHosts(t *testing.T) {
	r := hostile(3000)
	if n := len(write(t, "markdown", r, finding.Options{})); n > 65_000 {
		t.Errorf("the comment has %d characters; GitHub takes 65,536", n)
	}
	if got := string(write(t, "markdown", r, finding.Options{})); !strings.HasPrefix(got, finding.Marker+"\n") || !strings.Contains(got, "more\n\n</details>") {
		t.Error("the comment does not begin with its marker, or hides that it was cut")
	}
	if n := strings.Count(string(write(t, "github", r, finding.Options{})), "::error "); n != 10 {
		t.Errorf("got %d annotations, want the 10 that GitHub shows", n)
	}
}
