package object

import (
	"strings"

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
		case isDevice(string(name)):
			a.GPU += positive(q.Value())
		}
	}
	return a
}

func positive(n int64) int64 { return max(n, 0) }

// isDevice tells accelerators that are counted as whole devices. Vendors also
// count the same device's cores or memory under further names, which must not
// be added to it.
func isDevice(name string) bool {
	switch name {
	case "nvidia.com/gpu", "nvidia.com/gpu.shared", "amd.com/gpu", "gpu.intel.com/i915", "gpu.intel.com/xe",
		"habana.ai/gaudi", "aws.amazon.com/neuron", "google.com/tpu":
		return true
	}
	return strings.HasPrefix(name, "nvidia.com/mig-")
}

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
