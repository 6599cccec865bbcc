package reports_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestRightsizeNamesWhole: the section's names can be copied at any width, and
// a memory limit that changes is printed.
func TestRightsizeNamesWhole(t *testing.T) {
	limits := 0
	for name, r := range clusters(t) {
		if name == "5000" {
			continue
		}
		for _, width := range []int{40, 80, 120} {
			got := output(t, "table", r, reports.Options{Width: width, Section: "rightsize", All: true})
			if strings.Contains(got, "…") {
				t.Errorf("%s at %d: a name is cut:\n%s", name, width, got)
			}
			joined := strings.Join(strings.Fields(got), "")
			for i := range r.Workloads {
				w := &r.Workloads[i]
				for j := range w.Containers {
					c := &w.Containers[j]
					if want := strings.Join(strings.Fields(brief.Name(w, c)), ""); !strings.Contains(joined, want) {
						t.Errorf("%s at %d: no %s in\n%s", name, width, want, got)
					}
					for _, limit := range brief.LimitChanges(c) {
						if strings.HasPrefix(limit, "CPU") && !strings.Contains(joined, strings.Join(strings.Fields(limit), "")) {
							t.Errorf("%s at %d: %s changes its %s unseen", name, width, c.Name, limit)
						}
					}
					if limit := brief.MemoryLimitChange(c); strings.Contains(limit, "→") {
						limits++
						if want := strings.Join(strings.Fields(strings.Replace(strings.Replace(limit, "- → ", "none → ", 1), "→", "->", 1)), ""); !strings.Contains(joined, want) {
							t.Errorf("%s at %d: %s changes its memory limit %s unseen", name, width, c.Name, limit)
						}
					}
				}
			}
		}
	}
	if limits == 0 {
		t.Error("no memory limit changes: nothing was tested")
	}
}

var (
	lessMore = regexp.MustCompile(`right-size +(\d+) containers? less, (\d+) more`)
	moreRows = regexp.MustCompile(`(\d+) more: plimsoll show rightsize`)
)

// TestScreenCountsContainers: what the first step counts as less is what the
// rows below list, and less and more are all that change.
func TestScreenCountsContainers(t *testing.T) {
	counted := 0
	for name, r := range clusters(t) {
		got := output(t, "screen", r, reports.Options{Width: 120, Saved: true})
		m := lessMore.FindStringSubmatch(got)
		if m == nil || r.Summary.MonthlyCost == nil {
			continue
		}
		counted++
		less, _ := strconv.Atoi(m[1])
		more, _ := strconv.Atoi(m[2])
		if less+more != r.Summary.Containers.Change {
			t.Errorf("%s: %d less and %d more, but %d change", name, less, more, r.Summary.Containers.Change)
		}
		listed := 0
		if _, block, ok := strings.Cut(got, "LARGEST TO LOWER"); ok {
			block, _, _ = strings.Cut(block, "\n\n")
			for _, l := range strings.Split(block, "\n")[1:] {
				if x := moreRows.FindStringSubmatch(l); x != nil {
					n, _ := strconv.Atoi(x[1])
					listed += n
				} else if strings.Contains(l, "$") {
					listed++
				}
			}
		}
		if listed != less {
			t.Errorf("%s: %d are said to need less, %d are listed:\n%s", name, less, listed, got)
		}
	}
	if counted < 2 {
		t.Errorf("%d screens count containers, want more", counted)
	}
}

// TestPart: a section in any format is that section.
func TestPart(t *testing.T) {
	r := screens()["production"]
	for section, want := range map[string]struct{ workloads, plan, purchase, waste, backtest bool }{
		"risks": {}, "rightsize": {workloads: true}, "horizontal": {workloads: true}, "savings": {workloads: true},
		"nodes": {plan: true}, "purchase": {purchase: true}, "waste": {waste: true}, "prices": {}, "warnings": {}, "backtest": {backtest: true},
	} {
		p := document.Part(r, section)
		if len(p.Workloads) == len(r.Workloads) != want.workloads || p.Nodes.Plan != nil && !want.plan || p.Purchase != nil && !want.purchase ||
			len(p.Waste) > 0 && !want.waste || p.Backtest != nil && !want.backtest {
			t.Errorf("%s holds what it is not about: %d workloads, %d findings", section, len(p.Workloads), len(p.Waste))
		}
	}
	risks := document.Part(r, "risks")
	if got, want := len(risks.Urgents()), len(r.Urgents()); got != want {
		t.Errorf("of %d risks the part has %d", want, got)
	}
	if all := document.Part(r, "all"); len(all.Workloads) != len(r.Workloads) || all.Purchase != r.Purchase {
		t.Error("all is not all")
	}
}

// TestVolumesAreCounted: a finding about two volumes counts two.
func TestVolumesAreCounted(t *testing.T) {
	usd := document.USD(1920)
	r := &document.Report{WasteKinds: []document.FindingKind{
		{Kind: "scaled-to-zero-with-volumes", Beside: "volumes"}, {Kind: "unbound-volume", Beside: "volumes"},
		{Kind: "load-balancer-without-endpoints", Beside: "load balancers"}, {Kind: "idle-workload"},
	}, Waste: []document.Waste{
		{Kind: "idle-workload", MonthlyCost: &usd},
		{Kind: "scaled-to-zero-with-volumes", MonthlyCost: &usd, Evidence: []document.Evidence{{Name: "volumes", Value: 2, Unit: "count"}}},
		{Kind: "unbound-volume", MonthlyCost: &usd},
		{Kind: "load-balancer-without-endpoints", MonthlyCost: &usd},
	}}
	for _, x := range brief.Savings(r) {
		if x.Beside && x.Size == "3 volumes, 1 LB" {
			return
		}
	}
	t.Errorf("got %+v", brief.Savings(r))
}
