package object

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// remake notes which pods would not come back as they are: a resize in place goes with its
// pod, and the controller makes the next one from the template. What a webhook set it sets
// again, so that a pod whose spec was never changed (KEP-5067: generation 1) comes back
// alike; of a pod without a generation its like tell, since webhooks treat all alike.
// Pods of older revisions are left out: a rollout is to replace them.
func (v *Inventory) remake(ref analyzer.Ref, c *controller, g *group, running []analyzer.Container) {
	template := v.templateOf(c)
	if len(template) == 0 || ref.Batch() {
		return
	}
	template = v.defaulted(ref.Namespace, template)
	for _, p := range g.current() {
		if p.ended() || p.generation == 1 {
			continue
		}
		made := slices.Clone(p.containers)
		for i := range made {
			j := slices.IndexFunc(template, func(t analyzer.Container) bool { return t.Name == made[i].Name })
			if j < 0 {
				continue // a webhook's, which adds it again
			}
			was := made[i]
			made[i].Requests, made[i].Limits = template[j].Requests, template[j].Limits
			if (p.generation > 1 || notLikeAll(running, was)) && (falls(was.Requests, made[i].Requests) || limitFalls(was.Limits, made[i].Limits)) {
				p.pod.Resized = append(p.pod.Resized, was.Name)
			}
		}
		if requests := p.whole(made); requests != p.pod.Requests {
			p.pod.Remade = requests
		}
	}
}

// notLikeAll reports whether the pods of a workload have unlike requests for a container.
func notLikeAll(running []analyzer.Container, c analyzer.Container) bool {
	return slices.ContainsFunc(running, func(o analyzer.Container) bool { return o.Name == c.Name && o.Least != o.Most })
}

// falls reports whether a request goes down.
func falls(was, is analyzer.Amounts) bool { return is.CPU < was.CPU || is.Memory < was.Memory }

// limitFalls is the same of limits, of which none is the highest.
func limitFalls(was, is analyzer.Amounts) bool {
	lower := func(was, is int64) bool { return is > 0 && (was == 0 || is < was) }
	return lower(was.CPU, is.CPU) || lower(was.Memory, is.Memory)
}

// whole is what the pod would reserve with these containers: its own sum moved by theirs,
// so that overhead and requests of the pod as a whole stay.
func (p *pod) whole(containers []analyzer.Container) analyzer.Amounts {
	was, is := analyzer.PodRequests(p.containers, analyzer.Amounts{}), analyzer.PodRequests(containers, analyzer.Amounts{})
	out := p.pod.Requests
	if p.level.CPU == 0 {
		out.CPU += is.CPU - was.CPU
	}
	if p.level.Memory == 0 {
		out.Memory += is.Memory - was.Memory
	}
	return out.Max(analyzer.Amounts{})
}
