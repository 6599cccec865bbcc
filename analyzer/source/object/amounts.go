package object

import (
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
			a.GPU += positive(q.Value())
		}
	}
	return a
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
