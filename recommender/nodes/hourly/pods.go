package hourly

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// PodHours is a workload's mean pods by the hour: of the setting advised, else as
// they were.
func PodHours(c *advice.Cluster, w *analyzer.WorkloadFacts) map[int]float64 {
	out := map[int]float64{}
	for i := range w.Containers {
		if w.Containers[i].Type == analyzer.TypeInit {
			continue
		}
		for _, day := range w.Containers[i].Days {
			for j, hour := range day.Hours {
				if hour.Pods > 0 {
					out[int(day.Date)*24+j] = max(out[int(day.Date)*24+j], float64(hour.Pods))
				}
			}
		}
	}
	if to, ok := c.Scaled(w.Ref); ok {
		for hour := range out {
			if pods, ok := to.Hours.At(hour); ok {
				out[hour] = pods
			}
		}
	}
	return out
}

// WholeHours bounds the hours, since 1970, that lie in the window as a whole.
func WholeHours(w analyzer.Window) (first, last int) {
	const hour = 3600
	return int((w.Start.Unix() + hour - 1) / hour), int(w.End.Unix() / hour)
}
