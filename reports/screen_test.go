package reports_test

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/clipperhouse/displaywidth"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

// screens are made once: the large one takes a second.
var screens = sync.OnceValue(makeScreens)

// clusters are those screens and the demo's.
func clusters(t *testing.T) map[string]*document.Report {
	t.Helper()
	out := maps.Clone(screens())
	out["demo"] = theDemo(t)
	return out
}

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
	for name, r := range clusters(t) {
		for _, width := range []int{80, 120, 200} {
			t.Run(fmt.Sprint(name, width), func(t *testing.T) {
				o := reports.Options{Width: width, Saved: true}
				file := filepath.Join(goldens, fmt.Sprintf("screen-%s-%d", name, width))
				golden(t, file+".txt", output(t, "screen", r, o))
				o.Color = true
				golden(t, file+"-color.txt", output(t, "screen", r, o))
			})
		}
	}
	golden(t, filepath.Join(goldens, "wide-production.txt"), output(t, "containers", screens()["production"], reports.Options{}))
}

// blockLines counts the lines of a block of the screen.
func blockLines(screen, title string) int {
	_, block, found := strings.Cut(screen, "\n"+title+" ")
	if !found {
		return 0
	}
	block, _, _ = strings.Cut(block, "\n\n")
	return 1 + strings.Count(strings.TrimSuffix(block, "\n"), "\n")
}

// TestScreenFits: no line is longer than the terminal, names stay whole, and
// the screen is one page.
func TestScreenFits(t *testing.T) {
	for name, r := range clusters(t) {
		if name == "5000" && testing.Short() {
			continue
		}
		for _, width := range []int{20, 40, 60, 80, 100, 120, 200} {
			got := output(t, "screen", r, reports.Options{Width: width, Saved: true})
			for line := range strings.Lines(got) {
				if w := displaywidth.String(strings.TrimRight(line, "\n")); w > width {
					t.Errorf("%s at %d: a line of %d cells: %q", name, width, w, line)
				}
			}
			if n := strings.Count(got, "\n"); width >= 80 && n > 40 {
				t.Errorf("%s at %d: %d lines, want one page", name, width, n)
			}
			if n := strings.Count(got, "\n"); width >= 80 && n < 30 {
				all := output(t, "screen", r, reports.Options{Width: width, Saved: true, All: true})
				if all != got {
					t.Errorf("%s at %d: %d lines, and not all that there is:\n%s\n%s", name, width, n, got, all)
				}
			}
			if n := blockLines(got, "UNSURE"); width >= 80 && n > 2 {
				t.Errorf("%s at %d: %d lines of doubts, want two", name, width, n)
			}
			if strings.Contains(got, "…") || strings.ContainsAny(got, "\x1b\x07\u202e") {
				t.Errorf("%s at %d: a name is cut or not clean", name, width)
			}
		}
		for _, section := range text.Sections() {
			if name == "5000" {
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

// TestScreenAddsUp: today and what is possible are the document's, rounded, as every other
// view has them; what is saved is the one less the other, and the steps add up to it.
func TestScreenAddsUp(t *testing.T) {
	for name, r := range clusters(t) {
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
		if want := float64(w[0].MonthlyBefore-w[len(w)-1].MonthlyAfter) / 100; math.Abs(float64(saves)-want) >= 1 {
			t.Errorf("%s: saves $%d, the document %.2f", name, saves, want)
		}
		if before, after := float64(w[0].MonthlyBefore)/100, float64(w[len(w)-1].MonthlyAfter)/100; today != int(before+0.5) || possible != int(after+0.5) {
			t.Errorf("%s: today $%d, possible $%d, the document %.2f and %.2f", name, today, possible, before, after)
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

var (
	nodesSeen = regexp.MustCompile(`: (\d+) nodes?, (\d+) workloads?, `)
	nodesStep = regexp.MustCompile(`(?m)^  \d nodes +(\d+)(?: -> (\d+))?`)
	counts    = regexp.MustCompile(`(\d+) (containers? OOM-killed|short of CPU|blocked|pending)`)
	showVerb  = regexp.MustCompile(`plimsoll show ([a-z]+)`)
)

// riskCounts reads how much of each kind a text counts.
func riskCounts(text string) map[string]int {
	out := map[string]int{}
	for _, m := range counts.FindAllStringSubmatch(strings.Join(strings.Fields(text), " "), -1) {
		n, _ := strconv.Atoi(m[1])
		out[strings.Replace(m[2], "containers", "container", 1)] += n
	}
	return out
}

// TestScreenAgrees: no line of the screen contradicts another, nor the document:
// risks that are counted are listed or told of below, all of them by the command
// that is named; nodes and workloads are as many in each line; and every section
// that is named prints.
func TestScreenAgrees(t *testing.T) {
	checked := 0
	for name, r := range clusters(t) {
		for _, width := range []int{80, 120} {
			got := output(t, "screen", r, reports.Options{Width: width, Saved: true})
			if m := nodesSeen.FindStringSubmatch(strings.Join(strings.Fields(got), " ")); m == nil || m[1] != fmt.Sprint(r.Nodes.Current.Count) || m[2] != fmt.Sprint(len(r.Workloads)) {
				t.Errorf("%s: nodes and workloads are %q", name, m)
			}
			if m := nodesStep.FindStringSubmatch(got); m != nil && (m[1] != fmt.Sprint(r.Nodes.Current.Count) || m[2] != "" && m[2] != fmt.Sprint(r.Nodes.Plan.Count)) {
				t.Errorf("%s: the plan's nodes are %q", name, m)
			}
			for _, m := range showVerb.FindAllStringSubmatch(got, -1) {
				if out := output(t, "table", r, reports.Options{Width: width, Section: m[1]}); strings.HasPrefix(out, "Nothing of ") {
					t.Errorf("%s: the screen names the section %s, which is empty", name, m[1])
				}
			}
			_, block, ok := strings.Cut(got, "FIX FIRST  ")
			if !ok || len(r.Urgents()) == 0 {
				continue
			}
			checked++
			block, _, _ = strings.Cut(block, "\n\n")
			checkRisks(t, name, block, r)
			section := output(t, "table", r, reports.Options{Width: 200, Section: "risks"})
			for _, u := range brief.Urgents(r) {
				if !strings.Contains(section, u.Name) {
					t.Errorf("%s: plimsoll show risks lacks %s", name, u.Name)
				}
			}
		}
	}
	if checked < 6 {
		t.Errorf("%d screens had risks", checked)
	}
}

// checkRisks: the head of the block counts the document's risks, and so do its rows
// with what they leave out.
func checkRisks(t *testing.T, name, block string, r *document.Report) {
	t.Helper()
	head, rest, _ := strings.Cut(block, "\n  and ")
	lines := strings.Split(head, "\n")
	want := riskCounts(brief.UrgentCounts(brief.Urgents(r)))
	if got := riskCounts(lines[0]); !maps.Equal(got, want) {
		t.Errorf("%s: the head counts %v, want %v", name, got, want)
	}
	left, all, rows := 0, 0, 0
	for _, n := range riskCounts(rest) {
		left += n
	}
	for _, n := range want {
		all += n
	}
	for _, u := range brief.Pressing(brief.Urgents(r), all-left) {
		if strings.Contains(strings.Join(strings.Fields(head), ""), strings.Join(strings.Fields(u.Name), "")) {
			rows++
		}
	}
	if rows+left != all {
		t.Errorf("%s: %d rows and %d left out, want %d:\n%s", name, rows, left, all, block)
	}
}
