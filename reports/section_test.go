package reports_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/document/change"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
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
		{Kind: "scaled-to-zero-with-volumes", MonthlyCost: &usd, Evidence: []document.Evidence{{Name: "volumes", Value: 2, Unit: "count", Part: &document.EvidencePart{Kind: document.PartVolumes}}}},
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

// TestPodsBilledOneByOne: what right-sizing takes off the bill itself is a step with its
// money, and what is no machine is not counted as a node that stays.
func TestPodsBilledOneByOne(t *testing.T) {
	r := planned().report()
	w := r.Summary.Waterfall
	for i := range w {
		if w[i].Lever == document.LeverRightsize {
			w[i].MonthlyBefore += 5100
			break
		}
		w[i].MonthlyBefore, w[i].MonthlyAfter = w[i].MonthlyBefore+5100, w[i].MonthlyAfter+5100
	}
	r.Nodes.Plan.Kept = []document.KeptNode{{Name: "a", Reason: "it is cordoned"}, {Name: "virtual", Reason: "it is no machine", ByPod: true}}
	r.Nodes.Plan.Pinned = []document.PinnedNodes{{Kind: "it is no machine", Nodes: 1, ByPod: true}, {Kind: "it is cordoned", Nodes: 1}}
	text := output(t, "screen", r, reports.Options{Width: 120})
	for _, want := range []string{`1 right-size .* \$51\b`, `1 node must stay \(it is cordoned\)`} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for format, want := range map[string]string{"markdown": "| 1 right-size |", "html": "1 right-size"} {
		if out := output(t, format, r, reports.Options{}); !strings.Contains(out, want) || strings.Contains(out, "| room |") {
			t.Errorf("%s has the step's money as room", format)
		}
	}
}

// TestUnknownKills: where no source tells of OOM kills, no line says that there were none.
func TestUnknownKills(t *testing.T) {
	c := newCluster()
	c.node("m6i.large", "on-demand", 0.1, 2)
	c.add("shop", "Deployment", "web", 1, container{name: "app", cpu: 700, mem: gi, toCPU: 500, toMem: gi, savings: 5, cost: 20, confidence: 0.9})
	r := c.report()
	if text := output(t, "screen", r, reports.Options{Width: 120}); !strings.Contains(text, "no usage was read, so that OOM kills") {
		t.Error(text)
	}
	r.Workloads[0].Containers[0].Coverage = 1
	r.Warnings = []analyzer.Warning{
		{Code: analyzer.WarnMissing, Subject: "requests", Message: "is not in the dumps: requests of the past are not known"},
		{Code: analyzer.WarnMissing, Subject: analyzer.MetricRestarts, Message: "is not in the dumps: restarts and OOM kills are not known, so a limit may be too low"},
	}
	text := output(t, "screen", r, reports.Options{Width: 120})
	if strings.Contains(text, "nothing was OOM-killed") || !strings.Contains(text, "OOM kills are not known") || !strings.Contains(text, "requests: is not in the dumps; 1 more doubt about the sources") {
		t.Error(text)
	}
	r.Warnings = nil
	if text := output(t, "screen", r, reports.Options{Width: 120}); !strings.Contains(text, "nothing was OOM-killed") {
		t.Error(text)
	}
}

// TestRaisedAlone: where nothing is to be lowered, what is to be raised stands on the
// page, with the command that explains it.
func TestRaisedAlone(t *testing.T) {
	c := newCluster()
	c.node("m6i.large", "on-demand", 0.1, 2)
	c.add("shop", "Deployment", "web", 1, container{name: "app", cpu: 500, mem: gi, toCPU: 700, toMem: 2 * gi, savings: -5, cost: 20, confidence: 0.9})
	text := output(t, "screen", c.report(), reports.Options{Width: 80, Saved: true})
	for _, want := range []string{"LARGEST TO RAISE  ", "500m -> 700m", "-$5", "plimsoll explain shop/deploy/web"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestCalledByKubectl: the commands are printed as they are typed, at any width.
func TestCalledByKubectl(t *testing.T) {
	own := regexp.MustCompile(`(?:^|[^l]) plimsoll (?:show|explain|help)`)
	for name, r := range clusters(t) {
		for _, width := range []int{60, 80, 200} {
			o := reports.Options{Width: width, Saved: true, Program: "kubectl plimsoll"}
			text := output(t, "screen", r, o)
			if joined := strings.Join(strings.Fields(text), " "); own.MatchString(joined) || !strings.Contains(joined, "kubectl plimsoll ") {
				t.Errorf("%s at %d:\n%s", name, width, text)
			}
			for l := range strings.Lines(text) {
				if n := displaywidth.String(strings.TrimSuffix(l, "\n")); n > width {
					t.Errorf("%s at %d: %d cells in %q", name, width, n, l)
				}
			}
		}
	}
}

// TestDiffOfNameless: a comparison of clusters without a name has no hole.
func TestDiffOfNameless(t *testing.T) {
	r := newCluster().report()
	r.Metadata.Cluster = ""
	var b strings.Builder
	if err := text.Diff(&b, change.Compare(r, r), reports.Options{}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(b.String(), "cluster without a name, "); got != 2 {
		t.Error(b.String())
	}
}
