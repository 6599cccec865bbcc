package reports_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/build"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestOneBill: the bill of the summary, that of the nodes' section and that of
// the allocation are one, to the cent, whatever the prices.
func TestOneBill(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 9))
		a := randomAllocation(r)
		a.Bill.Nodes, a.Bill.UnusedCommitments = 0, 0
		c := newCluster()
		for i := range a.Nodes {
			c.node(fmt.Sprint("type-", i), "on-demand", a.Nodes[i].Total/a.Hours, 1)
			a.Bill.Nodes += a.Nodes[i].Total
			c.costs.Overhead += a.Nodes[i].Reserved.Total() * pricing.HoursPerMonth / a.Hours
		}
		c.costs.Idle = c.costs.Bill - c.costs.Overhead
		month := pricing.HoursPerMonth / a.Hours
		c.costs.Besides = cost.Besides{Volumes: a.Bill.Volumes * month, LoadBalancers: a.Bill.LoadBalancers * month, ControlPlane: a.Bill.ControlPlane * month}
		got := build.Report(build.Input{Analysis: c.facts, Costs: c.costs, Allocation: a, AllocateBy: allocation.Options{Aggregate: []allocation.Key{allocation.ByNode}}})
		s := got.Summary
		if *s.MonthlyBill != got.Allocation.MonthlyBill {
			t.Errorf("seed %d: summary %+v, allocation %+v", seed, *s.MonthlyBill, got.Allocation.MonthlyBill)
		}
		if cents(*s.MonthlyCost) != s.MonthlyBill.Nodes || *s.MonthlyCost != *got.Nodes.Current.MonthlyCost {
			t.Errorf("seed %d: cost %s, nodes %s, bill %+v", seed, s.MonthlyCost, got.Nodes.Current.MonthlyCost, s.MonthlyBill)
		}
		if got.Allocation.NodeUse.Reserved != *s.OverheadMonthly {
			t.Errorf("seed %d: the system keeps %s by node, %s in the summary", seed, got.Allocation.NodeUse.Reserved, s.OverheadMonthly)
		}
		checkAllocation(t, got)
		if t.Failed() {
			t.FailNow()
		}
	}
}

func cents(u document.USD) document.Dollars { return document.Dollars(u) * 1000 }

// TestBillLine says what the bill leaves out, and what it comes to with that.
func TestBillLine(t *testing.T) {
	line := func(change func(*cluster)) string {
		c := production()
		change(c)
		return strings.Join(strings.Fields(output(t, "table", c.report(), reports.Options{Width: 200})), " ")
	}
	besides := func(c *cluster) {
		c.costs.Besides = cost.Besides{Volumes: 45.5, ControlPlane: 73}
	}
	if got, want := line(besides), "That is the nodes alone; with volumes $45.50 and control plane $73.00 it is $"; !strings.Contains(got, want) {
		t.Errorf("got no %q in\n%s", want, got)
	}
	if got := line(func(*cluster) {}); strings.Contains(got, "nodes alone") {
		t.Errorf("nothing is paid beside the nodes, got\n%s", got)
	}
	got := line(func(c *cluster) {
		besides(c)
		c.facts.Warnings = append(c.facts.Warnings, analyzer.Warning{Code: analyzer.WarnSelection, Subject: "selection", Message: "only namespaces lab are counted"})
	})
	if want := "That is the nodes alone: volumes, load balancers and the control plane are not in it."; !strings.Contains(got, want) {
		t.Errorf("of a part of the cluster: got no %q in\n%s", want, got)
	}
}

// TestLeversComeToTheSame: what a lever saves is rounded by itself, so that
// it does not depend on which others ran, and its parts add up to it.
func TestLeversComeToTheSame(t *testing.T) {
	levers := []advice.Lever{advice.LeverRightsize, advice.LeverHorizontal, advice.LeverPurchase}
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 3))
		c := newCluster()
		c.node("m6i.large", "on-demand", 0.1, 3)
		for i := range 40 {
			c.recs = append(c.recs, advice.Advice{
				Rule: "r", Lever: levers[i%3], Subject: fmt.Sprint("Thing/", i), Title: "t", MonthlySavings: r.Float64(),
				Changes: []advice.Change{{Field: "f", From: 1, To: 2}},
			})
		}
		saved := func(recs []advice.Advice) map[string]document.USD {
			one := *c
			one.recs = recs
			out := map[string]document.USD{}
			report := one.report()
			for _, rec := range report.Recommendations {
				out[rec.Lever] += *rec.MonthlySavings
			}
			for _, step := range report.Summary.Waterfall {
				if got := step.MonthlyBefore - step.MonthlyAfter + step.FreedRoom; got != out[step.Lever] {
					t.Errorf("seed %d: step %s frees and takes off %s, its recommendations %s", seed, step.Lever, got, out[step.Lever])
				}
			}
			return out
		}
		all := saved(c.recs)
		for _, lever := range levers {
			var alone []advice.Advice
			for _, rec := range c.recs {
				if rec.Lever == lever {
					alone = append(alone, rec)
				}
			}
			if got := saved(alone)[string(lever)]; got != all[string(lever)] {
				t.Errorf("seed %d: %s saves %s alone, %s beside the others", seed, lever, got, all[string(lever)])
			}
		}
	}
}

// TestPriceLines: a line tells what its source has prices of.
func TestPriceLines(t *testing.T) {
	c := production()
	c.costs.Prices = []pricing.Provenance{
		{Provider: "aws", AsOf: "2026-07-20", Source: "list"},
		{Provider: "aws", AsOf: "2024-07-01", Source: "other", Of: pricing.OfVolumes},
		{Provider: "aws", AsOf: "2024-07-01", Source: "other", Of: pricing.OfLoadBalancers},
		{Provider: "aws", AsOf: "2024-07-01", Source: "other"},
		{Provider: "aws", AsOf: "2025-05-28", Source: "discounts", Of: pricing.OfCommitments},
		{Provider: "aws", Source: "held.csv", Of: pricing.OfCommitments},
	}
	r := c.report()
	text := output(t, "table", r, reports.Options{})
	for _, want := range []string{
		"Prices of commitments: aws (held.csv), without a date.\n",
		"Prices: aws of 2024-07-01 (other).\n",
		"Prices of load balancers and volumes: aws of 2024-07-01 (other).\n",
		"Prices of commitments: aws of 2025-05-28 (discounts).\n",
		"Prices: aws of 2026-07-20 (list).\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %q:\n%s", want, text)
		}
	}
	if err := compile(t)(output(t, "json", r, reports.Options{})); err != nil {
		t.Errorf("the report does not fit the schema: %v", err)
	}
}

// TestNoType: machines of no known type or price are not called by less than a name.
func TestNoType(t *testing.T) {
	c := planned()
	plan := advice.As[nodes.Plan](c.recs[len(c.recs)-1].Detail)
	for i := range c.recs {
		if advice.As[nodes.Plan](c.recs[i].Detail) != nil {
			plan = advice.As[nodes.Plan](c.recs[i].Detail)
		}
	}
	plan.Pools = append(plan.Pools, nodes.Pool{CapacityType: "on-demand", Count: 40}, nodes.Pool{CapacityType: "on-demand", Count: 30, Hourly: 0.5})
	text := strings.Join(strings.Fields(output(t, "table", c.report(), reports.Options{Width: 200})), " ")
	for _, want := range []string{"40 (no type) on-demand without a price", "30 (no type) on-demand"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %q:\n%s", want, text)
		}
	}
}

// TestHeldLine: the bill at list prices, less what is covered and with what the
// commitments cost, is the bill with them; the text says so.
func TestHeldLine(t *testing.T) {
	c := bought()
	advice.As[purchase.Advice](c.recs[len(c.recs)-4].Detail).Held = []pricing.HeldCommitment{{Family: "m6i", Covers: 0.01, Pays: 0.006}, {Family: "r5", Covers: 0.1, Pays: 0.06}}
	r := c.report()
	h := r.Purchase.Held
	if h == nil || h.MonthlyCost != 4818 || h.MonthlyCovered != 730 || h.MonthlyUnused != 7300 {
		t.Fatalf("got %+v, want a cost of $48.18, $7.30 covered and $73.00 unused", h)
	}
	first := r.Summary.Waterfall[0]
	if got, want := first.WithCommitments.MonthlyBefore, first.MonthlyBefore+h.MonthlyCost-h.MonthlyCovered; got != want {
		t.Errorf("the bill with commitments: got %s, want %s", got, want)
	}
	text := strings.Join(strings.Fields(output(t, "table", r, reports.Options{Width: 200})), " ")
	want := "The commitments held cost $48 a month, used or not, and take $7 of usage at list prices off today's bill; $73 more could be covered and is not used."
	if !strings.Contains(text, want) {
		t.Errorf("the table lacks %q:\n%s", want, text)
	}
	if bought().report().Purchase.Held != nil {
		t.Error("there are figures of commitments where none are held")
	}
	if math.Signbit(float64(h.MonthlyUnused)) {
		t.Error("less than nothing is unused")
	}
}

// TestPoolsAreTheBill: many nodes of a price with more decimals than are
// printed come to the bill all the same.
func TestPoolsAreTheBill(t *testing.T) {
	c := newCluster()
	c.node("odd.large", "on-demand", 0.12345651, 90)
	c.costs.Idle = c.costs.Bill
	r := c.report()
	if got, want := *r.Nodes.Current.MonthlyCost, *r.Summary.MonthlyCost; got != want || r.Nodes.Current.Pools[0].MonthlyCost != want {
		t.Errorf("pools cost %s, the bill is %s", got, want)
	}
}
