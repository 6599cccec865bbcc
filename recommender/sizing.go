package recommender

import (
	"math"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// The constants of the first right-sizing rule. docs/rules/rightsize.md
// explains each.
const (
	// FloorCPU is the least CPU request, in millicores.
	FloorCPU = 5
	// FloorMemory is the least memory request, in bytes. A container needs a
	// few MiB to be started at all; more is not put under a small one.
	FloorMemory = 12 << 20

	// headroom is the margin, in percent, over what a full history shows.
	headroom = 15
	// fullHistory is the days of usage from which the margin is headroom only;
	// every day less adds headroomPerDay.
	fullHistory    = 7
	headroomPerDay = 5
	// momentHeadroomCPU and momentHeadroomMemory are the margins over one
	// reading, which shows neither the day's peak nor the week's.
	momentHeadroomCPU    = 100
	momentHeadroomMemory = 50
	// oomHeadroom is the margin over a limit at which the container was killed.
	oomHeadroom = 25
	// leastSlots is the five-minute slots with usage (a day's worth) below
	// which the rule abstains for a workload that runs all the time, and
	// leastRuns the pods below which it does so for a batch workload.
	leastSlots = 288
	leastRuns  = 3
	// sameEnough is the relative difference up to which a request stays.
	sameEnough = 0.05
)

// doubt is how much a container's history is worth.
type doubt struct {
	days       float64 // days' worth of five-minute slots with usage
	confidence float64
	cpu        float64 // margins in percent
	memory     float64
}

// weigh measures the history. Confidence is 1 - exp(-days/3): 0.28 after a
// day, 0.90 after a week, 0.99 after two; 0.05 for a single reading. Batch
// workloads are not seen all day, so that each of their pods counts a day.
func weigh(moment, batch bool, c analyzer.ContainerFacts) doubt {
	if moment {
		return doubt{confidence: 0.05, cpu: momentHeadroomCPU, memory: momentHeadroomMemory}
	}
	d := doubt{days: float64(c.SeenSlots) / leastSlots}
	if batch {
		d.days = max(d.days, float64(c.PodDays))
	}
	d.confidence = 1 - math.Exp(-d.days/3)
	margin := headroom + headroomPerDay*max(0, math.Ceil(fullHistory-d.days))
	d.cpu, d.memory = margin, margin
	return d
}

// addPercent gives v with a margin of percent on top.
func addPercent(v, percent float64) float64 { return v * (100 + percent) / 100 }

// roundCPU rounds up to a millicore, and from one core on to ten.
func roundCPU(millicores float64) int64 {
	v := int64(math.Ceil(millicores - 1e-9))
	if v > 1000 {
		v = (v + 9) / 10 * 10
	}
	return max(v, FloorCPU)
}

// roundMemory rounds up to a MiB.
func roundMemory(bytes float64) int64 {
	const mib = 1 << 20
	return max(int64(math.Ceil(bytes/mib-1e-9))*mib, FloorMemory)
}

// unchanged reports whether moving from now to want is not worth a rollout.
func unchanged(now, want int64) bool {
	return now > 0 && math.Abs(float64(want-now)) <= sameEnough*float64(now)
}

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
