package rightsize

import (
	"fmt"
	"math"
	"slices"
	"strings"

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

// leaveUnlike takes a size back that is more than some of the pods have, where others have
// as much as was used: the usage of all of them does not show that those with less need more,
// and one template gives them all the same. The sizes are the least request of a pod, what
// is advised, and the largest request of a pod.
func (s *Sizing) leaveUnlike(before *Sizing, resource string, used float64, sizes [3]int64) {
	least, want, most := sizes[0], sizes[1], sizes[2]
	if least >= most || want <= least || used > float64(most) {
		return
	}
	*s = *before
	s.Withheld = append(s.Withheld, advice.Withheld{Resource: resource, Reason: fmt.Sprintf(
		"its pods are not alike: they request %s to %s, and usage that calls for %s may be that of those with most; size them one by one",
		amountOf(resource, least), amountOf(resource, most), amountOf(resource, want))})
}

// amountOf writes an amount of CPU or of memory.
func amountOf(resource string, v int64) string {
	switch {
	case v == 0:
		return "none"
	case resource == "cpu":
		return fmt.Sprintf("%dm", v)
	}
	return mebibytes(float64(v))
}

// running says where a container differs from the template that its workload
// would be edited in.
func running(r *advice.Advice, w *analyzer.WorkloadFacts, c *analyzer.ContainerFacts, ranges []analyzer.LimitRange) {
	if c.Least != c.Most {
		r.Warn("unlike", "its pods are not alike: "+spread(c)+"; the requests shown are those of most of them")
	}
	switch {
	case c.Injected:
		r.Warn("injected", "it is in the running pods and not in the template; its requests are set by "+c.SetWhere())
	case c.Altered:
		r.Warn("altered", fmt.Sprintf("%s have %s, the template %s: %s", whose(c), amountsText(c.Requests), amountsText(c.TemplateRequests), alteredBy(w, c, ranges)))
	}
}

// whose are the pods that have a container's requests: all of them, or most.
func whose(c *analyzer.ContainerFacts) string {
	if c.Least != c.Most {
		return "most pods"
	}
	return "the pods"
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
	if slices.ContainsFunc(w.Pods, func(p analyzer.Pod) bool { return slices.Contains(p.Resized, c.Name) }) {
		return "a resize in place set them; new pods have the template's"
	}
	return "a webhook or a resize in place set them; a rollout of the template alone may bring the template's back"
}

// spread says from what to what the requests of the pods go.
func spread(c *analyzer.ContainerFacts) string {
	var out []string
	if c.Least.CPU < c.Most.CPU {
		out = append(out, fmt.Sprintf("CPU requests from %s to %s", amountOf("cpu", c.Least.CPU), amountOf("cpu", c.Most.CPU)))
	}
	if c.Least.Memory < c.Most.Memory {
		out = append(out, fmt.Sprintf("memory requests from %s to %s", amountOf("memory", c.Least.Memory), amountOf("memory", c.Most.Memory)))
	}
	if c.Least.GPU < c.Most.GPU {
		out = append(out, fmt.Sprintf("%d to %d GPUs", c.Least.GPU, c.Most.GPU))
	}
	return strings.Join(out, ", ")
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
