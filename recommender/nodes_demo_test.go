package recommender_test

import (
	"context"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// BenchmarkNodesDemo plans the nodes of the demo's cluster at the requests that it has.
func BenchmarkNodesDemo(b *testing.B) {
	s, err := snapshot.Read("../cmd/plimsoll/demo.snapshot")
	if err != nil {
		b.Fatal(err)
	}
	facts := analyzer.Analyze(s)
	costs := cost.Of(facts, pricing.New(pricing.Config{}))
	for b.Loop() {
		recs, err := recommender.Run(context.Background(), facts, costs, recommender.Options{Levers: []recommender.Lever{recommender.LeverRightsize, recommender.LeverNodes}})
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range recs {
			if r.Nodes != nil {
				b.ReportMetric(r.Nodes.Monthly, "usd/month")
				b.ReportMetric(r.Nodes.LowerBound, "bound/month")
				b.ReportMetric(float64(r.Nodes.Pods), "pods")
			}
		}
	}
}
