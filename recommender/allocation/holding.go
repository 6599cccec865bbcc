package allocation

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Hold is what all pods of one container held over a time.
type Hold struct {
	PodHours float64
	CPU      Amount // millicore-hours
	Memory   Amount // byte-hours
	GPUHours float64
}

// Amount is one resource over time, in unit-hours.
type Amount struct {
	Requested float64
	Used      float64
	// Held is the larger of request and usage, added up hour by hour.
	Held float64
	// Missed is the most by which Held may lack what it would be if request and
	// usage were compared moment by moment: within an hour usage is only known by
	// its mean and its peak.
	Missed float64
	// Daily is the part of Held for which only a day's mean was known.
	Daily float64
}

// HoldOf gives what the pods of a container held by its days of usage. asked is
// what it requests now. With past, what it requested on each day counts where
// the history has it; without, what it requests now counts throughout.
func HoldOf(w analyzer.Window, days []analyzer.Day, asked analyzer.Amounts, past bool) Hold {
	var h Hold
	for i := range days {
		d := &days[i]
		request := asked
		if past && d.Requests != (analyzer.Amounts{}) {
			request = d.Requests
			request.GPU = max(request.GPU, asked.GPU) // engines often have no series of GPUs
		}
		h.addDay(w, d, request)
	}
	return h
}

func (h *Hold) addDay(w analyzer.Window, d *analyzer.Day, request analyzer.Amounts) {
	var seen float64
	hours := d.Hours
	if w.Moment {
		hours = nil // they hold a reading for the seconds that it is the mean of
	}
	for _, hour := range hours {
		pods := float64(hour.Pods)
		seen += pods
		h.CPU.add(float64(request.CPU), pods, float64(hour.CPU), float64(hour.CPUPeak))
		h.Memory.add(float64(request.Memory), pods, float64(hour.Memory), float64(hour.MemoryPeak))
	}
	if seen == 0 {
		seen = h.addDigests(w, d, request)
	}
	h.PodHours += seen
	h.GPUHours += seen * float64(request.GPU)
}

// addDigests stands in for a day without hours: a reading of one moment, or a
// digest that has only the day.
func (h *Hold) addDigests(w analyzer.Window, d *analyzer.Day, request analyzer.Amounts) (pods float64) {
	step := w.Step.Hours()
	if w.Moment || step <= 0 {
		step = Hours(w)
	}
	pods = step * float64(max(d.CPU.Count(), d.Memory.Count()))
	before := [2]float64{h.CPU.Held, h.Memory.Held}
	h.CPU.add(float64(request.CPU), pods, pods*d.CPU.Mean(), d.CPU.Max())
	h.Memory.add(float64(request.Memory), pods, pods*d.Memory.Mean(), d.Memory.Max())
	h.CPU.Daily += h.CPU.Held - before[0]
	h.Memory.Daily += h.Memory.Held - before[1]
	return pods
}

// add takes a time in which pods asked for request each and together used as
// much, one of them never more than peak.
func (a *Amount) add(request, pods, used, peak float64) {
	requested := request * pods
	held := max(requested, used)
	a.Requested += requested
	a.Used += used
	a.Held += held
	if peak > request && pods > 0 {
		// Of all courses with this mean and this peak, the one that switches
		// between nothing and the peak is above the request the most.
		a.Missed += max(0, requested+used*(1-request/peak)-held)
	}
}

// times is the holding over a time that much longer.
func (h Hold) times(f float64) Hold {
	return Hold{PodHours: f * h.PodHours, CPU: h.CPU.times(f), Memory: h.Memory.times(f), GPUHours: f * h.GPUHours}
}

func (a Amount) times(f float64) Amount {
	return Amount{Requested: f * a.Requested, Used: f * a.Used, Held: f * a.Held, Missed: f * a.Missed, Daily: f * a.Daily}
}

func (h *Hold) plus(o Hold) {
	h.PodHours += o.PodHours
	h.CPU.plus(o.CPU)
	h.Memory.plus(o.Memory)
	h.GPUHours += o.GPUHours
}

func (a *Amount) plus(o Amount) {
	a.Requested += o.Requested
	a.Used += o.Used
	a.Held += o.Held
	a.Missed += o.Missed
	a.Daily += o.Daily
}

// requestsOnly is what pods held that ask for so much and whose usage nobody knows.
func requestsOnly(asked analyzer.Amounts, podHours float64) Hold {
	h := Hold{PodHours: podHours, GPUHours: podHours * float64(asked.GPU)}
	h.CPU.add(float64(asked.CPU), podHours, 0, 0)
	h.Memory.add(float64(asked.Memory), podHours, 0, 0)
	return h
}

// PerPod gives what one pod of a container holds in an hour, by the window's
// usage and today's requests.
func PerPod(w analyzer.Window, c *analyzer.ContainerFacts) Hold {
	h := HoldOf(w, c.Days, c.Requests, false)
	if h.PodHours <= 0 {
		return requestsOnly(c.Requests, 1)
	}
	h = h.times(1 / h.PodHours)
	h.GPUHours = float64(c.Requests.GPU)
	return h
}
