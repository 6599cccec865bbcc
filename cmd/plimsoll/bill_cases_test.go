package main

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/internal/plainbill"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
)

// otherPrices are the cases whose machines or volumes no single list price tells: types
// that no table has, and disks of several regions.
var otherPrices = []string{"purchase/no-table", "waste/volume-elsewhere"}

// TestCasesRecompute works the bill and the waste of every rule case's cluster out anew,
// to the cent, so that kinds of waste that the demo lacks are recomputed too.
func TestCasesRecompute(t *testing.T) {
	files, err := filepath.Glob("../../testdata/rules/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	checked := map[string]int{}
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(file), "../../testdata/rules/"), ".txtar")
		if !strings.HasPrefix(name, otherPrices[0]) && !strings.HasPrefix(name, otherPrices[1]) {
			t.Run(name, func(t *testing.T) { recomputeCase(t, file, checked) })
		}
	}
	for _, kind := range waste.Kinds() {
		if kind.Besides != "0" && checked[kind.Code] == 0 {
			t.Errorf("no finding of the kind %s was recomputed", kind.Code)
		}
	}
}

func recomputeCase(t *testing.T, file string, checked map[string]int) {
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	snap := casetest.Snapshot(t, a)
	facts := analyzer.Analyze(snap)
	costs := cost.Of(facts, pricing.New(pricing.Config{}))
	recs, err := recommender.Run(context.Background(), facts, costs, advice.Options{Levers: []advice.Lever{advice.LeverWaste}})
	if err != nil {
		t.Fatal(err)
	}
	plain, total, rows := plainbill.Of(snap), 0.0, map[string]float64{}
	same := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.005 {
			t.Errorf("%s: got $%.4f, recomputed $%.4f", what, got, want)
		}
	}
	list := map[string]float64{}
	for i := range plain.Fleet { // today's, or those of the window's hours
		if m := &plain.Fleet[i]; m.ByPod() == "" {
			list[m.Name] = plain.Monthly(&m.Node)
			total += list[m.Name] * m.Share
		}
	}
	for _, n := range costs.Nodes {
		if !n.ByPod {
			same("node "+n.Name, n.Hourly*pricing.HoursPerMonth, list[n.Name])
		}
	}
	same("all nodes", costs.Bill, total)
	for ref, w := range costs.Workloads {
		same(ref.String(), w.Monthly, plain.Workloads[ref])
		rows[ref.String()] = plain.Workloads[ref]
	}
	for i := range recs {
		r := &recs[i]
		f := advice.As[waste.Finding](r.Detail)
		if f == nil {
			continue
		}
		target := r.Workload.String()
		if r.Subject != "" {
			target = r.Subject
		}
		want, ok := plain.Waste(f.Kind.Code, target, r.Container, rows)
		if !ok {
			t.Errorf("%s %s for $%.2f is of a kind that was not recomputed", f.Kind.Code, target, f.Monthly)
		}
		same(f.Kind.Code+" "+target+" "+r.Container, f.Monthly, want)
		checked[f.Kind.Code]++
	}
}
