package backtest

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// member is a container with what was known of it at an origin.
type member struct {
	ref   analyzer.ContainerRef
	pods  float64
	inPod int // containers of a pod, this one among them
	whole *analyzer.ContainerFacts
	past  analyzer.ContainerFacts
}

// pastOf gives the containers that run all the time as they were known before a day. Those
// whose pods request unlike amounts are left out: usage does not tell which pod it was of.
func pastOf(a *analyzer.Analysis, before int32) []member {
	var out []member
	for i := range a.Workloads {
		w := &a.Workloads[i]
		if w.Batch() {
			continue
		}
		for j := range w.Containers {
			c := &w.Containers[j]
			if c.Type == analyzer.TypeInit || c.Least != c.Most {
				continue
			}
			if past := known(c, before); past.SeenSlots > 0 {
				out = append(out, member{analyzer.ContainerRef{Ref: w.Ref, Container: c.Name}, float64(w.PodsWith(&c.Container)), InPod(w, c), c, past})
			}
		}
	}
	return out
}

// InPod counts the containers of a container's pods that run all the time.
func InPod(w *analyzer.WorkloadFacts, c *analyzer.ContainerFacts) int {
	n := 0
	for i := range w.Containers {
		if x := &w.Containers[i]; x.Type != analyzer.TypeInit && (x.Role == "" || c.Role == "" || x.Role == c.Role) {
			n++
		}
	}
	return n
}

// known is a container's facts of the days before one.
func known(c *analyzer.ContainerFacts, before int32) analyzer.ContainerFacts {
	out := analyzer.ContainerFacts{Container: c.Container, ThrottledShare: -1}
	for i := range c.Days {
		d := &c.Days[i]
		if d.Date >= before {
			break
		}
		out.Days = c.Days[:i+1]
		out.CPU.Samples.Merge(&d.CPU)
		out.Memory.Samples.Merge(&d.Memory)
		if d.Memory.Count() > 0 {
			out.Memory.DayPeaks = append(out.Memory.DayPeaks, d.Memory.Max())
		}
		out.SeenSlots += d.Seen.Count()
		out.PodDays += max(d.PodCPU.Count(), d.PodMemory.Count())
		out.OOMKills += d.OOMKills
		if d.OOMKills > 0 {
			out.OOMLimit = max(out.OOMLimit, d.Limits.Memory)
		}
	}
	return out
}
