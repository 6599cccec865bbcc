package analyzer

import (
	"cmp"
	"slices"
)

// Recorder folds samples into usage digests as they stream in; it keeps
// digests by (workload, container, day), never samples. Series may be
// interleaved in any way. It is not safe for concurrent use: give each shard
// its own and add them up with MergeUsage.
type Recorder struct {
	window Window
	usage  map[ContainerRef]*recorded
	// stepHours is the share of an hour that one sample stands for.
	stepHours float64
}

// recorded holds the days by pointer, since series keep hold of them.
type recorded struct{ days map[int32]*Day }

// NewRecorder makes a recorder that keeps samples within w and weighs each as
// one w.Step long.
func NewRecorder(w Window) *Recorder {
	return &Recorder{window: w, usage: map[ContainerRef]*recorded{}, stepHours: min(w.Step.Hours(), 1)}
}

// PodSeries takes the samples of one container of one pod, in time order.
type PodSeries struct {
	rec    *Recorder
	usage  *recorded
	last   *Day // of the last sample, which is nearly always the next one's
	loads  bool // the workload can be scaled, so that its load is kept
	cpu    peak
	memory peak
	pod    podDay
}

// peak is the running maximum of one pod and day.
type peak struct {
	day   *Day
	value float64
}

// Named gives the series its pod's name, which is kept of the few pods that need most.
func (s *PodSeries) Named(pod string) *PodSeries {
	s.pod.name = pod
	return s
}

// Pod opens the series of one pod's container; Close ends it. Each series counts as a
// pod of its own in every day that it has samples of, so a source that reads by the day
// may open one a day.
func (r *Recorder) Pod(ref Ref, container string) *PodSeries {
	k := ContainerRef{ref, container}
	u := r.usage[k]
	if u == nil {
		u = &recorded{days: map[int32]*Day{}}
		r.usage[k] = u
	}
	return &PodSeries{rec: r, usage: u, loads: hasLoad(ref.Kind) && !r.window.Moment}
}

// CPU records the mean usage, in millicores, over the step that ends at ms
// (Unix milliseconds). It reports whether the sample was taken: samples
// outside the window and impossible values are not.
func (s *PodSeries) CPU(ms int64, millicores float64) bool {
	d := s.Day(ms)
	if d == nil || !(millicores <= mostMillicores) || !d.CPU.Add(millicores) {
		return false
	}
	if s.cpu.moves(d, millicores) {
		s.flushCPU()
		s.cpu = peak{d, millicores}
	}
	s.pod.need.Add(millicores)
	if s.pod.starts(ms, s.rec.window.Step.Milliseconds(), s.rec.window) {
		d.Start.Add(millicores)
	}
	from, to := s.span(d, ms)
	if s.loads {
		d.Load.add(from, to, millicores)
	}
	d.Seen.Mark(from, to)
	h := d.hour(to)
	h.CPU += float32(millicores * s.rec.stepHours)
	h.CPUPeak = max(h.CPUPeak, float32(millicores))
	return true
}

// Memory records the working set in bytes at ms (its peak over the step that
// ends there, where the source knows it). It reports whether the sample was
// taken: a container that runs has a working set, so that 0 is no reading. It tells
// all the same that the pod was there.
func (s *PodSeries) Memory(ms int64, bytes float64) bool {
	d := s.Day(ms)
	if d == nil {
		return false
	}
	from, to := s.span(d, ms)
	h := d.hour(to)
	h.Pods += float32(s.rec.stepHours)
	if !(bytes > 0 && bytes <= MostBytes) || !d.Memory.Add(bytes) {
		return false
	}
	if s.memory.moves(d, bytes) {
		s.flushMemory()
		s.memory = peak{d, bytes}
	}
	d.Seen.Mark(from, to)
	h.Memory += float32(bytes * s.rec.stepHours)
	h.MemoryPeak = max(h.MemoryPeak, float32(bytes))
	return true
}

// moves notes v as a sample of day d and reports whether d begins a new peak.
func (p *peak) moves(d *Day, v float64) bool {
	if p.day != d {
		return true
	}
	p.value = max(p.value, v)
	return false
}

// Close files the peaks of the pod's last day.
func (s *PodSeries) Close() {
	s.flushCPU()
	s.flushMemory()
}

func (s *PodSeries) flushCPU() {
	if s.cpu.day != nil {
		s.cpu.day.PodCPU.Add(s.cpu.value)
		s.cpu.day.file(&s.pod, s.rec.stepHours)
	}
	s.cpu = peak{}
}

func (s *PodSeries) flushMemory() {
	if s.memory.day != nil {
		s.memory.day.PodMemory.Add(s.memory.value)
		if s.pod.name != "" {
			s.memory.day.MostMemory = most(s.memory.day.MostMemory, PodNeed{Pod: s.pod.name, Memory: float32(s.memory.value)})
		}
	}
	s.memory = peak{}
}

// Day gives the digest of the day of ms, for facts that are counted by the day
// (restarts, OOM kills, throttling, requests), or nil outside the window. A
// sample at t speaks for the step before it, so midnight belongs to the day
// that ends.
func (s *PodSeries) Day(ms int64) *Day {
	w := s.rec.window
	if ms <= w.Start.UnixMilli() && !w.Moment || ms > w.End.UnixMilli() {
		return nil
	}
	date := DayOf(ms - 1)
	if s.last != nil && s.last.Date == date {
		return s.last
	}
	d := s.usage.days[date]
	if d == nil {
		d = &Day{Date: date}
		s.usage.days[date] = d
	}
	s.last = d
	return d
}

// span gives the seconds [from, to) of the day that a sample at ms speaks for.
func (s *PodSeries) span(d *Day, ms int64) (from, to int64) {
	to = (ms-1-int64(d.Date)*86_400_000)/1000 + 1
	return to - max(int64(s.rec.window.Step.Seconds()), 1), to
}

// hour gives the hour that ends with the second to or holds it.
func (d *Day) hour(to int64) *Hour {
	if d.Hours == nil {
		d.Hours = make([]Hour, 24)
	}
	return &d.Hours[(to-1)/3600]
}

// Usage gives what was recorded, sorted. The recorder is not used afterwards.
func (r *Recorder) Usage() []ContainerUsage {
	out := make([]ContainerUsage, 0, len(r.usage))
	for k, u := range r.usage {
		c := ContainerUsage{Ref: k.Ref, Container: k.Container, Days: make([]Day, 0, len(u.days))}
		for _, d := range u.days {
			d.Load.quantize()
			d.alone()
			c.Days = append(c.Days, *d)
		}
		slices.SortFunc(c.Days, func(a, b Day) int { return cmp.Compare(a.Date, b.Date) })
		out = append(out, c)
	}
	slices.SortFunc(out, compareUsage)
	return out
}
