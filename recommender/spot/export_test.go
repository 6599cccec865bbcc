package spot

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// SpotShare gives the domains that hold a floor at every number of pods from
// least to most, and the share of pods that goes to spot at a mean.
func SpotShare(floor func(int32) int32, least, most int32, mean float64) (onDemand, spot, skew int32, share float64, ok bool) {
	n := podNumbers{least: least, most: most, usual: int32(mean + 0.5), mean: mean}
	d, ok := holding(floor, n)
	return d.onDemand, d.spot, d.skew, n.share(&Split{domains: d}), ok
}

// Lasting is the share of the hours that pods are paid for.
var Lasting = lasting

// listedBill is a bill by the number of moves.
type listedBill struct{ left, moved []float64 }

func (b listedBill) now() spend             { return usd(b.left[0]) }
func (b listedBill) worth(moves []spotMove) {}
func (b listedBill) after(moves []spotMove) (left, moved spend) {
	return usd(b.left[len(moves)]), usd(b.moved[len(moves)])
}

func usd(v float64) spend {
	return spend{onDemand: onDemandUsage{pricing.CommitmentScope{}: v}}
}

// Best is how many of the moves are advised, and what they save: left and moved are what the
// nodes cost on demand by how many moved. Each is worth 1 on demand, and 0.4 on spot.
func Best(left, moved []float64) (moves int, saved float64) {
	all := make([]spotMove, len(left)-1)
	for i := range all {
		all[i].usd, all[i].spot = 1, &Readiness{Price: Price{Effective: 0.4}}
	}
	t := bestOf(&advice.Pass{Facts: &analyzer.Analysis{Snapshot: &analyzer.Snapshot{}}}, listedBill{left, moved}, all)
	return t.moves, t.saved
}
