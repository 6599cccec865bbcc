package reports_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-k8s/plimsoll/reports"
	reportcsv "github.com/plimsoll-k8s/plimsoll/reports/csv"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/openmetrics"
)

// TestWritersGolden prints the same report by the writers for programs.
func TestWritersGolden(t *testing.T) {
	for _, name := range []string{"production", "hostile", "empty"} {
		for format, ext := range map[string]string{"csv": "csv", "markdown": "md", "openmetrics": "prom"} {
			golden(t, fmt.Sprintf("%s/%s.%s", goldens, name, ext), output(t, format, screens()[name], reports.Options{}))
		}
	}
}

// TestCSVReads: every report reads back as one row a container, every row has
// all columns, and no cell begins like a formula.
func TestCSVReads(t *testing.T) {
	for name, r := range screens() {
		rows, err := csv.NewReader(strings.NewReader(output(t, "csv", r, reports.Options{}))).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		containers := 0
		for i := range r.Workloads {
			containers += len(r.Workloads[i].Containers)
		}
		if len(rows) != containers+1 {
			t.Errorf("%s: got %d rows for %d containers", name, len(rows), containers)
		}
		for _, row := range rows {
			for i, cell := range row {
				if formula.MatchString(cell) {
					t.Errorf("%s: %s is %q", name, rows[0][i], cell)
				}
			}
		}
	}
}

// formula is what a spreadsheet would run; a negative number it would not.
var formula = regexp.MustCompile(`^[=+@\t\r＝＋－＠]|^-[^0-9.]|[\x00-\x08\x0b-\x1f\x7f\x{202e}]`)

func TestCSVDefuses(t *testing.T) {
	r := &document.Report{Workloads: []document.Workload{{Namespace: "=cmd|' /C calc'!A0", Kind: "+1", Name: "-1+2", Containers: []document.Container{{Name: "@SUM(A1)", Type: "\uff1d1+1", Withheld: []document.Withheld{{Resource: "cpu", Reason: "a,\"b\"\r\n=c"}}}}}}}
	rows, err := csv.NewReader(strings.NewReader(output(t, "csv", r, reports.Options{}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := rows[1][:5]
	if want := []string{"'=cmd|' /C calc'!A0", "'+1", "'-1+2", "'@SUM(A1)", "'\uff1d1+1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestCSVOfFigures: a section without containers is all of its figures, at the
// paths that they have in the JSON, and none begins like a formula.
func TestCSVOfFigures(t *testing.T) {
	for name, r := range screens() {
		r.Waste = append(r.Waste, document.Waste{Kind: "=1+1", Target: "-@x"})
		rows, err := csv.NewReader(strings.NewReader(output(t, "csv", document.Part(r, "waste"), reports.Options{}))).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		kinds := 0
		for _, row := range rows[1:] {
			if !strings.HasPrefix(row[0], ".waste[") || formula.MatchString(row[1]) {
				t.Errorf("%s: got %q", name, row)
			}
			if want := fmt.Sprintf(".waste[%d].kind", kinds); row[0] == want {
				if got := strings.TrimPrefix(row[1], "'"); got != r.Waste[kinds].Kind {
					t.Errorf("%s: %s is %q, want %q", name, row[0], got, r.Waste[kinds].Kind)
				}
				kinds++
			}
		}
		if kinds != len(r.Waste) {
			t.Errorf("%s: %d findings in the rows, %d in the report", name, kinds, len(r.Waste))
		}
	}
}

// TestWritersAreDescribed: the manual's tables of columns and metrics are those
// of the code; -update writes them.
func TestWritersAreDescribed(t *testing.T) {
	const path = "../docs/formats.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var columns, metrics strings.Builder
	columns.WriteString("| column | holds |\n|---|---|\n")
	for _, c := range reportcsv.Columns() {
		fmt.Fprintf(&columns, "| `%s` | %s |\n", c.Name, c.Doc)
	}
	metrics.WriteString("| gauge | labels | holds |\n|---|---|---|\n")
	for _, f := range openmetrics.Families() {
		fmt.Fprintf(&metrics, "| `%s` | %s | %s |\n", f.Name, strings.Join(f.Labels, ", "), f.Help)
	}
	got := replaceTable(t, string(page), "| column | holds |", columns.String())
	got = replaceTable(t, got, "| gauge | labels | holds |", metrics.String())
	golden(t, path, got)
}

// replaceTable puts a table in the place of the one that begins with head.
func replaceTable(t *testing.T, page, head, table string) string {
	t.Helper()
	i := strings.Index(page, head)
	if i < 0 {
		t.Fatalf("the page has no table %s", head)
	}
	rest := page[i:]
	for strings.HasPrefix(rest, "|") {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	return page[:i] + table + rest
}

// TestOpenMetricsReads: Prometheus' own parser and linter read every report,
// and the series are bounded.
func TestOpenMetricsReads(t *testing.T) {
	for name, r := range screens() {
		out := output(t, "openmetrics", r, reports.Options{})
		p := expfmt.NewTextParser(model.UTF8Validation)
		families, err := p.TextToMetricFamilies(strings.NewReader(out))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		problems, err := promlint.New(strings.NewReader(out)).Lint()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, x := range problems {
			t.Errorf("%s: %s: %s", name, x.Metric, x.Text)
		}
		for _, f := range openmetrics.Families() {
			if f.Unit != "" && !strings.HasSuffix(f.Name, "_"+f.Unit) {
				t.Errorf("%s does not end in its unit, %s", f.Name, f.Unit)
			}
			if got := families[f.Name]; got != nil && strings.Contains(f.Name, "_workload_") && len(got.Metric) > openmetrics.MostWorkloads {
				t.Errorf("%s: %d series of %s", name, len(got.Metric), f.Name)
			}
		}
	}
}

// TestOpenMetricsOfUnknownWaste: a kind of waste of which no cost is known has no sample;
// of the others the known costs are added up.
func TestOpenMetricsOfUnknownWaste(t *testing.T) {
	usd := document.USD(1250)
	out := output(t, "openmetrics", &document.Report{Waste: []document.Waste{
		{Kind: "unknown", Target: "a"}, {Kind: "known", Target: "b", MonthlyCost: &usd}, {Kind: "known", Target: "c"}, {Kind: "free", Target: "d", MonthlyCost: new(document.USD)},
	}}, reports.Options{})
	var got []string
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "plimsoll_waste_monthly_cost_usd{") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	if want := []string{`plimsoll_waste_monthly_cost_usd{kind="free"} 0`, `plimsoll_waste_monthly_cost_usd{kind="known"} 12.5`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestMonitoringFits: the dashboard and the alerts are valid, and ask only for
// metrics that there are.
func TestMonitoringFits(t *testing.T) {
	known := map[string]bool{}
	for _, f := range openmetrics.Families() {
		known[f.Name] = true
	}
	used := map[string]bool{}
	check := func(where, query string) {
		query = strings.ReplaceAll(query, "$job", ".*")
		if _, err := parser.NewParser(parser.Options{}).ParseExpr(query); err != nil {
			t.Errorf("%s: %s: %v", where, query, err)
		}
		for _, name := range metricName.FindAllString(query, -1) {
			if used[name] = true; !known[name] {
				t.Errorf("%s asks for %s, which is not written", where, name)
			}
		}
	}
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr, For string
				Annotations      map[string]string
			}
		}
	}
	read(t, "../deploy/monitoring/plimsoll-rules.yaml", &rules)
	// As promtool check rules reads it.
	if _, errs := rulefmt.ParseFile("../deploy/monitoring/plimsoll-rules.yaml", false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler)); len(errs) > 0 {
		t.Error(errs)
	}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			if r.Alert == "" || r.For == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				t.Errorf("alert %q lacks a part", r.Alert)
			}
			check(r.Alert, r.Expr)
		}
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	read(t, "../deploy/monitoring/plimsoll-dashboard.json", &board)
	for _, p := range board.Panels {
		for _, x := range p.Targets {
			check(p.Title, x.Expr)
		}
	}
	if len(used) < 10 {
		t.Errorf("only %d metrics are used: %v", len(used), used)
	}
}

var metricName = regexp.MustCompile(`plimsoll_[a-z_]+`)

func read(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".json") {
		err = json.NewDecoder(bytes.NewReader(data)).Decode(into)
	} else {
		err = yaml.UnmarshalStrict(data, new(any))
		if err == nil {
			err = yaml.Unmarshal(data, into)
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// TestMarkdownHolds: tables keep their columns whatever stands in them, details
// are closed, and the size is bounded.
func TestMarkdownHolds(t *testing.T) {
	for name, r := range screens() {
		out := output(t, "markdown", r, reports.Options{})
		if len(out) > 65_000 {
			t.Errorf("%s: %d bytes", name, len(out))
		}
		if strings.Count(out, "<details>") != strings.Count(out, "</details>") {
			t.Errorf("%s: details are left open", name)
		}
		columns := 0
		for line := range strings.Lines(out) {
			if !strings.HasPrefix(line, "|") {
				columns = 0
				continue
			}
			n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
			if columns > 0 && n != columns {
				t.Errorf("%s: %d bars where the table has %d: %s", name, n, columns, line)
			}
			columns = n
		}
	}
}

var codeSpan = regexp.MustCompile("`[^`]*`")

// TestMarkdownNames: a name keeps its table's columns and is no markup, whatever stands in
// it. Bars are counted as GitHub does: a stroke before any sign takes the sign with it.
func TestMarkdownNames(t *testing.T) {
	bars := func(line string) (n int) {
		for i := 0; i < len(line); i++ {
			switch line[i] {
			case '\\':
				i++
			case '|':
				n++
			}
		}
		return n
	}
	for _, name := range append([]string{`a\|b`, `a\\|b`, "a`|`b", `|`, `a\`, "`", "www.example.com", "@team #1", "<b>"}, evilNames...) {
		columns := 0
		for line := range strings.Lines(output(t, "markdown", namedReport(name), reports.Options{})) {
			if !strings.HasPrefix(line, "|") {
				columns = 0
				continue
			}
			n := bars(line)
			if columns > 0 && n != columns {
				t.Errorf("%q: %d bars where the table has %d: %s", name, n, columns, line)
			}
			columns = n
			if text := codeSpan.ReplaceAllString(strings.ReplaceAll(line, "\\`", ""), ""); strings.ContainsAny(text, "`") || strings.Contains(text, "www.") {
				t.Errorf("%q: %s", name, line)
			}
		}
	}
}
