package recommender

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/finding"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
	"github.com/plimsoll-k8s/plimsoll/recommender/spot"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
)

// Rules lists every rule, in the order in which they run.
func Rules() []advice.Rule {
	return []advice.Rule{
		rightsize.Rule,
		horizontal.Rule,
		horizontal.VPARule,
		finding.Rule,
		nodes.Rule,
		waste.Rule,
		spot.Rule,
		purchase.Rule,
	}
}

// safeOnParts are the levers that work on what is left when a source broke
// off: they raise, and lower nothing.
var safeOnParts = []advice.Lever{advice.LeverRightsize}

// Run runs the rules of the levers asked for, and gives what they reported,
// sorted by workload, container, rule. Once the context has ended it gives the
// context's error and nothing else.
func Run(ctx context.Context, a *analyzer.Analysis, c *cost.Costs, o advice.Options) ([]advice.Advice, error) {
	out, _, err := run(ctx, a, c, o)
	return out, err
}

// run also gives the cluster as the rules would leave it.
func run(ctx context.Context, a *analyzer.Analysis, c *cost.Costs, o advice.Options) ([]advice.Advice, *advice.Cluster, error) {
	var out []advice.Advice
	p := advice.NewPass(ctx, a, c, o)
	p.Report = func(r advice.Advice) { out = append(out, r) }
	for _, r := range Rules() {
		if len(o.Levers) > 0 && !slices.Contains(o.Levers, r.Lever) {
			continue
		}
		if a.Snapshot.Unread() != "" && !slices.Contains(safeOnParts, r.Lever) {
			continue // the snapshot's warning says so
		}
		if o.Begin != nil {
			o.Begin(r.Name)
		}
		err := r.Run(p)
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if err != nil {
			return nil, nil, fmt.Errorf("rule %s: %w", r.Name, err)
		}
	}
	slices.SortStableFunc(out, func(a, b advice.Advice) int {
		return cmp.Or(a.Workload.Compare(b.Workload), cmp.Compare(a.Container, b.Container), cmp.Compare(a.Rule, b.Rule))
	})
	return out, p.Cluster, nil
}
