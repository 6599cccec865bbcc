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
}

// Advise is the program as one call: what a snapshot says, what that costs by the
// catalog, and what every lever asked for makes of it. Once the context has ended
// it gives the context's error.
func Advise(ctx context.Context, s *analyzer.Snapshot, catalog *pricing.Catalog, o advice.Options) (*Outcome, error) {
	o.Minor = s.Minor()
	facts := analyzer.Analyze(s)
	costs := cost.Of(facts, catalog)
	all, err := Run(ctx, facts, costs, o)
	if err != nil {
		return nil, err
	}
	if err := AddUsed(costs, s, all); err != nil {
		return nil, fmt.Errorf("the prices that the advice rests on: %w", err)
	}
	for _, w := range catalog.Unused(costs.Prices) {
		costs.Warnings = append(costs.Warnings, analyzer.Warning{Code: "unused-price", Message: w})
	}
	return &Outcome{Facts: facts, Costs: costs, Advice: all}, nil
}
