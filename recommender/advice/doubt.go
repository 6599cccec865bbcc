package advice

import (
	"math"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// SlotsADay is the five-minute slots of a day.
const SlotsADay = 288

// Doubt is how much a container's history is worth.
type Doubt struct {
	Days       float64 // days' worth of five-minute slots with usage
	Confidence float64 // in [0, 1]
}

// Weigh measures the history. Confidence is 1 - exp(-days/3): 0.28 after a
// day, 0.90 after a week, 0.99 after two; 0.05 for a single reading. Batch
// workloads are not seen all day, so that each of their pods counts a day.
func Weigh(moment, batch bool, c *analyzer.ContainerFacts) Doubt {
	if moment {
		return Doubt{Confidence: 0.05}
	}
	d := Doubt{Days: float64(c.SeenSlots) / SlotsADay}
	if batch {
		d.Days = max(d.Days, float64(c.PodDays))
	}
	d.Confidence = 1 - math.Exp(-d.Days/3)
	return d
}
