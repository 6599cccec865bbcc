package rightsize

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// Facts is what is known of one container.
type Facts struct {
	*analyzer.ContainerFacts
	Batch  bool // its pods run to an end
	Moment bool // one reading and no history
	// HoldCPU and HoldMemory are the reasons for which a resource stays as it
	// is; empty where it may change.
	HoldCPU, HoldMemory string
}

// Sizing is what a container should request, and what that rests on.
type Sizing struct {
	// Requests and Limits are complete: what is to stay is repeated.
	Requests, Limits analyzer.Amounts
	Risk             Risk
	Doubt            advice.Doubt
	Evidence         []advice.Evidence
	Withheld         []advice.Withheld // by resource, or of "all"
	Warnings         []analyzer.Warning
}

// Risk is what may go wrong if the advice is followed; nil is not known.
type Risk struct {
	// OOMProbability is the probability of an OOM kill of the container within
	// a week.
	OOMProbability *float64
	// CPUOverRequest is the share of time in which CPU usage is above the
	// request.
	CPUOverRequest *float64
}

// Withheld reports whether nothing at all could be sized.
func (s *Sizing) withheld() bool {
	return len(s.Withheld) == 2 || len(s.Withheld) == 1 && s.Withheld[0].Resource == "all"
}

// Size sizes one container by a policy. It needs nothing but its usage, so that
// it can be scored on any part of a history.
func Size(f Facts, p Policy) Sizing {
	s := Sizing{Requests: f.Requests, Limits: f.Limits, Doubt: advice.Weigh(f.Moment, f.Batch, f.ContainerFacts)}
	if reason := f.abstain(); reason != "" {
		s.Doubt.Confidence = 0
		s.Withheld = []advice.Withheld{{Resource: "all", Reason: reason}}
		return s
	}
	cpu, memory := p.Margins(f.Moment, s.Doubt)
	if f.HoldCPU != "" {
		s.Withheld = append(s.Withheld, advice.Withheld{Resource: "cpu", Reason: f.HoldCPU})
	} else {
		s.sizeCPU(f, p, cpu)
	}
	if f.HoldMemory != "" {
		s.Withheld = append(s.Withheld, advice.Withheld{Resource: "memory", Reason: f.HoldMemory})
	} else {
		s.sizeMemory(f, p, memory)
	}
	return s
}

// abstain gives the reason for which nothing at all can be said, or "".
func (c *Facts) abstain() string {
	switch {
	case c.CPU.Samples.Count() == 0 && c.Memory.Samples.Count() == 0:
		if c.Type == analyzer.TypeInit {
			return "no usage was seen: an init container that ends between two scrapes leaves none"
		}
		return "no usage was seen in the window"
	case c.CPU.Samples.Count() == 0:
		return "no CPU usage was seen in the window"
	case c.Memory.Samples.Count() == 0:
		return "no memory usage was seen in the window"
	case c.Moment:
		return ""
	case c.Batch || c.Type == analyzer.TypeInit:
		if c.PodDays < leastRuns {
			return fmt.Sprintf("too little data: %d of at least %d runs", c.PodDays, leastRuns)
		}
	case c.SeenSlots < leastSlots:
		return fmt.Sprintf("too little data: %.1f of at least 24 hours", float64(c.SeenSlots)/12)
	}
	return ""
}

func (s *Sizing) sizeCPU(f Facts, p Policy, margin float64) {
	q := 1 - p.RiskCPU
	want := p.CPU(f.ContainerFacts, margin)
	s.show(fmt.Sprintf("cpu p%g of all samples", 100*q), f.CPU.Samples.Quantile(q), "millicores")
	s.show("cpu headroom", margin, "percent")
	if !Unchanged(s.Requests.CPU, want) {
		s.Requests.CPU = want
	}
	over := f.CPU.Samples.ShareAbove(float64(s.Requests.CPU))
	s.Risk.CPUOverRequest = &over
	if s.Limits.CPU == 0 {
		return
	}
	// A CPU limit frees nothing and only throttles: it is never lowered, and
	// raised where it is in the way.
	s.Limits.CPU = max(s.Limits.CPU, s.Requests.CPU)
	if f.ThrottledShare > p.RiskCPU {
		s.Limits.CPU = max(s.Limits.CPU, RoundCPU(AddPercent(f.CPU.Samples.Max(), 2*margin)))
		s.show("cpu periods throttled", 100*f.ThrottledShare, "percent")
		s.warn("throttled", fmt.Sprintf("%.0f %% of CPU periods were throttled: what it would use without its limit is not known", 100*f.ThrottledShare))
	}
}

func (s *Sizing) sizeMemory(f Facts, p Policy, margin float64) {
	peak := f.Memory.Samples.Max()
	need := AddPercent(peak, margin)
	s.show("memory peak", peak, "bytes")
	s.show("memory headroom", margin, "percent")
	tail, fitted := fitGumbel(f.Memory.DayPeaks)
	if fitted {
		// The tail may ask for more than the margin, but a fit to a fortnight
		// of peaks is not trusted beyond twice what was ever seen.
		week := min(tail.level(p.RiskOOM, 7), 2*peak)
		s.show("memory peak expected in a week at the stated risk", week, "bytes")
		need = max(need, week)
	}
	if f.OOMKills > 0 {
		killedAt := max(float64(f.OOMLimit), peak)
		s.show("OOM kills", float64(f.OOMKills), "count")
		s.show("memory at OOM kill", killedAt, "bytes")
		need = max(need, AddPercent(killedAt, oomHeadroom))
		s.warn("oom", fmt.Sprintf("OOM-killed %s: its real need is above %s and not known", times(f.OOMKills), mebibytes(killedAt)))
	}
	want := RoundMemory(need)
	if rises(f.Memory.DayPeaks) {
		// What climbs will need what it has, and more.
		want = max(want, s.Requests.Memory)
		s.warn("rising", "memory rises from day to day: it may leak, and then no request is enough for long")
	}
	if !Unchanged(s.Requests.Memory, want) || f.OOMKills > 0 {
		s.Requests.Memory = want
	}
	if s.Limits.Memory > 0 {
		s.Limits.Memory = s.Requests.Memory
	}
	if fitted && f.OOMKills == 0 && s.Limits.Memory > 0 {
		oom := tail.exceeds(float64(s.Limits.Memory), 7)
		s.Risk.OOMProbability = &oom
	}
}

func (s *Sizing) show(name string, value float64, unit string) {
	s.Evidence = append(s.Evidence, advice.Evidence{Name: name, Value: value, Unit: unit})
}

// warn files a doubt. The rule says of which container it is.
func (s *Sizing) warn(code, message string) {
	s.Warnings = append(s.Warnings, analyzer.Warning{Code: code, Message: message})
}

// rises reports whether daily peaks climb nearly all the time and by a fifth
// or more.
func rises(peaks []float64) bool {
	up := 0
	for i := 1; i < len(peaks); i++ {
		if peaks[i] > peaks[i-1] {
			up++
		}
	}
	n := len(peaks)
	return n >= 5 && up*10 >= (n-1)*8 && peaks[n-1] >= 1.2*peaks[0]
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func mebibytes(bytes float64) string { return fmt.Sprintf("%.0f MiB", bytes/(1<<20)) }
