package bounds

import "github.com/plimsoll-k8s/plimsoll/analyzer"

// SpreadEvenly reports whether the pods' peaks of a day look like those of equals behind
// one load balancer: half of them reach a quarter of the highest, on half of the days
// that count. A quiet day says little: it counts from a tenth of the busiest.
func SpreadEvenly(w *analyzer.WorkloadFacts) bool {
	for i := range w.Containers {
		c := &w.Containers[i]
		if c.Type != analyzer.TypeContainer {
			continue
		}
		even, days, busiest := 0, 0, c.CPU.PodPeak.Quantile(0.98)
		for j := range c.Days {
			peaks := &c.Days[j].PodCPU
			if most := peaks.Quantile(0.98); most > 0 && most >= 0.1*busiest {
				if days++; peaks.Quantile(0.5) >= 0.25*most {
					even++
				}
			}
		}
		if 2*even < days {
			return false
		}
	}
	return true
}
