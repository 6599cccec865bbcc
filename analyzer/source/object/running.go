package object

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// containers gives a workload's containers. What runs is the truth: webhooks
// add containers, and LimitRanges, VPAs, webhooks and resizes change requests.
// Where no pod is there, the template stands in, with the namespace's defaults.
func (v *Inventory) containers(ref analyzer.Ref, c *controller, g *group) []analyzer.Container {
	template := v.templateOf(c)
	pods := g.current()
	if template == nil {
		of := pods
		if ref.Batch() { // steps that have ended are a part of it
			of = g.pods
		}
		roles := g.roles(ref.Name, of, g.templates(c))
		switch {
		case len(pods) > 0:
			return roles
		case len(roles) > 0:
			return v.defaulted(ref.Namespace, roles)
		}
		var lists [][]analyzer.Container
		for _, child := range g.children {
			lists = append(lists, child.containers)
		}
		template = union(lists)
	}
	if len(pods) == 0 {
		return v.defaulted(ref.Namespace, template)
	}
	lists := make([][]analyzer.Container, 0, len(pods))
	for _, p := range pods {
		lists = append(lists, p.containers)
	}
	running := commonest(lists)
	if !ref.Batch() { // runs are sized by their template, whatever an earlier one had
		unlike(running, lists)
	}
	if !slices.ContainsFunc(pods, func(p *pod) bool { return !p.ended() }) {
		fillFrom(template, running)
	}
	return against(template, running)
}

// fillFrom gives containers of pods that have all ended what the template has
// by now; what only the pods have stays.
func fillFrom(template, ended []analyzer.Container) {
	for i := range ended {
		for _, c := range template {
			if c.Name == ended[i].Name {
				ended[i].Requests, ended[i].Limits = c.Requests.Or(ended[i].Requests), c.Limits.Or(ended[i].Limits)
			}
		}
	}
}

// templates are those of the roles, of the workload itself or of its newest run.
func (g *group) templates(c *controller) []roleContainers {
	if c != nil && len(c.templates) > 0 {
		return c.templates
	}
	for _, child := range slices.Backward(g.children) {
		if len(child.templates) > 0 {
			return child.templates
		}
	}
	return nil
}

// templateOf is the workload's own pod template or the one that it refers to;
// nil where it has none.
func (v *Inventory) templateOf(c *controller) []analyzer.Container {
	if c == nil {
		return nil
	}
	if len(c.containers) > 0 {
		return c.containers
	}
	if c.templateFrom != nil {
		if t := v.controllers[*c.templateFrom]; t != nil && len(t.containers) > 0 {
			return t.containers
		}
	}
	return nil
}

// revisionLabels tell the template that a pod was made from.
var revisionLabels = []string{deploymentHash, rolloutHash, "controller-revision-hash"}

// revision is the mark of the template that a pod was made from, or "".
func (p *pod) revision() string {
	for _, name := range revisionLabels {
		if p.labels.Has(name) {
			return p.labels.Get(name)
		}
	}
	return ""
}

func (p *pod) ended() bool { return p.pod.Ended() }

// current lists the pods of the newest revision: those that have not ended, or
// all where every one has.
func (g *group) current() []*pod {
	pods := slices.DeleteFunc(slices.Clone(g.pods), (*pod).ended)
	if len(pods) == 0 {
		pods = g.pods
	}
	if len(pods) == 0 {
		return nil
	}
	newest := slices.MaxFunc(pods, func(a, b *pod) int { return a.pod.Started.Compare(b.pod.Started) })
	return slices.DeleteFunc(slices.Clone(pods), func(p *pod) bool { return p.revision() != newest.revision() })
}

// commonest adds the containers of like pods up by name. Where pods differ in
// a container's amounts, those that most of them have stand; of equally common
// ones the larger.
func commonest(lists [][]analyzer.Container) []analyzer.Container {
	if alike := slices.CompactFunc(slices.Clone(lists), slices.Equal[[]analyzer.Container]); len(alike) == 1 {
		return slices.Clone(alike[0])
	}
	type amounts struct{ requests, limits analyzer.Amounts }
	votes := map[string]map[amounts]int{}
	for _, list := range lists {
		for _, c := range list {
			if votes[c.Name] == nil {
				votes[c.Name] = map[amounts]int{}
			}
			votes[c.Name][amounts{c.Requests, c.Limits}]++
		}
	}
	out := union(lists)
	for i := range out {
		var best amounts
		most := 0
		for a, n := range votes[out[i].Name] {
			larger := cmp.Or(cmp.Compare(a.requests.CPU, best.requests.CPU), cmp.Compare(a.requests.Memory, best.requests.Memory),
				cmp.Compare(a.limits.CPU, best.limits.CPU), cmp.Compare(a.limits.Memory, best.limits.Memory)) > 0
			if n > most || n == most && larger {
				best, most = a, n
			}
		}
		out[i].Requests, out[i].Limits = best.requests, best.limits
	}
	return out
}

// unlike notes the bounds of the requests that pods' containers of one name have, where
// they differ.
func unlike(out []analyzer.Container, lists [][]analyzer.Container) {
	for i := range out {
		least, most, seen := analyzer.Amounts{}, analyzer.Amounts{}, false
		for _, list := range lists {
			for _, c := range list {
				switch {
				case c.Name != out[i].Name:
				case !seen:
					least, most, seen = c.Requests, c.Requests, true
				default:
					least, most = least.Min(c.Requests), most.Max(c.Requests)
				}
			}
		}
		if least != most {
			out[i].Least, out[i].Most = least, most
		}
	}
}

// against notes where the running containers differ from the template. A
// container of the template that no pod has yet stays, as it is there.
func against(template, running []analyzer.Container) []analyzer.Container {
	find := func(list []analyzer.Container, name string) int {
		return slices.IndexFunc(list, func(c analyzer.Container) bool { return c.Name == name })
	}
	out := running
	for i := range out {
		c := &out[i]
		j := find(template, c.Name)
		switch {
		case j < 0:
			c.Injected = true
		case c.Requests != template[j].Requests || c.Limits != template[j].Limits:
			c.Altered, c.TemplateRequests, c.TemplateLimits = true, template[j].Requests, template[j].Limits
		}
	}
	for _, c := range template {
		if find(out, c.Name) < 0 {
			out = append(out, c)
		}
	}
	return out
}

// defaulted gives a template's containers what the namespace's LimitRanges
// would give them, as the API server does when it makes a pod.
func (v *Inventory) defaulted(namespace string, template []analyzer.Container) []analyzer.Container {
	var ranges []analyzer.LimitRange
	for k, l := range v.limits {
		if k.namespace == namespace {
			ranges = append(ranges, l)
		}
	}
	if len(ranges) == 0 {
		return template
	}
	slices.SortFunc(ranges, func(a, b analyzer.LimitRange) int { return cmp.Compare(a.Name, b.Name) })
	out := slices.Clone(template)
	for i := range out {
		c := &out[i]
		was := *c
		for _, l := range ranges {
			c.Requests, c.Limits = c.Requests.Or(l.DefaultRequest), c.Limits.Or(l.DefaultLimit)
		}
		if c.Requests != was.Requests || c.Limits != was.Limits {
			c.Altered, c.TemplateRequests, c.TemplateLimits = true, was.Requests, was.Limits
		}
	}
	return out
}

// inForce gives the requests that the scheduler counts for a container of a
// pod. While a resize is under way that is the largest of what is asked, what
// is allocated and what is in force; what cannot be given is not counted. The
// rule is KEP-1287's.
func inForce(asked analyzer.Amounts, name string, o *corev1.Pod) analyzer.Amounts {
	statuses := slices.Concat(o.Status.InitContainerStatuses, o.Status.ContainerStatuses)
	i := slices.IndexFunc(statuses, func(s corev1.ContainerStatus) bool { return s.Name == name })
	if i < 0 {
		return asked
	}
	var given analyzer.Amounts
	known := len(statuses[i].AllocatedResources) > 0
	given = amountsOf(statuses[i].AllocatedResources)
	if r := statuses[i].Resources; r != nil {
		known = known || len(r.Requests) > 0
		given = given.Max(amountsOf(r.Requests))
	}
	switch {
	case !known:
		return asked
	case infeasible(o):
		given.GPU = max(given.GPU, asked.GPU)
		return given
	}
	return asked.Max(given)
}

// infeasible says that a pod was asked to be resized to what its node can't give.
func infeasible(o *corev1.Pod) bool {
	if o.Status.Resize == corev1.PodResizeStatusInfeasible {
		return true
	}
	return slices.ContainsFunc(o.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodResizePending && c.Status == corev1.ConditionTrue && c.Reason == corev1.PodReasonInfeasible
	})
}
