package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-k8s/plimsoll/docs"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/keep"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

var (
	formula = regexp.MustCompile(`(CPU|memory) +(\S+) \([a-z0-9 ,-]+\) \+ (\S+) % \([a-z ]+\)(?:, rounded up = | would be )([^ ;]+);`)
	bounded = regexp.MustCompile(`would be \S+; (?:raised to|lowered to|kept at) \S+: [^;]+; now`)
)

// TestExplainRecomputes makes the advice of every container anew from the
// figures that explain prints, and from nothing else. Where it differs from
// usage and margin, a bound is named.
func TestExplainRecomputes(t *testing.T) {
	isolate(t)
	if code, _, errs := plimsoll("audit", "--demo", "--only", "rightsize", "-o", "json=report.json"); code != 0 {
		t.Fatal(errs)
	}
	r := savedReport(t, "report.json")
	checked, named, want := 0, 0, 0
	for i := range r.Workloads {
		w := &r.Workloads[i]
		for j := range w.Containers {
			if x := w.Containers[j].Recommended; x != nil && w.Containers[j].Withheld == nil {
				want += 2
			}
		}
		code, out, errs := plimsoll("explain", w.Namespace+"/"+w.Kind+"/"+w.Name)
		if code != 0 {
			t.Fatalf("%s: %s", w.Name, errs)
		}
		text := strings.Join(strings.Fields(out), " ")
		if all := strings.Count(text, " margin) would be "); all != len(bounded.FindAllString(text, -1)) {
			t.Errorf("%s: a bound without its name in %s", w.Name, text)
		}
		named += strings.Count(text, " margin) would be ")
		for _, m := range formula.FindAllStringSubmatch(text, -1) {
			checked++
			recompute(t, w.Name, m)
		}
		advisedAsPrinted(t, w, text)
	}
	if checked < want || named == 0 {
		t.Errorf("%d formulas and %d bounds were found, want %d and some", checked, named, want)
	}
}

// taken is what the formula or its bound ends in.
var taken = regexp.MustCompile(`(CPU|memory) +\S+ \([a-z0-9 ,-]+\) \+ \S+ % \([a-z ]+\)(?:, rounded up = ([^ ;]+);| would be \S+; (?:raised to|lowered to|kept at) (\S+): )`)

// advisedAsPrinted: what the formulas of a workload end in is the report's advice, and what
// is there to paste.
func advisedAsPrinted(t *testing.T, w *document.Workload, text string) {
	t.Helper()
	_, yaml, _ := strings.Cut(text, "to paste into the pod template")
	for j := range w.Containers {
		c := &w.Containers[j]
		_, block, found := strings.Cut(text, " container "+c.Name+" ")
		if !found || c.Recommended == nil {
			continue
		}
		block, _, _ = strings.Cut(block, " container ")
		for _, m := range taken.FindAllStringSubmatch(block, -1) {
			printed := m[2] + m[3]
			q, field, want := resource.MustParse(printed), "memory", int64(c.Recommended.Requests.Memory)
			got := q.Value()
			if m[1] == "CPU" {
				field, got, want = "cpu", q.MilliValue(), int64(c.Recommended.Requests.CPU)/document.MicroPerMilli
			}
			if got != want {
				t.Errorf("%s/%s: %s ends in %s, and %d is advised", w.Name, c.Name, m[0], printed, want)
			}
			if paste := field + `: "` + printed + `"`; !strings.Contains(yaml, paste) {
				t.Errorf("%s/%s: no %s to paste in %s", w.Name, c.Name, paste, yaml)
			}
		}
	}
}

// recompute holds one formula as it is printed: resource, base, margin, size.
func recompute(t *testing.T, name string, m []string) {
	t.Helper()
	base, size := resource.MustParse(m[2]), resource.MustParse(m[4])
	margin, err := strconv.ParseFloat(m[3], 64)
	if err != nil {
		t.Fatal(err)
	}
	of := base.AsApproximateFloat64() * (1 + margin/100)
	unit := 0.001
	switch {
	case m[1] == "memory":
		unit = 1 << 20
	case of > 1: // from a core on it is rounded to ten millicores
		unit = 0.01
	}
	if got := math.Ceil(of/unit-1e-3) * unit; math.Abs(got-size.AsApproximateFloat64()) > unit/2 {
		t.Errorf("%s: %s makes %g", name, m[0], got)
	}
}

// TestExplainWeighs: the sizes that were not taken stand beside the one that was.
// How long each is short agrees with the curve that is printed.
func TestExplainWeighs(t *testing.T) {
	isolate(t)
	if code, _, errs := plimsoll("audit", "--demo", "--only", "rightsize", "-q"); code != 0 {
		t.Fatal(errs)
	}
	_, out, _ := plimsoll("explain", "fares/deploy/fare-engine", "-q")
	text := strings.Join(strings.Fields(out), " ")
	for _, want := range []string{"weighed on the whole history, in hindsight: CPU as it is 2: short 0 % of the time, $", "risk by replay, of days that no size was learnt from: CPU", "starts time to ready", "release revisions", "; KRR ", "; VPA ", "; Goldilocks ", "; taken "} {
		if !strings.Contains(text, want) {
			t.Errorf("got no %q in %s", want, text)
		}
	}
	on, short := regexp.MustCompile(`(\d+m) ([\d.]+ %)`), regexp.MustCompile(`(\d+m): short ([\d.]+ %)`)
	_, curve, _ := strings.Cut(text, "the time above them: ")
	curve, _, _ = strings.Cut(curve, ";")
	at := map[string]string{}
	for _, m := range on.FindAllStringSubmatch(curve, -1) {
		at[m[1]] = m[2]
	}
	agreed := 0
	for _, m := range short.FindAllStringSubmatch(text, -1) {
		if want := at[m[1]]; want == m[2] {
			agreed++
		} else if want != "" {
			t.Errorf("%s is short %s, and %s of the time by the curve", m[1], m[2], want)
		}
	}
	if agreed == 0 {
		t.Errorf("no size is on the curve: %s", text)
	}
}

// TestExplainChanges: what would change the answer has this workload's numbers. The rule
// itself says what an OOM kill raises memory to, and an audit what a profile makes of it.
func TestExplainChanges(t *testing.T) {
	isolate(t)
	if code, _, errs := plimsoll("audit", "--demo", "--only", "rightsize", "--profile", "careful", "-q", "--no-cache", "-o", "json=careful.json"); code != 0 {
		t.Fatal(errs)
	}
	careful := savedReport(t, "careful.json")
	if code, _, errs := plimsoll("audit", "--demo", "--only", "rightsize", "-q", "-o", "json=report.json"); code != 0 {
		t.Fatal(errs)
	}
	r, profiles, kills, doubles := savedReport(t, "report.json"), 0, 0, 0
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if len(w.Containers) != 1 || w.Containers[0].Recommended == nil {
			continue
		}
		c, other := &w.Containers[0], careful.Workloads[i].Containers[0].Recommended.Requests
		_, out, _ := plimsoll("explain", w.Namespace+"/"+w.Kind+"/"+w.Name, "-q")
		text := strings.Join(strings.Fields(out), " ")
		if want := fmt.Sprintf("--profile careful makes it CPU %s, memory %s", brief.Cores(other.CPU), brief.Memory(other.Memory)); strings.Contains(text, want) {
			profiles++
		} else {
			t.Errorf("%s: no %q in %s", w.Name, want, text)
		}
		if limit := c.Current.Limits.Memory; c.OOMKills == 0 && limit > 0 {
			kills++
			to := brief.Memory(document.Bytes(rightsize.RoundMemory(float64(limit) * (1 + rightsize.OOMHeadroom/100.0))))
			if !strings.Contains(text, "raises memory to "+to) {
				t.Errorf("%s: an OOM kill does not raise it to %s in %s", w.Name, to, text)
			}
		}
		doubles += strings.Count(text, "twice the CPU base (")
	}
	if profiles < 20 || kills < 10 || doubles < 10 {
		t.Errorf("only %d profiles, %d kills and %d doubled bases were found", profiles, kills, doubles)
	}
}

func savedReport(t *testing.T, name string) *document.Report {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := document.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// named are the commands that a text names: in quotes or backticks, after a colon or
// "see", or as a line of their own.
var named = regexp.MustCompile("(?m)(?:[`'\"]|: |^ {2,}|^\\$ |see |with |NEXT +)(?:kubectl )?plimsoll ([a-z]+)\\b(?: ([a-z]+)\\b)?")

// prose are words that follow the program's name where it is no command.
var prose = []string{"balanced", "saving", "careful", "is", "reads", "kept", "advises", "tells", "does", "never", "writes", "itself", "sees", "adds", "as", "audits", "gets"}

// TestNamedVerbsExist: no text of the program, its source or its manual sends anyone
// to a verb, or to a section of show, that there is not.
func TestNamedVerbsExist(t *testing.T) {
	isolate(t)
	texts := map[string]string{}
	verbs := map[string]bool{"help": true, "completion": true}
	for _, c := range newRoot(streams{}).Commands() {
		verbs[c.Name()] = true
		_, out, _ := plimsoll(c.Name(), "--help")
		texts[c.Name()+" --help"] = out
	}
	calls := [][]string{{"audit", "--demo"}, {"show", "all"}, {"explain", "nodes"}, {"explain", "purchase"}, {"explain", "waste"}, {"explain", "fares/deploy/fare-engine"}, {"--help"}, {"help", "pages"}}
	for _, s := range sectionNames() {
		calls = append(calls, []string{"show", s})
	}
	for _, args := range calls {
		code, out, errs := plimsoll(args...)
		if code != 0 {
			t.Fatalf("%v: %s", args, errs)
		}
		texts[strings.Join(args, " ")] = out + errs
	}
	for _, pattern := range []string{"README.md", "docs/*.md", "docs/*/*.md", "cmd/plimsoll/*.go", "reports/*/*.go", "recommender/*/*.go", "analyzer/source/*/*.go", "pricing/*.go"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, f := range files {
			if data, err := os.ReadFile(f); err == nil && !strings.HasSuffix(f, "_test.go") {
				texts[f] = string(data)
			}
		}
	}
	found := 0
	for from, said := range texts {
		for _, m := range named.FindAllStringSubmatch(said, -1) {
			found++
			if !verbs[m[1]] && !slices.Contains(prose, m[1]) {
				t.Errorf("%s: %q names a verb that there is not", from, m[0])
			}
			if m[1] == "show" && m[2] != "" && !slices.Contains(sectionNames(), m[2]) {
				t.Errorf("%s: %q names a section that there is not", from, m[0])
			}
		}
		for _, m := range pagesNamed.FindAllStringSubmatch(said, -1) {
			if text, err := docs.Pages.ReadFile(docs.PageOf(m[1])); err != nil {
				t.Errorf("%s: %q names a page that there is not", from, m[0])
			} else if part, _ := docs.PartOf(string(text), m[2]); m[2] != "" && part == "" {
				t.Errorf("%s: %q names a part that there is not", from, m[0])
			}
		}
	}
	if found < 100 {
		t.Errorf("%d commands were found, want many", found)
	}
}

// pagesNamed are the pages of the manual that a text names.
var pagesNamed = regexp.MustCompile(`plimsoll help ((?:rules/|method/|sources/)?[a-z-]+-report|rules/[a-z-]+|[a-z-]+\.md)(?:#([a-z-]+))?\b`)

// TestExplainFits: no line of any explanation is longer than the terminal, also
// where request, limit and advice are one line of the plot.
func TestExplainFits(t *testing.T) {
	isolate(t)
	if code, _, errs := plimsoll("audit", "--demo", "--only", "rightsize", "-q"); code != 0 {
		t.Fatal(errs)
	}
	x, err := keep.Open().Newest("demo")
	if err != nil {
		t.Fatal(err)
	}
	r, err := x.Read()
	if err != nil {
		t.Fatal(err)
	}
	plots := 0
	for i := range r.Workloads {
		for _, width := range []int{40, 60, 80, 120, 200} {
			var out strings.Builder
			if err := text.Explain(&out, r, &r.Workloads[i], reports.Options{Width: width}); err != nil {
				t.Fatal(err)
			}
			plots += strings.Count(out.String(), "mean of the pods")
			for _, l := range strings.Split(out.String(), "\n") {
				if n := utf8.RuneCountInString(l); n > width {
					t.Errorf("%s at %d: %d cells: %s", r.Workloads[i].Name, width, n, l)
				}
			}
		}
	}
	if plots < 100 {
		t.Errorf("%d plots were drawn, want many", plots)
	}
}
