package reports_test

import (
	"math"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/demand"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
	"github.com/plimsoll-k8s/plimsoll/recommender/spot"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// bought is a cluster with advice of every money rule.
func bought() *cluster {
	c := newCluster()
	c.node("m6i.large", "on-demand", 0.1, 3)
	c.add("ns", "Deployment", "web", 4, container{name: "app", cpu: 1500, mem: gi, used: 100, usedMem: 200e6, toCPU: 250, toMem: 412 * mi, savings: 10.005, cost: 219, risk: 0.25, confidence: 0.9})
	web := analyzer.Ref{Namespace: "ns", Kind: "Deployment", Name: "web"}
	c.recs = append(c.recs,
		advice.Advice{
			Rule: "purchase", Lever: advice.LeverPurchase, Subject: "Cluster", Title: "commit", MonthlySavings: 30.333,
			Detail: &purchase.Advice{
				Provider: "aws", Region: "us-east-1",
				Demand: demand.Hourly{Hours: 336, Mean: 0.25, Min: 0.2, P10: 0.2, P50: 0.2, P90: 0.3, Peak: 0.3, Families: []demand.Family{{CommitmentScope: pricing.CommitmentScope{Family: "m6i"}, Mean: 0.25, PerUnit: 0.05}}},
				Commitments: []purchase.Commitment{
					{Instrument: "narrow", Family: "m6i", Years: 1, Payment: "no_upfront", Discount: 0.338, Amount: 0.1, Coverage: 0.6, Utilization: 1, BreakEven: 0.662, MonthlySavings: 20.1665, Survives: true},
					{Instrument: "wide", Years: 1, Payment: "all_upfront", Discount: 0.3, Amount: 0.05, Coverage: 0.2, Utilization: 0.9, BreakEven: math.NaN(), MonthlySavings: 10.1665, Survives: true},
				},
				Scenarios: []purchase.ScenarioOutcome{{Name: "40 % less demand", OnDemand: 100, Cost: 112.5, Savings: -12.5, Regret: 20, Utilization: 0.6}},
			},
		},
		advice.Advice{
			Rule: "spot", Lever: advice.LeverPurchase, Workload: web, Title: "ready for spot", MonthlySavings: 5,
			Detail: &spot.Readiness{Ready: true, Advised: true, OnDemand: 2, Spot: 2, Price: spot.Price{Known: true, List: 0.4, Effective: 0.41, Interrupted: 0.075, Types: 20},
				Checks: []spot.Check{{Name: "replicas", OK: true, Detail: "4 replicas"}}},
		},
		advice.Advice{
			Rule: "waste", Lever: "waste", Subject: "Node/node-00", Title: "under-used",
			Detail: &waste.Finding{Kind: wasteKind("drainable-node"), Monthly: 73, Loss: "its room"},
		},
		advice.Advice{
			Rule: "waste", Lever: "waste", Subject: "Namespace/old", Title: "idle",
			Detail: &waste.Finding{Kind: wasteKind("idle-namespace"), Monthly: 80, Loss: "what it waits for", Blocked: []string{"somebody"}},
		})
	return c
}

// wasteKind is the kind of waste of that code.
func wasteKind(code string) advice.Kind {
	for _, k := range waste.Kinds() {
		if k.Code == code {
			return k.Kind
		}
	}
	return advice.Kind{Code: code}
}

func TestMoneyOfPurchaseAndWaste(t *testing.T) {
	r := bought().report()
	// 10.005 + 30.333 + 5 = 45.338; waste is in no sum.
	if got := r.Summary.MonthlySavings.String(); got != "$45.34" {
		t.Errorf("savings: got %s, want $45.34", got)
	}
	var sum, commitments document.USD
	for _, rec := range r.Recommendations {
		sum += *rec.MonthlySavings
	}
	if sum != *r.Summary.MonthlySavings {
		t.Errorf("recommendations add up to %s, the summary has %s", sum, r.Summary.MonthlySavings)
	}
	for _, c := range r.Purchase.Commitments {
		commitments += c.MonthlySavings
	}
	if commitments.String() != "$30.33" {
		t.Errorf("commitments: got %s, want $30.33", commitments)
	}
	steps := r.Summary.Waterfall
	freed := *r.Summary.FreedRoom.Monthly
	if len(steps) != 2 || steps[0].MonthlyAfter != steps[0].MonthlyBefore || steps[0].MonthlyAfter != steps[1].MonthlyBefore ||
		steps[1].MonthlyBefore-steps[1].MonthlyAfter+freed != *r.Summary.MonthlySavings {
		t.Errorf("the waterfall %v does not lead from the bill down by what is bought", steps)
	}
	if freed != steps[0].FreedRoom {
		t.Errorf("freed room: got %s, want right-sizing's %s alone", freed, steps[0].FreedRoom)
	}
}

// TestWasteWithin: no step holds what is prepaid, nor what can't be drained as it is, nor
// what would be drained where no plan of the nodes takes anything off.
func TestWasteWithin(t *testing.T) {
	c := bought()
	for _, tt := range []struct {
		kind    string
		blocked []string
		counted string
		want    string
	}{
		{"", nil, "", "1 finding of waste lies within these steps, 1 in none"}, // idle-namespace, and a node without a plan
		{"gpu-node-without-gpu-pods", []string{"it is reserved, and paid for whether it runs or not"}, "", "1 finding of waste lies within these steps, 2 in none"},
		{"underused-node", []string{"a bare pod"}, "", "1 finding of waste lies within these steps, 3 in none"},
		{"unused-requests", nil, "rightsize", "2 findings of waste lie within these steps, 3 in none"},
	} {
		if tt.kind != "" {
			c.recs = append(c.recs, advice.Advice{Rule: "waste", Lever: "waste", Subject: "Node/node-01", Title: "x", Detail: &waste.Finding{Kind: wasteKind(tt.kind), Monthly: 70, Blocked: tt.blocked}})
		}
		r := c.report()
		if got := brief.WasteWithin(r); got != tt.want {
			t.Errorf("with %s: got %q, want %q", tt.kind, got, tt.want)
		}
		for _, w := range r.Waste {
			if w.Kind == tt.kind && w.CountedBy != tt.counted {
				t.Errorf("%s is counted by %q, want %q", w.Kind, w.CountedBy, tt.counted)
			}
		}
	}
	r := c.report()
	r.Waste = nil
	if got := brief.WasteWithin(r); got != "" {
		t.Errorf("without waste: %q", got)
	}
}

func TestPurchaseSections(t *testing.T) {
	r := bought().report()
	if len(r.Waste) != 2 || r.Waste[0].Kind != "idle-namespace" || r.Waste[1].CountedBy != "nodes" {
		t.Errorf("waste: got %+v, want the dearest first", r.Waste)
	}
	if s := r.Purchase.Spot; s.Ready != 1 || s.Workloads[0].Target != "ns/Deployment/web" || s.Savings.String() != "$5.00" {
		t.Errorf("spot: got %+v", s)
	}
	if f := r.Purchase.HourlyDemand.Families[0]; f.VCPUs != 5 {
		t.Errorf("vCPUs of the family: got %v, want 5", f.VCPUs)
	}
	risks := map[string]string{}
	for _, rec := range r.Recommendations {
		risks[rec.Target+rec.Rule] = rec.Risk
	}
	if got := risks["Clusterpurchase"]; got != "40 % less demand: $12.50 a month dearer than on demand" {
		t.Errorf("risk of the purchase: got %q", got)
	}
	if err := compile(t)(output(t, "json", r, reports.Options{})); err != nil {
		t.Errorf("the report does not fit the schema: %v", err)
	}
	text := strings.Join(strings.Fields(output(t, "table", r, reports.Options{Width: 200})), " ")
	for _, want := range []string{
		"right-sizing frees room worth $10 (5 %)",
		"Commit for 1 year to $0.10 an hour of narrow (m6i, paid no upfront): 60 % of the demand, saves $20 a month.",
		"Commit for 1 year to $0.05 an hour of wide: 20 % of the demand, saves $10 a month.",
		"With 40 % less demand it loses $13 a month.",
		"Spot: 1 of 1 workloads are ready; moving 1 of them saves $5 a month.",
		"Waste: Namespace/old: idle ($80 a month). Blocked by: somebody.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %q:\n%s", want, text)
		}
	}
}

// TestWaterfallWithCommitments: what they cover is off the bill, what they cost
// is on it, used or not.
func TestWaterfallWithCommitments(t *testing.T) {
	for _, tt := range []struct {
		name        string
		held        []pricing.HeldCommitment
		before, now float64 // beside the list price, in USD a month
	}{
		{"used", []pricing.HeldCommitment{{Family: "m6i", Covers: 0.1, Pays: 0.06}}, -0.04 * 730, -0.04 * 730},
		{"of another family", []pricing.HeldCommitment{{Family: "r5", Covers: 0.1, Pays: 0.06}}, 0.06 * 730, 0.06 * 730},
		{"more than the demand", []pricing.HeldCommitment{{Covers: 0.5, Pays: 0.3}}, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := bought()
			advice.As[purchase.Advice](c.recs[len(c.recs)-4].Detail).Held = tt.held
			steps := c.report().Summary.Waterfall
			for i, step := range steps {
				if step.WithCommitments == nil {
					t.Fatalf("%s has no figures with commitments", step.Lever)
				}
				if i > 0 && step.WithCommitments.MonthlyBefore != steps[i-1].WithCommitments.MonthlyAfter {
					t.Errorf("%s begins at %s, the step before ended at %s", step.Lever, step.WithCommitments.MonthlyBefore, steps[i-1].WithCommitments.MonthlyAfter)
				}
			}
			first, last := steps[0], steps[len(steps)-1]
			if got := float64(first.WithCommitments.MonthlyBefore-first.MonthlyBefore) / 100; math.Abs(got-tt.before) > 0.01 {
				t.Errorf("now: got %.2f beside the list price, want %.2f", got, tt.before)
			}
			if got := float64(last.WithCommitments.MonthlyAfter-last.MonthlyAfter) / 100; got < tt.now-0.01 {
				t.Errorf("at the end: got %.2f beside the list price, want %.2f at least", got, tt.now)
			}
		})
	}
	for _, step := range bought().report().Summary.Waterfall {
		if step.WithCommitments != nil {
			t.Errorf("%s: got figures with commitments where none exist", step.Lever)
		}
	}
}

// TestPurchaseWide: in full every commitment and every finding has its line.
func TestPurchaseWide(t *testing.T) {
	text := output(t, "wide", bought().report(), reports.Options{})
	for _, want := range []string{
		"Commit for 1 year to $0.10 an hour of narrow (m6i, paid no upfront)",
		"Waste: Namespace/old: idle ($80 a month). Blocked by: somebody.",
		"Waste: Node/node-00: under-used ($73 a month).",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("wide lacks %q:\n%s", want, text)
		}
	}
}

func TestPurchaseAbsentAndWithheld(t *testing.T) {
	r, _ := one(func(*cluster) {})
	if r.Purchase != nil || len(r.Waste) != 0 {
		t.Errorf("levers that did not run: got %v and %v", r.Purchase, r.Waste)
	}
	c := newCluster()
	c.recs = append(c.recs, advice.Advice{
		Rule: "purchase", Lever: advice.LeverPurchase, Subject: "Cluster", Detail: &purchase.Advice{},
		Withheld: []advice.Withheld{{Resource: "all", Reason: "too little data"}},
	})
	r = c.report()
	if r.Purchase == nil || r.Purchase.HourlyDemand != nil || len(r.Purchase.Withheld) != 1 || r.Purchase.Withheld[0].Reason != "too little data" {
		t.Errorf("withheld: got %+v, want the reason", r.Purchase)
	}
}
