package history

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/plimsoll-k8s/plimsoll/testbed/cluster"
	"github.com/plimsoll-k8s/plimsoll/testbed/load"
)

// Truth is what a history's use is, computed from the same functions as the
// series, but without Prometheus.
type Truth struct {
	Start      time.Time          `json:"start"`
	End        time.Time          `json:"end"`
	Containers []ContainerSummary `json:"containers"`
	Requests   []RequestSummary   `json:"requests"`
	Volumes    []VolumeSummary    `json:"volumes"`
}

// RequestSummary is the requests to one workload. PerSecond is their mean over
// the minutes in which its pods were scraped, all pods together.
type RequestSummary struct {
	Namespace string  `json:"namespace"`
	Kind      string  `json:"kind"`
	Workload  string  `json:"workload"`
	Counter   string  `json:"counter"`
	PerSecond float64 `json:"perSecond"`
	// Millicores is what one request a second takes.
	Millicores float64 `json:"millicores"`
}

// ContainerSummary is one container of one workload over the whole history,
// pooled over all pods that the workload had. CPU samples are rates over five
// minutes at every full five minutes of the clock, as PromQL's rate() defines
// them, of each pod's primary series, up to five minutes after the pod's end,
// as rate() still sees its last samples then; memory samples are the last
// working set at the same times, up to the pod's end. OOM kills and restarts
// are those from the first full five minutes of the history to the last.
type ContainerSummary struct {
	Namespace string `json:"namespace"`
	Kind      string `json:"kind"`
	Workload  string `json:"workload"`
	Container string `json:"container"`
	Type      string `json:"type"` // container or sidecar

	Pods        int `json:"pods"`        // that had samples
	CurrentPods int `json:"currentPods"` // of them in the API server now
	OOMKills    int `json:"oomKills"`
	Restarts    int `json:"restarts"`

	// Samples is the number of CPU samples. Steps are the full five minutes
	// within the pods' lives, Covered those of them with data.
	Samples int `json:"samples"`
	Steps   int `json:"steps"`
	Covered int `json:"covered"`

	CPU    Quantiles `json:"cpu"`    // cores
	Memory Quantiles `json:"memory"` // bytes; Max is of all scrapes
	// DayPeaks are the highest working sets of UTC days, over all scrapes of
	// all pods; days without any are left out.
	DayPeaks []DayPeak `json:"dayPeaks"`
	// Throttled is the part of CFS periods that was throttled.
	Throttled float64 `json:"throttled"`

	Current Settings  `json:"current"`
	Before  *Settings `json:"before,omitempty"` // before the last rollout, where they differed
}

// Quantiles of a pool of samples: the smallest sample that at least that part
// of all samples does not exceed.
type Quantiles struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P95  float64 `json:"p95"`
	P99  float64 `json:"p99"`
	Max  float64 `json:"max"`
}

// DayPeak is the highest working set of one UTC day.
type DayPeak struct {
	Day   string  `json:"day"` // 2006-01-02
	Bytes float64 `json:"bytes"`
}

// summary gathers one container of one workload.
type summary struct {
	ContainerSummary
	cpu, memory        []float64
	peaks              map[int64]float64
	throttled, periods float64
}

// Summaries collects truth life by life; it is not safe for concurrent use.
type Summaries struct {
	h        *History
	all      map[[4]string]*summary
	requests map[*cluster.Workload]*requested
	volumes  map[string]*VolumeSummary
}

// Summaries starts an empty collection.
func (h *History) Summaries() *Summaries {
	return &Summaries{h: h, all: map[[4]string]*summary{}, requests: map[*cluster.Workload]*requested{}, volumes: map[string]*VolumeSummary{}}
}

// Add takes one life in.
func (s *Summaries) Add(l *Life) error {
	if l.Workload.Pending {
		return nil
	}
	uses, err := s.h.uses(l)
	if err != nil {
		return err
	}
	t := s.h.targets(l)[0]
	for i, u := range uses {
		c := s.container(l, u, i < len(l.Workload.Sidecars))
		c.settings(l, u)
		s.add(c, l, u, t)
	}
	s.addVolumes(l)
	return s.addRequests(l)
}

func (s *Summaries) container(l *Life, u use, sidecar bool) *summary {
	k := [4]string{l.Pod.Namespace, l.WorkloadKind, l.WorkloadName, u.Name}
	c := s.all[k]
	if c == nil {
		c = &summary{peaks: map[int64]float64{}}
		c.Namespace, c.Kind, c.Workload, c.Container, c.Type = k[0], k[1], k[2], k[3], "container"
		if sidecar {
			c.Type = "sidecar"
		}
		s.all[k] = c
	}
	return c
}

func (c *summary) settings(l *Life, u use) {
	if !l.Old {
		c.Current = u.Settings
		return
	}
	if l.Workload.Before != "" && u.Name == l.Workload.Containers[0].Name {
		before := u.Settings
		c.Before = &before
	}
}

func (s *Summaries) add(c *summary, l *Life, u use, t target) {
	from, to := s.h.clip(l.From, l.To)
	n := len(c.cpu)
	s.samples(c, l, u.run, t, from, to)
	if c.Steps += steps(from, to); len(c.cpu) == n {
		return
	}
	c.Pods++
	if l.Current {
		c.CurrentPods++
	}
	// What happened before the first full five minutes has nothing to be
	// compared with, and what happened after the last is of no window.
	first, last := s.h.start/5*5+5, s.h.end/5*5
	for _, m := range u.run.Restarts {
		if m >= max(from, first) && m < last {
			c.OOMKills++
			c.Restarts++
		}
	}
	for m := from; m < min(to, last); m++ {
		i := m - u.run.From
		if u.run.Memory[i] > 0 && s.h.scraped(l.Namespace, m) {
			day := (m*60 + t.offset) / 86400
			c.peaks[day] = max(c.peaks[day], u.run.Memory[i])
		}
		if u.CPULimit > 0 && u.run.Memory[i] > 0 {
			active := math.Min(1, 0.2+u.run.CPU[i]/u.CPULimit)
			c.periods += active
			c.throttled += active * u.run.Throttled[i]
		}
	}
}

// steps is the number of full five minutes in (from, to].
func steps(from, to int64) int { return int(to/5 - from/5) }

// samples adds the rates and working sets at every full five minutes.
func (s *Summaries) samples(c *summary, l *Life, r load.Run, t target, from, to int64) {
	times, counter := s.h.counter(l, r, t, from, to, func(i int64) float64 { return r.CPU[i] }, 60)
	first := 0
	for at := (from/5 + 1) * 300_000; at <= min(to+5, s.h.end)*60_000; at += 300_000 {
		for first < len(times) && times[first] <= at-300_000 {
			first++
		}
		last := first
		for last < len(times) && times[last] <= at {
			last++
		}
		if last == first {
			continue
		}
		if at <= to*60_000 {
			c.memory = append(c.memory, r.Memory[times[last-1]/60000-r.From])
		}
		if v, ok := rate(times[first:last], counter[first:last], at); ok {
			c.cpu = append(c.cpu, v)
		}
	}
}

// rate is PromQL's rate over the five minutes up to at (ms), left end
// excluded: the increase with counter resets undone, extrapolated to the ends
// of the window unless the samples begin or end too far from them.
func rate(times []int64, values []float64, at int64) (float64, bool) {
	n := len(times)
	if n < 2 {
		return 0, false
	}
	const window = 300.0
	increase := values[n-1] - values[0]
	for i := 1; i < n; i++ {
		if values[i] < values[i-1] {
			increase += values[i-1]
		}
	}
	sampled := float64(times[n-1]-times[0]) / 1000
	average := sampled / float64(n-1)
	start := window - float64(at-times[0])/1000
	end := float64(at-times[n-1]) / 1000
	if start >= average*1.1 {
		start = average / 2
	}
	if increase > 0 && values[0] >= 0 {
		start = min(start, sampled*values[0]/increase) // a counter is never below zero
	}
	if end >= average*1.1 {
		end = average / 2
	}
	return increase * (sampled + start + end) / sampled / window, true
}

// Truth finishes the collection.
func (s *Summaries) Truth() Truth {
	t := Truth{Start: s.h.Plan.Start, End: s.h.Plan.End}
	for _, c := range s.all {
		if len(c.cpu) == 0 || len(c.memory) == 0 {
			continue
		}
		c.Samples, c.Covered = len(c.cpu), len(c.memory)
		c.CPU, c.Memory = quantiles(c.cpu), quantiles(c.memory)
		for day, bytes := range c.peaks {
			c.Memory.Max = max(c.Memory.Max, bytes)
			c.DayPeaks = append(c.DayPeaks, DayPeak{time.Unix(day*86400, 0).UTC().Format(time.DateOnly), bytes})
		}
		sort.Slice(c.DayPeaks, func(i, j int) bool { return c.DayPeaks[i].Day < c.DayPeaks[j].Day })
		if c.periods > 0 {
			c.Throttled = c.throttled / c.periods
		}
		t.Containers = append(t.Containers, c.ContainerSummary)
	}
	t.Requests, t.Volumes = s.requestTruth(), s.volumeTruth()
	slices.SortFunc(t.Containers, func(a, b ContainerSummary) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Workload, b.Workload),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Container, b.Container))
	})
	return t
}

// quantiles sorts v.
func quantiles(v []float64) Quantiles {
	slices.Sort(v)
	at := func(p float64) float64 { return v[max(int(math.Ceil(p*float64(len(v))))-1, 0)] }
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return Quantiles{Mean: sum / float64(len(v)), P50: at(0.5), P90: at(0.9), P95: at(0.95), P99: at(0.99), Max: v[len(v)-1]}
}
