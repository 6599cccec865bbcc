package recommender

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
	"github.com/plimsoll-k8s/plimsoll/recommender/backtest"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// Outcome is all that is worked out about a cluster.
type Outcome struct {
	Facts  *analyzer.Analysis
	Costs  *cost.Costs
	Advice []advice.Advice
	// Cluster is the cluster as all levers would leave it.
	Cluster *advice.Cluster
	// Backtest is what rules of sizing would have brought; nil where it was not asked
	// for, or the history is too short.
	Backtest *backtest.Result
	// Allocation is whose the bill of the window is, to be added up by AllocateBy; nil
	// where it was not asked for.
	Allocation *allocation.Allocation
	AllocateBy allocation.Options
}

// Advise is the program as one call: what a snapshot says, what that costs by the
// catalog, what every lever asked for makes of it, and whose the bill is. Once the context has ended
// it gives the context's error.
func Advise(ctx context.Context, s *analyzer.Snapshot, catalog *pricing.Catalog, o advice.Options) (*Outcome, error) {
	o.Minor = s.ControlPlaneMinor()
	facts := analyzer.Analyze(s)
	costs := costsOf(facts, catalog, &o)
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
	costs.Warnings = append(costs.Warnings, idleProfiles(facts, &o)...)
	result := &Outcome{Facts: facts, Costs: costs, Advice: all, Cluster: cluster}
	if o.Backtest && s.Unread() == "" {
		if o.Begin != nil {
			o.Begin("backtest")
		}
		if result.Backtest, err = scored(ctx, facts, costs, o); err != nil {
			return result, err
		}
	}
	believed := *s
	believed.Usage = facts.Snapshot.Usage
	if err := result.share(&believed, catalog, &o); err != nil {
		return nil, err
	}
	result.age(s.Window.End, o.PriceAges)
	return result, nil
}

// idleProfiles warns of profiles of parts that the cluster does not have: what was meant
// keeps the profile of all.
func idleProfiles(facts *analyzer.Analysis, o *advice.Options) (out []analyzer.Warning) {
	for _, part := range slices.Sorted(maps.Keys(o.Profiles)) {
		if !slices.ContainsFunc(facts.Workloads, func(w analyzer.WorkloadFacts) bool {
			return w.Namespace == part || w.Namespace+"/"+w.Kind+"/"+w.Name == part
		}) {
			out = append(out, analyzer.Warning{
				Code: analyzer.WarnUnused, Subject: "--profile-for " + part,
				Message: "it is of no namespace and no workload: write NAMESPACE or NAMESPACE/KIND/NAME, such as shop/Deployment/cart",
			})
		}
	}
	return out
}

// costsOf prices the cluster: over the window's hours, unless something is asked for that
// is worked out by the nodes of the moment. One report has one bill.
func costsOf(facts *analyzer.Analysis, catalog *pricing.Catalog, o *advice.Options) *cost.Costs {
	if held := pricing.HeldAt(o.Commitment.Held, facts.Snapshot.Window.End); len(held) > 0 {
		c := cost.AtMoment(facts, catalog, "what commitments cover is worked out by them")
		c.NameElsewhere(held)
		return c
	}
	return cost.Of(facts, catalog)
}

// mostPeers is the number of containers up to which other tools' rules are scored
// beside ours. Above it they would take longer than the advice.
const mostPeers = 2000

func scored(ctx context.Context, facts *analyzer.Analysis, costs *cost.Costs, o advice.Options) (*backtest.Result, error) {
	rules, advised := backtest.Asked(rightsize.PolicyOf(o.WithDefaults()).Promise)
	if containers(facts) > mostPeers {
		rules = backtest.Named(rules, advised, backtest.AsItIs)
	}
	if costs.MeanUnit == (cost.UnitPrice{}) {
		costs = nil
	}
	r, err := backtest.Run(ctx, facts, costs, rules)
	if err != nil || len(r.Scores) == 0 {
		return nil, err
	}
	r.Advised = advised
	return &r, nil
}

func containers(facts *analyzer.Analysis) (n int) {
	for i := range facts.Workloads {
		n += len(facts.Workloads[i].Containers)
	}
	return n
}
