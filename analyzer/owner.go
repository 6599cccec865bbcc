package analyzer

import (
	"slices"
	"strings"
)

// Owners finds the workload of a pod, past or present. It is filled from
// kube-state-metrics' owner series and from what the API server or a file of
// objects has. The zero value is ready.
type Owners struct {
	pods    map[podKey]link
	parents map[Ref]link
	live    map[podKey]Ref
	known   map[Ref]bool
	// services are the workloads that each service sends to.
	services map[podKey][]Ref
}

type podKey struct{ namespace, name string }

// link is a controller's kind and name within a known namespace.
type link struct{ kind, name string }

// Match tells how Resolve found a workload, best first.
type Match int

// The ways in which a pod is joined to its workload.
const (
	// MatchOwner went up the owner series.
	MatchOwner Match = iota
	// MatchLive went by the pods that exist now.
	MatchLive
	// MatchName went by the form of the pod's name.
	MatchName
	// MatchNone found no workload; the pod stands for itself.
	MatchNone
)

// maxDepth bounds an owner chain, so that a circle ends.
const maxDepth = 16

// AddPod records a row of kube_pod_owner. An empty kind or "<none>" says that
// nothing controls the pod.
func (o *Owners) AddPod(namespace, pod, ownerKind, ownerName string) {
	if o.pods == nil {
		o.pods = map[podKey]link{}
	}
	o.pods[podKey{namespace, pod}] = link{clearNone(ownerKind), clearNone(ownerName)}
}

// AddOwner records that owner controls a controller: a row of
// kube_replicaset_owner or kube_job_owner, or a controllerRef of an object.
func (o *Owners) AddOwner(child Ref, ownerKind, ownerName string) {
	if clearNone(ownerKind) == "" {
		return
	}
	if o.parents == nil {
		o.parents = map[Ref]link{}
	}
	o.parents[child] = link{ownerKind, ownerName}
}

// AddWorkload records a workload that exists, with its pods.
func (o *Owners) AddWorkload(w *Workload) {
	if o.live == nil {
		o.live, o.known = map[podKey]Ref{}, map[Ref]bool{}
	}
	o.known[w.Ref] = true
	for _, p := range w.Pods {
		o.live[podKey{w.Namespace, p.Name}] = w.Ref
	}
}

// AddService records a workload that a service sends to.
func (o *Owners) AddService(namespace, service string, to Ref) {
	if o.services == nil {
		o.services = map[podKey][]Ref{}
	}
	k := podKey{namespace, service}
	if !slices.Contains(o.services[k], to) {
		o.services[k] = append(o.services[k], to)
	}
}

// Service gives the workload that a service sends to, if it is one alone.
func (o *Owners) Service(namespace, service string) (Ref, bool) {
	to := o.services[podKey{namespace, service}]
	if len(to) != 1 {
		return Ref{}, false
	}
	return to[0], true
}

// Named gives the workload of that name which can be scaled, whatever its
// kind, if it is one alone.
func (o *Owners) Named(namespace, name string) (Ref, bool) {
	var found []Ref
	for r := range o.known {
		if r.Namespace == namespace && r.Name == name && hasLoad(r.Kind) {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		return Ref{}, false
	}
	return found[0], true
}

func clearNone(s string) string {
	if s == "<none>" {
		return ""
	}
	return s
}

// Resolve gives the workload of a pod and how it was found.
func (o *Owners) Resolve(namespace, pod string) (Ref, Match) {
	k := podKey{namespace, pod}
	if ref, ok := o.live[k]; ok {
		return ref, MatchLive
	}
	if l, ok := o.pods[k]; ok {
		if l.kind == "" || l.kind == "Node" { // a bare pod, or a static one
			return Ref{namespace, "Pod", pod}, MatchOwner
		}
		return o.top(Ref{namespace, l.kind, l.name}), MatchOwner
	}
	if ref, ok := o.byName(namespace, pod); ok {
		return ref, MatchName
	}
	return Ref{namespace, "Pod", pod}, MatchNone
}

// top climbs from a controller to the one that nothing controls. Where the
// series of the step is missing, the name of a ReplicaSet or Job gives its
// Deployment or CronJob away, if such a one is known.
func (o *Owners) top(r Ref) Ref {
	for range maxDepth {
		l, ok := o.parents[r]
		if !ok {
			return o.guessParent(r)
		}
		r = Ref{r.Namespace, l.kind, l.name}
	}
	return r
}

func (o *Owners) guessParent(r Ref) Ref {
	stem, suffix, ok := cutLast(r.Name)
	if !ok || o.known[r] {
		return r
	}
	switch {
	case r.Kind == "ReplicaSet" && isHash(suffix, 1, 10):
		for _, kind := range []string{"Deployment", "Rollout"} {
			if parent := (Ref{r.Namespace, kind, stem}); o.known[parent] {
				return parent
			}
		}
	case r.Kind == "Job" && isDigits(suffix):
		if parent := (Ref{r.Namespace, "CronJob", stem}); o.known[parent] {
			return parent
		}
	}
	return r
}

// byName tries the forms in which the built-in controllers name their pods,
// and takes the first that leads to a workload that exists.
func (o *Owners) byName(namespace, pod string) (Ref, bool) {
	stem, suffix, ok := cutLast(pod)
	if !ok {
		return Ref{}, false
	}
	var tries []Ref
	if isDigits(suffix) {
		tries = append(tries, Ref{namespace, "StatefulSet", stem})
	}
	if isHash(suffix, 5, 5) {
		if up, middle, ok := cutLast(stem); ok && isHash(middle, 1, 10) {
			tries = append(tries, Ref{namespace, "Deployment", up}, Ref{namespace, "Rollout", up})
		}
		if up, middle, ok := cutLast(stem); ok && isDigits(middle) {
			tries = append(tries, Ref{namespace, "CronJob", up})
		}
		for _, kind := range []string{"DaemonSet", "ReplicaSet", "Job"} {
			tries = append(tries, Ref{namespace, kind, stem})
		}
	}
	for _, r := range tries {
		if o.known[r] {
			return r, true
		}
	}
	return Ref{}, false
}

func cutLast(name string) (stem, suffix string, ok bool) {
	i := strings.LastIndexByte(name, '-')
	if i <= 0 || i == len(name)-1 {
		return "", "", false
	}
	return name[:i], name[i+1:], true
}

// isHash reports whether s could be one of Kubernetes' "safe" random suffixes,
// whose alphabet leaves out vowels and look-alikes.
func isHash(s string, least, most int) bool {
	return len(s) >= least && len(s) <= most && strings.Trim(s, "bcdfghjklmnpqrstvwxz2456789") == ""
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
