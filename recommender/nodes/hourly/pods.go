package hourly

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// PodHours is a workload's mean pods by the hour: of the setting advised, else as
// they were.
func PodHours(c *advice.Cluster, w *analyzer.WorkloadFacts) map[int]float64 {
	out := w.PodHours()
	if to, ok := c.Scaled(w.Ref); ok {
		for hour := range out {
			if pods, ok := to.Hours.At(hour); ok {
				out[hour] = pods
			}
		}
	}
	return out
}

// Lasting is the share of so many pods that was there on the mean of all whole hours of
// the window, 1 at most: what runs now and then is not paid for all the time. It is 1
// where nothing was seen of the workload.
func Lasting(c *advice.Cluster, w *analyzer.WorkloadFacts, window analyzer.Window, pods int) float64 {
	by := PodHours(c, w)
	first, last := WholeHours(window)
	if len(by) == 0 || pods <= 0 || last <= first {
		return 1
	}
	sum := 0.0
	for hour := first; hour < last; hour++ {
		sum += by[hour]
	}
	return min(sum/float64(last-first)/float64(pods), 1)
}

// WholeHours bounds the hours, since 1970, that lie in the window as a whole.
func WholeHours(w analyzer.Window) (first, last int) {
	const hour = 3600
	return int((w.Start.Unix() + hour - 1) / hour), int(w.End.Unix() / hour)
}
