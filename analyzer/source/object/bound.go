package object

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// budget is a PodDisruptionBudget before its selector is evaluated.
type budget struct {
	pdb      analyzer.PDB
	selector labels.Selector
}

func budgetOf(o *policyv1.PodDisruptionBudget) budget {
	b := budget{pdb: analyzer.PDB{
		Namespace: namespaceOf(o), Name: o.Name,
		MinAvailable:       amountOrPercent(o.Spec.MinAvailable),
		MaxUnavailable:     amountOrPercent(o.Spec.MaxUnavailable),
		DisruptionsAllowed: o.Status.DisruptionsAllowed,
	}}
	// A selector that cannot be read selects nothing, which is also what the
	// disruption controller makes of it.
	selector, err := metav1.LabelSelectorAsSelector(o.Spec.Selector)
	if err != nil {
		selector = labels.Nothing()
	}
	b.selector = selector
	return b
}

func amountOrPercent(v *intstr.IntOrString) string {
	if v == nil {
		return ""
	}
	return v.String()
}

func limitRangeOf(o *corev1.LimitRange) analyzer.LimitRange {
	l := analyzer.LimitRange{Namespace: namespaceOf(o), Name: o.Name}
	for _, item := range o.Spec.Limits {
		if item.Type != corev1.LimitTypeContainer {
			continue
		}
		l.Min, l.Max = amountsOf(item.Min), amountsOf(item.Max)
		l.DefaultRequest, l.DefaultLimit = amountsOf(item.DefaultRequest), amountsOf(item.Default)
	}
	return l
}

func quotaOf(o *corev1.ResourceQuota) analyzer.ResourceQuota {
	q := analyzer.ResourceQuota{Namespace: namespaceOf(o), Name: o.Name}
	hard := aboveZero(o.Spec.Hard)
	q.Requests, q.Limits = quotaAmounts(hard)
	q.UsedRequests, q.UsedLimits = quotaAmounts(o.Status.Used)
	q.Pods, q.UsedPods = podsOf(hard), podsOf(o.Status.Used)
	return q
}

// aboveZero gives a quota that admits nothing the least amount in place of 0, which would
// be that of a quota that does not count the resource. No pod fits in either.
func aboveZero(hard corev1.ResourceList) corev1.ResourceList {
	out := maps.Clone(hard)
	for name, v := range out {
		if v.Sign() <= 0 {
			out[name] = *resource.NewMilliQuantity(1, resource.DecimalSI)
		}
	}
	return out
}

// podsOf is the count of pods in a quota's list, 0 where it has none: "pods" leaves out
// those that have ended, "count/pods" does not, so that the former is nearer.
func podsOf(list corev1.ResourceList) int64 {
	for _, name := range []corev1.ResourceName{corev1.ResourcePods, "count/pods"} {
		if v, ok := list[name]; ok {
			return max(v.Value(), 0)
		}
	}
	return 0
}

// quotaAmounts splits a quota's list, in which a bare "cpu" or "memory" means
// requests.
func quotaAmounts(list corev1.ResourceList) (requests, limits analyzer.Amounts) {
	req, lim := corev1.ResourceList{}, corev1.ResourceList{}
	for name, v := range list {
		switch {
		case name == corev1.ResourceRequestsCPU:
			req[corev1.ResourceCPU] = v
		case name == corev1.ResourceRequestsMemory:
			req[corev1.ResourceMemory] = v
		case name == corev1.ResourceLimitsCPU:
			lim[corev1.ResourceCPU] = v
		case name == corev1.ResourceLimitsMemory:
			lim[corev1.ResourceMemory] = v
		case len(name) > len("requests.") && analyzer.IsDevice(string(name[len("requests."):])):
			req[name[len("requests."):]] = v
		}
	}
	for _, bare := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		if v, ok := list[bare]; ok {
			if _, both := req[bare]; !both {
				req[bare] = v
			}
		}
	}
	return amountsOf(req), amountsOf(lim)
}

// resolveBudgets lists each budget with the pods that it selects.
func (v *Inventory) resolveBudgets(in func(namespace string) bool) []analyzer.PDB {
	byNamespace := map[string]*labelled[*pod]{}
	for k, p := range v.pods {
		if byNamespace[k.namespace] == nil {
			byNamespace[k.namespace] = &labelled[*pod]{}
		}
		byNamespace[k.namespace].add(p.labels, p)
	}
	var out []analyzer.PDB
	for k, b := range v.pdbs {
		if !in(k.namespace) {
			continue
		}
		for p := range byNamespace[k.namespace].mayMatch(b.selector) {
			if b.selector.Matches(p.labels) {
				b.pdb.Pods = append(b.pdb.Pods, p.pod.Name)
			}
		}
		slices.Sort(b.pdb.Pods)
		out = append(out, b.pdb)
	}
	return out
}
