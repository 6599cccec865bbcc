package rightsize

import (
	"fmt"
	"math"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// heldByPod gives the reason for which a container's own request of a resource
// changes nothing, or "": the pod as a whole has one (KEP-2837). It tells the most
// that a pod can have used, by which an owner may size that one.
func heldByPod(w *analyzer.WorkloadFacts, c *analyzer.ContainerFacts, resource string) string {
	amount, show := w.PodLevel.CPU, func(v float64) string { return fmt.Sprintf("%.0fm", math.Ceil(v)) }
	peak := func(h *analyzer.Hour) float64 { return float64(h.CPUPeak) }
	if resource == "memory" {
		amount, show = w.PodLevel.Memory, func(v float64) string { return mebibytes(math.Ceil(v/(1<<20)) * (1 << 20)) }
		peak = func(h *analyzer.Hour) float64 { return float64(h.MemoryPeak) }
	}
	if amount == 0 {
		return ""
	}
	why := fmt.Sprintf("the pod as a whole requests %s of %s (spec.resources), whatever its containers do; size that", show(float64(amount)), resource)
	if most := mostOfPod(w, c.Role, peak); most > 0 {
		why += fmt.Sprintf(": in no hour did the peaks of its containers come to more than %s", show(most))
	}
	return why
}

// mostOfPod adds up, hour by hour, the peaks that any pod of a role had of each
// container, and gives the largest sum: no pod used more at once. It is 0 where a
// container that runs beside others was never seen, since its use would be missing.
func mostOfPod(w *analyzer.WorkloadFacts, role string, peak func(*analyzer.Hour) float64) (most float64) {
	sums := map[int]float64{}
	for i := range w.Containers {
		c := &w.Containers[i]
		if c.Type == analyzer.TypeInit || c.Role != "" && c.Role != role {
			continue
		}
		seen := false
		for j := range c.Days {
			for h := range c.Days[j].Hours {
				v := peak(&c.Days[j].Hours[h])
				sums[int(c.Days[j].Date)*24+h] += v
				seen = seen || v > 0
			}
		}
		if !seen {
			return 0
		}
	}
	for _, sum := range sums {
		most = max(most, sum)
	}
	return most
}

// running says where a container differs from the template that its workload
// would be edited in.
func running(r *advice.Advice, w *analyzer.WorkloadFacts, c *analyzer.ContainerFacts, ranges []analyzer.LimitRange) {
	switch {
	case c.Injected:
		r.Warn("injected", "it is in the running pods and not in the template; its requests are set by "+c.SetWhere())
	case c.Altered:
		r.Warn("altered", fmt.Sprintf("the pods have %s, the template %s: %s", amountsText(c.Requests), amountsText(c.TemplateRequests), alteredBy(w, c, ranges)))
	}
}

// alteredBy says what gave the pods other requests than the template has, and
// what a change of the template would do.
func alteredBy(w *analyzer.WorkloadFacts, c *analyzer.ContainerFacts, ranges []analyzer.LimitRange) string {
	for _, l := range ranges {
		if l.Namespace == w.Namespace && c.Requests == c.TemplateRequests.Or(l.DefaultRequest) && l.DefaultRequest != (analyzer.Amounts{}) {
			return fmt.Sprintf("LimitRange %s fills in what the template leaves out; requests in the template go before it", l.Name)
		}
	}
	for _, v := range w.VPAs {
		if v.UpdateMode != "Off" {
			return fmt.Sprintf("VPA %s sets them on the pods, whatever the template says", v.Name)
		}
	}
	return "a webhook or a resize in place set them; a rollout of the template alone may bring the template's back"
}

func amountsText(a analyzer.Amounts) string {
	cpu, memory := "no CPU request", "no memory request"
	if a.CPU > 0 {
		cpu = fmt.Sprintf("%dm", a.CPU)
	}
	if a.Memory > 0 {
		memory = mebibytes(float64(a.Memory))
	}
	return cpu + " and " + memory
}
