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
	// stems are the workloads of runs by the stems of the runs' names, and
	// families the groups of past pods that nothing owned.
	stems    map[Ref]Ref
	families map[podKey]string
	// runs are the forms of the names of runs that pods were seen to be of.
	runs  map[Ref]bool
	roles map[Ref]*roles
	// only are the workloads whose pods have one running container each.
	only map[Ref]string
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
	o.families, o.runs = nil, nil
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
	if stem := Stem(child.Name); IsBatch(child.Kind) && stem != child.Name {
		if o.stems == nil {
			o.stems = map[Ref]Ref{}
		}
		o.stems[Ref{child.Namespace, child.Kind, stem}] = Ref{child.Namespace, ownerKind, ownerName}
	}
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
	o.addOnly(w)
	if w.HasRoles() {
		if o.roles == nil {
			o.roles = map[Ref]*roles{}
		}
		o.roles[w.Ref] = rolesOf(w)
	}
}

// addOnly notes the one running container that all pods of a workload have.
func (o *Owners) addOnly(w *Workload) {
	name, n := "", 0
	for i := range w.Containers {
		if c := &w.Containers[i]; c.Type != TypeInit {
			name, n = c.Name, n+1
		}
	}
	if n != 1 || w.HasRoles() {
		return
	}
	if o.only == nil {
		o.only = map[Ref]string{}
	}
	o.only[w.Ref] = name
}

// Only gives the container whose usage is the pod's: the one that runs in it. ok
// is false where there are several, or none is known.
func (o *Owners) Only(namespace, pod string) (container string, ok bool) {
	ref, _ := o.Resolve(namespace, pod)
	container, ok = o.only[ref]
	return container, ok
}

// Container gives the name under which a workload has a pod's container: its
// own, or ROLE/NAME where pods of several roles have one of that name.
func (o *Owners) Container(w Ref, pod, container string) string {
	r := o.roles[w]
	if r == nil || !r.split[container] {
		return container
	}
	role, ok := r.pods[pod]
	if !ok {
		role, ok = r.stems[RoleStem(w.Name, pod)]
	}
	if !ok {
		return container
	}
	return role + "/" + container
}

// roles tell which role a pod of a workload has.
type roles struct {
	split map[string]bool   // containers that are named by role
	pods  map[string]string // of pods that exist
	stems map[string]string // by RoleStem
}

func rolesOf(w *Workload) *roles {
	r := &roles{split: map[string]bool{}, pods: map[string]string{}, stems: map[string]string{}}
	for _, c := range w.Containers {
		if c.Role != "" {
			r.stems[c.Role] = c.Role
		}
		if name, ok := strings.CutPrefix(c.Name, c.Role+"/"); ok {
			r.split[name] = true
		}
	}
	for _, p := range w.Pods {
		r.pods[p.Name] = p.Role
		r.stems[RoleStem(w.Name, p.Name)] = p.Role
	}
	return r
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
		if l.kind == "Node" { // a static pod
			return Ref{namespace, "Pod", pod}, MatchOwner
		}
		for range maxDepth { // the executors of Spark are their driver's
			up, ok := o.pods[podKey{namespace, l.name}]
			if l.kind != "Pod" || !ok {
				break
			}
			k.name, l = l.name, up
		}
		if ref, ok := o.live[podKey{namespace, l.name}]; ok && l.kind == "Pod" {
			return ref, MatchOwner
		}
		if l.kind == "" {
			return o.family(k), MatchOwner
		}
		return o.top(Ref{namespace, l.kind, l.name}), MatchOwner
	}
	if ref, ok := o.byName(namespace, pod); ok {
		return ref, MatchName
	}
	return Ref{namespace, "Pod", pod}, MatchNone
}

// family gives the workload of a pod that nothing owned: the generator that
// made it, if one of its form is known or it is one of several, or itself.
func (o *Owners) family(k podKey) Ref {
	for at := len(k.name); ; {
		at = strings.LastIndexByte(k.name[:at], '-')
		if at <= 0 {
			break
		}
		if r := (Ref{k.namespace, "Pod", Stem(k.name[:at]) + "-*"}); o.known[r] {
			return r
		}
	}
	if r := (Ref{k.namespace, "Pod", withoutNumbers(k.name)}); o.known[r] {
		return r
	}
	if o.families == nil {
		o.families = map[podKey]string{}
		names := map[string][]string{}
		for p, l := range o.pods {
			if l.kind == "" {
				names[p.namespace] = append(names[p.namespace], p.name)
			}
		}
		for namespace, list := range names {
			for name, family := range GroupNames(list) {
				o.families[podKey{namespace, name}] = family
			}
		}
	}
	if f, ok := o.families[k]; ok {
		return Ref{k.namespace, "Pod", f}
	}
	return Ref{k.namespace, "Pod", k.name}
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
	if o.known[r] {
		return r
	}
	stem, suffix, _ := cutLast(r.Name)
	switch {
	case r.Kind == "ReplicaSet" && isHash(suffix, 1, 10):
		for _, kind := range []string{"Deployment", "Rollout"} {
			if parent := (Ref{r.Namespace, kind, stem}); o.known[parent] {
				return parent
			}
		}
	case IsBatch(r.Kind):
		if parent := (Ref{r.Namespace, "CronJob", stem}); r.Kind == "Job" && isDigits(suffix) && o.known[parent] {
			return parent
		}
		return o.template(r)
	}
	return r
}

// template gives the workload of a run that is gone: the one of runs with the
// same form of name, the schedule whose name with a number it has, or else all
// runs of that form.
func (o *Owners) template(run Ref) Ref {
	form := Ref{run.Namespace, run.Kind, Stem(run.Name)}
	// A generated part may have letters alone, as a word has: it counts where other runs have
	// a digit there.
	loose := Ref{run.Namespace, run.Kind, withoutNumbers(run.Name)}
	for _, f := range []Ref{form, loose} {
		if t, ok := o.stems[f]; ok {
			return t
		}
	}
	stem, _, _ := cutLast(run.Name)
	for _, kind := range []string{"CronWorkflow", "ScheduledSparkApplication", "WorkflowTemplate", "Pipeline", "Task"} {
		if parent := (Ref{run.Namespace, kind, stem}); o.known[parent] {
			return parent
		}
	}
	if o.runs == nil {
		o.runs = map[Ref]bool{}
		for p, l := range o.pods {
			o.runs[Ref{p.namespace, l.kind, Stem(l.name)}] = true
		}
	}
	if loose != form && o.runs[loose] {
		return loose
	}
	return form
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

// HasRandomName reports whether a pod's name ends as the API server ends those that it
// generates, with five random characters: no other pod has such a name. Digits alone are
// some runner's number.
func HasRandomName(pod string) bool {
	_, suffix, ok := cutLast(pod)
	return ok && isHash(suffix, 5, 5) && !isDigits(suffix)
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// WorkloadsIn is the set of the workloads that run in the namespaces, as
// NAMESPACE/NAME.
func (o *Owners) WorkloadsIn(namespaces map[string]bool) map[string]bool {
	out := map[string]bool{}
	for r := range o.known {
		if namespaces[r.Namespace] {
			out[r.Namespace+"/"+r.Name] = true
		}
	}
	return out
}
