package main

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
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
	}
	if checked < want || named == 0 {
		t.Errorf("%d formulas and %d bounds were found, want %d and some", checked, named, want)
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

var named = regexp.MustCompile(`plimsoll ([a-z]+)\b(?: ([a-z]+))?`)

// TestNamedVerbsExist: no text of the program sends anyone to a verb, or to a
// section of show, that there is not.
func TestNamedVerbsExist(t *testing.T) {
	isolate(t)
	var texts []string
	for _, args := range [][]string{{"audit", "--demo"}, {"show", "all"}, {"show", "risks"}, {"show", "nodes"}, {"explain", "fares/deploy/fare-engine"}, {"--help"}, {"audit", "--help"}, {"show", "--help"}, {"explain", "--help"}, {"gate", "--help"}, {"price", "--help"}} {
		code, out, errs := plimsoll(args...)
		if code != 0 {
			t.Fatalf("%v: %s", args, errs)
		}
		texts = append(texts, out)
	}
	verbs := map[string]bool{"help": true, "completion": true}
	for _, c := range newRoot("plimsoll", streams{}).Commands() {
		verbs[c.Name()] = true
	}
	for _, said := range texts {
		for _, line := range strings.Split(said, "\n") {
			command := strings.TrimSpace(line)
			if !strings.HasPrefix(line, "  plimsoll ") && !strings.Contains(line, ": plimsoll ") {
				continue // prose about the program
			}
			for _, m := range named.FindAllStringSubmatch(command, -1) {
				if !verbs[m[1]] {
					t.Errorf("%q names a verb that there is not", line)
				}
			}
		}
	}
}

// TestExplainFits: no line of any explanation is longer than the terminal, also
// where request, limit and advice are one line of the plot.
func TestExplainFits(t *testing.T) {
	isolate(t)
	if code, _, errs := plimsoll("audit", "--demo", "--only", "rightsize", "-q"); code != 0 {
		t.Fatal(errs)
	}
	x, err := openKeep().newest("demo")
	if err != nil {
		t.Fatal(err)
	}
	r, err := x.read()
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
