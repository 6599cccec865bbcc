package reports_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

// oddReports are reports of clusters in which something is missing or wrong.
func oddReports() map[string]*document.Report {
	unpriced := production()
	unpriced.costs = nil
	noNodes := production()
	noNodes.facts.Snapshot.Nodes, noNodes.costs = nil, &cost.Costs{}
	moment := production()
	moment.facts.Snapshot.Window = analyzer.Window{End: end, Moment: true}
	unjudged := production()
	unjudged.recs = nil
	return map[string]*document.Report{
		"production": production().report(),
		"no prices":  unpriced.report(),
		"no nodes":   noNodes.report(),
		"moment":     moment.report(),
		"unjudged":   unjudged.report(),
		"empty":      newCluster().report(),
		"broken":     broken().report(),
		"random":     random(7, 40).report(),
	}
}

// broken has figures that are no numbers wherever one can be.
func broken() *cluster {
	c := production()
	bad := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64}
	for i := range c.recs {
		b := bad[i%len(bad)]
		c.recs[i].MonthlySavings, c.recs[i].Confidence = b, b
		if s := advice.As[rightsize.Sizing](c.recs[i].Detail); s != nil {
			s.Risk = rightsize.Risk{OOMProbability: &b, CPUOverRequest: &b}
		}
		c.recs[i].Evidence = append(c.recs[i].Evidence, advice.Evidence{Name: "odd", Value: b, Unit: "count"})
	}
	for i := range c.facts.Workloads {
		c.facts.Workloads[i].MeanPods = bad[i%len(bad)]
		for j := range c.facts.Workloads[i].Containers {
			k := &c.facts.Workloads[i].Containers[j]
			k.Coverage, k.ThrottledShare = math.NaN(), math.Inf(1)
			k.CPU.Samples.Add(math.MaxFloat64)
			k.Memory.Samples.Add(math.MaxFloat64)
		}
	}
	for i := range c.costs.Nodes {
		c.costs.Nodes[i].Hourly = bad[i%len(bad)]
	}
	c.costs.Idle, c.costs.Overhead = math.NaN(), math.Inf(1)
	return c
}

// random is a cluster of n workloads whose figures hang on the seed alone.
func random(seed uint64, n int) *cluster {
	r := rand.New(rand.NewPCG(seed, seed))
	c := newCluster()
	c.node("n2-standard-8", "on-demand", 0.3885, 1+n/4)
	left := c.costs.Bill
	names := []string{"a", "api", "worker", "very-long-name-of-a-workload-that-somebody-generated", "日本語", "ünï-cödé", "x.y.z"}
	kinds := []string{"Deployment", "StatefulSet", "DaemonSet", "CronJob", "SeldonDeployment", "Pod"}
	for range n {
		k := container{
			name: names[r.IntN(len(names))], cpu: r.Int64N(9000), mem: r.Int64N(64 * gi), used: 1 + r.Float64()*900, usedMem: r.Float64() * 9e9,
			cost: left * r.Float64() / 20, confidence: r.Float64(), risk: r.Float64(), oom: r.Int64N(2),
		}
		left -= k.cost
		switch r.IntN(4) {
		case 0:
			k.withheld = withhold("all", "too little data: 2 of at least 3 runs")
		case 1:
			k.toCPU, k.toMem = k.cpu, k.mem
		default:
			k.toCPU, k.toMem, k.savings = 1+r.Int64N(9000), 1+r.Int64N(64*gi), (r.Float64()-0.3)*300
		}
		ns := names[r.IntN(len(names))]
		c.add(ns, kinds[r.IntN(len(kinds))], names[r.IntN(len(names))]+"-"+string(rune('a'+r.IntN(26)))+string(rune('a'+r.IntN(26))), r.Int32N(40), k)
	}
	c.costs.Idle = left
	return c
}

// TestTableFits: no line is wider than asked for, at any width.
func TestTableFits(t *testing.T) {
	for name, r := range oddReports() {
		step := 7
		if name == "production" {
			step = 1
		}
		for width := 40; width <= 250; width += step {
			for line := range strings.Lines(output(t, "table", r, reports.Options{Width: width, All: width%2 == 0})) {
				if got := displaywidth.String(strings.TrimSuffix(line, "\n")); got > width {
					t.Errorf("%s: got a line of %d cells at width %d: %s", name, got, width, line)
				}
			}
		}
	}
}

// TestColorKeepsTheText: without its colors a colored table is the plain one.
func TestColorKeepsTheText(t *testing.T) {
	r := production().report()
	for _, format := range []string{"table", "wide"} {
		colored := output(t, format, r, reports.Options{Color: true})
		if !strings.Contains(colored, "\x1b[32m") || !strings.Contains(colored, "\x1b[31m") {
			t.Errorf("%s: got no green or no red", format)
		}
		for _, code := range []string{"\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[32m"} {
			colored = strings.ReplaceAll(colored, code, "")
		}
		if got, want := colored, output(t, format, r, reports.Options{}); got != want {
			t.Errorf("%s: %s", format, difference(got, want))
		}
	}
}

// TestSumsAddUp: every sum of money in the report is the sum of its parts to
// the cent.
func TestSumsAddUp(t *testing.T) {
	for seed := range uint64(30) {
		r := random(seed, 25).report()
		var savings, listed, cost document.USD
		for _, w := range r.Workloads {
			var containers document.USD
			for _, c := range w.Containers {
				containers += *c.MonthlyCost
				if c.MonthlySavings != nil {
					savings += *c.MonthlySavings
				}
			}
			if containers != *w.MonthlyCost {
				t.Errorf("seed %d: got %s for containers of %s/%s, want %s", seed, containers, w.Namespace, w.Name, *w.MonthlyCost)
			}
			cost += *w.MonthlyCost
		}
		for _, x := range r.Recommendations {
			listed += *x.MonthlySavings
		}
		cost += *r.Summary.IdleMonthly + *r.Summary.OverheadMonthly
		if u := r.Summary.UnattributedMonthly; u != nil {
			cost += *u
		}
		for _, tt := range []struct {
			what      string
			got, want document.USD
		}{
			{"savings of containers", savings, *r.Summary.MonthlySavings},
			{"savings of recommendations", listed, *r.Summary.MonthlySavings},
			{"workloads, idle, overhead", cost, *r.Summary.MonthlyCost},
			{"node pools", *r.Nodes.Current.MonthlyCost, *r.Summary.MonthlyCost},
			{"waterfall", r.Summary.Waterfall[0].FreedRoom, *r.Summary.MonthlySavings},
			{"what leaves the bill without a plan", r.Summary.Waterfall[0].MonthlyBefore - r.Summary.Waterfall[0].MonthlyAfter, 0},
			{"freed room", *r.Summary.FreedRoom.Monthly, *r.Summary.MonthlySavings},
		} {
			if tt.got != tt.want {
				t.Errorf("seed %d: %s: got %s, want %s", seed, tt.what, tt.got, tt.want)
			}
		}
	}
}

// TestRowsAddUp: the money column, as printed, adds up to its foot.
func TestRowsAddUp(t *testing.T) {
	for seed := range uint64(10) {
		var sum, foot document.USD
		for line := range strings.Lines(output(t, "table", random(seed, 30).report(), reports.Options{Width: 250, All: true, Section: "rightsize"})) {
			for _, word := range strings.Fields(line) {
				if !strings.Contains(word, "$") || strings.Contains(line, "month") || strings.Contains(line, "cost") {
					continue
				}
				var u document.USD
				if err := u.UnmarshalJSON([]byte(strings.NewReplacer("$", "", ",", "").Replace(word))); err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(line, "TOTAL") {
					foot = u
				} else {
					sum += u
				}
			}
		}
		if sum != foot || foot == 0 {
			t.Errorf("seed %d: got rows of %s, want the foot's %s", seed, sum, foot)
		}
	}
}

// TestOrderDoesNotMatter: shuffled input gives the same bytes in every format.
func TestOrderDoesNotMatter(t *testing.T) {
	want := production().report()
	for seed := range uint64(5) {
		c := production()
		r := rand.New(rand.NewPCG(seed, 1))
		shuffle(r, c.recs)
		shuffle(r, c.facts.Workloads)
		shuffle(r, c.facts.Warnings)
		shuffle(r, c.facts.Snapshot.Sources)
		shuffle(r, c.costs.Nodes)
		for _, f := range reports.Formats() {
			if got, want := output(t, f.Name, c.report(), reports.Options{All: true}), output(t, f.Name, want, reports.Options{All: true}); got != want {
				t.Errorf("seed %d, %s: %s", seed, f.Name, difference(got, want))
			}
		}
	}
}

func shuffle[T any](r *rand.Rand, s []T) {
	r.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
}

// TestEveryRecommendationOnce: advice that changes something is listed exactly
// once, and every container has an amount or a reason.
func TestEveryRecommendationOnce(t *testing.T) {
	for seed := range uint64(10) {
		c := random(seed, 40)
		r := c.report()
		seen := map[string]int{}
		for _, x := range r.Recommendations {
			seen[x.Target+"/"+x.Container]++
		}
		want := map[string]int{}
		for _, x := range c.recs {
			if len(x.Changes) > 0 {
				want[x.Workload.String()+"/"+x.Container]++
			}
		}
		if !reflect.DeepEqual(seen, want) {
			t.Errorf("seed %d: got recommendations for %v, want %v", seed, seen, want)
		}
		for _, w := range r.Workloads {
			var sum document.USD
			for _, k := range w.Containers {
				if k.MonthlySavings != nil {
					sum += *k.MonthlySavings
				}
			}
			if w.Horizontal != nil && w.Horizontal.MonthlySavings != nil {
				sum += *w.Horizontal.MonthlySavings
			}
			if w.MonthlySavings != nil && *w.MonthlySavings != sum || w.MonthlySavings == nil && r.Summary.MonthlyCost != nil {
				t.Errorf("seed %d: %s saves %v, its parts %s", seed, w.Name, w.MonthlySavings, sum)
			}
			for _, k := range w.Containers {
				if k.Recommended == nil && len(k.Withheld)+len(k.Warnings) == 0 {
					t.Errorf("seed %d: %s/%s has neither a recommendation nor a reason", seed, w.Name, k.Name)
				}
			}
		}
	}
}

// TestNoNaN: figures that are no numbers never reach the output.
func TestNoNaN(t *testing.T) {
	r := broken().report()
	for _, f := range reports.Formats() {
		got := output(t, f.Name, r, reports.Options{All: true})
		if f.Name == "html" {
			got = readable(t, got) // without the script, and with what is packed
		}
		for _, word := range []string{"NaN", "Inf", ".inf", ".nan", "9223372036854775"} {
			if strings.Contains(got, word) {
				t.Errorf("%s: got %q in the output", f.Name, word)
			}
		}
	}
	if !strings.Contains(output(t, "json", r, reports.Options{}), `the evidence \"odd\" is not a number`) {
		t.Error("got no warning for evidence that is not a number")
	}
}

func TestRoundTrip(t *testing.T) {
	for name, r := range oddReports() {
		r.History = nil // is in neither
		for _, format := range []string{"json", "yaml"} {
			text := output(t, format, r, reports.Options{})
			got, err := document.Read(strings.NewReader(text))
			if err != nil {
				t.Errorf("%s: %s: %v", name, format, err)
				continue
			}
			if !reflect.DeepEqual(got, r) {
				t.Errorf("%s: got another report back from %s", name, format)
			}
			if again := output(t, "table", got, reports.Options{}); again != output(t, "table", r, reports.Options{}) {
				t.Errorf("%s: got another table from the saved %s:\n%s", name, format, again)
			}
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"nothing", "", `neither apiVersion nor kind`},
		{"HTML", "<html></html>", "neither the JSON nor the YAML"},
		{"cut JSON", `{"apiVersion": "plimsoll.dev/v1alpha1", "ki`, "unexpected end"},
		{"a later version", `{"apiVersion": "plimsoll.dev/v2", "kind": "Report"}`, `"plimsoll.dev/v2"`},
		{"another kind", "apiVersion: v1\nkind: ConfigMap\n", `"ConfigMap"`},
		{"a bad quantity", `{"apiVersion": "plimsoll.dev/v1alpha1", "kind": "Report", "summary": {"requests": {"cpu": "a lot"}}}`, `"a lot" is not a Kubernetes quantity`},
		{"bad money", `{"apiVersion": "plimsoll.dev/v1alpha1", "kind": "Report", "summary": {"monthlyCost": "7"}}`, "not an amount of money"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := document.Read(strings.NewReader(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got error %v, want one line with %q", err, tt.want)
			}
		})
	}
}

func TestLookup(t *testing.T) {
	_, err := reports.Lookup("xml")
	if want := `unknown output format "xml": use one of table, wide, json, yaml, csv, markdown, html, openmetrics`; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

type fullDisk struct{}

var errFull = errors.New("no space left")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrors(t *testing.T) {
	r := production().report()
	for _, f := range reports.Formats() {
		if err := f.Write(fullDisk{}, r, reports.Options{}); !errors.Is(err, errFull) {
			t.Errorf("%s: got error %v, want %v", f.Name, err, errFull)
		}
	}
}

func TestUnsafeNames(t *testing.T) {
	c := newCluster()
	c.facts.Snapshot.Cluster = "evil\x1b[2J\nname"
	c.facts.Warnings = []analyzer.Warning{{Code: "x", Message: "line one\nline two\x1b[31m\u202e"}}
	c.add("ns\t\n", "Pod", "na\x07me", 1, container{name: "c\r", withheld: withhold("all", "a\nb")})
	for _, format := range []string{"table", "wide"} {
		got := output(t, format, c.report(), reports.Options{})
		if strings.ContainsAny(got, "\x1b\x07\r\t\u202e") {
			t.Errorf("%s: got control characters in %q", format, got)
		}
	}
}

func TestEmptyIsSaid(t *testing.T) {
	odd := oddReports()
	for name, tt := range map[string]string{
		"empty":     "No workload was found.",
		"no prices": "No node has a price",
		"moment":    "no history",
		"unjudged":  "No rule has looked at the containers",
	} {
		if got := output(t, "table", odd[name], reports.Options{}); !strings.Contains(got, tt) {
			t.Errorf("%s: got no %q in\n%s", name, tt, got)
		}
	}
}

// TestMomentIsMarked: requests that rest on one reading are marked in every
// format, and nothing is a share of the bill or proven.
func TestMomentIsMarked(t *testing.T) {
	c := production()
	c.facts.Snapshot.Window = analyzer.Window{End: end, Moment: true}
	for i := range c.recs {
		if advice.As[rightsize.Sizing](c.recs[i].Detail) != nil {
			c.recs[i].Warn(analyzer.WarnNoHistory, "rests on one reading and no history: check before use")
		}
	}
	r := c.report()
	for _, tt := range []struct{ format, section, want string }{
		{"screen", "", "~ rests on one reading"},
		{"table", "rightsize", "-> ~"},
		{"table", "all", "-> ~"},
		{"containers", "", "-> ~"},
		{"containers", "", "~ rests on one reading and no history: check before use"},
		{"json", "", `"code":"no-history"`},
		{"json", "", `"moment":true`},
		{"yaml", "", "code: no-history"},
		{"csv", "", "rests on one reading and no history"},
		{"markdown", "", `→ \~`},
	} {
		got := output(t, tt.format, r, reports.Options{Section: tt.section})
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s %s: got no %q in\n%s", tt.format, tt.section, tt.want, got)
		}
		if regexp.MustCompile(`P95|P99|MAX`).MatchString(got) && tt.format != "json" && tt.format != "yaml" && tt.format != "csv" {
			t.Errorf("%s %s: percentiles of one reading in\n%s", tt.format, tt.section, got)
		}
		if regexp.MustCompile(`proven|\d %\) (off|by)|off the bill \(|CPU p95`).MatchString(got) && (tt.format == "table" || tt.format == "screen") {
			t.Errorf("%s %s: a share or a proof without history in\n%s", tt.format, tt.section, got)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(output(t, "csv", r, reports.Options{}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	means := 0
	for k, name := range rows[0] {
		for _, row := range rows[1:] {
			if spread := strings.Contains(name, "_p95_") || strings.Contains(name, "_max_"); spread && row[k] != "" {
				t.Errorf("csv: %s of one reading is %q, want nothing", name, row[k])
			}
			if strings.Contains(name, "_mean_") && row[k] != "" {
				means++
			}
		}
	}
	if means == 0 {
		t.Error("csv: the reading itself is in no row")
	}
	var explained bytes.Buffer
	for i := range r.Workloads {
		if err := text.Explain(&explained, r, &r.Workloads[i], reports.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if got := explained.String(); regexp.MustCompile(`P95|P99|MAX`).MatchString(got) || !strings.Contains(got, "NOW") {
		t.Errorf("explain: percentiles of one reading in\n%s", got)
	}
	if got := explained.String(); !strings.Contains(got, "    # rests on one reading and no history") {
		t.Errorf("explain: what is pasted has no mark in\n%s", got)
	}
}

// TestLikeNotesAreOneLine: warnings that differ only in numbers and names are
// one line of the table, and all lines of wide.
func TestLikeNotesAreOneLine(t *testing.T) {
	c := newCluster()
	for i := range 60 {
		name := fmt.Sprintf("w-%d", i)
		c.add("ns", "Deployment", name, 1, container{name: "app", withheld: withhold("cpu", "HPA "+name+" scales on cpu utilization")})
		c.facts.Warnings = append(c.facts.Warnings, analyzer.Warning{Code: "missing", Subject: name, Message: fmt.Sprintf("%d series are missing", i)})
	}
	r := c.report()
	for _, tt := range []struct {
		format, line string
		want         int
	}{
		{"table", "[1] cpu: HPA w-0 scales on cpu utilization (and 59 containers like it)", 1},
		{"table", "series are missing", 1},
		{"wide", "] cpu: HPA w-", 60},
		{"wide", "series are missing", 60},
	} {
		if got := strings.Count(output(t, tt.format, r, reports.Options{}), tt.line); got != tt.want {
			t.Errorf("%s: got %q %d times, want %d", tt.format, tt.line, got, tt.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, format := range []string{"json", "yaml"} {
		f.Add([]byte(output(f, format, random(3, 2).report(), reports.Options{})))
		f.Add([]byte(output(f, format, newCluster().report(), reports.Options{})))
	}
	f.Add([]byte(`{"apiVersion": "plimsoll.dev/v1alpha1", "kind": "Report", "summary": {"monthlyCost": 5}}`))
	f.Add([]byte("apiVersion: plimsoll.dev/v1alpha1\nkind: Report\n"))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := document.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		for line := range strings.Lines(output(t, "table", r, reports.Options{Width: 60})) {
			if got := displaywidth.String(strings.TrimSuffix(line, "\n")); got > 60 {
				t.Errorf("got a line of %d cells: %q", got, line)
			}
		}
	})
}
