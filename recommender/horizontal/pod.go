package horizontal

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// measured is the container whose usage an HPA should follow: the one it
// follows now, or the one that takes most of the load where the others' idle
// requests dilute the mean. Empty means the whole pod.
func (c *scaleCase) measured() string {
	if c.hpa != nil {
		for _, m := range c.hpa.Metrics {
			if m.Type == "ContainerResource" {
				return m.Container
			}
		}
	}
	if c.keda != nil {
		return ""
	}
	var used, asked, most float64
	var busiest *analyzer.ContainerFacts
	running := 0
	for i := range c.w.Containers {
		f := &c.w.Containers[i]
		if f.Type == analyzer.TypeInit {
			continue
		}
		running++
		u := f.CPU.Samples.Mean()
		used, asked = used+u, asked+float64(f.Requests.CPU)
		if u > most {
			busiest, most = f, u
		}
	}
	if running < 2 || busiest == nil || busiest.Requests.CPU == 0 || asked == 0 {
		return ""
	}
	if most/float64(busiest.Requests.CPU) < dilution*used/asked {
		return ""
	}
	return busiest.Name
}

// dilution is by how much the busiest container's utilization must exceed the
// pod's before it is followed alone.
const dilution = 1.25

// podSizes lists the sizes that the pods may have. Right-sizing has settled
// all but the CPU that an HPA divides by; that one may stay, or become what
// right-sizing would have made it, unless the pod is Guaranteed by it.
func (c *scaleCase) podSizes() []podSize {
	left := slices.Clone(c.w.Workload.Containers)
	for i := range left {
		if a, ok := c.pass.Cluster.Sized(analyzer.ContainerRef{Ref: c.w.Ref, Container: left[i].Name}); ok {
			left[i].Requests = a
		}
	}
	out := []podSize{c.podSize(left, nil)}
	if rightsize.Guaranteed(c.w.Workload.Containers) && !c.pass.Options.ChangeQoS {
		return out // another request would take the pod its QoS class
	}
	pooled, changed := slices.Clone(left), map[string]int64{}
	for i := range pooled {
		f := &c.w.Containers[i]
		if f.Type == analyzer.TypeInit || rightsize.HeldByHPA(c.w, f.Name, "cpu") == "" || f.CPU.Samples.Count() == 0 {
			continue
		}
		policy := rightsize.PolicyOf(c.pass.Options)
		margin, _ := policy.Margins(false, advice.Weigh(false, false, f))
		want := policy.FixedCPU(f, margin)
		if f.Limits.CPU > 0 {
			want = min(want, f.Limits.CPU)
		}
		if !rightsize.Unchanged(f.Requests.CPU, want) {
			pooled[i].Requests.CPU, changed[f.Name] = want, want
		}
	}
	if len(changed) > 0 {
		out = append(out, c.podSize(pooled, changed))
	}
	return out
}

func (c *scaleCase) podSize(containers []analyzer.Container, changed map[string]int64) podSize {
	s := podSize{requests: containers, cpu: changed}
	for _, k := range containers {
		if k.Type != analyzer.TypeInit && (c.container == "" || c.container == k.Name) {
			s.metric += k.Requests.CPU
		}
	}
	pod := analyzer.PodRequests(containers, analyzer.Amounts{})
	if c.pass.Costs != nil {
		s.hourly = c.pass.Costs.UnitOf(c.w.Ref).Hourly(pod)
	}
	if s.hourly <= 0 {
		s.hourly = float64(pod.CPU) / 1000
	}
	return s
}

// highestTargetFor bounds the target of a container with a CPU limit: beyond
// it usage can never reach the point at which the HPA adds a pod. 0 means no
// bound.
func (c *scaleCase) highestTargetFor(s podSize) int32 {
	limit := c.limitOf(s)
	if limit == 0 {
		return 0
	}
	// Usage held at the limit must be well above target times tolerance. The gate, which
	// knows manifests alone, goes by the default where the controller's is less.
	return int32(max(1, 100*float64(limit)/float64(s.metric)/(1.05+max(c.controller.UpTolerance(), replay.DefaultTolerance))))
}

// limitOf is a pod's CPU limit in millicores, 0 where a container has none.
func (c *scaleCase) limitOf(s podSize) int64 {
	var limit int64
	for _, k := range s.requests {
		if k.Type == analyzer.TypeInit || c.container != "" && c.container != k.Name {
			continue
		}
		if k.Limits.CPU == 0 {
			return 0
		}
		limit += k.Limits.CPU
	}
	return limit
}
