package rightsize

import (
	"math"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// The constants of the rule. docs/rules/rightsize.md explains each.
const (
	// FloorCPU is the least CPU request, in millicores.
	FloorCPU = 5
	// FloorMemory is the least memory request, in bytes. A container needs a
	// few MiB to be started at all; more is not put under a small one.
	FloorMemory = 12 << 20

	// HeadroomCPU and HeadroomMemory are the margins, in percent, over what a
	// full history shows of a resource.
	HeadroomCPU    = 15
	HeadroomMemory = 15
	// HeadroomFixed is the same for a fixed number of pods, to which nothing
	// would add another.
	HeadroomFixed = 15
	// fullHistory is the days of usage from which the margin is headroom only;
	// every day less adds headroomPerDay.
	fullHistory    = 7
	headroomPerDay = 5
	// momentHeadroomCPU and momentHeadroomMemory are the margins over one
	// reading, which shows neither the day's peak nor the week's.
	momentHeadroomCPU    = 100
	momentHeadroomMemory = 50
	// OOMHeadroom is the margin over a limit at which the container was killed.
	OOMHeadroom = 25
	// throttledHeadroom is the margin, in percent, over the highest sample of a container
	// whose CPU limit throttles it.
	throttledHeadroom = 30
	// leastSlots is the five-minute slots with usage below which the rule abstains for a
	// workload that runs all the time: a day's, less the hour that missed scrapes and
	// restarts may take of it. leastRuns is the pods below which it does so for a batch
	// workload.
	leastSlots = 23 * advice.SlotsADay / 24
	leastRuns  = 3
	// SameEnough is the relative difference up to which a request stays.
	SameEnough = 0.05
)

// Policy is how containers are sized.
type Policy struct {
	// Promise is what requests are to keep, Fleet what its past teaches of margins; nil has
	// learnt nothing.
	Promise
	Fleet *Fleet
	// MemoryLimit is what becomes of memory limits; empty keeps them.
	MemoryLimit MemoryLimit
	// ChangeQoS lets a pod lose its class Guaranteed.
	ChangeQoS bool
	// Sizes has the risk of other memory sizes told too, for those who compare.
	Sizes bool
	// nodes are what today's nodes have for a pod; nil holds nothing by them.
	nodes *rooms
}

// PolicyOf is the policy of what the user asked for, before anything is learnt.
func PolicyOf(o advice.Options) Policy {
	return Policy{
		Promise:     Promise{CPU: o.RiskCPU, Broken: max(o.RiskBroken, 0), OOM: o.RiskOOM},
		MemoryLimit: MemoryLimit(o.MemoryLimit), ChangeQoS: o.ChangeQoS,
	}
}

// Margins are the headrooms that a history calls for, in percent.
func (p Policy) Margins(moment bool, d advice.Doubt) (cpu, memory float64) {
	if moment {
		return momentHeadroomCPU, momentHeadroomMemory
	}
	missing := headroomPerDay * max(0, math.Ceil(fullHistory-d.Days))
	return HeadroomCPU + missing, HeadroomMemory + missing
}

// FixedCPU is the request for the CPU of a container of a fixed number of pods: the quantile of all pods' samples
// that the risk leaves, with the margin.
func (p Policy) FixedCPU(c *analyzer.ContainerFacts, margin float64) int64 {
	return RoundCPU(cost.AddPercent(c.CPU.Samples.Quantile(1-p.Promise.CPU), margin))
}

// RoundCPU rounds up to a millicore, and from one core on to ten. It gives FloorCPU at
// the least.
func RoundCPU(millicores float64) int64 { return max(ceilCPU(millicores), FloorCPU) }

func ceilCPU(millicores float64) int64 {
	v := int64(math.Ceil(millicores - 1e-9))
	if v > 1000 {
		v = (v + 9) / 10 * 10
	}
	return v
}

// RoundMemory rounds up to a MiB. It gives FloorMemory at the least.
func RoundMemory(bytes float64) int64 { return max(ceilMemory(bytes), FloorMemory) }

func ceilMemory(bytes float64) int64 { return int64(math.Ceil(bytes/mib-1e-9)) * mib }

// Unchanged reports whether moving from now to want is not worth a rollout.
func Unchanged(now, want int64) bool {
	return now > 0 && math.Abs(float64(want-now)) <= SameEnough*float64(now)
}
