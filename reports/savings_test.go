package reports_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

var dollarsAt = regexp.MustCompile(`-?\$[0-9,]+\.[0-9]{2}`)

// TestSavingsAddUp: by whatever it is grouped, the rows add up to the total,
// and every grouping to the same.
func TestSavingsAddUp(t *testing.T) {
	for name, r := range screens() {
		totals := map[string]bool{}
		for _, by := range text.Groupings() {
			out := output(t, "table", r, reports.Options{Section: "savings", By: by, Width: 120})
			var cost, room document.USD
			var total []string
			for line := range strings.Lines(out) {
				found := dollarsAt.FindAllString(line, -1)
				switch {
				case len(found) != 2 || strings.HasPrefix(line, "Of "): // what the sums leave out
				case strings.HasPrefix(line, "TOTAL"):
					total = found
				default:
					cost, room = cost+amountOf(t, found[0]), room+amountOf(t, found[1])
				}
			}
			if total == nil {
				continue // nothing has a price
			}
			if amountOf(t, total[0]) != cost || amountOf(t, total[1]) != room {
				t.Errorf("%s by %s: rows come to %s and %s, the total says %v", name, by, cost, room, total)
			}
			totals[strings.Join(total, " ")] = true
		}
		if len(totals) > 1 {
			t.Errorf("%s: the groupings come to %v", name, totals)
		}
	}
}

func amountOf(t *testing.T, s string) document.USD {
	t.Helper()
	var u document.USD
	if err := u.UnmarshalJSON([]byte(strings.NewReplacer("$", "", ",", "").Replace(s))); err != nil {
		t.Fatal(err)
	}
	return u
}

// TestASCII: where the terminal has ASCII alone, nothing else is drawn, and
// columns stay where they are.
func TestASCII(t *testing.T) {
	r := screens()["levers"]
	for _, o := range []reports.Options{{Width: 80}, {Width: 120, Section: text.SectionAll}, {Width: 120, Section: "rightsize"}} {
		plain := o
		plain.ASCII = true
		got, want := output(t, "table", r, plain), output(t, "table", r, o)
		for _, c := range got {
			if c > 127 {
				t.Errorf("%+v draws %q", o, c)
				break
			}
		}
		if len([]rune(got)) != len([]rune(want)) {
			t.Errorf("%+v: columns moved", o)
		}
	}
}

// TestRoomWithinCost: no room is worth more than its workload costs, jobs that did not run at
// the window's end among them. Nothing is said to be freed where nothing is advised.
func TestRoomWithinCost(t *testing.T) {
	r, jobs, silent := theDemo(t), 0, 0
	for i := range r.Workloads {
		w := &r.Workloads[i]
		var b strings.Builder
		if err := text.Explain(&b, r, w, reports.Options{Width: 120}); err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(oneLine(b.String()), " container ")
		if *w.MonthlySavings > *w.MonthlyCost {
			t.Errorf("%s costs %s and frees %s", w.Name, w.MonthlyCost, w.MonthlySavings)
		}
		if analyzer.IsBatch(w.Kind) && *w.MonthlySavings > 0 {
			jobs++
		}
		advised := w.Horizontal != nil && w.Horizontal.Recommended != nil
		for _, c := range w.Containers {
			advised = advised || c.Recommended != nil
		}
		if !advised {
			silent++
		}
		if got := strings.Contains(head, "; no advice,"); got == advised {
			t.Errorf("%s is advised: %v, and %s", w.Name, advised, head)
		}
	}
	if jobs == 0 || silent == 0 {
		t.Errorf("%d jobs and %d workloads without advice were seen, want some", jobs, silent)
	}
	if out := oneLine(output(t, "table", r, reports.Options{Width: 80, Section: "savings"})); !strings.Contains(out, "Cost is of the window's pods, ") {
		t.Errorf("got %s", out)
	}
}
