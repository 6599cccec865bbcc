package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// basisReport is what a report says that its sums go by.
type basisReport struct {
	Summary struct {
		PriceBasis                          string
		MonthlyCost, MonthlyWithCommitments float64
	}
	Warnings   []struct{ Code string }
	Allocation struct {
		PriceBasis       string
		ListNodesMonthly *float64
		MonthlyBill      struct{ Nodes, UnusedCommitments float64 }
	}
}

// TestSumsCarryTheirBasis: with commitments held the summary is at list prices and the
// allocation is not. Each says so, the one has the other's sum too, to the cent, and every
// format of the report tells both.
func TestSumsCarryTheirBasis(t *testing.T) {
	isolate(t)
	write(t, "held.csv", "name,family,covers_usd_hour,usd_hour,end\nris,m6i,0.5,0.33,2027-12-31\nplan,,0.4,0.29,2027-12-31\nlost,c7g,0.2,0.1,2027-12-31\n")
	w, end := newWeekly(), time.Date(2026, 9, 21, 3, 0, 0, 0, time.UTC)
	w.write(t, "night", end)
	for name, of := range map[string][]string{"demo": {"--demo"}, "week": {"--objects", "night.yaml", "--openmetrics", "night.om", "--no-cache"}} {
		args := append([]string{"audit", "-q", "--aggregate", "namespace"}, of...)
		told := func(more ...string) (r basisReport) {
			code, out, errs := plimsoll(append(append([]string{}, args...), append(more, "-o", "json")...)...)
			if code != 0 {
				t.Fatalf("%s: exit %d: %s", name, code, errs)
			}
			if err := json.Unmarshal([]byte(out), &r); err != nil {
				t.Fatal(err)
			}
			return r
		}
		list := told()
		if list.Summary.PriceBasis != "list" || list.Allocation.PriceBasis != "list" || list.Summary.MonthlyWithCommitments != 0 || cents(list.Allocation.MonthlyBill.Nodes) != cents(list.Summary.MonthlyCost) {
			t.Errorf("%s without commitments: %+v", name, list)
		}
		held := told("--commitments", "held.csv")
		both := held.Allocation.MonthlyBill.Nodes + held.Allocation.MonthlyBill.UnusedCommitments
		if held.Summary.PriceBasis != "list" || held.Allocation.PriceBasis != "commitments" || held.Allocation.ListNodesMonthly == nil || cents(*held.Allocation.ListNodesMonthly) != cents(held.Summary.MonthlyCost) || cents(both) != cents(held.Summary.MonthlyWithCommitments) {
			t.Errorf("%s with commitments: summary %+v, allocation %+v", name, held.Summary, held.Allocation)
		}
		// With commitments held the bill is of the moment, which is said where it was of the week.
		moment := slices.ContainsFunc(held.Warnings, func(w struct{ Code string }) bool { return w.Code == "bill-of-the-moment" })
		if moment == (cents(held.Summary.MonthlyCost) == cents(list.Summary.MonthlyCost)) {
			t.Errorf("%s costs %v with commitments and %v without, bill-of-the-moment: %v", name, held.Summary.MonthlyCost, list.Summary.MonthlyCost, moment)
		}
	}
	for _, format := range []string{"table", "markdown", "html"} {
		code, out, errs := plimsoll("audit", "-q", "--objects", "night.yaml", "--openmetrics", "night.om", "--no-cache", "--commitments", "held.csv", "-o", format)
		flat := strings.Join(strings.Fields(out), " ")
		if code != 0 || !strings.Contains(flat, "that is at list prices") || !strings.Contains(flat, "with the commitments held nodes cost $") {
			t.Errorf("%s does not say what its sums go by: exit %d, %s%s", format, code, errs, out)
		}
	}
}

// cents is a sum in whole cents.
func cents(usd float64) int { return int(usd*100 + 0.5) }
