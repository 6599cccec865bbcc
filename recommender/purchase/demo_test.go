package purchase_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// BenchmarkPurchaseDemo runs the rule alone on the demo's cluster: without a plan
// of nodes its time is that of the choice.
func BenchmarkPurchaseDemo(b *testing.B) {
	s, err := snapshot.Read("../../cmd/plimsoll/demo.snapshot")
	if err != nil {
		b.Fatal(err)
	}
	facts := analyzer.Analyze(s)
	costs := cost.Of(facts, pricing.New(pricing.Config{}))
	for _, terms := range [][]int{{1}, {3}, {1, 3}} {
		b.Run(fmt.Sprint(terms), func(b *testing.B) {
			o := advice.Options{Levers: []advice.Lever{advice.LeverPurchase}, Commitment: advice.CommitmentOptions{Terms: terms}}
			for b.Loop() {
				recs, err := recommender.Run(context.Background(), facts, costs, o)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(recs[0].MonthlySavings, "usd/month")
			}
		})
	}
}
