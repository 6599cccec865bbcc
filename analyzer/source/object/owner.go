package object

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// maxDepth bounds an owner chain, so that a circle ends.
const maxDepth = 16

// The labels by which a pod tells the hash in its ReplicaSet's name.
const (
	deploymentHash = "pod-template-hash"
	rolloutHash    = "rollouts-pod-template-hash"
)

// climb goes up from an object to the one that nothing controls. The API
// version is the one that the last reference names; it is empty where from is
// on top itself.
func (v *Inventory) climb(from analyzer.Ref) (top analyzer.Ref, apiVersion string) {
	top = from
	for range maxDepth {
		c := v.controllers[top]
		if c == nil || c.owner.kind == "" {
			break
		}
		apiVersion = c.owner.apiVersion
		top = analyzer.Ref{Namespace: from.Namespace, Kind: c.owner.kind, Name: c.owner.name}
	}
	return v.family(top), apiVersion
}

func (v *Inventory) top(from analyzer.Ref) analyzer.Ref {
	top, _ := v.climb(from)
	return top
}

// topOfPod gives a pod's workload, which is the pod itself where nothing
// controls it.
func (v *Inventory) topOfPod(k podKey, p *pod) (top analyzer.Ref, apiVersion string) {
	for range maxDepth { // the executors of Spark are their driver's
		up := podKey{k.namespace, p.owner.name}
		if p.owner.kind != "Pod" || v.pods[up] == nil {
			break
		}
		k, p = up, v.pods[up]
	}
	if p.owner.kind == "" {
		top = v.family(analyzer.Ref{Namespace: k.namespace, Kind: "Pod", Name: k.name})
		if top.Kind != "Pod" { // its labels tell
			return top, "tekton.dev/v1"
		}
		return top, "v1"
	}
	first := analyzer.Ref{Namespace: k.namespace, Kind: p.owner.kind, Name: p.owner.name}
	apiVersion = p.owner.apiVersion
	if v.controllers[first] == nil && first.Kind == "ReplicaSet" {
		first, apiVersion = aboveReplicaSet(first, apiVersion, p.labels)
	}
	top, above := v.climb(first)
	return top, cmp.Or(above, apiVersion)
}

// aboveReplicaSet finds the owner of a ReplicaSet that was not read: a
// Deployment or Rollout names its ReplicaSets after itself and a hash, and puts
// the hash on the pods.
func aboveReplicaSet(rs analyzer.Ref, apiVersion string, labels labelSet) (analyzer.Ref, string) {
	if stem, ok := strings.CutSuffix(rs.Name, "-"+labels.Get(deploymentHash)); ok && labels.Has(deploymentHash) {
		return analyzer.Ref{Namespace: rs.Namespace, Kind: "Deployment", Name: stem}, "apps/v1"
	}
	if stem, ok := strings.CutSuffix(rs.Name, "-"+labels.Get(rolloutHash)); ok && labels.Has(rolloutHash) {
		return analyzer.Ref{Namespace: rs.Namespace, Kind: "Rollout", Name: stem}, "argoproj.io/v1alpha1"
	}
	return rs, apiVersion
}

// Owners tells o which object controls which, and whom services send to. Old ReplicaSets and Jobs are
// among them, so it joins pods that are long gone.
func (v *Inventory) Owners(o *analyzer.Owners) {
	v.joinFamilies()
	for run, family := range v.families {
		o.AddOwner(run, family.Kind, family.Name)
	}
	for _, c := range v.controllers {
		if c.owner.kind != "" {
			o.AddOwner(c.ref, c.owner.kind, c.owner.name)
		}
	}
	v.serviceOwners(o)
}

// serviceOwners tells which workloads the services send to, by the pods that
// they select now.
func (v *Inventory) serviceOwners(o *analyzer.Owners) {
	pods := map[string][]podKey{}
	for k := range v.pods {
		pods[k.namespace] = append(pods[k.namespace], k)
	}
	for service, selector := range v.services {
		for _, k := range pods[service.namespace] {
			if p := v.pods[k]; selector.Matches(p.labels) {
				top, _ := v.topOfPod(k, p)
				o.AddService(service.namespace, service.name, top)
			}
		}
	}
}

// Kind is an owner's group, version and kind in a namespace.
type Kind struct {
	schema.GroupVersionKind
	Namespace string
}

// Unread lists the kinds, by namespace, of owners that objects refer to but
// that were not added: what a source should read next. Chains have many steps,
// so it is asked again until it gives nothing new.
func (v *Inventory) Unread() []Kind {
	missing := map[Kind]bool{}
	note := func(namespace string, o owner) {
		if o.kind == "" || o.kind == "Pod" || v.controllers[analyzer.Ref{Namespace: namespace, Kind: o.kind, Name: o.name}] != nil {
			return
		}
		missing[Kind{schema.FromAPIVersionAndKind(o.apiVersion, o.kind), namespace}] = true
	}
	for k, p := range v.pods {
		note(k.namespace, p.owner)
	}
	for _, c := range v.controllers {
		note(c.ref.Namespace, c.owner)
	}
	out := make([]Kind, 0, len(missing))
	for k := range missing {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b Kind) int {
		return cmp.Or(cmp.Compare(a.String(), b.String()), cmp.Compare(a.Namespace, b.Namespace))
	})
	return out
}

// Bare lists the controllers of a kind that were added as metadata alone and
// that nothing controls: their pod templates are wanted after all.
func (v *Inventory) Bare(kind string) []analyzer.Ref {
	var out []analyzer.Ref
	for ref, c := range v.controllers {
		if ref.Kind == kind && c.metadataOnly && c.owner.kind == "" {
			out = append(out, ref)
		}
	}
	slices.SortFunc(out, analyzer.Ref.Compare)
	return out
}
