package horizontal

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
)

// memoryUse is what a pod uses of the target of an HPA on memory, hour by hour.
// Memory is not replayed: it is what programs hold, and another pod seldom
// lowers that of the others.
type memoryUse struct {
	low, middle, high float64 // 5th, 50th and 95th percentile, as a share of the target
	// constant says that a pod's memory hardly depends on anything.
	constant bool
}

// constantMemory is the ratio of a pod's high to its low hours up to which its
// memory counts as constant.
const constantMemory = 1.3

// memoryMetric is the HPA's metric on memory, nil where there is none.
func memoryMetric(h *analyzer.HPA) *analyzer.HPAMetric {
	if h == nil {
		return nil
	}
	for i := range h.Metrics {
		if isMemory(h.Metrics[i]) {
			return &h.Metrics[i]
		}
	}
	return nil
}

func isMemory(m analyzer.HPAMetric) bool {
	return m.Name == "memory" && (m.Type == "Resource" || m.Type == "ContainerResource")
}

// memoryUse works out a pod's memory in each hour against the target; false
// where there is none, or too little history.
func (c *scaleCase) memoryUse(m analyzer.HPAMetric) (memoryUse, bool) {
	var request int64
	sums, pods := map[int64]float64{}, map[int64]float64{}
	for i := range c.w.Containers {
		f := &c.w.Containers[i]
		if f.Type == analyzer.TypeInit || m.Type == "ContainerResource" && f.Name != m.Container {
			continue
		}
		request += f.Requests.Memory
		for j := range f.Days {
			for h, v := range f.Days[j].Hours {
				at := int64(f.Days[j].Date)*24 + int64(h)
				sums[at] += float64(v.Memory)
				pods[at] = max(pods[at], float64(v.Pods))
			}
		}
	}
	target := float64(m.Target) / 1000
	if m.TargetType == "Utilization" {
		target = float64(request) * float64(m.Target) / 100
	}
	var use []float64
	for at, n := range pods {
		if n >= 0.5 && sums[at] > 0 && target > 0 {
			use = append(use, sums[at]/n/target)
		}
	}
	if len(use) < leastLoad/12 {
		return memoryUse{}, false
	}
	slices.Sort(use)
	u := memoryUse{low: setting.Quantile(use, 0.05), middle: setting.Quantile(use, 0.5), high: setting.Quantile(use, 0.95)}
	u.constant = u.high <= constantMemory*u.low
	return u, true
}

// kept is the fewest pods that a constant memory below the target leaves: the
// controller rounds up what it asks for, so that with few pods it asks for all.
func (u memoryUse) kept() int32 {
	if u.high >= 1 {
		return math.MaxInt32
	}
	return int32(min(max(math.Ceil(1/(1-u.high))-1, 1), 1e6))
}

// verdict says how an HPA with that metric goes.
func (u memoryUse) verdict(h *analyzer.HPA, tolerance float64) string {
	span := fmt.Sprintf("a pod holds %.0f to %.0f %% of the target", 100*u.low, 100*u.high)
	switch {
	case !u.constant:
		return span + ", so it follows something; whether that is load, and whether it is given back, only its owner can say"
	case u.low > 1+tolerance:
		return fmt.Sprintf("%s at any load, and another pod holds as much: it grows to maxReplicas %d and stays there", span, h.Max)
	case u.high >= 1-tolerance:
		return fmt.Sprintf("%s at any load: within the tolerance of %.3g %% it never lets a pod go, whatever the other metrics say", span, 100*tolerance)
	case u.kept() > max(h.Min, 1):
		return fmt.Sprintf("%s at any load: as replicas are rounded up, it keeps %d pods that it never lets go", span, min(u.kept(), h.Max))
	}
	return span + " at any load: it never asks for a pod"
}

// warnMemory says what is wrong with memory as a metric, and how it goes here.
func (c *scaleCase) warnMemory(r *advice.Advice) {
	m := memoryMetric(c.hpa)
	if m == nil {
		return
	}
	text := "memory is no measure of load, since most programs keep what they once took"
	if len(r.Changes) > 0 {
		text += ": the advice leaves it out"
	}
	if u, ok := c.memoryUse(*m); ok {
		text += "; here " + u.verdict(c.hpa, c.controller.UpTolerance())
		r.Show("memory of a pod, of the HPA's target, 5th percentile of hours", 100*u.low, "percent")
		r.Show("memory of a pod, of the HPA's target, 95th percentile of hours", 100*u.high, "percent")
	}
	r.Warn("memory", text)
}

// withoutMemory is the HPA as it can be replayed: without its metric on memory,
// whose effect is a minimum where memory is constant and below the target.
// false where its effect cannot be told.
func (c *scaleCase) withoutMemory() (*analyzer.HPA, bool) {
	m := memoryMetric(c.hpa)
	if m == nil {
		return c.hpa, true
	}
	h := *c.hpa
	h.Metrics = slices.DeleteFunc(slices.Clone(h.Metrics), isMemory)
	u, ok := c.memoryUse(*m)
	if !ok || !u.constant || u.high >= 1-c.controller.UpTolerance() || len(h.Metrics) == 0 {
		return nil, false
	}
	h.Min = min(max(h.Min, u.kept()), h.Max)
	return &h, true
}

// mostPerPod is the CPU of a pod, in millicores, up to which its memory fits what
// pods of that size have: the limit, else the request. It goes by a line through
// memory against CPU a pod, hour by hour, whose slope is taken at its upper
// bound. Where that cannot be told the load a pod was seen to bear holds, and it
// always fits. 0 means no bound.
func (c *scaleCase) mostPerPod(s podSize) float64 {
	cpu, memory := c.hourly()
	room := c.memoryRoom(s)
	if room == 0 {
		return 0
	}
	if len(cpu) < leastLoad/12 {
		return c.borne()
	}
	l := setting.Fit(cpu, memory)
	if l.Slope <= 0 {
		return 0
	}
	most := max(l.MeanX+(room-l.MeanY-l.Spread)/l.Slope, c.borne())
	if most > farAbove*float64(s.metric) {
		return 0
	}
	return most
}

// farAbove is how many requests of CPU lie beyond all that a pod could be made to serve:
// memory that would fit there binds nothing.
const farAbove = 10

// borne is the CPU of a pod, in millicores, that it was seen to bear: the 99th
// percentile over the load.
func (c *scaleCase) borne() float64 {
	var each []float64
	for i, pods := range c.curve.Pods {
		if pods > 0 {
			each = append(each, c.curve.CPU[i]/pods)
		}
	}
	return setting.Quantile(slices.Sorted(slices.Values(each)), 0.99)
}

// hourly gives a pod's CPU in millicores and its memory in bytes in each hour
// that has both, in order of time.
func (c *scaleCase) hourly() (cpu, memory []float64) {
	sum := map[int64]analyzer.Hour{}
	for i := range c.w.Containers {
		f := &c.w.Containers[i]
		if f.Type == analyzer.TypeInit {
			continue
		}
		followed := c.container == "" || c.container == f.Name
		for j := range f.Days {
			for h, v := range f.Days[j].Hours {
				at := int64(f.Days[j].Date)*24 + int64(h)
				all := sum[at]
				if all.Memory += v.Memory; followed {
					all.CPU += v.CPU
				}
				all.Pods = max(all.Pods, v.Pods)
				sum[at] = all
			}
		}
	}
	for _, at := range slices.Sorted(maps.Keys(sum)) {
		if v := sum[at]; v.Pods >= 0.5 && v.Memory > 0 {
			cpu, memory = append(cpu, float64(v.CPU/v.Pods)), append(memory, float64(v.Memory/v.Pods))
		}
	}
	return cpu, memory
}

// memoryRoom is the bytes that a pod of the size has, 0 where a container has
// neither limit nor request.
func (c *scaleCase) memoryRoom(s podSize) float64 {
	room := int64(0)
	for i := range s.requests {
		k := &s.requests[i]
		if k.Type == analyzer.TypeInit {
			continue
		}
		if k.Limits.Memory+k.Requests.Memory == 0 {
			return 0
		}
		room += max(k.Limits.Memory, k.Requests.Memory)
	}
	return float64(room)
}
