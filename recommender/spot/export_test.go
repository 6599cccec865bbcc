package spot

// SpotShare gives the domains that hold a floor at every number of pods from
// least to most, and the share of pods that goes to spot at a mean.
func SpotShare(floor func(int32) int32, least, most int32, mean float64) (onDemand, spot, skew int32, share float64, ok bool) {
	n := podNumbers{least: least, most: most, usual: int32(mean + 0.5), mean: mean}
	d, ok := holding(floor, n)
	return d.onDemand, d.spot, d.skew, n.share(&Split{domains: d}), ok
}

// Lasting is the share of the hours that pods are paid for.
var Lasting = lasting
