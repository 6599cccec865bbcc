package recommender_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// TestBillCases runs testdata/bills/CLOUD/*.txtar: objects.yaml and series in, what there
// is to pay, by what, and what advice saves of it out. testdata/bills/README.md has the
// notation.
func TestBillCases(t *testing.T) {
	casetest.Run(t, "../testdata/bills", *update, func(t *testing.T, _ string, a *txtar.Archive) string { return billCase(t, a) })
}

func billCase(t *testing.T, a *txtar.Archive) string {
	t.Helper()
	config := placeOf(a)
	for _, l := range strings.Fields(section(a, "spot-labels")) {
		key, value, _ := strings.Cut(l, "=")
		config.SpotLabels = append(config.SpotLabels, pricing.Label{Key: key, Value: value})
	}
	facts := analyzer.Analyze(casetest.Snapshot(t, a))
	c := cost.Of(facts, pricing.New(config))
	if err := c.AddBesides(facts.Snapshot); err != nil {
		t.Fatal(err)
	}
	recs, err := recommender.Run(t.Context(), facts, c, advice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "nodes %.2f, volumes %.2f, load balancers %.2f, control plane %.2f USD a month\n", c.Bill, c.Besides.Volumes, c.Besides.LoadBalancers, c.Besides.ControlPlane)
	for _, n := range c.Nodes {
		fmt.Fprintf(&b, "  node %s: %s %s %.5f USD an hour\n", n.Name, n.InstanceType, n.CapacityType, n.Hourly)
	}
	sum := c.Idle + c.Overhead
	for _, ref := range slices.SortedFunc(maps.Keys(c.Workloads), analyzer.Ref.Compare) {
		sum += c.Workloads[ref].Monthly
		fmt.Fprintf(&b, "  %s: %.2f\n", ref, c.Workloads[ref].Monthly)
	}
	fmt.Fprintf(&b, "  idle %.2f, the system's %.2f\n", c.Idle, c.Overhead)
	if d := sum - c.Bill; d > 0.005 || d < -0.005 {
		t.Errorf("the parts come to %.4f, the bill is %.4f", sum, c.Bill)
	}
	for i := range recs {
		if r := &recs[i]; r.MonthlySavings != 0 {
			fmt.Fprintf(&b, "%s saves %.2f: %s %s\n", r.Rule, r.MonthlySavings, target(*r), r.Title)
		}
	}
	for _, w := range c.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", strings.TrimPrefix(w.Subject+": "+w.Message, ": "))
	}
	return b.String()
}
