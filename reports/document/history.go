package document

import (
	"fmt"
	"math"
	"time"
)

// History is what was seen over time, for plots and explanations. Printed
// figures come from the other parts; these are coarse.
type History struct {
	// Start is the first slot's, UTC; each slot is so many hours long.
	Start     time.Time `json:"start"`
	SlotHours int       `json:"slotHours" jsonschema:"minimum=1"`
	Slots     int       `json:"slots"`
	// Containers are in the order of the workloads; those without usage are left out.
	Containers []ContainerHistory `json:"containers"`
	// Scaled is the number of pods that workloads would have had as advised, by replay of the same load; those that stay as they are are left out.
	Scaled []ScaledHistory `json:"scaled,omitempty"`
	// Nodes are today's, by name; PlanNodes are those of the plan, absent without one.
	Nodes     []NodeFill `json:"nodes,omitempty"`
	PlanNodes []NodeFill `json:"planNodes,omitempty"`
}

// ScaledHistory is the mean number of a workload's pods, slot by slot.
type ScaledHistory struct {
	Namespace string `json:"namespace"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Pods      Series `json:"pods"`
}

// NodeFill is a node and how full it is. The requests of DaemonSets and static
// pods are left out, today's and the plan's alike.
type NodeFill struct {
	Name         string `json:"name"`
	InstanceType string `json:"instanceType,omitempty"`
	CapacityType string `json:"capacityType,omitempty"`
	MonthlyCost  USD    `json:"monthlyCost,omitempty"`
	// CPU and Memory are the shares of the allocatable that are requested.
	CPU    float64 `json:"cpu"`
	Memory float64 `json:"memory"`
	// Change is drained or new; absent of a node that stays.
	Change string `json:"change,omitempty" jsonschema:"enum=drained,enum=new"`
}

// ContainerHistory is one container's history.
type ContainerHistory struct {
	Namespace string `json:"namespace"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Container string `json:"container"`
	// CPU is in millicores, memory in bytes, of one pod.
	CPU    Band `json:"cpu"`
	Memory Band `json:"memory"`
	// Pods is the mean number of pods.
	Pods Series `json:"pods,omitzero"`
	// Days are those on which it was seen, oldest first.
	Days []HistoryDay `json:"days"`
	// Settings are the requests and limits as they were, oldest first; an entry holds from its day on.
	Settings []HistorySetting `json:"settings,omitempty"`
	// Starts is how many CPU samples are of the first ten minutes of pods, StartCPU the highest of them; absent where no start was seen.
	Starts   int64 `json:"starts,omitempty"`
	StartCPU CPU   `json:"startCPU,omitempty"`
	// Peers are what other tools' rules would ask for on the same usage.
	Peers []PeerSetting `json:"peers,omitempty"`
	// Profiles are what the profiles that were not taken would ask for; absent without advice.
	Profiles []ProfileSetting `json:"profiles,omitempty"`
	// Twice is what usage twice as high would ask for, and AfterOOMKill what an OOM kill at the limit would; absent where another rule sets the request.
	Twice        *TwiceSetting `json:"twice,omitempty"`
	AfterOOMKill Bytes         `json:"afterOOMKill,omitempty"`
	// Curve is how long CPU was above a request of so much, the smallest first.
	Curve []CurvePoint `json:"curve,omitempty"`
	// MemoryCurve is the risk of memory sizes, the smallest first: those about the highest sample, and the requests and limits as they are and as advised. Absent where it is not known.
	MemoryCurve []MemoryPoint `json:"memoryCurve,omitempty"`
}

// PeerSetting is what another tool's rule would ask for.
type PeerSetting struct {
	Rule   string `json:"rule"`
	CPU    CPU    `json:"cpu,omitempty"`
	Memory Bytes  `json:"memory,omitempty"`
}

// ProfileSetting is what a profile would ask for.
type ProfileSetting struct {
	Profile string `json:"profile" jsonschema:"enum=saving,enum=balanced,enum=careful"`
	CPU     CPU    `json:"cpu,omitempty"`
	Memory  Bytes  `json:"memory,omitempty"`
}

// TwiceSetting is what usage twice as high would ask for; a resource is absent where another rule sets it.
type TwiceSetting struct {
	CPU    CPU   `json:"cpu,omitempty"`
	Memory Bytes `json:"memory,omitempty"`
}

// CurvePoint is a CPU request and the share of the samples above it.
type CurvePoint struct {
	CPU   CPU     `json:"cpu"`
	Above float64 `json:"above"`
	// Monthly is what that CPU costs for all pods of the workload, at the prices of their nodes; absent where there are none.
	Monthly *USD `json:"monthly,omitempty"`
}

// MemoryPoint is a memory size and the probability that a pod's memory passes it within a
// week, by replay of days that no size was learnt from: the risk of an OOM kill at a limit
// of that size.
type MemoryPoint struct {
	Memory Bytes   `json:"memory"`
	Passed float64 `json:"passed" jsonschema:"minimum=0,maximum=1"`
	// Monthly is what a request of that size costs for all pods of the workload, at the prices of their nodes; absent where there are none.
	Monthly *USD `json:"monthly,omitempty"`
}

// Band is a resource's usage: the mean over the pods, and the largest pod.
type Band struct {
	Mean Series `json:"mean,omitzero"`
	Peak Series `json:"peak,omitzero"`
}

// HistoryDay is one UTC day. Percentiles are of the samples of all pods.
type HistoryDay struct {
	Date      string `json:"date"`
	CPUP50    CPU    `json:"cpuP50,omitempty"`
	CPUP95    CPU    `json:"cpuP95,omitempty"`
	CPUMax    CPU    `json:"cpuMax,omitempty"`
	MemoryP50 Bytes  `json:"memoryP50,omitempty"`
	MemoryP95 Bytes  `json:"memoryP95,omitempty"`
	MemoryMax Bytes  `json:"memoryMax,omitempty"`
	OOMKills  int64  `json:"oomKills,omitempty"`
	Restarts  int64  `json:"restarts,omitempty"`
	// ThrottledShare is absent where nothing was measured.
	ThrottledShare *float64 `json:"throttledShare,omitempty"`
}

// HistorySetting is what the container asked for from a day on.
type HistorySetting struct {
	Date string `json:"date"`
	Setting
}

// Series is one value a slot in one byte each, as base64 in JSON: 0 is no
// reading, 1 is nothing, and n from 2 to 255 is Low * (High/Low)^((n-2)/253). A
// value is off by less than 2 % where High is at most 10,000 times Low.
type Series struct {
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Points []byte  `json:"points"`
}

const (
	noReading   = 0
	nothingUsed = 1
	firstLevel  = 2
	levels      = math.MaxUint8 - firstLevel
	// widest is the largest High/Low: what is smaller than that counts as Low.
	widest = 10_000
)

// Quantise packs values; those that are negative or no number are no reading.
func Quantise(values []float64) Series {
	var s Series
	for _, v := range values {
		if v > 0 && IsFinite(v) {
			s.High = max(s.High, v)
			if s.Low == 0 || v < s.Low {
				s.Low = v
			}
		}
	}
	s.Low, s.High = rounded(max(s.Low, s.High/widest)), rounded(s.High)
	s.Points = make([]byte, len(values))
	for i, v := range values {
		s.Points[i] = s.level(v)
	}
	return s
}

// rounded keeps six figures.
func rounded(v float64) float64 {
	if v == 0 {
		return 0
	}
	return Decimals(v, 5-int(math.Floor(math.Log10(v))))
}

func (s *Series) level(v float64) byte {
	switch {
	case !(v >= 0) || math.IsInf(v, 0):
		return noReading
	case v == 0:
		return nothingUsed
	case s.High <= s.Low || v <= s.Low:
		return firstLevel
	}
	n := math.Round(levels * math.Log(v/s.Low) / math.Log(s.High/s.Low))
	return firstLevel + byte(min(max(n, 0), levels))
}

// Values unpacks the series; NaN is no reading.
func (s *Series) Values() []float64 {
	out := make([]float64, len(s.Points))
	for i, n := range s.Points {
		switch {
		case n == noReading:
			out[i] = math.NaN()
		case n == nothingUsed:
			out[i] = 0
		case s.High <= s.Low:
			out[i] = s.Low
		default:
			out[i] = s.Low * math.Pow(s.High/s.Low, float64(n-firstLevel)/levels)
		}
	}
	return out
}

// IsZero reports whether there is no series.
func (s Series) IsZero() bool { return len(s.Points) == 0 }

// Of finds a container's history; nil where there is none.
func (h *History) Of(namespace, kind, name, container string) *ContainerHistory {
	if h == nil {
		return nil
	}
	for i := range h.Containers {
		c := &h.Containers[i]
		if c.Name == name && c.Namespace == namespace && c.Kind == kind && c.Container == container {
			return c
		}
	}
	return nil
}

// Time gives the start of a slot.
func (h *History) Time(slot int) time.Time {
	return h.Start.Add(time.Duration(slot*h.SlotHours) * time.Hour)
}

// check refuses a history that no plot could draw.
func (h *History) check() error {
	if h == nil {
		return nil
	}
	if h.SlotHours < 1 || h.Slots < 0 {
		return fmt.Errorf("reading the report: its history has %d slots of %d hours", h.Slots, h.SlotHours)
	}
	for i := range h.Containers {
		c := &h.Containers[i]
		for _, s := range []*Series{&c.CPU.Mean, &c.CPU.Peak, &c.Memory.Mean, &c.Memory.Peak, &c.Pods} {
			if !h.fits(s) {
				return fmt.Errorf("reading the report: the history of %s/%s/%s, container %s, is not %d slots", c.Namespace, c.Kind, c.Name, c.Container, h.Slots)
			}
		}
	}
	for i := range h.Scaled {
		if x := &h.Scaled[i]; !h.fits(&x.Pods) {
			return fmt.Errorf("reading the report: the pods of %s/%s/%s are not %d slots", x.Namespace, x.Kind, x.Name, h.Slots)
		}
	}
	return nil
}

func (h *History) fits(s *Series) bool {
	return (len(s.Points) == 0 || len(s.Points) == h.Slots) && s.Low >= 0 && s.High >= s.Low
}
