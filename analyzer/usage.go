package analyzer

import (
	"cmp"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// ContainerUsage is what one container of a workload used, pooled over all
// pods that the workload had, by UTC day. Days are sorted and unique.
type ContainerUsage struct {
	Ref
	Container string `json:"container"`
	Days      []Day  `json:"days"`
}

// Day is one UTC day of a container's usage over all pods of its workload.
type Day struct {
	Date int32 `json:"date"` // days since 1970-01-01 UTC

	CPU    digest.Histogram `json:"cpu,omitzero"`    // samples of all pods, millicores
	Memory digest.Histogram `json:"memory,omitzero"` // samples of all pods, bytes
	// PodCPU and PodMemory hold one value a pod: its peak of the day.
	PodCPU    digest.Histogram `json:"podCPU,omitzero"`
	PodMemory digest.Histogram `json:"podMemory,omitzero"`
	// PodNeed holds one value a pod: the CPU that it was above for a twentieth of the day;
	// of days with two pods or more, and pods seen for six hours. MostCPU and MostMemory
	// name those that needed most. Start holds the CPU samples of the first ten minutes of
	// pods that began on the day (they are in CPU too). Older snapshots have none of them.
	PodNeed    digest.Histogram `json:"podNeed,omitzero"`
	MostCPU    []PodNeed        `json:"mostCPU,omitempty"`
	MostMemory []PodNeed        `json:"mostMemory,omitempty"`
	Start      digest.Histogram `json:"start,omitzero"`
	// Seen is when there was a sample of any pod.
	Seen  digest.Slots `json:"seen,omitzero"`
	Hours []Hour       `json:"hours,omitempty"` // 24, or none
	// Load is by five-minute slots, for workloads of kinds that can be scaled.
	Load Load `json:"load,omitzero"`

	OOMKills int64 `json:"oomKills,omitempty"`
	Restarts int64 `json:"restarts,omitempty"`
	// Throttled and Periods count CFS periods.
	Throttled float64 `json:"throttled,omitempty"`
	Periods   float64 `json:"periods,omitempty"`

	// Requests and Limits are the largest that were in force on the day.
	Requests Amounts `json:"requests,omitzero"`
	Limits   Amounts `json:"limits,omitzero"`
}

// Hour is one hour of a Day. Means are of the sum over pods, so they add over
// shards; peaks are of a single pod.
type Hour struct {
	CPU        float32 `json:"cpu,omitempty"`        // mean millicores of all pods together
	Memory     float32 `json:"memory,omitempty"`     // mean bytes of all pods together
	CPUPeak    float32 `json:"cpuPeak,omitempty"`    // millicores of the busiest pod
	MemoryPeak float32 `json:"memoryPeak,omitempty"` // bytes of the largest pod
	Pods       float32 `json:"pods,omitempty"`       // mean number of pods seen
}

// memoryLimit is the memory limit of the day, in bytes: today's where nothing was recorded of
// the day's requests and limits, as by a source without kube-state-metrics.
func (d *Day) memoryLimit(today Amounts) int64 {
	if d.Requests == (Amounts{}) && d.Limits == (Amounts{}) {
		return today.Memory
	}
	return d.Limits.Memory
}

// Merge adds the usage of other pods of the same container and day.
func (d *Day) Merge(o *Day) {
	d.CPU.Merge(&o.CPU)
	d.Memory.Merge(&o.Memory)
	d.PodCPU.Merge(&o.PodCPU)
	d.PodMemory.Merge(&o.PodMemory)
	d.mergePods(o)
	d.Seen.Merge(o.Seen)
	if len(d.Hours) < len(o.Hours) {
		d.Hours = append(d.Hours, make([]Hour, len(o.Hours)-len(d.Hours))...)
	}
	for i, h := range o.Hours {
		d.Hours[i].add(h)
	}
	d.Load.Merge(&o.Load)
	d.OOMKills += o.OOMKills
	d.Restarts += o.Restarts
	d.Throttled += o.Throttled
	d.Periods += o.Periods
	d.Requests = d.Requests.Max(o.Requests)
	d.Limits = d.Limits.Max(o.Limits)
}

func (h *Hour) add(o Hour) {
	h.CPU += o.CPU
	h.Memory += o.Memory
	h.Pods += o.Pods
	h.CPUPeak = max(h.CPUPeak, o.CPUPeak)
	h.MemoryPeak = max(h.MemoryPeak, o.MemoryPeak)
}

// MergeUsage adds usage lists of separate pods (shards, sources) up into one
// sorted list. The lists are not used afterwards: their digests move.
func MergeUsage(lists ...[]ContainerUsage) []ContainerUsage {
	at := map[ContainerRef]int{}
	var out []ContainerUsage
	for _, list := range lists {
		for _, u := range list {
			k := ContainerRef{u.Ref, u.Container}
			i, ok := at[k]
			if !ok {
				at[k] = len(out)
				out = append(out, u)
				continue
			}
			out[i].Days = mergeDays(out[i].Days, u.Days)
		}
	}
	slices.SortFunc(out, compareUsage)
	return out
}

func compareUsage(a, b ContainerUsage) int {
	return cmp.Or(a.Compare(b.Ref), cmp.Compare(a.Container, b.Container))
}

func mergeDays(a, b []Day) []Day {
	for i := range b {
		j, ok := slices.BinarySearchFunc(a, b[i].Date, func(d Day, date int32) int { return cmp.Compare(d.Date, date) })
		if ok {
			a[j].Merge(&b[i])
		} else {
			a = slices.Insert(a, j, b[i])
		}
	}
	return a
}

// SeenHours is the time of the window in which anything was seen of any
// container. The rest is an outage of the monitoring and tells nothing.
func (s *Snapshot) SeenHours() float64 {
	days := map[int32]digest.Slots{}
	for i := range s.Usage {
		for j := range s.Usage[i].Days {
			d := &s.Usage[i].Days[j]
			slots := days[d.Date]
			slots.Merge(d.Seen)
			days[d.Date] = slots
		}
	}
	n := 0
	for _, slots := range days {
		n += slots.Count()
	}
	return float64(n) * digest.SlotSeconds / 3600
}
