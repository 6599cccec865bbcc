package reports_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/demand"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/group"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// planned is the cluster of the goldens with a plan of its nodes.
func planned() *cluster {
	c := production()
	c.recs = append(c.recs, advice.Advice{
		Rule: "nodes", Lever: advice.LeverNodes, Subject: "Nodes", Title: "replace 18 nodes by 12 nodes: 6 m6i.2xlarge, 6 r7a.xlarge",
		MonthlySavings: 1977.24, Confidence: 0.9,
		Changes: []advice.Change{{Field: "nodes.m6i.2xlarge/on-demand", From: 12}, {Field: "nodes.r7a.xlarge/on-demand", To: 6}},
		Detail: &nodes.Plan{
			MonthlyNow: c.costs.Bill, Monthly: 2001.37, LowerBound: 1989.5, GapPercent: 0.5966,
			Pools: []nodes.Pool{
				{InstanceType: "m6i.2xlarge", CapacityType: "spot", Zone: "eu-west-1a", Count: 6, Hourly: 0.1541},
				{InstanceType: "r7a.xlarge", CapacityType: "on-demand", Zone: "eu-west-1a", Count: 3, Hourly: 0.30301},
				{InstanceType: "r7a.xlarge", CapacityType: "on-demand", Zone: "eu-west-1b", Count: 3, Hourly: 0.30301},
			},
			Launch: []nodes.Pool{{InstanceType: "r7a.xlarge", CapacityType: "on-demand", Zone: "eu-west-1b", Count: 3, Hourly: 0.30301}},
			Stays:  []string{"node-01", "node-02"},
			Groups: plannedGroups("aws"),
			Kept:   []nodes.KeptNode{{Name: "node-17", Reason: "pod x/y can't be evicted: it asks not to be disrupted"}},
			Moves: []packing.Move{
				{Node: "node-00", Evictions: []packing.Eviction{{Pod: "shop/cart-0", To: "new-1"}, {Pod: "shop/cart-1", To: "new-2"}}, Savings: 0.2, Score: 1.23456, Waves: 2},
				{Node: "node-12", Keep: true, Evictions: []packing.Eviction{{Pod: "shop/page-0", To: "new-1"}}, Waves: 1, Blocked: "PodDisruptionBudget shop/page allows no disruption"},
			},
		},
		Warnings: []analyzer.Warning{{Code: "node-kept", Subject: "Node/node-17", Message: "the plan does not touch this node: pod x/y can't be evicted: it asks not to be disrupted"}},
	})
	return c
}

// plannedGroups are a group on demand, and a tainted one on spot that costs
// less.
func plannedGroups(provider string) []group.Group {
	const gib = 1 << 30
	return []group.Group{
		{
			Name: "on-demand-amd64", Provider: provider, Region: "eu-west-1", CapacityType: "on-demand", Arch: "amd64",
			Zones: []string{"eu-west-1a", "eu-west-1b"}, Count: 6, CPU: 24000, Memory: 192 * gib, LimitCPU: 48000, LimitMemory: 384 * gib,
			Weight: 1, Drains: 1,
			Shapes: []group.Shape{{CPU: 4000, Memory: 32 * gib, Types: []string{"r7a.xlarge", "r6i.xlarge"}, Planned: 1, Count: 6, Hourly: 1.81806}},
		},
		{
			Name: "spot-amd64-batch", Provider: provider, Region: "eu-west-1", CapacityType: "spot", Arch: "amd64",
			Labels: map[string]string{"pool": "batch", "karpenter.sh/nodepool": "batch-spot", "node.kubernetes.io/lifecycle": "spot"},
			Taints: []packing.Taint{{Key: "spot", Value: "true", Effect: "NoSchedule"}},
			Zones:  []string{"eu-west-1a"}, Count: 6, CPU: 48000, Memory: 192 * gib, LimitCPU: 96000, LimitMemory: 384 * gib,
			NodeClass: "batch", Weight: 11, Drains: 2,
			Shapes: []group.Shape{{CPU: 8000, Memory: 32 * gib, Types: []string{"m6i.2xlarge"}, Planned: 1, Count: 6, Hourly: 0.9246}},
		},
	}
}

// TestPlanGolden prints a plan of the nodes in the formats that people read.
func TestPlanGolden(t *testing.T) {
	r := planned().report()
	golden(t, filepath.Join(goldens, "report-plan-100.txt"), output(t, "table", r, reports.Options{Width: 100}))
	golden(t, filepath.Join(goldens, "report-plan-wide.txt"), output(t, "wide", &document.Report{
		APIVersion: r.APIVersion, Kind: r.Kind, Metadata: r.Metadata, Summary: r.Summary, Nodes: r.Nodes,
	}, reports.Options{}))
	golden(t, filepath.Join(goldens, "report-plan.json"), output(t, "json", &document.Report{
		APIVersion: r.APIVersion, Kind: r.Kind, Metadata: r.Metadata, Summary: r.Summary, Nodes: r.Nodes,
		Recommendations: r.Recommendations[:2], Warnings: r.Warnings[:3],
	}, reports.Options{Width: 80}))
}

// TestPlanMoney counts no dollar twice: what leaves the bill is the bill less
// the plan, and the freed room stands beside it.
func TestPlanMoney(t *testing.T) {
	without, with := production().report(), planned().report()
	s := with.Summary
	if got, want := *s.MonthlySavings, *s.MonthlyCost-with.Nodes.Plan.MonthlyCost; got != want {
		t.Errorf("savings: got %s, want the bill less the plan, %s", got, want)
	}
	if got, want := *s.FreedRoom.Monthly, *without.Summary.FreedRoom.Monthly; got != want {
		t.Errorf("freed room: got %s, want %s as without a plan", got, want)
	}
	var pools document.USD
	for _, p := range with.Nodes.Plan.Pools {
		pools += p.MonthlyCost
	}
	if pools != with.Nodes.Plan.MonthlyCost {
		t.Errorf("pools cost %s, the plan %s", pools, with.Nodes.Plan.MonthlyCost)
	}
	at := *s.MonthlyCost
	for _, step := range s.Waterfall {
		if step.MonthlyBefore != at {
			t.Errorf("step %s begins at %s, the one before ends at %s", step.Lever, step.MonthlyBefore, at)
		}
		at = step.MonthlyAfter
	}
	if at != with.Nodes.Plan.MonthlyCost {
		t.Errorf("the waterfall ends at %s, the plan costs %s", at, with.Nodes.Plan.MonthlyCost)
	}
	if without.Nodes.Plan != nil {
		t.Error("a plan without the lever")
	}
}

// TestPlanAndPurchases: what purchases save on a demand that follows the plan
// leaves the bill as a whole; on a demand of its own, of which the plan leaves
// less, in proportion. The plan has 6 r7a.xlarge on demand, 1.81806 USD an hour.
func TestPlanAndPurchases(t *testing.T) {
	for _, tt := range []struct {
		name    string
		planned bool
		mean    float64
		want    string
	}{
		{"the plan's demand, more than now", true, 3.63612, "$200.00"},
		{"the plan's demand, less than now", true, 0.9, "$200.00"},
		{"another demand, twice the plan", false, 3.63612, "$100.00"},
		{"another demand, less than the plan", false, 0.9, "$200.00"},
	} {
		c := planned()
		c.recs = append(c.recs, advice.Advice{
			Rule: "purchase", Lever: advice.LeverPurchase, Subject: "Cluster", Title: "commit", MonthlySavings: 200,
			Detail: &purchase.Advice{
				Demand:      demand.Hourly{Hours: 336, Mean: tt.mean, Planned: tt.planned},
				Commitments: []purchase.Commitment{{Instrument: "a", Years: 1, MonthlySavings: 120}, {Instrument: "b", Years: 1, MonthlySavings: 80}},
			},
		})
		r := c.report()
		last := r.Summary.Waterfall[len(r.Summary.Waterfall)-1]
		if got := last.MonthlyBefore - last.MonthlyAfter; last.Lever != "purchase" || got.String() != tt.want {
			t.Errorf("%s: the step %s takes %s off, want %s", tt.name, last.Lever, got, tt.want)
		}
		var saved document.USD
		for _, c := range r.Purchase.Commitments {
			saved += c.MonthlySavings
		}
		if got := last.MonthlyBefore - last.MonthlyAfter; tt.planned && got != saved {
			t.Errorf("%s: the step takes %s off, the commitments save %s", tt.name, got, saved)
		}
	}
}

// TestPlanWithheld says in the report why there is no plan.
func TestPlanWithheld(t *testing.T) {
	c := production()
	c.recs = append(c.recs, advice.Advice{
		Rule: "nodes", Lever: advice.LeverNodes, Subject: "Nodes", Title: "no recommendation: no pod runs",
		Withheld: []advice.Withheld{{Resource: "all", Reason: "no pod runs"}},
	})
	for _, w := range c.report().Warnings {
		if w.Code == "withheld" && w.Subject == "Nodes" && strings.Contains(w.Message, "no pod runs") {
			return
		}
	}
	t.Error("no warning says why the plan of the nodes is withheld")
}
