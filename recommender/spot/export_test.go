package spot

import "github.com/plimsoll-k8s/plimsoll/pricing"

// SpotShare gives the domains that hold a floor at every number of pods from
// least to most, and the share of pods that goes to spot at a mean.
func SpotShare(floor func(int32) int32, least, most int32, mean float64) (onDemand, spot, skew int32, share float64, ok bool) {
	n := podNumbers{least: least, most: most, usual: int32(mean + 0.5), mean: mean}
	d, ok := holding(floor, n)
	return d.onDemand, d.spot, d.skew, n.share(&Split{domains: d}), ok
}

// Lasting is the share of the hours that pods are paid for.
var Lasting = lasting

// Together is what moves are worth and what they save, where each is 0.4 of its price on spot
// and commitments pay for so much of what there is on demand.
func Together(usd []float64, node, onDemand, held float64) (worth, saved float64) {
	var scope pricing.CommitmentScope
	moves := make([]spotMove, len(usd))
	for i := range moves {
		moves[i] = spotMove{usd: usd[i], scopes: onDemandUsage{scope: usd[i]}, spot: &Readiness{Price: Price{Effective: 0.4}}}
	}
	t := together(moves, onDemandUsage{scope: onDemand}, node, func(u onDemandUsage) float64 { return min(held, u.total()) })
	return t.worth, t.saved
}
