package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ran is a measured audit that cost so many times the floor's CPU.
func ran(times float64) measured {
	floor := figures{wall: 1, cpu: 1, server: 1, peak: 10e6, wire: 50e6}
	audit := figures{wall: 2, cpu: times, server: 2, peak: 40e6, wire: 60e6}
	show := figures{wall: 0.1, cpu: 0.1, peak: 20e6}
	rows := []row{{"floor", floor}, {"audit", audit}, {"show", show}}
	return measured{containers: 1000, runs: 3, rows: rows, least: rows}
}

func TestBudget(t *testing.T) {
	file := filepath.Join(t.TempDir(), "budget.json")
	if err := (budget{Containers: 1000}).write(file, ran(4)); err != nil {
		t.Fatal(err)
	}
	held, err := readBudget(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := held.check(ran(5)); err != nil {
		t.Errorf("a quarter above its budget: %v", err)
	}
	if err := held.check(ran(5.2)); err == nil || !strings.Contains(err.Error(), "audit: cpu is 5.20 times the floor's, above its budget of 4.00") {
		t.Errorf("three tenths above its budget: %v", err)
	}
	more := ran(4)
	more.least = append(more.least[:2:2], row{"diff", more.least[2].figures})
	if err := held.check(more); err == nil || !strings.Contains(err.Error(), "diff: no budget of cpu") || !strings.Contains(err.Error(), "show: cpu has a budget and is not measured") {
		t.Errorf("other commands than those of the budget: %v", err)
	}
}

// TestStart: what a process costs before it does anything is no part of a ratio.
func TestStart(t *testing.T) {
	m := ran(4)
	m.least = append(m.least, row{start, figures{cpu: 0.04, peak: 10e6}})
	all := m.ratios()
	if _, has := all[start]; has || all["audit"]["cpu"] != 3.96 || math.Abs(float64(all["show"]["cpu"])-0.06) > 1e-9 {
		t.Errorf("got %v, want an audit of 3.96, a show of 0.06 and no start", all)
	}
}

func TestPage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(file, []byte("before\n"+mark+"old\n"+markEnd+"after\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	large := ran(6)
	large.containers, large.rows = 3000, []row{large.rows[0], {"audit", figures{cpu: 6, peak: 120e6, wire: 60e6}}, large.rows[2]}
	if err := intoPage(file, table([]measured{ran(4), large})); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for _, want := range []string{"before\n", "after\n", "1,000 containers, medians of 3:", "| `plimsoll audit` | 2.0 s | 4.00 s | 4.00 | 40 MB | 2.00 s | 2.00 | 60 MB |",
		"| `plimsoll show` | 0.1 s | 0.10 s | 0.10 | 20 MB |  |  |  |", "`plimsoll audit` takes 40 KB of memory for each container more."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "old\n") {
		t.Errorf("the page keeps the old table:\n%s", page)
	}
	if err := intoPage(filepath.Join(filepath.Dir(file), "none.md"), ""); err == nil {
		t.Error("a page that is not there is written")
	}
}

func TestMedianAndLeast(t *testing.T) {
	all := []figures{{cpu: 3, wire: 1}, {cpu: 1, wire: 2}, {cpu: 2, wire: 3}}
	if m, l := median(all), least(all); m.cpu != 2 || m.wire != 2 || l.cpu != 1 || l.wire != 1 {
		t.Errorf("medians %+v, least %+v", m, l)
	}
}
