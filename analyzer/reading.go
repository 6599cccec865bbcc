package analyzer

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// What no reading can be: more than any machine has. A recorder does not take
// such samples.
const (
	mostMillicores = 1 << 20 // 1,048 cores
	// MostBytes is the largest working set that can be: 64 TiB.
	MostBytes = 1 << 46
)

// HasCPU and HasMemory report whether a machine can have had a reading in a container, in
// cores and in bytes. A source that sums readings up leaves out the others first, so
// that one of them does not take those beside it along.
func HasCPU(cores float64) bool { return cores >= 0 && cores*1000 <= mostMillicores }

// HasMemory is HasCPU of a working set in bytes; 0 is told apart by the recorder.
func HasMemory(bytes float64) bool { return bytes >= 0 && bytes <= MostBytes }

// What a reading is taken for impossible by, once the whole window is known.
const (
	// beyondNodes is how many times the largest node of today a sample may be:
	// there may have been larger nodes.
	beyondNodes = 4
	// lonely is how many times all other samples of the window one sample alone
	// must be, and leastOthers how many others there must be.
	lonely      = 300
	leastOthers = 100
	// A sample alone is believed up to these all the same, or up to the largest
	// node's CPU.
	lonelyMillicores = 16_000
	lonelyBytes      = 1 << 30
	// Some samples are set aside as one alone is where all of them are above what their
	// containers could use: the largest node's capacity, or aboveLimit times the memory
	// limit in force on their days, and where they are one of leastOthers at most.
	aboveLimit = 2
)

// plausible gives the largest reading of a resource over all days that can be
// true, +Inf where none is in doubt. The largest node has capacity, 0 where no
// node is known; up to least a sample alone is believed. Above sure, which is told for
// what is above a bound, no sample can be true.
func plausible(days []Day, of func(*Day) *digest.Histogram, capacity int64, least float64, sure func(above float64) float64) float64 {
	most := math.Inf(1)
	if capacity > 0 {
		most = beyondNodes * float64(capacity)
	}
	var peak, sum, n float64
	for i := range days {
		h := of(&days[i])
		peak, sum, n = max(peak, h.Max()), sum+h.Sum(), n+float64(h.Count())
	}
	if peak <= least || peak <= most && peak*(n-1) <= lonely*(sum-peak) {
		return most
	}
	var all digest.Histogram
	for i := range days {
		all.Merge(of(&days[i]))
	}
	if all, _ = all.UpTo(most); all.Max() <= least {
		return most
	}
	bound := all.Max() / lonely
	rest, alone := all.UpTo(bound)
	if alone == 0 || rest.Count() < alone*leastOthers || rest.Max() <= 0 {
		return most
	}
	if _, over := all.UpTo(max(bound, sure(bound))); alone == 1 || over == alone {
		return bound
	}
	return most
}

// memorySure is above what no sample of memory can be, of days with samples above a
// bound: +Inf where neither a node nor the limits of those days are known. A limit that
// was lowered in place holds what is above it for a while, hence aboveLimit.
func memorySure(days []Day, node int64, now inForce) func(above float64) float64 {
	return func(above float64) float64 {
		limit := int64(0)
		for i := range days {
			if d := &days[i]; d.Memory.Max() > above {
				held := now.on(d)
				if held <= 0 {
					return capacityOr(node)
				}
				limit = max(limit, held)
			}
		}
		return min(aboveLimit*float64(limit), capacityOr(node))
	}
}

// inForce is a container's memory limit in bytes, 0 for none, and since when its pods of
// now have run with it.
type inForce struct {
	limit int64
	since time.Time
}

// limitOf is the memory limit of a container of the workload as it is now. Pods keep the
// limits that they were made with.
func limitOf(w *Workload, container string) (now inForce) {
	for i := range w.Containers {
		if c := &w.Containers[i]; c.Name == container && c.Role == "" {
			now.limit = c.Limits.Memory
		}
	}
	for i := range w.Pods {
		if t := w.Pods[i].Started; !t.IsZero() && (now.since.IsZero() || t.Before(now.since)) {
			now.since = t
		}
	}
	return now
}

// on is the limit that was in force all day: as the day's history has it, else that of
// now where a pod of now ran before the day.
func (f inForce) on(d *Day) int64 {
	if d.Limits.Memory > 0 || f.since.IsZero() || f.since.Unix() > int64(d.Date)*86400 {
		return d.Limits.Memory
	}
	return f.limit
}

// capacityOr is a capacity, +Inf where none is known.
func capacityOr(capacity int64) float64 {
	if capacity <= 0 {
		return math.Inf(1)
	}
	return float64(capacity)
}

// setAside gives days without the readings that cannot be, and the number of
// those. Days of an OOM kill are believed.
func setAside(days []Day, node Amounts, now inForce) (clean []Day, aside uint64) {
	cpu := plausible(days, func(d *Day) *digest.Histogram { return &d.CPU }, node.CPU, max(float64(node.CPU), lonelyMillicores), func(float64) float64 { return capacityOr(node.CPU) })
	memory := plausible(days, func(d *Day) *digest.Histogram { return &d.Memory }, node.Memory, lonelyBytes, memorySure(days, node.Memory, now))
	clean = days
	for i := range days {
		d := &days[i]
		if d.CPU.Max() <= cpu && (d.Memory.Max() <= memory || d.OOMKills > 0) {
			continue
		}
		if aside == 0 {
			clean = slices.Clone(days)
		}
		aside += clean[i].limit(cpu, memory)
	}
	return clean, aside
}

// limit drops the readings above what can be. What it changes is copied first.
func (d *Day) limit(cpu, memory float64) (dropped uint64) {
	var n, m uint64
	d.CPU, n = d.CPU.UpTo(cpu)
	d.PodCPU, _ = d.PodCPU.UpTo(cpu)
	d.Start, _ = d.Start.UpTo(cpu)
	d.PodNeed, _ = d.PodNeed.UpTo(cpu)
	d.MostCPU = without(d.MostCPU, func(p PodNeed) bool { return float64(p.CPU) > cpu })
	if d.OOMKills == 0 {
		d.Memory, m = d.Memory.UpTo(memory)
		d.PodMemory, _ = d.PodMemory.UpTo(memory)
		d.MostMemory = without(d.MostMemory, func(p PodNeed) bool { return float64(p.Memory) > memory })
	}
	d.Hours = slices.Clone(d.Hours)
	for i := range d.Hours {
		h := &d.Hours[i]
		if float64(h.CPUPeak) > cpu {
			h.CPUPeak = float32(d.CPU.Max())
			h.CPU = min(h.CPU, float32(d.CPU.Mean())*max(h.Pods, 1))
		}
		if float64(h.MemoryPeak) > memory && d.OOMKills == 0 {
			h.MemoryPeak = float32(d.Memory.Max())
			h.Memory = min(h.Memory, float32(d.Memory.Mean())*max(h.Pods, 1))
		}
	}
	d.Load = d.Load.limit(cpu)
	return n + m
}

// without gives the pods but for some. Days share them, so they are copied.
func without(pods []PodNeed, some func(PodNeed) bool) []PodNeed {
	return slices.DeleteFunc(slices.Clone(pods), some)
}

// limit gives the load with slots above what one pod can use, for each of its
// pods, as the slot before.
func (l *Load) limit(cpu float64) Load {
	if l.IsZero() {
		return *l
	}
	out := l.all()
	for i := range out.cpu {
		if float64(out.cpu[i]) > cpu*math.Max(float64(out.pods[i]), 1) {
			out.cpu[i] = 0
			if i > 0 {
				out.cpu[i] = out.cpu[i-1]
			}
		}
	}
	return Load{rest: pack(&out)}
}

// Several writes a number and what is counted: "1 sample", "2 samples".
func Several[N int | int64 | uint64](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// believe replaces usage with readings that cannot be by usage without them, in the
// snapshot that the analysis has too, and tells of each.
func (a *Analysis) believe(usage map[ContainerRef]*ContainerUsage) {
	clean := map[ContainerRef][]Day{}
	node, now := largestNode(a.Snapshot.Nodes), map[Ref]*Workload{}
	for i := range a.Snapshot.Workloads {
		now[a.Snapshot.Workloads[i].Ref] = &a.Snapshot.Workloads[i]
	}
	for ref, u := range usage {
		var held inForce
		if w := now[ref.Ref]; w != nil {
			held = limitOf(w, ref.Container)
		}
		days, aside := setAside(u.Days, node, held)
		if aside == 0 {
			continue
		}
		usage[ref] = &ContainerUsage{Ref: u.Ref, Container: u.Container, Days: days}
		clean[ref] = days
		a.Warnings = append(a.Warnings, Warning{
			Code: WarnOdd, Subject: ref.String(),
			Message: fmt.Sprintf("%s of container %q cannot be true (far above any node, or hundreds of times all others and one alone or above node and limit); left out", Several(aside, "reading"), ref.Container),
		})
	}
	if len(clean) == 0 {
		return
	}
	s := *a.Snapshot // what was read stays as it was
	s.Usage = slices.Clone(s.Usage)
	for i := range s.Usage {
		if days, aside := clean[ContainerRef{s.Usage[i].Ref, s.Usage[i].Container}]; aside {
			s.Usage[i].Days = days
		}
	}
	a.Snapshot = &s
}

// largestNode is the largest capacity of each resource that a node has.
func largestNode(nodes []Node) Amounts {
	var most Amounts
	for i := range nodes {
		most = most.Max(nodes[i].Capacity)
	}
	return most
}
