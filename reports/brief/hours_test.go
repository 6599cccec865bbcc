package brief_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestHoursOfThePlan: the hours' nodes are told by the plan that holds the busiest, and the
// plan's own bill by the hours where an autoscaler follows the pods.
func TestHoursOfThePlan(t *testing.T) {
	byDay := append(slices.Repeat([]float64{1.2}, 8), slices.Repeat([]float64{7}, 16)...)
	bill := document.USD(90000)
	for _, tt := range []struct {
		nodes []float64
		want  string
	}{
		{byDay, "1 node at 00:00 UTC, 7 at 08:00"},
		{slices.Repeat([]float64{1}, 24), "1 node at all hours"},
		{slices.Repeat([]float64{3}, 24), "3 nodes at all hours"},
	} {
		r := &document.Report{Purchase: &document.Purchase{HourlyDemand: &document.HourlyDemand{NodesByHour: tt.nodes}}}
		bought := strings.Join(brief.PurchaseLines(r), " ")
		planned := brief.PlanLine(&document.NodePlan{Count: 7, MonthlyCost: 70000, ByHour: &document.PlanHours{MonthlyCost: 40000, Nodes: tt.nodes}}, &document.Summary{MonthlyCost: &bill}, false)
		if !strings.Contains(bought, tt.want) || !strings.Contains(bought, "The nodes' plan holds the busiest hour.") {
			t.Errorf("no %q in %q", tt.want, bought)
		}
		if !strings.Contains(planned, tt.want) || !strings.Contains(planned, "it costs $400 a month") {
			t.Errorf("no %q in %q", tt.want, planned)
		}
	}
	if line := brief.PlanLine(&document.NodePlan{Count: 7, MonthlyCost: 70000}, &document.Summary{MonthlyCost: &bill}, false); strings.Contains(line, "autoscaler") {
		t.Errorf("no autoscaler was seen: %q", line)
	}
}
