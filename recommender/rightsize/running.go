package rightsize

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// heldByPod gives the reason for which a container's own request of a resource
// changes nothing, or "": the pod as a whole has one (KEP-2837).
func heldByPod(w *analyzer.WorkloadFacts, resource string) string {
	amount, shown := w.PodLevel.CPU, fmt.Sprintf("%dm", w.PodLevel.CPU)
	if resource == "memory" {
		amount, shown = w.PodLevel.Memory, mebibytes(float64(w.PodLevel.Memory))
	}
	if amount == 0 {
		return ""
	}
	return fmt.Sprintf("the pod as a whole requests %s of %s (spec.resources), whatever its containers do; size that", shown, resource)
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

// fitNode holds a raised request at what the largest node that the workload
// may run on has to give a pod, less what the pod's other containers request:
// a pod that fits no node is never scheduled.
func fitNode(r *advice.Advice, s *Sizing, w *analyzer.WorkloadFacts, c *analyzer.ContainerFacts, nodes []analyzer.Node) {
	var most analyzer.Amounts
	for i := range nodes {
		most = most.Max(nodes[i].Allocatable)
	}
	if most == (analyzer.Amounts{}) || c.Type == analyzer.TypeInit {
		return
	}
	others := analyzer.Amounts{}
	for i := range w.Containers {
		o := &w.Containers[i]
		if o.Name != c.Name && o.Type != analyzer.TypeInit && (o.Role == "" || o.Role == c.Role) {
			others = others.Plus(o.Requests)
		}
	}
	held := false
	hold := func(now, want *int64, most, others int64) {
		if room := max(most-others, *now); *want > room && most > 0 {
			*want, held = room, true
		}
	}
	before := s.Requests
	hold(&c.Requests.CPU, &s.Requests.CPU, most.CPU, others.CPU)
	hold(&c.Requests.Memory, &s.Requests.Memory, most.Memory, others.Memory)
	if !held {
		return
	}
	s.boundBy("what the largest node has for it", before)
	if s.Limits.Memory > 0 {
		s.Limits.Memory = max(s.Limits.Memory, s.Requests.Memory)
	}
	r.Warn("exceeds-node", fmt.Sprintf("it would need more than the largest node has (%s): held at what fits; it wants a larger machine", amountsText(most)))
}
