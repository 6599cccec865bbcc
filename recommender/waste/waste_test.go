package waste_test

import (
	"context"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
)

// TestWasteOfAPart: where pods were left out, by choice or for want of rights,
// no node and no namespace is called empty.
func TestWasteOfAPart(t *testing.T) {
	kinds := func(warnings ...analyzer.Warning) map[string]bool {
		out := map[string]bool{}
		for _, file := range []string{"drain", "idle-namespace", "gpu-node"} {
			a, err := txtar.ParseFile("../../testdata/rules/waste/" + file + ".txtar")
			if err != nil {
				t.Fatal(err)
			}
			snap := casetest.Snapshot(t, a)
			snap.Warnings = append(snap.Warnings, warnings...)
			facts := analyzer.Analyze(snap)
			recs, err := recommender.Run(context.Background(), facts, cost.Of(facts, pricing.New(pricing.Config{})), advice.Options{Levers: []advice.Lever{advice.LeverWaste}})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range recs {
				out[advice.As[waste.Finding](r.Detail).Kind.Code] = true
				if r.MonthlySavings != 0 {
					t.Errorf("%s %s: waste saves %.2f, want nothing that a total would count", r.Subject, advice.As[waste.Finding](r.Detail).Kind.Code, r.MonthlySavings)
				}
			}
		}
		return out
	}
	whole := kinds()
	for _, code := range []string{analyzer.WarnSelection, analyzer.WarnForbidden} {
		part := kinds(analyzer.Warning{Code: code, Subject: "list pods", Message: "left out"})
		for _, kind := range []string{"drainable-node", "gpu-node-without-gpu-pods", "empty-namespace"} {
			if !whole[kind] || part[kind] {
				t.Errorf("%s with warning %s: got %v, without %v; want only without", kind, code, part[kind], whole[kind])
			}
		}
	}
}
