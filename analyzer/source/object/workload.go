package object

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Fill puts what was added and selected into a snapshot, sorted.
func (v *Inventory) Fill(s *analyzer.Snapshot, sel Selection) {
	v.joinFamilies()
	s.Warnings = append(s.Warnings, v.leftOut()...)
	for _, n := range v.nodes {
		n.Attach = v.attach[n.Name]
		s.Nodes = append(s.Nodes, n)
	}
	for _, n := range v.namespaces {
		if sel.In(n.Name) {
			s.Namespaces = append(s.Namespaces, n)
		}
	}
	for _, l := range v.limits {
		if sel.In(l.Namespace) {
			s.LimitRanges = append(s.LimitRanges, l)
		}
	}
	for _, q := range v.quotas {
		if sel.In(q.Namespace) {
			s.Quotas = append(s.Quotas, q)
		}
	}
	v.fillStorage(s, sel)
	s.Workloads = append(s.Workloads, v.workloads(sel)...)
	s.HPAController = v.hpaController()
	s.HPAs = append(s.HPAs, v.resolveHPAs(sel.In)...)
	for _, so := range v.scaled {
		if sel.In(so.Namespace) {
			s.ScaledObjects = append(s.ScaledObjects, so)
		}
	}
	s.VPAs = append(s.VPAs, v.resolveVPAs(sel.In)...)
	s.PDBs = append(s.PDBs, v.resolveBudgets(sel.In)...)
	sel.keepScalers(s)
	sel.warn(s, v.allNamespaces())
	s.Bound()
	s.Sort()
}

// allNamespaces lists the namespaces of all that was added, selected or not, each once.
func (v *Inventory) allNamespaces() []string {
	have := map[string]bool{}
	for name := range v.namespaces {
		have[name] = true
	}
	for ref := range v.controllers {
		have[ref.Namespace] = true
	}
	for key := range v.pods {
		have[key.namespace] = true
	}
	return slices.Sorted(maps.Keys(have))
}

// group is a workload with all that lies below it.
type group struct {
	apiVersion string
	pods       []*pod
	children   []*controller
}

func (v *Inventory) workloads(sel Selection) []analyzer.Workload {
	groups := v.groups(sel.In)
	members := v.membersOf(groups)
	waits := v.fillWaits(groups)
	var out []analyzer.Workload
	for ref, g := range groups {
		for _, p := range g.pods {
			members.resolve(ref, p)
			members.wishes(ref, p)
		}
		if w := v.workload(ref, g); sel.matches(w.Labels) {
			w.Waits = waits[ref]
			if like := v.likeOf(ref, g); like != nil {
				members.resolve(ref, like)
				members.wishes(ref, like)
				w.Template = &like.pod
			}
			out = append(out, w)
		}
	}
	return out
}

// groups joins pods and controllers by the workload on top of them.
func (v *Inventory) groups(in func(string) bool) map[analyzer.Ref]*group {
	groups := map[analyzer.Ref]*group{}
	at := func(ref analyzer.Ref, apiVersion string) *group {
		g := groups[ref]
		if g == nil {
			g = &group{apiVersion: apiVersion}
			groups[ref] = g
		}
		return g
	}
	for k, p := range v.pods {
		if in(k.namespace) {
			g := at(v.topOfPod(k, p))
			g.pods = append(g.pods, p)
		}
	}
	for _, c := range v.controllers {
		if !in(c.ref.Namespace) || !c.runsPods() {
			continue
		}
		g := at(v.climb(c.ref))
		if c.owner.kind == "" {
			g.apiVersion = c.apiVersion
		}
		if c.owner.kind != "" || v.families[c.ref] != (analyzer.Ref{}) {
			g.children = append(g.children, c)
		}
	}
	for _, g := range groups {
		slices.SortFunc(g.pods, func(a, b *pod) int { return strings.Compare(a.pod.Name, b.pod.Name) })
		slices.SortFunc(g.children, func(a, b *controller) int { return a.ref.Compare(b.ref) })
	}
	return groups
}

// runsPods tells a controller that is a workload, or a part of one, even while
// it has no pods, from an object that merely could own some.
func (c *controller) runsPods() bool {
	return len(c.containers) > 0 || len(c.templates) > 0 || c.templateFrom != nil || c.ref.Kind == "ReplicaSet" && c.apiVersion == "apps/v1"
}

func (v *Inventory) workload(ref analyzer.Ref, g *group) analyzer.Workload {
	w := analyzer.Workload{Ref: ref, APIVersion: g.apiVersion, Replicas: g.running()}
	c := v.controllers[ref]
	w.Containers = v.containers(ref, c, g)
	v.remake(ref, c, g, w.Containers)
	if pods := g.current(); len(pods) > 0 {
		w.PodLevel = pods[0].level
	} else if c != nil {
		w.PodLevel = c.level
	}
	for i, p := range g.pods {
		if i > 0 {
			share(g.pods[i-1], p)
		}
		w.Pods = append(w.Pods, p.pod)
	}
	switch {
	case c != nil:
		w.Provided, w.Surge = c.provided, c.surge
		w.APIVersion, w.Labels, w.Annotations = c.apiVersion, c.labels, c.annotations
		if c.replicas != nil {
			w.Replicas = *c.replicas
		}
	case ref.Kind == "Pod" && len(g.pods) == 1 && g.pods[0].pod.Name == ref.Name:
		w.Labels, w.Annotations = g.pods[0].labels, g.pods[0].annotation
	default: // the workload itself was not read: what is below it stands in
		w.Labels = g.labels()
	}
	w.Releases = v.releases(ref, g)
	w.Scalable = v.canScale(w.APIVersion, ref.Kind)
	w.Claims, w.ClaimTemplates = v.claimsOf(c, g)
	if c != nil && c.like != nil {
		w.TemplateClaims = c.templateClaims
	}
	return w
}

// running counts the pods that have not ended.
func (g *group) running() int32 {
	var n int32
	for _, p := range g.pods {
		if !p.pod.Ended() {
			n++
		}
	}
	return n
}

// labels gives those of a part, without the ones that tell parts apart.
func (g *group) labels() map[string]string {
	var l map[string]string
	switch {
	case len(g.children) > 0:
		l = g.children[0].labels
	case len(g.pods) > 0:
		l = g.pods[0].labels
	}
	l = maps.Clone(l)
	maps.DeleteFunc(l, func(k, _ string) bool { return perPod[k] || strings.HasPrefix(k, "batch.kubernetes.io/") })
	return l
}

// perPod labels are set by controllers on parts of a workload.
var perPod = map[string]bool{
	deploymentHash: true, rolloutHash: true, "controller-revision-hash": true, "pod-template-generation": true,
	"statefulset.kubernetes.io/pod-name": true, "apps.kubernetes.io/pod-index": true, "controller-uid": true, "job-name": true,
}

func (v *Inventory) canScale(apiVersion, kind string) bool {
	gk := schema.FromAPIVersionAndKind(apiVersion, kind).GroupKind()
	switch gk {
	case schema.GroupKind{Group: "apps", Kind: "Deployment"}, schema.GroupKind{Group: "apps", Kind: "StatefulSet"},
		schema.GroupKind{Group: "apps", Kind: "ReplicaSet"}, schema.GroupKind{Kind: "ReplicationController"},
		schema.GroupKind{Group: "argoproj.io", Kind: "Rollout"}:
		return true
	}
	return v.scalable[gk]
}

// union adds containers up by name; where pods differ, the larger amount
// stands.
func union(lists [][]analyzer.Container) []analyzer.Container {
	var out []analyzer.Container
	for i, list := range lists {
		if i > 0 && slices.Equal(list, lists[i-1]) {
			continue
		}
		for _, c := range list {
			j := slices.IndexFunc(out, func(o analyzer.Container) bool { return o.Name == c.Name })
			if j < 0 {
				out = append(out, c)
				continue
			}
			out[j].Requests, out[j].Limits = out[j].Requests.Max(c.Requests), out[j].Limits.Max(c.Limits)
			if c.Runtime.Heap > out[j].Runtime.Heap {
				out[j].Runtime = c.Runtime
			}
		}
	}
	return out
}
