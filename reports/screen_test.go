package reports_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/clipperhouse/displaywidth"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

// screens are made once: the large one takes a second.
var screens = sync.OnceValue(makeScreens)

// makeScreens are clusters of all kinds: nothing, one workload, many, names that
// hurt, and all levers.
func makeScreens() map[string]*document.Report {
	hostile := newCluster()
	long := strings.Repeat("very-long-name-", 8)
	hostile.add("ns-"+strings.Repeat("x", 60), "Deployment", long, 1, container{name: "app", cpu: 4000, mem: 8 * gi, toCPU: 100, toMem: gi, used: 50, usedMem: 9e8})
	hostile.add("日本語\x1b[31m", "Deployment", "ünï-cödé\u202e", 2, container{name: "a\nb", cpu: 1000, mem: gi, withheld: withhold("all", "no usage\x07 was seen")})
	hostile.facts.Warnings = []analyzer.Warning{{Code: "missing", Subject: long, Message: "line one\nline two\x1b[31m\u202e"}}
	one, _ := one(func(*cluster) {})
	return map[string]*document.Report{
		"empty": newCluster().report(), "one": one, "levers": bought().report(), "production": production().report(),
		"hostile": hostile.report(), "5000": random(7, 5000).report(),
	}
}

func TestScreenGolden(t *testing.T) {
	for name, r := range screens() {
		for _, width := range []int{80, 120, 200} {
			t.Run(fmt.Sprint(name, width), func(t *testing.T) {
				got := output(t, "screen", r, reports.Options{Width: width, Saved: true})
				golden(t, filepath.Join(goldens, fmt.Sprintf("screen-%s-%d.txt", name, width)), got)
			})
		}
	}
	golden(t, filepath.Join(goldens, "screen-production-80-color.txt"), output(t, "screen", screens()["production"], reports.Options{Width: 80, Color: true, Saved: true}))
	golden(t, filepath.Join(goldens, "wide-production.txt"), output(t, "containers", screens()["production"], reports.Options{}))
}

// TestScreenFits: no line is longer than the terminal, names stay whole, and
// the screen is one page.
func TestScreenFits(t *testing.T) {
	for name, r := range screens() {
		if name == "5000" && testing.Short() {
			continue
		}
		for _, width := range []int{40, 60, 80, 120, 200} {
			got := output(t, "screen", r, reports.Options{Width: width, Saved: true})
			for line := range strings.Lines(got) {
				if w := displaywidth.String(strings.TrimRight(line, "\n")); w > width {
					t.Errorf("%s at %d: a line of %d cells: %q", name, width, w, line)
				}
			}
			if n := strings.Count(got, "\n"); width >= 80 && n > 40 {
				t.Errorf("%s at %d: %d lines, want one page", name, width, n)
			}
			if strings.Contains(got, "…") || strings.ContainsAny(got, "\x1b\x07\u202e") {
				t.Errorf("%s at %d: a name is cut or not clean", name, width)
			}
		}
		for _, section := range text.Sections() {
			if section.Name == text.SectionAll || name == "5000" {
				continue
			}
			for line := range strings.Lines(output(t, "table", r, reports.Options{Width: 80, Section: section.Name})) {
				if w := displaywidth.String(strings.TrimRight(line, "\n")); w > 80 {
					t.Errorf("%s, section %s: a line of %d cells: %q", name, section.Name, w, line)
				}
			}
		}
	}
}

var usd = regexp.MustCompile(`-?\$[\d,]+`)

func dollarsIn(line string) []int {
	var out []int
	for _, s := range usd.FindAllString(line, -1) {
		n, _ := strconv.Atoi(strings.NewReplacer("$", "", ",", "").Replace(s))
		out = append(out, n)
	}
	return out
}

// TestScreenAddsUp: today less what is saved is what is possible, the steps add
// up to what is saved, and both are the document's to the dollar.
func TestScreenAddsUp(t *testing.T) {
	for name, r := range screens() {
		var today, possible, saves, steps int
		promised := false
		for line := range strings.Lines(output(t, "screen", r, reports.Options{Width: 200, Saved: true})) {
			d := dollarsIn(line)
			switch {
			case strings.HasPrefix(line, "  today "):
				today = d[0]
			case strings.HasPrefix(line, "  possible  $"):
				possible, saves, promised = d[0], d[1], true
			case regexp.MustCompile(`^  \d `).MatchString(line):
				cells := regexp.MustCompile(` {2,}`).Split(strings.TrimSpace(line), -1)
				if len(cells) < 3 {
					continue
				}
				if d := dollarsIn(cells[2]); len(d) == 1 {
					steps += d[0]
				}
			}
		}
		if !promised {
			continue
		}
		w := r.Summary.Waterfall
		if want := float64(w[0].MonthlyBefore-w[len(w)-1].MonthlyAfter) / 100; saves != int(want+0.5) {
			t.Errorf("%s: saves $%d, the document %.2f", name, saves, want)
		}
		if today-saves != possible || steps != saves {
			t.Errorf("%s: today $%d, possible $%d, saves $%d, the steps $%d", name, today, possible, saves, steps)
		}
	}
}

// TestScreenReplayed: the proof stands on the page where the history was long
// enough, with today's requests beside it, and its section has every rule.
func TestScreenReplayed(t *testing.T) {
	r, _ := one(func(*cluster) {})
	if strings.Contains(output(t, "screen", r, reports.Options{Width: 80, Saved: true}), "replayed") {
		t.Error("a replay is told of that there was not")
	}
	r.Backtest = &document.Backtest{LearnDays: 8, TestDays: 7, Origins: 1, Advised: "plimsoll balanced", Scores: []document.BacktestScore{
		{Rule: "plimsoll balanced", Containers: 84, OverRequest: 0.015, Killed: 0, KilledHigh: 0.0312},
		{Rule: document.AsItIs, Containers: 83, OverRequest: 0.0466, Killed: 0.0253},
	}}
	got := strings.Join(strings.Fields(output(t, "screen", r, reports.Options{Width: 80, Saved: true})), " ")
	if want := "replayed your last 7 days, by sizes of the 8 before: CPU short 1.5 % of the time (now 4.66 %), out of memory 0 % a week (now 2.53 %)"; !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	r.Backtest.Scores = r.Backtest.Scores[:1]
	if got := output(t, "screen", r, reports.Options{Width: 80, Saved: true}); strings.Contains(got, "(now") {
		t.Errorf("today is compared with, and was not scored: %s", got)
	}
	section := output(t, "table", r, reports.Options{Width: 80, Section: "backtest"})
	for _, want := range []string{"plimsoll balanced", "1.5 %", "0 % to 3.12 %"} {
		if !strings.Contains(strings.Join(strings.Fields(section), " "), want) {
			t.Errorf("got %s, want %s in it", section, want)
		}
	}
}
