package reports_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestEstimateMarks: the steps whose sums rest on machines without a price say so, and
// no others do.
func TestEstimateMarks(t *testing.T) {
	c := planned()
	screen := func() string { return output(t, "screen", c.report(), reports.Options{Width: 100}) }
	if text := screen(); strings.Contains(text, "~") {
		t.Errorf("all machines have a price, and sums are marked:\n%s", text)
	}
	for i := range c.costs.Nodes {
		c.costs.Nodes[i].Estimated = true
	}
	text := screen()
	for _, want := range []string{"~$", "  ~ ", "no table has a price of " + c.costs.Nodes[0].InstanceType} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestRowsAreMarked: each row of a workload on machines without a price has the mark, in
// every table, and below it stands what the mark means.
func TestRowsAreMarked(t *testing.T) {
	c := newCluster()
	c.node("odd.large", "on-demand", 0.1, 1)
	c.costs.Nodes[0].Estimated = true
	c.node("m6i.large", "on-demand", 0.1, 2)
	for i, name := range []string{"guessed", "priced"} {
		c.add("shop", "Deployment", name, 1, container{name: "app", cpu: 1000, mem: gi, toCPU: 500, toMem: gi / 2, savings: 40, cost: 80, confidence: 0.9})
		c.facts.Workloads[i].Pods = []analyzer.Pod{{Name: name, Node: c.costs.Nodes[i].Name, Phase: "Running"}}
	}
	for _, tt := range []struct {
		format, section, marked, plain string
		legend                         string
	}{
		{"wide", "", "~$40.00", "$40.00", "no table has a price of odd.large"},
		{"table", "rightsize", "~$40.00", "$40.00", "no table has a price of odd.large"},
		{"screen", "", "~$40", "$40", "no table has a price of odd.large"},
		{"markdown", "", `\~$40`, "$40", "no table has a price of odd.large"},
	} {
		text := output(t, tt.format, c.report(), reports.Options{Width: 120, Section: tt.section})
		for _, line := range strings.Split(text, "\n") {
			switch {
			case strings.Contains(line, "shop/guessed") && strings.Contains(line, tt.plain) && !strings.Contains(line, tt.marked):
				t.Errorf("%s: no mark in %q", tt.format, line)
			case strings.Contains(line, "shop/priced") && strings.Contains(line, "~"):
				t.Errorf("%s: a mark in %q", tt.format, line)
			}
		}
		if !strings.Contains(text, tt.marked) || !strings.Contains(strings.Join(strings.Fields(text), " "), tt.legend) {
			t.Errorf("%s: no %q, or not what it means, in\n%s", tt.format, tt.marked, text)
		}
	}
}

// TestWritersTellGaps: one machine is estimated, one has no price; the HTML's panels, the
// metrics and Markdown's head say so beside their sums, and nothing is said to cost $0.
func TestWritersTellGaps(t *testing.T) {
	c := planned()
	c.node("odd.large", "on-demand", 0.1, 1)
	c.node("win.large", "on-demand", 0, 1)
	for i := range c.costs.Nodes {
		n := &c.costs.Nodes[i]
		n.Windows = n.InstanceType == "win.large"
		n.Estimated = n.Windows || n.InstanceType == "odd.large"
	}
	for format, wants := range map[string][]string{
		"html":        {"no table has a price of odd.large; win.large with Windows has no price and is in no sum", " nodes, ~$", "not priced</td>", ">~$"},
		"markdown":    {`| \~$`},
		"openmetrics": {"plimsoll_unpriced_nodes 1\n", "plimsoll_estimated_monthly_cost_usd "},
	} {
		text := output(t, format, c.report(), reports.Options{Width: 120})
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q", format, want)
			}
		}
		if strings.Contains(text, ", $0 a month") || strings.Contains(text, "plimsoll_estimated_monthly_cost_usd 0\n") {
			t.Errorf("%s: a machine without a price costs nothing", format)
		}
	}
}

// TestStepsAndWasteAreMarked: the steps and the findings of waste whose sums rest on
// machines without a price say so, no other does, and nothing costs $0 for want of one.
func TestStepsAndWasteAreMarked(t *testing.T) {
	c := newCluster()
	c.node("odd.large", "on-demand", 0.1, 1)
	c.node("win.large", "on-demand", 0, 1)
	c.node("m6i.large", "on-demand", 0.1, 2)
	c.costs.Nodes[0].Estimated, c.costs.Nodes[1].Estimated = true, true
	for i, name := range []string{"guessed", "priceless", "priced"} {
		c.add("shop", "Deployment", name, 1, container{name: "app", cpu: 1000, mem: gi, toCPU: 500, toMem: gi / 2, savings: 40, cost: 80, confidence: 0.9})
		c.facts.Workloads[i].Pods = []analyzer.Pod{{Name: name, Node: c.costs.Nodes[i].Name, Phase: "Running"}}
	}
	file := func(title, subject string, usd float64, nodes ...string) {
		a := advice.Advice{Rule: "waste", Lever: advice.LeverWaste, Subject: subject, Title: title, Confidence: 0.9, Detail: &waste.Finding{Kind: wasteKind("drainable-node"), Monthly: usd, Nodes: nodes}}
		if subject == "" {
			a.Workload = c.facts.Workloads[0].Ref
		}
		c.recs = append(c.recs, a)
	}
	names := func(i int) string { return c.costs.Nodes[i].Name }
	file("node guessed", "Node/"+names(0), 73)
	file("node priceless", "Node/"+names(1), 0)
	file("node priced", "Node/"+names(2), 74)
	file("some guessed", "Nodes", 75, names(0), names(2))
	file("some priced", "Nodes", 76, names(2))
	file("a namespace", "Namespace/shop", 77)
	file("a workload", "", 78)
	r := c.report()
	want := map[string]string{
		"node guessed": "~$73", "node priceless": "not known", "node priced": "$74", "some guessed": "~$75", "some priced": "$76", "a namespace": "~$77", "a workload": "~$78",
	}
	page, short := output(t, "html", r, reports.Options{}), output(t, "markdown", r, reports.Options{})
	for title, money := range want {
		if row := regexp.MustCompile(`<tr><td class="whole" data-label="What">` + title + `</td>.*</tr>`).FindString(page); !strings.Contains(row, `<td class="n" data-label="A month">`+money+`</td>`) {
			t.Errorf("html: %s costs %s, not %q", title, row, money)
		}
		if row := "| " + title + " | " + strings.ReplaceAll(money, "~", `\~`) + " |"; !strings.Contains(short, row) {
			t.Errorf("markdown: no %q in\n%s", row, short)
		}
	}
	for _, want := range []string{">room ~$", "<p class=\"note\">~ $73 of today&#39;s is an estimate"} {
		if !strings.Contains(page, want) {
			t.Errorf("html: no %q", want)
		}
	}
	for _, step := range []string{"today", "after all steps"} {
		if !regexp.MustCompile(`<tr><th scope="row">` + step + `</th>.*<td class="n">~\$[0-9]+</td>`).MatchString(page) {
			t.Errorf("html: %s is not marked", step)
		}
	}
	for i := range c.costs.Nodes {
		c.costs.Nodes[i].Estimated = false
	}
	if page = output(t, "html", c.report(), reports.Options{}); strings.Contains(page, "~$") {
		t.Error("all machines have a price, and sums are marked")
	}
}

// TestUnpricedSavesUnknown: of a workload whose cost is not known, no savings are.
func TestUnpricedSavesUnknown(t *testing.T) {
	c := newCluster()
	c.node("odd.large", "on-demand", 0, 1)
	c.costs.Nodes[0].Estimated = true
	c.node("m6i.large", "on-demand", 0.1, 2)
	for i, name := range []string{"iis", "web"} {
		cost := float64(10 * i)
		c.add("shop", "Deployment", name, 1, container{name: "app", cpu: 1000, mem: gi, toCPU: 500, toMem: gi / 2, savings: cost / 2, cost: cost, confidence: 0.9})
		c.facts.Workloads[i].Pods = []analyzer.Pod{{Name: name, Node: c.costs.Nodes[i].Name, Phase: "Running"}}
	}
	c.costs.Idle = c.costs.Bill - 10
	r := c.report()
	for _, w := range r.Workloads {
		known := w.Name == "web"
		if (w.MonthlyCost != nil) != known || (w.MonthlySavings != nil) != known || (w.Containers[0].MonthlyCost != nil) != known || (w.Containers[0].MonthlySavings != nil) != known {
			t.Errorf("%s: cost %v, savings %v, of its container %v and %v", w.Name, w.MonthlyCost, w.MonthlySavings, w.Containers[0].MonthlyCost, w.Containers[0].MonthlySavings)
		}
	}
	for _, rec := range r.Recommendations {
		if known := strings.Contains(rec.Target, "web"); (rec.MonthlySavings != nil) != known {
			t.Errorf("%s saves %v", rec.Target, rec.MonthlySavings)
		}
	}
	if len(r.Recommendations) != 2 {
		t.Errorf("%d recommendations, want 2", len(r.Recommendations))
	}
}

// TestVirtualNodesAreNotCounted: what stands for pods that a provider bills one by one
// is no node, though what it costs is in the bill.
func TestVirtualNodesAreNotCounted(t *testing.T) {
	c := newCluster()
	c.node("m6i.large", "on-demand", 0.1, 2)
	c.node("virtual", "by-pod", 0.3, 3)
	for i := range c.facts.Snapshot.Nodes[2:] {
		c.facts.Snapshot.Nodes[2+i].Labels = map[string]string{"type": "virtual-kubelet"}
		c.costs.Nodes[2+i].ByPod = true
	}
	r := c.report()
	if now := &r.Nodes.Current; now.Count != 2 || len(now.Pools) != 2 || *now.MonthlyCost != document.Cents(5*0.22*730) {
		t.Errorf("got %d nodes in %d pools for %s, want 2 in 2 for all", now.Count, len(now.Pools), *now.MonthlyCost)
	}
	c.costs = nil
	if r = c.report(); r.Nodes.Current.Count != 2 {
		t.Errorf("without prices: got %d nodes, want 2", r.Nodes.Current.Count)
	}
}
