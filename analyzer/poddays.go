package analyzer

import (
	"cmp"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// The warnings about what a promise does not hold for. A report says them of the
// container and as a whole.
const (
	// WarnHotPods names pods that need more than the request.
	WarnHotPods = "hot-pods"
	// WarnDailyPeak names an hour of the day with more.
	WarnDailyPeak = "daily-peak"
	// WarnStartUp is about the first minutes of pods.
	WarnStartUp = "start-up"
)

// Unpromised reports whether a warning is one of those.
func (w Warning) Unpromised() bool {
	return w.Code == WarnHotPods || w.Code == WarnDailyPeak || w.Code == WarnStartUp
}

// PodNeed is what one pod needed on one day.
type PodNeed struct {
	Pod string `json:"pod"`
	// CPU is what it was above for a twentieth of the time, millicores, up to an eighth
	// too much; Memory is its peak in bytes.
	CPU    float32 `json:"cpu,omitempty"`
	Memory float32 `json:"memory,omitempty"`
}

const (
	// MostNamed is the number of pods that a day names.
	MostNamed = 3
	// podHours is the hours that a pod has to be seen on a day to be compared with others.
	podHours = 6
	// podQuantile is the share of its samples that a pod's need holds.
	podQuantile = 0.95
	// startMS is how long a pod's start lasts: the first two slots of five minutes.
	startMS = 10 * 60 * 1000
	// gapMS is the time without samples after which a container has started anew.
	gapMS = 15 * 60 * 1000
)

// podDay is what is known of one pod and day while its samples stream by.
type podDay struct {
	name  string
	need  digest.Coarse
	last  int64 // ms of the last CPU sample, 0 before the first
	until int64 // ms at which its start-up is over
}

// starts reports whether a CPU sample belongs to a start. The series of a source that
// reads by the day begin at midnight, where nothing is known of before.
func (p *podDay) starts(ms, stepMS int64, w Window) bool {
	began := ms - stepMS
	switch {
	case p.last == 0:
		day := int64(DayOf(ms-1)) * 86_400_000
		if began-max(day, w.Start.UnixMilli()) > gapMS {
			p.until = began + startMS
		}
	case ms-p.last > gapMS+stepMS:
		p.until = began + startMS
	}
	p.last = ms
	return began < p.until
}

// file notes the need of a pod that was seen for long enough on the day.
func (d *Day) file(p *podDay, stepHours float64) {
	if float64(p.need.Count())*stepHours >= podHours {
		need := p.need.Quantile(podQuantile)
		d.PodNeed.Add(need)
		if p.name != "" {
			d.MostCPU = most(d.MostCPU, PodNeed{Pod: p.name, CPU: float32(need)})
		}
	}
	p.need = digest.Coarse{}
}

// most adds a pod to those that need most; a pod that is there twice counts once.
func most(list []PodNeed, p PodNeed) []PodNeed {
	if i := slices.IndexFunc(list, func(o PodNeed) bool { return o.Pod == p.Pod }); i >= 0 {
		list[i].CPU, list[i].Memory = max(list[i].CPU, p.CPU), max(list[i].Memory, p.Memory)
	} else if n := len(list); n < MostNamed || compareNeeds(p, list[n-1]) < 0 {
		p.Pod = strings.Clone(p.Pod)
		list = append(list, p)
	}
	slices.SortFunc(list, compareNeeds)
	return list[:min(len(list), MostNamed)]
}

func compareNeeds(a, b PodNeed) int {
	return cmp.Or(cmp.Compare(b.CPU, a.CPU), cmp.Compare(b.Memory, a.Memory), cmp.Compare(a.Pod, b.Pod))
}

// mergePods adds what is by pod of other pods.
func (d *Day) mergePods(o *Day) {
	d.PodNeed.Merge(&o.PodNeed)
	d.Start.Merge(&o.Start)
	for _, p := range o.MostCPU {
		d.MostCPU = most(d.MostCPU, p)
	}
	for _, p := range o.MostMemory {
		d.MostMemory = most(d.MostMemory, p)
	}
}

// alone forgets names and needs where there was one pod: it is the workload.
func (d *Day) alone() {
	if max(d.PodCPU.Count(), d.PodMemory.Count()) < 2 {
		d.PodNeed, d.MostCPU, d.MostMemory = digest.Histogram{}, nil, nil
	}
}
