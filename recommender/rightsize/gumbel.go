package rightsize

import "math"

// gumbel is the extreme-value distribution of daily peaks, fitted by the
// method of moments: scale = s*sqrt(6)/pi, location = mean - 0.5772*scale.
type gumbel struct{ location, scale float64 }

// leastPeaks is the number of daily peaks below which no tail is fitted.
const leastPeaks = 7

func fitGumbel(peaks []float64) (gumbel, bool) {
	n := float64(len(peaks))
	if len(peaks) < leastPeaks {
		return gumbel{}, false
	}
	var sum, squares float64
	for _, p := range peaks {
		sum += p
	}
	mean := sum / n
	for _, p := range peaks {
		squares += (p - mean) * (p - mean)
	}
	const euler = 0.57721566490153286
	scale := math.Sqrt(squares/(n-1)) * math.Sqrt(6) / math.Pi
	return gumbel{location: mean - euler*scale, scale: scale}, true
}

// exceeds gives the probability that the largest of n daily peaks is above v.
func (g gumbel) exceeds(v, n float64) float64 {
	if g.scale == 0 {
		if v >= g.location {
			return 0
		}
		return 1
	}
	return -math.Expm1(-n * math.Exp(-(v-g.location)/g.scale))
}

// level gives the value that the largest of n daily peaks exceeds with
// probability p.
func (g gumbel) level(p, n float64) float64 {
	return g.location - g.scale*math.Log(-math.Log1p(-p)/n)
}
