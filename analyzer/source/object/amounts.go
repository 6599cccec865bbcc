package object

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// amountsOf reads CPU, memory and accelerators; other resources have no part
// in the analysis. Fractions of a millicore or byte round up, as in Kubernetes.
func amountsOf(list corev1.ResourceList) analyzer.Amounts {
	var a analyzer.Amounts
	for name, q := range list {
		switch {
		case name == corev1.ResourceCPU:
			a.CPU = positive(q.MilliValue())
		case name == corev1.ResourceMemory:
			a.Memory = positive(q.Value())
		case analyzer.IsDevice(string(name)):
			a = a.Plus(analyzer.Amounts{GPU: positive(q.Value())})
		}
	}
	return a
}

// resourcesOf reads what a list has beside CPU, memory and the number of pods, each
// by its own name; amounts of nothing are left out.
func resourcesOf(list corev1.ResourceList) analyzer.Resources {
	out := analyzer.Resources{}
	for name, q := range list {
		if name == corev1.ResourceCPU || name == corev1.ResourceMemory || name == corev1.ResourcePods || q.Sign() <= 0 {
			continue
		}
		out[string(name)] = q.Value()
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// podResources is what the scheduler reserves for a pod beside CPU and memory, by
// the rule of analyzer.PodRequests.
func podResources(s *corev1.PodSpec) analyzer.Resources {
	sum := analyzer.Resources{}
	add := func(to, list analyzer.Resources) {
		for name, v := range list {
			to.Add(name, v)
		}
	}
	sidecars, peak := analyzer.Resources{}, analyzer.Resources{}
	for i := range s.InitContainers {
		c := &s.InitContainers[i]
		own := resourcesOf(defaultRequests(&c.Resources))
		beside := maps.Clone(sidecars)
		add(beside, own)
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			sidecars = beside
		}
		for name, v := range beside {
			peak[name] = max(peak[name], v)
		}
	}
	add(sum, sidecars)
	for i := range s.Containers {
		add(sum, resourcesOf(defaultRequests(&s.Containers[i].Resources)))
	}
	for name, v := range peak {
		sum[name] = max(sum[name], v)
	}
	if s.Resources != nil {
		maps.Copy(sum, resourcesOf(s.Resources.Requests))
	}
	add(sum, resourcesOf(s.Overhead))
	if len(sum) == 0 {
		return nil
	}
	return sum
}

func positive(n int64) int64 { return max(n, 0) }

// amountsOfStrings reads a resource list of an unstructured object; values
// that are no quantities are left out.
func amountsOfStrings(m map[string]any) analyzer.Amounts {
	list := corev1.ResourceList{}
	for k, v := range m {
		if q, err := resource.ParseQuantity(text(v)); err == nil {
			list[corev1.ResourceName(k)] = q
		}
	}
	return amountsOf(list)
}

// defaultRequests gives the requests that the API server fills in: a resource
// with a limit and no request asks for its limit.
func defaultRequests(r *corev1.ResourceRequirements) corev1.ResourceList {
	out := corev1.ResourceList{}
	for name, q := range r.Limits {
		out[name] = q
	}
	for name, q := range r.Requests {
		out[name] = q
	}
	return out
}
