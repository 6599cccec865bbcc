package analyzer

import (
	"fmt"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// Analysis is what a snapshot says, joined by workload: facts, no opinions, no
// money. It refers into the snapshot, which must not change meanwhile.
type Analysis struct {
	Snapshot  *Snapshot
	Workloads []WorkloadFacts // in the snapshot's order, past ones left out
	// PastWorkloads counts workloads that only the history knows.
	PastWorkloads int
	Warnings      []Warning
}

// WorkloadFacts is one workload that exists now, with all that concerns it.
type WorkloadFacts struct {
	*Workload
	Containers []ContainerFacts // in the pod template's order
	HPAs       []HPA            // those that target it
	VPAs       []VPA
	PDBs       []PDB
	// Requests are its request rates, by counter.
	Requests []RequestRate
	// Network has one value for every pod and hour of the window: the bytes a second
	// that were received and sent. Without values nothing is known of it.
	Network digest.Histogram
	// MeanPods is the mean number of pods over the time they were seen in; 0
	// without history.
	MeanPods float64
}

// ReadyAfter is the seconds that the workload's pods took to become ready, the
// shortest of them; 0 where none was seen to.
func (w *WorkloadFacts) ReadyAfter() (seconds int64) {
	for i := range w.Pods {
		if s := int64(w.Pods[i].ReadyAfter); s > 0 && (seconds == 0 || s < seconds) {
			seconds = s
		}
	}
	return seconds
}

// ContainerFacts is one container of a workload's pod template and what it
// used over the window, pooled over all pods the workload had.
type ContainerFacts struct {
	Container
	CPU    ResourceUsage // millicores
	Memory ResourceUsage // bytes
	// Coverage is the share of the window, in [0, 1], in which the container
	// was seen at all. SeenSlots is the same as a number of five-minute slots.
	Coverage  float64
	SeenSlots int
	// PodDays is the number of pods summed over days: a pod that lived three
	// days counts three.
	PodDays  uint64
	OOMKills int64
	Restarts int64
	// OOMLimit is the largest memory limit, in bytes, that was in force on a
	// day with an OOM kill; 0 without one.
	OOMLimit int64
	// ThrottledShare is the share of CFS periods that were throttled, -1 where
	// nothing was measured.
	ThrottledShare float64
	// Days are the container's days of usage, oldest first.
	Days []Day
	// History lists the requests and limits as they were, oldest first; an
	// entry holds from its day on.
	History []Setting
}

// ResourceUsage is the usage of one resource over the window.
type ResourceUsage struct {
	Samples digest.Histogram // all samples of all pods
	PodPeak digest.Histogram // one value a pod and day: its peak
	// DayPeaks is the largest sample of each day, oldest first.
	DayPeaks []float64
}

// Setting is what a container asked for from a day on.
type Setting struct {
	Date     int32 // days since 1970-01-01 UTC
	Requests Amounts
	Limits   Amounts
}

// Analyze joins the snapshot's lists by workload.
func Analyze(s *Snapshot) *Analysis {
	a := &Analysis{Snapshot: s, Warnings: slices.Clone(s.Warnings)}
	usage := map[ContainerRef]*ContainerUsage{}
	for i := range s.Usage {
		u := &s.Usage[i]
		usage[ContainerRef{u.Ref, u.Container}] = u
	}
	requests := map[Ref][]RequestRate{}
	for _, q := range s.Requests {
		requests[q.Ref] = append(requests[q.Ref], q)
	}
	network := map[Ref]digest.Histogram{}
	for i := range s.Network {
		network[s.Network[i].Ref] = s.Network[i].Rate
	}
	a.believe(usage)
	s = a.Snapshot.BilledByPod()
	a.Snapshot = s
	of := aboutOf(s)
	for i := range s.Workloads {
		w := &s.Workloads[i]
		if w.Past {
			a.PastWorkloads++
			continue
		}
		if w.Placeholder() { // a plan says anew what room it counts on
			for _, c := range w.Containers {
				delete(usage, ContainerRef{w.Ref, c.Name})
			}
			a.Warnings = append(a.Warnings, Warning{Code: WarnPlaceholder, Subject: w.Ref.String(), Message: fmt.Sprintf("its pods keep room on nodes (%s): nothing is advised on them, and a plan of the nodes says anew how many it needs", PlaceholderAnnotation)})
			continue
		}
		a.Workloads = append(a.Workloads, of.facts(s.Window, w, usage))
		f := &a.Workloads[len(a.Workloads)-1]
		f.Requests, f.Network = requests[w.Ref], network[w.Ref]
	}
	a.warnOfStrangers(usage)
	slices.SortFunc(a.Warnings, CompareWarnings)
	a.Warnings = slices.Compact(a.Warnings)
	return a
}

// about is what speaks of a workload, by its name: each in the order of the snapshot.
type about struct {
	hpas map[Ref][]HPA
	vpas map[Ref][]VPA
	pdbs map[podKey][]int32 // places in all
	all  []PDB
}

func aboutOf(s *Snapshot) *about {
	a := &about{hpas: map[Ref][]HPA{}, vpas: map[Ref][]VPA{}, pdbs: map[podKey][]int32{}, all: s.PDBs}
	for _, h := range s.HPAs {
		a.hpas[h.Target] = append(a.hpas[h.Target], h)
	}
	for _, v := range s.VPAs {
		a.vpas[v.Target] = append(a.vpas[v.Target], v)
	}
	for i := range s.PDBs {
		for _, name := range s.PDBs[i].Pods {
			key := podKey{s.PDBs[i].Namespace, name}
			a.pdbs[key] = append(a.pdbs[key], int32(i))
		}
	}
	return a
}

// budgets are those that select a pod of the workload.
func (a *about) budgets(w *Workload) (out []PDB) {
	var places []int32
	for i := range w.Pods {
		places = append(places, a.pdbs[podKey{w.Namespace, w.Pods[i].Name}]...)
	}
	slices.Sort(places)
	for _, at := range slices.Compact(places) {
		out = append(out, a.all[at])
	}
	return out
}

func (a *about) facts(window Window, w *Workload, usage map[ContainerRef]*ContainerUsage) WorkloadFacts {
	f := WorkloadFacts{Workload: w}
	for _, c := range w.Containers {
		u := usage[ContainerRef{w.Ref, c.Name}]
		delete(usage, ContainerRef{w.Ref, c.Name})
		facts := containerFacts(window, c, u)
		f.Containers = append(f.Containers, facts)
	}
	f.MeanPods = meanPods(f.PodHours())
	f.HPAs, f.VPAs, f.PDBs = a.hpas[w.Ref], a.vpas[w.Ref], a.budgets(w)
	return f
}

func containerFacts(w Window, c Container, u *ContainerUsage) ContainerFacts {
	f := ContainerFacts{Container: c, ThrottledShare: -1}
	if u == nil {
		return f
	}
	f.Days = u.Days
	var throttled, periods float64
	for i := range u.Days {
		d := &u.Days[i]
		f.CPU.add(&d.CPU, &d.PodCPU)
		f.Memory.add(&d.Memory, &d.PodMemory)
		f.SeenSlots += d.Seen.Count()
		f.PodDays += max(d.PodCPU.Count(), d.PodMemory.Count())
		f.OOMKills += d.OOMKills
		f.Restarts += d.Restarts
		if d.OOMKills > 0 {
			f.OOMLimit = max(f.OOMLimit, d.memoryLimit(f.Limits))
		}
		throttled, periods = throttled+d.Throttled, periods+d.Periods
		f.History = appendSetting(f.History, d)
	}
	if periods > 0 {
		f.ThrottledShare = min(throttled/periods, 1)
	}
	if n := w.Slots(); n > 0 {
		f.Coverage = min(float64(f.SeenSlots)/float64(n), 1)
	}
	return f
}

func (r *ResourceUsage) add(samples, podPeaks *digest.Histogram) {
	r.Samples.Merge(samples)
	r.PodPeak.Merge(podPeaks)
	if samples.Count() > 0 {
		r.DayPeaks = append(r.DayPeaks, samples.Max())
	}
}

func appendSetting(history []Setting, d *Day) []Setting {
	now := Setting{Date: d.Date, Requests: d.Requests, Limits: d.Limits}
	if now.Requests == (Amounts{}) && now.Limits == (Amounts{}) {
		return history
	}
	if n := len(history); n > 0 && history[n-1].Requests == now.Requests && history[n-1].Limits == now.Limits {
		return history
	}
	return append(history, now)
}

// meanPods averages the number of pods over the hours in which there were any.
func meanPods(byHour map[int]float64) float64 {
	var sum float64
	for _, hour := range slices.Sorted(maps.Keys(byHour)) {
		sum += byHour[hour]
	}
	return sum / float64(max(len(byHour), 1))
}

// warnOfStrangers says which containers have usage but are in no pod template
// of a workload that exists: a renamed container, or a workload out of sight.
func (a *Analysis) warnOfStrangers(left map[ContainerRef]*ContainerUsage) {
	live := map[Ref]bool{}
	for _, w := range a.Workloads {
		live[w.Ref] = true
	}
	for k := range left {
		if live[k.Ref] {
			a.Warnings = append(a.Warnings, Warning{
				Code: WarnUnmatched, Subject: k.String(),
				Message: fmt.Sprintf("container %q was used within the window but is no longer in the pod template; its usage is left out", k.Container),
			})
		}
	}
}
