package advice

import (
	"context"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// Rule is one kind of advice.
type Rule struct {
	Name  string
	Doc   string // one sentence; the page is docs/rules/NAME.md
	Lever Lever
	// Run reports advice through the pass. An error means that the rule itself
	// failed, not that it found nothing.
	Run func(*Pass) error
}

// Pass is what a rule reads, and where it reports.
type Pass struct {
	// Context ends what takes long: a rule hands it to the engines.
	Context context.Context
	Facts   *analyzer.Analysis
	Costs   *cost.Costs // nil, or without a catalog, where nothing has a price
	Options Options
	// Cluster is the cluster as the rules so far would leave it. It is all that
	// a rule sees of another, but for Results.
	Cluster *Cluster
	// Report files advice. What is filed is not read again.
	Report func(Advice)
	// Results holds what a rule hands to those after it, by the rule's name. It
	// is read by the accessor of the rule's package alone.
	Results map[string]any
}

// NewPass makes a pass over a cluster as it is. The caller sets Report.
func NewPass(ctx context.Context, a *analyzer.Analysis, c *cost.Costs, o Options) *Pass {
	return &Pass{
		Context: ctx, Facts: a, Costs: c, Options: o.WithDefaults(), Cluster: NewCluster(a),
		Report: func(Advice) {}, Results: map[string]any{},
	}
}

// Held gives the commitments that exist at the window's end, those in vCPUs and
// GiB priced where most is bought on demand.
func (p *Pass) Held() []pricing.HeldCommitment {
	return p.Costs.Held(pricing.HeldAt(p.Options.Commitment.Held, p.Facts.Snapshot.Window.End))
}
