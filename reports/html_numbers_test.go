package reports_test

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// plainRows are the cells of the plain tables of a page, by the label of what they lie in;
// bars are pictures and have no text.
func plainRows(t *testing.T, page string) map[string][][]string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][][]string{}
	var walk func(n *html.Node, label string)
	walk = func(n *html.Node, label string) {
		for _, a := range n.Attr {
			if a.Key == "aria-label" && n.Data == "div" {
				label = a.Val
			}
		}
		if n.Data == "tr" && n.Parent.Data == "tbody" {
			var row []string
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				row = append(row, strings.TrimSpace(textOf(c)))
			}
			out[label] = append(out[label], row)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, label)
		}
	}
	walk(root, "")
	return out
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	out := ""
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		out += textOf(c)
	}
	return out
}

// asJSON is a report as others read it: its JSON, and nothing of the program's types.
type asJSON struct {
	Summary struct {
		MonthlyCost *float64
		Waterfall   []struct{ MonthlyBefore, MonthlyAfter float64 }
	}
	Workloads []struct {
		Namespace, Kind, Name string
		Containers            []struct {
			Name                 string
			Current, Recommended *struct{ Requests, Limits map[string]string }
			MonthlySavings       *float64
			Risk                 struct{ OOMProbability *float64 }
		}
	}
}

// TestHTMLNumbersAreTheDocuments: the largest rows say what the JSON says, each quantity
// within the rounding of its last digit and money in whole dollars; the figures are the
// bill's; and steps and what to fix first are, word for word, those of the screen.
func TestHTMLNumbersAreTheDocuments(t *testing.T) {
	rows, checked := 0, 0
	for name, r := range map[string]*document.Report{"demo": theDemo(t), "production": screens()["production"], "levers": screens()["levers"]} {
		var doc asJSON
		if err := json.Unmarshal([]byte(output(t, "json", r, reports.Options{})), &doc); err != nil {
			t.Fatal(err)
		}
		page := output(t, "html", r, reports.Options{})
		tables := plainRows(t, page)
		rows += checkRows(t, name, tables["Containers"], &doc)
		checkFigures(t, name, page, &doc)
		checked += checkScreen(t, name, tables, r)
	}
	if rows < 60 || checked < 15 {
		t.Errorf("%d rows and %d lines of the screen were compared", rows, checked)
	}
}

func checkRows(t *testing.T, name string, rows [][]string, doc *asJSON) int {
	t.Helper()
	of := map[string][]string{}
	for _, w := range doc.Workloads {
		for _, c := range w.Containers {
			money, oom := "-", "not known"
			if c.MonthlySavings != nil {
				money = strconv.FormatFloat(math.Round(*c.MonthlySavings), 'f', 0, 64)
			}
			if p := c.Risk.OOMProbability; p != nil {
				oom = strconv.FormatFloat(100**p, 'g', -1, 64)
			}
			cpu, memory, limit := c.Current.Requests["cpu"], c.Current.Requests["memory"], c.Current.Limits["memory"]
			to := [3]string{cpu, memory, limit}
			if x := c.Recommended; x != nil {
				to = [3]string{x.Requests["cpu"], x.Requests["memory"], x.Limits["memory"]}
				if to[2] == "" {
					oom = "no limit"
				}
			}
			of[w.Namespace+"/"+w.Kind+"/"+w.Name+"/"+c.Name] = []string{cpu, to[0], memory, to[1], limit, to[2], oom, money}
		}
	}
	for _, cells := range rows {
		name2, kind, _ := strings.Cut(cells[1], " ")
		kind, _, _ = strings.Cut(kind, " ")
		want := of[cells[0]+"/"+kind+"/"+name2+"/"+cells[2]]
		if want == nil {
			t.Errorf("%s: no such container: %q", name, cells)
			continue
		}
		for i := range 3 {
			from, to, changed := strings.Cut(cells[3+i], " \u2192 ")
			if !changed {
				to = from
			}
			checkQuantity(t, name+" "+cells[1], from, want[2*i])
			checkQuantity(t, name+" "+cells[1], to, want[2*i+1])
		}
		checkShare(t, name+" "+cells[1], cells[6], want[6])
		if got := strings.NewReplacer("$", "", ",", "", "~", "").Replace(cells[7]); got != want[7] && !(got == "0" && want[7] == "-0") {
			t.Errorf("%s: %s: got %s a month, the document %s", name, cells[1], cells[7], want[7])
		}
	}
	return len(rows)
}

// checkQuantity wants a quantity as printed to be the document's, to three digits and more
// where it prints more.
func checkQuantity(t *testing.T, what, got, want string) {
	t.Helper()
	if want == "" || want == "0" {
		if got != "-" && got != "0" {
			t.Errorf("%s: got %s, the document has none", what, got)
		}
		return
	}
	x, err := resource.ParseQuantity(got)
	if err != nil {
		t.Errorf("%s: %q: %v", what, got, err)
		return
	}
	y := resource.MustParse(want)
	if a, b := x.AsApproximateFloat64(), y.AsApproximateFloat64(); math.Abs(a-b) > 0.0051*b {
		t.Errorf("%s: got %s, the document %s", what, got, want)
	}
}

// checkShare wants a percentage to be the document's, to three digits or two decimals.
func checkShare(t *testing.T, what, got, want string) {
	t.Helper()
	percent, err := strconv.ParseFloat(want, 64)
	if err != nil {
		if got != want {
			t.Errorf("%s: got %s, the document %s", what, got, want)
		}
		return
	}
	printed, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSuffix(got, " %"), "<"), 64)
	switch {
	case err != nil:
		t.Errorf("%s: %q: %v", what, got, err)
	case strings.HasPrefix(got, "<"):
		if percent <= 0 || percent >= printed {
			t.Errorf("%s: got %s, the document %s %%", what, got, want)
		}
	case math.Abs(printed-percent) > max(0.0051, 0.0051*percent):
		t.Errorf("%s: got %s, the document %s %%", what, got, want)
	}
}

var figures = regexp.MustCompile(`<p class="figures"><span><strong>~?\$([\d,]+)</strong>.*?<strong>~?\$([\d,]+)</strong> possible, \x{2212}([\d.]+) %`)

func checkFigures(t *testing.T, name, page string, doc *asJSON) {
	t.Helper()
	m := figures.FindStringSubmatch(page)
	if m == nil {
		return
	}
	falls := doc.Summary.Waterfall
	last := falls[len(falls)-1].MonthlyAfter
	for i, want := range []float64{math.Round(*doc.Summary.MonthlyCost), math.Round(last)} {
		if got := strings.ReplaceAll(m[i+1], ",", ""); got != fmt.Sprintf("%.0f", want) {
			t.Errorf("%s: the figure is $%s, the document's $%.0f", name, got, want)
		}
	}
	if got, err := strconv.ParseFloat(m[3], 64); err != nil || math.Abs(got-100*(1 - last / *doc.Summary.MonthlyCost)) > 0.51 {
		t.Errorf("%s: %s %% are saved, of %.2f and %.2f (%v)", name, m[3], *doc.Summary.MonthlyCost, last, err)
	}
}

// checkScreen wants steps and what to fix first to stand on the screen as they do on the
// page, but for what the screen has no room for.
func checkScreen(t *testing.T, name string, tables map[string][][]string, r *document.Report) (checked int) {
	t.Helper()
	lines := strings.Split(output(t, "screen", r, reports.Options{Width: 200, Saved: true}), "\n")
	on := func(words ...string) bool {
		for _, line := range lines {
			found := true
			for _, w := range words {
				found = found && strings.Contains(line, w)
			}
			if found {
				return true
			}
		}
		return false
	}
	for _, step := range tables["Save"] {
		if step[0] == "today" || strings.HasPrefix(step[0], "after all") {
			continue
		}
		checked++
		what, _, _ := strings.Cut(step[3], " \u00b7 ")
		if amount := strings.TrimPrefix(strings.TrimPrefix(step[2], "-"), "room "); !on(step[0], amount, what) && !strings.HasPrefix(step[2], "room") {
			t.Errorf("%s: the screen has no line with %q", name, step)
		}
		if !on(step[0], what) {
			t.Errorf("%s: the screen has no step %q", name, step)
		}
	}
	for i, u := range tables["Fix first"] {
		if i >= 5 { // the screen shows fewer
			break
		}
		checked++
		if !on(u[1], u[2]) {
			t.Errorf("%s: the screen has no line with %q", name, u)
		}
	}
	return checked
}
