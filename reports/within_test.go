package reports_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestNoCentAboveTheCost: costs are rounded by namespace and savings by lever. A workload
// that frees all but all of what it costs frees no cent more of it, and the rows still add
// up to what the lever frees.
func TestNoCentAboveTheCost(t *testing.T) {
	rnd, full := rand.New(rand.NewPCG(7, 11)), 0
	for trial := range 300 {
		c := newCluster()
		var bill float64
		for i := range 2 + rnd.IntN(12) {
			usd := rnd.Float64() * []float64{0.01, 0.05, 40}[rnd.IntN(3)]
			saves := usd * []float64{1, 0.999, 0.5, -0.3}[rnd.IntN(4)]
			bill += usd
			c.add(fmt.Sprint("ns-", rnd.IntN(3)), "Deployment", fmt.Sprint("web-", i), 1, container{name: "app", cpu: 500, mem: gi, used: 10, usedMem: 1e6, toCPU: 100, toMem: 100 * mi, savings: saves, cost: usd, risk: 0.1, confidence: 0.9})
		}
		c.node("m6i.large", "on-demand", bill/730, 1)
		r := c.report()
		var sum, listed document.USD
		for i := range r.Workloads {
			w := &r.Workloads[i]
			sum += *w.MonthlySavings
			if *w.MonthlySavings > *w.MonthlyCost {
				t.Errorf("trial %d: %s frees %s a month, and costs %s", trial, w.Name, w.MonthlySavings, w.MonthlyCost)
			}
			if *w.MonthlySavings == *w.MonthlyCost && *w.MonthlyCost > 0 {
				full++
			}
		}
		for _, rec := range r.Recommendations {
			listed += *rec.MonthlySavings
		}
		if got := *r.Summary.Rightsize.Monthly; got != sum || listed != sum || *r.Summary.FreedRoom.Monthly != sum {
			t.Errorf("trial %d: workloads free %s, recommendations %s, the lever %s, the summary %s", trial, sum, listed, got, r.Summary.FreedRoom.Monthly)
		}
	}
	if full < 100 {
		t.Errorf("only %d workloads free all that they cost", full)
	}
}
