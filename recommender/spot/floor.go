package spot

import (
	"math"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
)

// mostDomains bounds the domains of a split: each takes a node of its own.
const mostDomains = 10

// podNumbers is how many pods a workload may have, and has as a rule.
type podNumbers struct {
	least, most, usual int32
	mean               float64
}

// podNumbersOf are those of the scaling that the rule horizontal advises, else of
// today's.
func podNumbersOf(p *advice.Pass, w *analyzer.WorkloadFacts) podNumbers {
	n := podNumbers{least: w.Replicas, most: w.Replicas, mean: float64(w.Replicas)}
	for i, h := range w.HPAs {
		if i == 0 {
			n.least, n.most = h.Min, h.Max
		}
		n.least, n.most = min(n.least, h.Min), max(n.most, h.Max)
	}
	if s, ok := p.Cluster.Scaled(w.Ref); ok {
		n.least, n.most = s.Least, s.Most
		if s.Mean > 0 {
			n.mean = s.Mean
		}
	}
	n.least = max(n.least, 1)                                // at rest there is nothing to hold
	n.most = max(min(n.most, setting.MostReplicas), n.least) // the ratios of more pods are those of as many
	n.mean = min(max(n.mean, float64(n.least)), float64(n.most))
	n.usual = int32(math.Round(n.mean))
	return n
}

// share is the part of the pods that a split sends to spot where they have room
// there: the smaller of the two whole numbers beside the mean.
func (n podNumbers) share(s *Split) float64 {
	low, high := int32(math.Floor(n.mean)), int32(math.Ceil(n.mean))
	return min(1-float64(s.OnDemandOf(low))/float64(max(low, 1)), 1-float64(s.OnDemandOf(high))/float64(max(high, 1)))
}

// spotFloorOf is how many of n pods have to stay on demand.
func spotFloorOf(w *analyzer.WorkloadFacts, n int32) int32 {
	return min(max(floorOf(w, n), int32(math.Ceil(spotFloor*float64(n)))), n)
}

// spotDomains is a topology spread constraint over so many domains on demand
// and on spot, with a maxSkew.
type spotDomains struct{ onDemand, spot, skew int32 }

// least is the fewest of n pods that are on demand. A pod may go to a domain
// that then has at most skew more pods than the one with the fewest. With o pods
// on demand that one has o/onDemand at most, so that spot holds at most
// spot x (o/onDemand + skew): the answer is the smallest o for which the two
// come to n.
func (d spotDomains) least(n int32) int32 {
	beyond := n - d.spot*d.skew
	if beyond <= 0 || d.onDemand == 0 {
		return 0
	}
	rounds, rest := beyond/(d.onDemand+d.spot), beyond%(d.onDemand+d.spot)
	return d.onDemand*rounds + min(rest, d.onDemand)
}

// holds says whether the floor is held at every number of pods.
func (d spotDomains) holds(floor func(int32) int32, n podNumbers) bool {
	for pods := n.least; pods <= n.most; pods++ {
		if d.least(pods) < floor(pods) {
			return false
		}
	}
	return true
}

// holding finds the domains that hold the floor at every number of pods: those
// of the capacity types with the largest skew that does, else more domains in a
// ratio, of which as few as keep the fewest pods on demand as a rule. ok is false
// where nothing holds it and lets a pod go.
func holding(floor func(int32) int32, n podNumbers) (d spotDomains, ok bool) {
	skew := n.usual
	for pods := n.least; pods <= n.most; pods++ {
		skew = min(skew, pods-2*floor(pods)+1)
	}
	if d = (spotDomains{1, 1, skew}); skew >= 1 {
		tight := spotDomains{1, 1, skew - 1} // an odd number of pods too many changes nothing
		if skew > 1 && n.least == n.most && tight.least(n.usual) == d.least(n.usual) {
			d = tight
		}
		return d, d.least(n.usual) < n.usual
	}
	d = spotDomains{}
	best := n.usual
	for all := int32(3); all <= mostDomains; all++ {
		for onDemand := all - 1; onDemand > 0; onDemand-- {
			one := spotDomains{onDemand, all - onDemand, 1}
			if one.least(n.usual) < best && one.holds(floor, n) {
				d, best, ok = one, one.least(n.usual), true
			}
		}
	}
	return d, ok
}
