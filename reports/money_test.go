package reports_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/document/change"
	"github.com/plimsoll-k8s/plimsoll/reports/markdown"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

// said are the amounts of the first screen by what they are of.
type said struct {
	today, bill, possible, saves string
	steps                        map[string]string // by name, without commit's years
	upfront                      string
	rows                         map[string]string // by container
}

var (
	stepRow   = regexp.MustCompile(`^  (?:\d|-) (right-size|rescale|nodes|spot|commit|clean up)\b.*? {2,}~?(-?\$[\d,]+)(?: |$)`)
	upfrontOf = regexp.MustCompile(`(\$[\d,]+) up front`)
	rowOf     = regexp.MustCompile(`^  (\S+) .* (-?\$[\d,]+) `)
)

// saidOn reads the amounts off the screen.
func saidOn(t *testing.T, screen string) said {
	t.Helper()
	out := said{steps: map[string]string{}, rows: map[string]string{}}
	block := ""
	for line := range strings.Lines(screen) {
		all := usd.FindAllString(line, -1)
		if word, _, _ := strings.Cut(line, " "); word != "" && word == strings.ToUpper(word) {
			block = word
		}
		switch m := rowOf.FindStringSubmatch(line); {
		case strings.HasPrefix(line, "  today "):
			out.today = all[0]
			if len(all) > 1 {
				out.bill = all[1]
			}
		case strings.HasPrefix(line, "  possible  $"):
			out.possible, out.saves = all[0], all[1]
		case block == "LARGEST" && m != nil:
			out.rows[m[1]] = m[2]
		}
		if m := stepRow.FindStringSubmatch(line); m != nil {
			out.steps[m[1]] = m[2]
		}
		if m := upfrontOf.FindStringSubmatch(line); m != nil {
			out.upfront = m[1]
		}
	}
	return out
}

// oneLine is a text without its line breaks.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// sumOf adds up what a pattern finds, rounded to the dollar.
func sumOf(t *testing.T, text, pattern string) string {
	t.Helper()
	var sum document.USD
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		sum += amountOf(t, m[1])
	}
	return brief.WholeOf(sum).String()
}

// TestMoneyAgrees: every amount of the first screen is the same, to the dollar, in every
// other text that speaks of it, whatever the cents of the document are.
func TestMoneyAgrees(t *testing.T) {
	rnd, bought := rand.New(rand.NewPCG(3, 5)), 0
	for name, r := range clusters(t) {
		trials := 1
		if name == "demo" {
			trials = 16
		}
		for i := range trials {
			if i > 0 {
				r = otherCents(t, rnd, r)
			}
			on := saidOn(t, output(t, "screen", r, reports.Options{Width: 200, Saved: true}))
			if on.possible == "" {
				continue
			}
			at := fmt.Sprint(name, " ", i)
			agreeSections(t, at, r, on)
			agreeDiff(t, at, r, on)
			agreePages(t, at, r, on, i < 2)
			agreeRows(t, at, r, on)
			if on.steps["commit"] != "" && on.steps["spot"] != "" {
				bought++
			}
		}
	}
	if bought < 16 {
		t.Errorf("only %d reports had all steps", bought)
	}
}

// otherCents is a report whose plan and purchases come to some cents more or less.
func otherCents(t *testing.T, rnd *rand.Rand, r *document.Report) *document.Report {
	t.Helper()
	var buf bytes.Buffer
	if err := document.Save(&buf, r); err != nil {
		t.Fatal(err)
	}
	out, err := document.Read(&buf)
	if err != nil {
		t.Fatal(err)
	}
	cents := func() document.USD { return document.USD(rnd.IntN(200)) }
	plan, p := out.Nodes.Plan, out.Purchase
	plan.MonthlyCost += cents()
	*p.Spot.Savings += cents()
	var committed document.USD
	for i := range p.Commitments {
		p.Commitments[i].MonthlySavings += cents()
		committed += p.Commitments[i].MonthlySavings
	}
	asItIs := &p.Scenarios[0]
	asItIs.MonthlySavings, asItIs.MonthlyCost = committed, asItIs.MonthlyOnDemand-committed
	s := &out.Summary
	for i := range s.Waterfall {
		switch x := &s.Waterfall[i]; x.Lever {
		case document.LeverNodes:
			x.MonthlyAfter = plan.MonthlyCost
		case document.LeverPurchase:
			x.MonthlyBefore, x.MonthlyAfter = plan.MonthlyCost, plan.MonthlyCost-*p.Spot.Savings-committed
			s.MonthlySavings = new(*s.MonthlyCost - x.MonthlyAfter)
		}
	}
	return out
}

func has(t *testing.T, at, text, want string) {
	t.Helper()
	if !strings.Contains(text, want) {
		t.Errorf("%s: no %q in %s", at, want, text[:min(len(text), 3000)])
	}
}

// agreeSections holds what show and explain print of nodes and purchases to the screen.
func agreeSections(t *testing.T, at string, r *document.Report, on said) {
	t.Helper()
	section := func(name string) string {
		return oneLine(output(t, "table", r, reports.Options{Width: 200, Section: name}))
	}
	explained := func(name string) string {
		var b strings.Builder
		if _, err := text.ExplainSubject(&b, r, name, reports.Options{Width: 200}); err != nil {
			t.Fatal(err)
		}
		return oneLine(b.String())
	}
	plan := r.Nodes.Plan
	if plan != nil && on.steps["nodes"] != "" && r.Summary.Waterfall[0].MonthlyBefore == r.Summary.Waterfall[0].MonthlyAfter && !r.NoHistory() {
		for _, text := range []string{section("nodes"), explained("nodes"), section("all")} {
			has(t, at, text, fmt.Sprintf(" for %s a month, %s (", brief.WholeOf(plan.MonthlyCost), on.steps["nodes"]))
		}
	}
	if r.Purchase == nil {
		return
	}
	for _, text := range []string{section("purchase"), explained("purchase"), section("all")} {
		if x := on.steps["spot"]; x != "" {
			has(t, at, text, " of them saves "+x+" a month.")
		}
		if x := on.steps["commit"]; x != "" {
			if got := sumOf(t, text, `of the demand, saves (\$[\d,.]+) a month`); got != x {
				t.Errorf("%s: the commitments save %s, and %s on the screen: %s", at, got, x, text)
			}
			has(t, at, text, "With demand as it is the commitments save "+x+" a month")
		}
		if x := on.upfront; x != "" && sumOf(t, text, `(\$[\d,.]+) of it upfront`) != x {
			t.Errorf("%s: not %s are paid at once in %s", at, x, text)
		}
		if strings.Contains(text, "The bill a month: ") {
			has(t, at, text, "The bill a month: "+brief.SumMark(r)+on.today+" now")
			has(t, at, text, ", "+on.possible+" with what is advised to buy")
		}
	}
}

// agreeDiff holds what diff says of a report to its screen.
func agreeDiff(t *testing.T, at string, r *document.Report, on said) {
	t.Helper()
	var plain, page strings.Builder
	d := change.Compare(r, r)
	if err := text.Diff(&plain, d, reports.Options{Width: 120}); err != nil {
		t.Fatal(err)
	}
	if err := markdown.WriteDiff(&page, d); err != nil {
		t.Fatal(err)
	}
	has(t, at, oneLine(plain.String()), " nodes "+on.today+" a month to save "+on.saves+" a month ")
	has(t, at, page.String(), "| nodes, a month | "+on.today+" | "+on.today+" |\n| still to save, a month | "+on.saves+" | "+on.saves+" |\n")
}

// agreePages holds Markdown and HTML to the screen.
func agreePages(t *testing.T, at string, r *document.Report, on said, withHTML bool) {
	t.Helper()
	page := output(t, "markdown", r, reports.Options{})
	for _, x := range []string{on.today, on.possible} {
		has(t, at, page, "| "+brief.SumMark(r)+x+" a month ")
	}
	has(t, at, page, "| "+on.saves+" (")
	for _, x := range on.steps {
		has(t, at, page, x+" | ")
	}
	if !withHTML {
		return
	}
	page = output(t, "html", r, reports.Options{})
	for _, x := range on.steps {
		has(t, at, page, x+"<")
	}
	for _, x := range []string{on.today, on.possible, on.saves} {
		has(t, at, page, x)
	}
	agreeTables(t, at, page, r, on)
}

// withCents are amounts with cents; rates of an hour have some.
var withCents = regexp.MustCompile(`\$[\d,]+\.\d+( an hour|/h|)`)

var inTables = regexp.MustCompile(`(?s)<table.*?</table>`)

// agreeTables holds the tables of a page to the screen, and its words to whole dollars: cents
// are of hours alone.
func agreeTables(t *testing.T, at, page string, r *document.Report, on said) {
	t.Helper()
	hourly := map[string]bool{"Commitments 3": true, "Commitments 4": true}
	tables := plainRows(t, page)
	for label, rows := range tables {
		for _, row := range rows {
			for i, text := range row {
				for _, m := range withCents.FindAllStringSubmatch(text, -1) {
					if m[1] == "" && !hourly[fmt.Sprint(label, " ", i)] {
						t.Errorf("%s: %s has %q", at, label, text)
					}
				}
			}
		}
	}
	plain, _, _ := strings.Cut(page, `<script type="text/plain"`)
	for _, words := range append(unpackedWords(t, page), inTables.ReplaceAllString(plain, "")) {
		for _, m := range withCents.FindAllStringSubmatchIndex(oneLine(words), -1) {
			if m[2] == m[3] {
				t.Errorf("%s: cents in %q", at, oneLine(words)[max(m[0]-60, 0):min(m[1]+20, len(oneLine(words)))])
			}
		}
	}
	if r.Purchase == nil {
		return
	}
	if x := on.steps["commit"]; x != "" {
		if got := columnOf(t, tables["Commitments"], 2); got != x {
			t.Errorf("%s: the commitments save %s in HTML, and %s on the screen", at, got, x)
		}
		if got := columnOf(t, tables["Commitments"], 5); on.upfront != "" && got != on.upfront {
			t.Errorf("%s: %s are paid at once in HTML, and %s on the screen", at, got, on.upfront)
		}
		if got := tables["Scenarios"][0][3]; got != x {
			t.Errorf("%s: the first scenario saves %s, and the commitments %s on the screen", at, got, x)
		}
	}
	for _, row := range tables["Scenarios"] {
		if amountOf(t, row[1])-amountOf(t, row[2]) != amountOf(t, row[3]) {
			t.Errorf("%s: %q doesn't add up", at, row)
		}
	}
	for _, row := range tables["Containers"] {
		name := row[0] + "/" + strings.Fields(row[1])[0]
		if x, ok := on.rows[name]; ok && strings.TrimPrefix(row[7], "~") != x {
			t.Errorf("%s: %s frees %s in HTML, and %s on the screen", at, name, row[7], x)
		}
	}
}

// columnOf adds up a column of amounts.
func columnOf(t *testing.T, rows [][]string, at int) string {
	t.Helper()
	var sum document.USD
	for _, row := range rows {
		sum += amountOf(t, row[at])
	}
	return brief.WholeOf(sum).String()
}

// unpackedWords are the texts that the panels of a page have.
func unpackedWords(t *testing.T, page string) (out []string) {
	t.Helper()
	for _, m := range packed.FindAllStringSubmatch(page, -1) {
		data := unpack(t, m[2])
		if m[1] != "index" {
			data = data[4 : 4+binary.BigEndian.Uint32(data)]
		}
		var x any
		if err := json.Unmarshal(data, &x); err != nil {
			t.Fatal(err)
		}
		out = append(out, wordsIn(x)...)
	}
	return out
}

func wordsIn(x any) (out []string) {
	switch x := x.(type) {
	case string:
		return []string{x}
	case []any:
		for _, y := range x {
			out = append(out, wordsIn(y)...)
		}
	case map[string]any:
		for _, y := range x {
			out = append(out, wordsIn(y)...)
		}
	}
	return out
}

// agreeRows holds the screen's containers to the tables that have them in cents.
func agreeRows(t *testing.T, at string, r *document.Report, on said) {
	t.Helper()
	rows := output(t, "table", r, reports.Options{Width: 200, Section: "rightsize"})
	page := output(t, "markdown", r, reports.Options{})
	for name, x := range on.rows {
		m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` .*?(-?\$[\d,]+\.\d\d)`).FindStringSubmatch(rows)
		if m == nil || brief.WholeOf(amountOf(t, m[1])).String() != x {
			t.Errorf("%s: %s frees %s on the screen, and %q in its section", at, name, x, m)
		}
		if m := regexp.MustCompile("(?m)^\\| `" + regexp.QuoteMeta(name) + "` .*\\| ~?(-?\\$[\\d,]+) \\|").FindStringSubmatch(page); m == nil || m[1] != x {
			t.Errorf("%s: %s frees %s on the screen, and %q in Markdown", at, name, x, m)
		}
	}
	if b := r.Summary.MonthlyBill; b != nil && brief.WholeOf(b.Total.USD()).String() != on.bill {
		t.Errorf("%s: the whole bill is %s, and %s on the screen", at, b.Total.USD(), on.bill)
	}
}
