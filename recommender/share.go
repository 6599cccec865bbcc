package recommender

import (
	"fmt"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// share shares the bill out, where that was asked for. Commitments that are held make
// the nodes' prices.
func (r *Outcome) share(s *analyzer.Snapshot, catalog *pricing.Catalog, o *advice.Options) error {
	if o.Allocation == nil {
		return nil
	}
	by := *o.Allocation
	a, err := allocation.Of(s, catalog, allocation.Basis{
		Held:  r.Costs.Held(pricing.HeldAt(o.Commitment.Held, s.Window.End)),
		Hours: r.Costs.Mean != nil,
		Pods:  slices.Contains(by.Aggregate, allocation.ByPod) || by.Filter.Pods(),
	})
	if err != nil {
		return fmt.Errorf("sharing the bill out: %w", err)
	}
	a.Warnings = append(a.Warnings, idleNames(a, &by)...)
	r.Allocation, r.AllocateBy = a, by
	return nil
}

// idleNames warns of names that the user gave and that nothing is of.
func idleNames(a *allocation.Allocation, by *allocation.Options) []analyzer.Warning {
	var out []analyzer.Warning
	for _, name := range by.ShareNamespaces {
		if !slices.ContainsFunc(a.Items, func(i allocation.Item) bool { return i.Namespace == name }) {
			out = append(out, analyzer.Warning{Code: analyzer.WarnUnused, Subject: "--share-namespaces " + name, Message: "nothing in it costs anything; is the name right?"})
		}
	}
	if by.FilterText != "" && !slices.ContainsFunc(a.Items, func(i allocation.Item) bool { return by.Filter.Takes(a, &i) }) {
		out = append(out, analyzer.Warning{Code: analyzer.WarnUnused, Subject: "--filter " + by.FilterText, Message: "it takes nothing that costs anything; are the names right?"})
	}
	return out
}

// age warns of prices that are old at a moment, all in one warning: of the advice's and
// of the shared bill's, where there is one.
func (r *Outcome) age(at time.Time, ages pricing.Ages) {
	sources, warnings := advice.Sources(r.Costs, r.Advice), &r.Costs.Warnings
	if r.Allocation != nil {
		sources, warnings = slices.Concat(sources, r.Allocation.Prices), &r.Allocation.Warnings
	}
	if old := pricing.Stale(sources, at, ages); old != "" {
		*warnings = append(*warnings, analyzer.Warning{Code: "stale-price", Message: old})
	}
}
