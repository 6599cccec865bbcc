package reports_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/held"
	"github.com/plimsoll-k8s/plimsoll/reports"
)

// TestPlanWithCommitments: the report has both bills, and the sentence says which nodes
// were taken.
func TestPlanWithCommitments(t *testing.T) {
	for name, tt := range map[string]struct {
		held *held.Bill
		want []string
	}{
		"none": {nil, []string{"proven to be at most 0.6 % above the cheapest"}},
		"used": {&held.Bill{Commitments: 300, MonthlyNow: 3000, Monthly: 1500, MonthlyFree: 1800, MonthlyUsed: 1500, LowerBound: 1470.59, GapPercent: 2, Families: []string{"m5"}},
			[]string{"at most 2 % above the least bill with the commitments held", "the nodes' bill is $1,500, with those cheapest at list prices it would be $1,800."}},
		"left": {&held.Bill{Commitments: 30, MonthlyNow: 3000, Monthly: 1800, MonthlyFree: 1800, MonthlyUsed: 1900, LowerBound: 1800, Families: []string{"m5", "c5"}},
			[]string{"the nodes' bill is $1,800, with nodes that use those to m5, c5 it would be $1,900."}},
		"of all": {&held.Bill{Commitments: 30, MonthlyNow: 3000, Monthly: 1800, MonthlyFree: 1800, LowerBound: 1800},
			[]string{"at most 0 % above the least bill with the commitments held"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := planned()
			for i := range c.recs {
				if advice.As[nodes.Plan](c.recs[i].Detail) != nil {
					advice.As[nodes.Plan](c.recs[i].Detail).Held = tt.held
				}
			}
			r := c.report()
			text := strings.Join(strings.Fields(output(t, "table", r, reports.Options{Width: 100})), " ")
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("got:\n%s\nwant %q in it", text, want)
				}
			}
			bill := r.Nodes.Plan.WithCommitments
			if (bill == nil) != (tt.held == nil) {
				t.Fatalf("got %+v, want a bill where commitments are held", bill)
			}
			if bill != nil && (bill.MonthlyUsed == nil) != (len(tt.held.Families) == 0) {
				t.Errorf("got %v used with families %v", bill.MonthlyUsed, tt.held.Families)
			}
		})
	}
}
