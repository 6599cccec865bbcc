package recommender

import (
	"context"
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// Outcome is all that is worked out about a cluster.
type Outcome struct {
	Facts  *analyzer.Analysis
	Costs  *cost.Costs
	Advice []advice.Advice
	// Cluster is the cluster as all levers would leave it.
	Cluster *advice.Cluster
}

// Advise is the program as one call: what a snapshot says, what that costs by the
// catalog, and what every lever asked for makes of it. Once the context has ended
// it gives the context's error.
func Advise(ctx context.Context, s *analyzer.Snapshot, catalog *pricing.Catalog, o advice.Options) (*Outcome, error) {
	o.Minor = s.Minor()
	facts := analyzer.Analyze(s)
	costs := cost.Of(facts, catalog)
	if err := costs.AddBesides(s); err != nil {
		return nil, fmt.Errorf("what is paid beside the nodes: %w", err)
	}
	all, cluster, err := run(ctx, facts, costs, o)
	if err != nil {
		return nil, err
	}
	for _, w := range catalog.Unused(advice.Sources(costs, all)) {
		costs.Warnings = append(costs.Warnings, analyzer.Warning{Code: "unused-price", Message: w})
	}
	return &Outcome{Facts: facts, Costs: costs, Advice: all, Cluster: cluster}, nil
}
