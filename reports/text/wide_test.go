package text_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

func TestWideTable(t *testing.T) {
	usualRisks, _, err := func() ([]string, string, error) { o, c, err := text.WideTable("", nil, true); return c, o, err }()
	if err != nil || !slices.Contains(usualRisks, "oom-kills") {
		t.Fatalf("the columns of risks: %q, %v", usualRisks, err)
	}
	for _, c := range []struct {
		name, sort  string
		columns     []string
		risks       bool
		order       string
		wantColumns []string
		err         string
	}{
		{name: "nothing is asked for"},
		{name: "an order", sort: "cost", order: "cost"},
		{name: "columns", columns: []string{"workload", "cpu"}, wantColumns: []string{"workload", "cpu"}},
		{name: "all columns", columns: []string{text.AllColumns}, wantColumns: []string{text.AllColumns}},
		{name: "risks", risks: true, order: "risk", wantColumns: usualRisks},
		{name: "risks by name", risks: true, sort: "name", order: "name", wantColumns: usualRisks},
		{name: "risks of one's own columns", risks: true, columns: []string{"workload"}, order: "risk", wantColumns: []string{"workload"}},
		{name: "no such order", sort: "colour", err: "--sort colour: there is: savings"},
		{name: "no such column", columns: []string{"workload", "colour"}, err: "--columns colour: there is: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			order, columns, err := text.WideTable(c.sort, c.columns, c.risks)
			if c.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), c.err) {
					t.Fatalf("got %v, want %q", err, c.err)
				}
				return
			}
			if err != nil || order != c.order || !slices.Equal(columns, c.wantColumns) {
				t.Errorf("got %q %q %v, want %q %q", order, columns, err, c.order, c.wantColumns)
			}
		})
	}
}

// TestRiskColumnsAreThere: each of them is a column.
func TestRiskColumnsAreThere(t *testing.T) {
	_, columns, err := text.WideTable("", nil, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := text.WideTable("", columns, false); err != nil {
		t.Error(err)
	}
}
