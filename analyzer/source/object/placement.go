package object

import (
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// podTerm is a required spread or anti-affinity before its selector is
// evaluated. A nil selector marks one that the snapshot's types can't hold.
type podTerm struct {
	topologyKey string
	spread      analyzer.TopologySpread
	selector    labels.Selector
}

// nodeTerms gives the required node affinity. The controller of a DaemonSet
// binds each pod to its node by name; that is left out, since its pods run on
// every node. Nothing is given where another pod names fields of nodes.
func nodeTerms(o *corev1.Pod) []analyzer.NodeTerm {
	a := o.Spec.Affinity
	if a == nil || a.NodeAffinity == nil || a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return nil
	}
	daemon := ownerOf(o).kind == "DaemonSet"
	var out []analyzer.NodeTerm
	for _, t := range a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		if len(t.MatchFields) > 0 && (!daemon || len(t.MatchExpressions) == 0) {
			return nil
		}
		term := analyzer.NodeTerm{}
		for _, e := range t.MatchExpressions {
			term = append(term, analyzer.NodeRequirement{Key: e.Key, Operator: string(e.Operator), Values: e.Values})
		}
		out = append(out, term)
	}
	return out
}

// spreadTerms gives the spread constraints that bind, or those that are wishes.
func spreadTerms(o *corev1.Pod, action corev1.UnsatisfiableConstraintAction) []podTerm {
	var out []podTerm
	for i := range o.Spec.TopologySpreadConstraints {
		c := &o.Spec.TopologySpreadConstraints[i]
		if c.WhenUnsatisfiable != action {
			continue
		}
		t := podTerm{topologyKey: c.TopologyKey, spread: analyzer.TopologySpread{
			TopologyKey: c.TopologyKey, MaxSkew: int64(c.MaxSkew),
			HonorTaints: c.NodeTaintsPolicy != nil && *c.NodeTaintsPolicy == corev1.NodeInclusionPolicyHonor,
		}}
		if c.MinDomains != nil && *c.MinDomains > 1 {
			t.spread.MinDomains = int64(*c.MinDomains)
		}
		// Zones that its selector rules out count where it says so, and hold none of its like.
		everywhere := c.NodeAffinityPolicy != nil && *c.NodeAffinityPolicy == corev1.NodeInclusionPolicyIgnore
		if !everywhere {
			t.selector = narrowed(c.LabelSelector, c.MatchLabelKeys, o.Labels)
		}
		out = append(out, t)
	}
	return out
}

func apartTerms(o *corev1.Pod) []podTerm {
	if o.Spec.Affinity == nil || o.Spec.Affinity.PodAntiAffinity == nil {
		return nil
	}
	var out []podTerm
	for _, c := range o.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution {
		out = append(out, apartTerm(o, c))
	}
	return out
}

// softApartTerms gives the anti-affinity that a pod prefers.
func softApartTerms(o *corev1.Pod) []podTerm {
	if o.Spec.Affinity == nil || o.Spec.Affinity.PodAntiAffinity == nil {
		return nil
	}
	var out []podTerm
	for _, c := range o.Spec.Affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution {
		out = append(out, apartTerm(o, c.PodAffinityTerm))
	}
	return out
}

func apartTerm(o *corev1.Pod, c corev1.PodAffinityTerm) podTerm {
	t := podTerm{topologyKey: c.TopologyKey}
	elsewhere := c.NamespaceSelector != nil || slices.ContainsFunc(c.Namespaces, func(n string) bool { return n != namespaceOf(o) })
	if !elsewhere && len(c.MismatchLabelKeys) == 0 {
		t.selector = narrowed(c.LabelSelector, c.MatchLabelKeys, o.Labels)
	}
	return t
}

// narrowed is a selector that also asks for the pod's own values of some
// labels; nil where it can't be read.
func narrowed(s *metav1.LabelSelector, keys []string, own map[string]string) labels.Selector {
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return nil
	}
	for _, k := range keys {
		value, ok := own[k]
		if !ok {
			continue // the scheduler passes over a key that the pod lacks
		}
		same, err := labels.NewRequirement(k, "=", []string{value})
		if err != nil {
			return nil
		}
		selector = selector.Add(*same)
	}
	return selector
}

// members knows which pods belong to which workload.
type members struct {
	byNamespace map[string]*labelled[member]
	byRef       map[analyzer.Ref][]labelSet
	selected    map[selection][]analyzer.Ref
	partly      map[selection]bool
}

// member is one set of labels that running pods of a workload have.
type member struct {
	ref    analyzer.Ref
	labels labelSet
}

func (m *members) add(ref analyzer.Ref, set labelSet) {
	if m.byNamespace[ref.Namespace] == nil {
		m.byNamespace[ref.Namespace] = &labelled[member]{}
	}
	m.byNamespace[ref.Namespace].add(set, member{ref, set})
	m.byRef[ref] = append(m.byRef[ref], set)
}

type selection struct{ namespace, selector string }

func (v *Inventory) membersOf(groups map[analyzer.Ref]*group) *members {
	m := &members{byNamespace: map[string]*labelled[member]{}, byRef: map[analyzer.Ref][]labelSet{}, selected: map[selection][]analyzer.Ref{}, partly: map[selection]bool{}}
	for ref, g := range groups {
		seen := map[uintptr]bool{} // label sets are interned
		for _, p := range g.pods {
			at := reflect.ValueOf(p.labels).Pointer()
			if !p.pod.Ended() && !seen[at] {
				seen[at] = true
				m.add(ref, p.labels)
			}
		}
		if like := v.likeOf(ref, g); like != nil {
			m.add(ref, like.labels)
		}
	}
	return m
}

// resolve fills in the pod's spread and anti-affinity as far as they speak of
// whole workloads.
func (m *members) resolve(ref analyzer.Ref, p *pod) {
	p.pod.Spec.Spread, p.pod.Spec.AntiAffinity = nil, nil
	var spread []analyzer.TopologySpread
	for _, t := range p.spread {
		refs, whole := m.of(ref.Namespace, t.selector)
		if !whole || len(refs) != 1 || refs[0] != ref {
			spread = nil
			break
		}
		spread = append(spread, t.spread)
	}
	p.pod.Spec.Spread = spread
	var apart []analyzer.PodAntiAffinity
	for _, t := range p.apart {
		refs, whole := m.of(ref.Namespace, t.selector)
		if !whole {
			apart = nil
			break
		}
		apart = append(apart, analyzer.PodAntiAffinity{TopologyKey: t.topologyKey, Workloads: refs})
	}
	p.pod.Spec.AntiAffinity = apart
}

// wishes fills in the pod's soft spread and anti-affinity, as far as they speak of
// whole workloads.
func (m *members) wishes(ref analyzer.Ref, p *pod) {
	p.pod.Spec.SoftSpread, p.pod.Spec.SoftAntiAffinity = nil, nil
	for _, t := range p.softSpread {
		if refs, whole := m.of(ref.Namespace, t.selector); whole && len(refs) == 1 && refs[0] == ref {
			p.pod.Spec.SoftSpread = append(p.pod.Spec.SoftSpread, t.spread)
		}
	}
	for _, t := range p.softApart {
		if refs, whole := m.of(ref.Namespace, t.selector); whole && len(refs) > 0 {
			p.pod.Spec.SoftAntiAffinity = append(p.pod.Spec.SoftAntiAffinity, analyzer.PodAntiAffinity{TopologyKey: t.topologyKey, Workloads: refs})
		}
	}
}

// of gives the workloads whose pods the selector selects; whole is false where
// it selects a part of one only, or can't be evaluated.
func (m *members) of(namespace string, s labels.Selector) (refs []analyzer.Ref, whole bool) {
	if s == nil {
		return nil, false
	}
	key := selection{namespace, s.String()}
	refs, known := m.selected[key]
	if !known {
		refs = m.scan(key, s)
		m.selected[key] = refs
	}
	return refs, !m.partly[key]
}

func (m *members) scan(key selection, s labels.Selector) []analyzer.Ref {
	in := map[analyzer.Ref]bool{}
	for one := range m.byNamespace[key.namespace].mayMatch(s) {
		in[one.ref] = in[one.ref] || s.Matches(one.labels)
	}
	refs := make([]analyzer.Ref, 0, len(in))
	for ref, is := range in {
		if is {
			m.partly[key] = m.partly[key] || slices.ContainsFunc(m.byRef[ref], func(set labelSet) bool { return !s.Matches(set) })
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, analyzer.Ref.Compare)
	return refs
}
