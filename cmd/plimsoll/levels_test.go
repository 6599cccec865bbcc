package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// levelRow is a row of the method's table of the demo: a style, and USD a month by level.
var levelRow = regexp.MustCompile(`(?m)^\| (exact|flexible|simple) \| ([\d,]+) \| ([\d.]+) % \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$`)

// TestLevelsOfTheDemo holds the method's table of what each level of survival costs to
// what the demo's audit says.
func TestLevelsOfTheDemo(t *testing.T) {
	page, err := os.ReadFile("../../docs/method/nodes.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := levelRow.FindAllStringSubmatch(string(page), -1)
	if len(rows) != 3 {
		t.Fatalf("got %d rows of styles in the table, want 3", len(rows))
	}
	for _, row := range rows {
		t.Run(row[1], func(t *testing.T) {
			code, out, errs := plimsoll("audit", "--demo", "-q", "-o", "json", "--only", "rightsize,horizontal,nodes", "--pools", row[1])
			if code != 0 {
				t.Fatalf("exit %d: %s", code, errs)
			}
			var r struct {
				Nodes struct {
					Plan struct {
						LowerBoundMonthly float64
						Survives          struct {
							Levels []struct {
								Level       string
								MonthlyCost float64
							}
						}
					}
				}
			}
			if err := json.Unmarshal([]byte(out), &r); err != nil {
				t.Fatal(err)
			}
			plan := &r.Nodes.Plan
			want := map[string]string{"none": row[2], "pod": row[4], "node": row[5], "zone": row[6]}
			if len(plan.Survives.Levels) != len(want) {
				t.Fatalf("got levels %+v, want %d", plan.Survives.Levels, len(want))
			}
			for _, l := range plan.Survives.Levels {
				if got := fmt.Sprintf("%.0f", l.MonthlyCost); got != strings.ReplaceAll(want[l.Level], ",", "") {
					t.Errorf("%s: the audit says %s, the page %s", l.Level, got, want[l.Level])
				}
			}
			if got := fmt.Sprintf("%.1f", 100*(plan.Survives.Levels[0].MonthlyCost/plan.LowerBoundMonthly-1)); got != row[3] {
				t.Errorf("over the bound: the audit says %s %%, the page %s", got, row[3])
			}
		})
	}
}

// askedRow is the page's sentence on the level node where that is asked for.
var askedRow = regexp.MustCompile("`node` costs ([0-9,]+) in `exact` and `flexible`")

// TestLevelsOfTheDemoAsked: with some 200 pods the style flexible is no dearer than simple,
// whose level node is in the table, where the loss of a node is asked for.
func TestLevelsOfTheDemoAsked(t *testing.T) {
	page, err := os.ReadFile("../../docs/method/nodes.md")
	if err != nil {
		t.Fatal(err)
	}
	row := askedRow.FindStringSubmatch(string(page))
	if row == nil {
		t.Fatal("the page does not say what the level node costs where it is asked for")
	}
	code, out, errs := plimsoll("audit", "--demo", "-q", "-o", "json", "--only", "rightsize,horizontal,nodes", "--pools", "flexible", "--survive", "node")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var r struct {
		Nodes struct{ Plan struct{ MonthlyCost float64 } }
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%.0f", r.Nodes.Plan.MonthlyCost); got != strings.ReplaceAll(row[1], ",", "") {
		t.Errorf("the audit says %s, the page %s", got, row[1])
	}
}
