package nodes_test

import (
	"context"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
)

// BenchmarkNodesDemo plans the nodes of the demo's cluster at the requests that it has.
func BenchmarkNodesDemo(b *testing.B) {
	s, err := snapshot.Read("../../cmd/plimsoll/demo.snapshot")
	if err != nil {
		b.Fatal(err)
	}
	facts := analyzer.Analyze(s)
	costs := cost.Of(facts, pricing.New(pricing.Config{}))
	for b.Loop() {
		recs, err := recommender.Run(context.Background(), facts, costs, advice.Options{Levers: []advice.Lever{advice.LeverRightsize, advice.LeverNodes}})
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range recs {
			if advice.As[nodes.Plan](r.Detail) != nil {
				b.ReportMetric(advice.As[nodes.Plan](r.Detail).Monthly, "usd/month")
				b.ReportMetric(advice.As[nodes.Plan](r.Detail).LowerBound, "bound/month")
				b.ReportMetric(float64(advice.As[nodes.Plan](r.Detail).Pods), "pods")
			}
		}
	}
}
