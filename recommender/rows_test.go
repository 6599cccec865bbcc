package recommender_test

import (
	"math"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// TestRowsAreTheAllocation: in every case a workload costs in the summary's rows what the
// shared bill of the window says, for a month; the nodes' bill, idle and what the system
// keeps are the same too.
func TestRowsAreTheAllocation(t *testing.T) {
	var files []string
	for _, glob := range []string{"rules", "bills"} {
		found, err := filepath.Glob("../testdata/" + glob + "/*/*.txtar")
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 100 {
		t.Fatalf("%d cases", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file), func(t *testing.T) { rowsOfCase(t, file) })
	}
}

func rowsOfCase(t *testing.T, file string) {
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	facts, catalog := analyzer.Analyze(casetest.Snapshot(t, a)), pricing.New(placeOf(a))
	c := cost.Of(facts, catalog)
	shared, err := allocation.Of(facts.Snapshot, catalog, allocation.Basis{Hours: c.Mean != nil})
	if err != nil {
		t.Fatal(err)
	}
	month, want := pricing.HoursPerMonth/shared.Hours, map[analyzer.Ref]float64{}
	for i := range shared.Items {
		want[shared.Items[i].Ref] += shared.Items[i].Nodes.Total() * month
	}
	same := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-6 {
			t.Errorf("%s: $%.4f in the rows, $%.4f in the shared bill", what, got, want)
		}
	}
	var idle, kept float64
	for i := range shared.Nodes {
		n := &shared.Nodes[i]
		idle, kept = idle+(n.Free.Total()+n.Stranded.Total())*month, kept+n.Reserved.Total()*month
	}
	same("all nodes", c.Bill, shared.Bill.Nodes*month)
	same("idle", c.Idle, idle)
	same("what the system keeps", c.Overhead, kept)
	for ref, usd := range want {
		same(ref.String(), c.MonthlyOf(ref), usd)
	}
	for ref, w := range c.Workloads {
		same(ref.String(), w.Monthly, want[ref])
	}
}
