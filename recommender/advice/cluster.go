package advice

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Cluster is the cluster as the levers so far would leave it: what a lever sees
// of those before it. Each lever writes what it owns and nothing else, once for a
// workload: right-sizing the requests, horizontal the pods and the CPU that its
// target divides by, spot what moves. It is not safe for concurrent writing.
type Cluster struct {
	requests map[analyzer.ContainerRef]analyzer.Amounts // as they are
	sized    map[analyzer.ContainerRef]analyzer.Amounts // that right-sizing set
	doubts   []float64                                  // the confidence of each
	scaled   map[analyzer.Ref]Scaled
	cpu      map[analyzer.ContainerRef]int64 // that horizontal set
	spot     map[analyzer.Ref]float64
	still    map[analyzer.Ref]Stillness
	// moment says that sizes rest on one reading: no other lever uses less.
	moment bool
}

// Scaled is how many pods a workload has once the lever horizontal has seen to
// it.
type Scaled struct {
	// Changed says that this is another setting than today's.
	Changed bool
	// Least and Most bound the pods, Mean is that over the window, by replay, and
	// Was the same of today's setting; 0 where not known.
	Least, Most int32
	Mean, Was   float64
	// Now is the pods at the window's end; one at the least, for which a setting
	// that rests without pods needs room too.
	Now int
	// Hours is the pods of each hour; nil where those seen hold on.
	Hours *Hours
	// RequestCPU is by container, in millicores, where it is set with the target
	// of an autoscaler that divides by it.
	RequestCPU map[string]int64
}

// Hours is a number of pods by the hour.
type Hours struct {
	First int       // hours since 1970 of the first
	Mean  []float64 // mean pods of each hour
}

// At gives the pods of an hour; ok is false outside the stretch.
func (h *Hours) At(hour int) (pods float64, ok bool) {
	if h == nil || hour < h.First || hour >= h.First+len(h.Mean) {
		return 0, false
	}
	return h.Mean[hour-h.First], true
}

// NewCluster is the cluster as it is.
func NewCluster(a *analyzer.Analysis) *Cluster {
	c := &Cluster{
		requests: map[analyzer.ContainerRef]analyzer.Amounts{}, sized: map[analyzer.ContainerRef]analyzer.Amounts{},
		scaled: map[analyzer.Ref]Scaled{}, cpu: map[analyzer.ContainerRef]int64{}, spot: map[analyzer.Ref]float64{}, still: map[analyzer.Ref]Stillness{},
		moment: a.Snapshot.Window.Moment,
	}
	for i := range a.Workloads {
		w := &a.Workloads[i]
		c.still[w.Ref] = stillnessOf(w)
		for j := range w.Containers {
			c.requests[analyzer.ContainerRef{Ref: w.Ref, Container: w.Containers[j].Name}] = w.Containers[j].Requests
		}
	}
	return c
}

// SetRequests is for right-sizing: what a container is to request, and how sure
// that is, in [0, 1].
func (c *Cluster) SetRequests(k analyzer.ContainerRef, to analyzer.Amounts, confidence float64) {
	c.sized[k] = to
	c.doubts = append(c.doubts, confidence)
}

// Sized is what right-sizing would have a container request; ok is false where
// it abstains or did not run.
func (c *Cluster) Sized(k analyzer.ContainerRef) (to analyzer.Amounts, ok bool) {
	to, ok = c.sized[k]
	return to, ok
}

// Requests is what a container would request after all levers so far.
func (c *Cluster) Requests(k analyzer.ContainerRef) analyzer.Amounts {
	out, ok := c.sized[k]
	switch {
	case !ok:
		out = c.requests[k]
	case c.moment:
		out = out.Max(c.requests[k])
	}
	if cpu, ok := c.cpu[k]; ok {
		out.CPU = cpu
	}
	return out
}

// Pod is what a pod of a workload, and of one of its roles, would reserve after
// all levers so far.
func (c *Cluster) Pod(w *analyzer.WorkloadFacts, role string) analyzer.Amounts {
	return reserves(w, role, func(k analyzer.ContainerRef) (analyzer.Amounts, bool) { return c.Requests(k), true })
}

// SizedPod is what it would reserve after right-sizing alone.
func (c *Cluster) SizedPod(w *analyzer.WorkloadFacts, role string) analyzer.Amounts {
	return reserves(w, role, c.Sized)
}

// Reserved is what the scheduler will reserve for a pod of the workload after all
// levers so far: its requests now, moved by what they change of its containers'. What
// a container does not request, and nobody set, counts as it is used: CPU in 95 % of
// the time, memory at its peak. The zero Pod is one that is yet to come.
func (c *Cluster) Reserved(w *analyzer.WorkloadFacts, pod *analyzer.Pod) analyzer.Amounts {
	had := w.ContainersOf(pod)
	before, after := w.Reserves(had), overlaid(w, had, func(k analyzer.ContainerRef) (analyzer.Amounts, bool) {
		return orUsed(c.Requests(k), w, k.Container), true
	})
	return analyzer.Amounts{
		CPU:    max(pod.Requests.CPU+after.CPU-before.CPU, after.CPU),
		Memory: max(pod.Requests.Memory+after.Memory-before.Memory, after.Memory),
		GPU:    pod.Requests.GPU,
	}
}

// Remade is what the scheduler will reserve for the pod once it was evicted and made anew:
// no less than Reserved, nor than what the template says, where no advice changes that and
// no VPA sets it again.
func (c *Cluster) Remade(w *analyzer.WorkloadFacts, pod *analyzer.Pod) analyzer.Amounts {
	out := c.Reserved(w, pod)
	if pod.Remade == (analyzer.Amounts{}) {
		return out
	}
	cpu, memory := false, false
	for _, one := range w.ContainersOf(pod) {
		cpu = cpu || c.fromTemplate(w, one.Name, "cpu")
		memory = memory || c.fromTemplate(w, one.Name, "memory")
	}
	if cpu {
		out.CPU = max(out.CPU, pod.Remade.CPU)
	}
	if memory {
		out.Memory = max(out.Memory, pod.Remade.Memory)
	}
	return out
}

// Shrinks names a container of the pod that would come back with less than a resize in place
// gave it; empty where none would.
func (c *Cluster) Shrinks(w *analyzer.WorkloadFacts, pod *analyzer.Pod) string {
	for _, name := range pod.Resized {
		if c.fromTemplate(w, name, "cpu") || c.fromTemplate(w, name, "memory") {
			return name
		}
	}
	return ""
}

// fromTemplate reports whether a new pod has the template's amount: no advice has it changed
// there, and no VPA goes over it.
func (c *Cluster) fromTemplate(w *analyzer.WorkloadFacts, container, resource string) bool {
	k := analyzer.ContainerRef{Ref: w.Ref, Container: container}
	now, then := c.requests[k], c.Requests(k)
	changed := then.CPU != now.CPU
	if resource == "memory" {
		changed = then.Memory != now.Memory
	}
	return !changed && w.SetOnPods(container, resource) == nil
}

// orUsed fills in what a container does not request.
func orUsed(requests analyzer.Amounts, w *analyzer.WorkloadFacts, name string) analyzer.Amounts {
	if requests.CPU > 0 && requests.Memory > 0 {
		return requests
	}
	for i := range w.Containers {
		c := &w.Containers[i]
		if c.Name != name {
			continue
		}
		if requests.CPU == 0 && c.CPU.Samples.Count() > 0 {
			requests.CPU = int64(c.CPU.Samples.Quantile(0.95))
		}
		if requests.Memory == 0 && c.Memory.Samples.Count() > 0 {
			requests.Memory = int64(c.Memory.Samples.Max())
		}
	}
	return requests
}

// reserves is a pod with other requests, for those containers that have some.
func reserves(w *analyzer.WorkloadFacts, role string, to func(analyzer.ContainerRef) (analyzer.Amounts, bool)) analyzer.Amounts {
	return overlaid(w, w.ContainersOfRole(role), to)
}

// overlaid is a pod of these containers with those requests.
func overlaid(w *analyzer.WorkloadFacts, containers []analyzer.Container, to func(analyzer.ContainerRef) (analyzer.Amounts, bool)) analyzer.Amounts {
	next := slices.Clone(containers)
	for i := range next {
		if requests, ok := to(analyzer.ContainerRef{Ref: w.Ref, Container: next[i].Name}); ok {
			next[i].Requests = requests
		}
	}
	return w.Reserves(next)
}

// Confidence is the mean of the right-sizing that the requests rest on, by
// container; 1 where they are as they were.
func (c *Cluster) Confidence() float64 {
	if len(c.doubts) == 0 {
		return 1
	}
	sum := 0.0
	for _, v := range c.doubts {
		sum += v
	}
	return min(sum/float64(len(c.sized)), 1)
}

// SetScaled is for the lever horizontal.
func (c *Cluster) SetScaled(ref analyzer.Ref, s Scaled) {
	c.scaled[ref] = s
	for name, cpu := range s.RequestCPU {
		c.cpu[analyzer.ContainerRef{Ref: ref, Container: name}] = cpu
	}
}

// Scaled is what the lever horizontal makes of a workload; ok is false where it
// abstains or did not run.
func (c *Cluster) Scaled(ref analyzer.Ref) (s Scaled, ok bool) {
	s, ok = c.scaled[ref]
	return s, ok
}

// Rescaled is the pods that a workload has after all levers so far, on average,
// as a share of those it has now: 1 where nothing changes or nothing is known.
func (c *Cluster) Rescaled(ref analyzer.Ref) float64 {
	s := c.scaled[ref]
	if !s.Changed || s.Was <= 0 || s.Mean <= 0 {
		return 1
	}
	return s.Mean / s.Was
}

// SetOnSpot is for the rule spot: the share, in (0, 1], of a workload's pods on
// demand that move to spot.
func (c *Cluster) SetOnSpot(ref analyzer.Ref, share float64) { c.spot[ref] = share }

// OnSpot is that share; 0 where all that is on demand stays there.
func (c *Cluster) OnSpot(ref analyzer.Ref) float64 { return c.spot[ref] }

// Idle reports whether a workload that runs all the time did nothing over the
// window.
func (c *Cluster) Idle(ref analyzer.Ref) bool { return c.still[ref].Idle }

// Quiet says why a workload that uses no CPU is not called idle: it waits for what
// seldom comes, or the second witness is missing. It is empty of all others.
func (c *Cluster) Quiet(ref analyzer.Ref) string { return c.still[ref].Quiet }
