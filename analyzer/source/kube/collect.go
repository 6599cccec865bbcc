package kube

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// workers is how many lists are read at once.
const workers = 6

// Options say what Collect reads.
type Options struct {
	// Selection narrows what is read. Without namespaces in it all are read,
	// or, where the user may not, those that the user may read.
	Selection object.Selection
	// AllNamespaces reads all namespaces, or none where the user may not.
	AllNamespaces bool
	// Moment also reads what containers use right now, as the snapshot's
	// usage: for want of a history.
	Moment bool
	// Owners, where given, is told who controls whom, old ReplicaSets and Jobs
	// included.
	Owners *analyzer.Owners
}

// Collect reads the cluster's inventory. What is refused or missing is told by
// the snapshot's warnings; errors are *Error, or the context's.
func (c *Client) Collect(ctx context.Context, o Options) (*analyzer.Snapshot, error) {
	version, err := c.Check(ctx)
	if err != nil && !forbidden(err) {
		return nil, err
	}
	c.whole = newerThanTypes(version)
	r := &reading{c: c, refused: map[string]*refusal{}, got: map[string]int{}, lost: map[string]bool{}}
	if o.AllNamespaces {
		o.Selection.Namespaces = nil
	} else if err := r.settle(ctx, &o.Selection); err != nil {
		return nil, err
	}
	r.namespaces = o.Selection.Namespaces
	if err := r.inventory(ctx); err != nil {
		return nil, err
	}
	s := &analyzer.Snapshot{Cluster: c.clusterName(ctx), KubernetesVersion: version}
	s.Sources = []analyzer.Source{{Kind: "kubernetes", Name: s.Cluster, Reads: "inventory"}}
	s.Warnings = append(r.warnings, r.refusals()...)
	r.inv.Fill(s, o.Selection)
	if o.Owners != nil {
		r.inv.Owners(o.Owners)
	}
	if err := c.fillNodes(ctx, s); err != nil {
		return nil, err
	}
	if o.Moment {
		metrics, warnings, err := c.Metrics(ctx, r.namespaces)
		if err != nil {
			return nil, err
		}
		s.Warnings = append(s.Warnings, warnings...)
		metrics.FillUsage(s)
	}
	s.Sort()
	return s, nil
}

// newerThanTypes reports whether a server's objects may have fields that the Go types do not:
// it is of a newer version, or of one that nobody knows.
func newerThanTypes(version string) bool {
	minor := (&analyzer.Snapshot{KubernetesVersion: version}).Minor()
	return minor == 0 || minor > object.TypesMinor
}

// reading is the state of one Collect.
type reading struct {
	c          *Client
	namespaces []string // none means all

	mu       sync.Mutex
	inv      object.Inventory
	refused  map[string]*refusal
	warnings []analyzer.Warning
	got      map[string]int  // lists that were answered, by namespace
	failed   error           // the first list that broke off
	lost     map[string]bool // lists of the whole cluster that broke off, which are not tried again
}

// refusal gathers where a right is missing.
type refusal struct {
	right  Right
	verb   string
	places []string // namespaces; "" is the whole cluster
}

// task is one request or list.
type task struct {
	kind      kind
	namespace string
	object    string // the one object to get, in place of a list
}

// inventory reads all kinds, then the owners that turned up.
func (r *reading) inventory(ctx context.Context) error {
	if err := r.run(ctx, r.tasks()); err != nil {
		return err
	}
	if len(r.got) == 0 && r.failed != nil {
		return r.failed
	}
	if len(r.got) == 0 {
		return r.nothing()
	}
	r.forgiveAbsent(ctx)
	if err := r.owners(ctx); err != nil {
		return err
	}
	return r.bareReplicaSets(ctx)
}

// forgiveAbsent drops refusals of optional APIs that are not there at all: the
// API server refuses before it looks.
func (r *reading) forgiveAbsent(ctx context.Context) {
	for _, k := range kinds() {
		key := "list " + k.name()
		if !k.optional || r.refused[key] == nil {
			continue
		}
		err := r.c.get("/apis/"+k.Group+"/"+k.version).SetHeader("Accept", runtime.ContentTypeJSON).Do(quiet(ctx)).Error()
		if apierrors.IsNotFound(err) {
			delete(r.refused, key)
		}
	}
}

func (r *reading) tasks() []task {
	var tasks []task
	for _, k := range kinds() {
		switch {
		case r.lost[k.name()]:
		case len(r.namespaces) == 0, k.Resource == "nodes", k.Resource == "csinodes", k.Resource == "storageclasses":
			tasks = append(tasks, task{kind: k})
		case k.Resource == "persistentvolumes", k.Group == "admissionregistration.k8s.io", k.Group == "apiregistration.k8s.io":
			// of the whole cluster: a claim of a namespace, and a flag of a pod, will do
		case k.Resource == "namespaces":
			for _, ns := range r.namespaces {
				tasks = append(tasks, task{kind: k, namespace: ns, object: ns})
			}
		default:
			for _, ns := range r.namespaces {
				tasks = append(tasks, task{kind: k, namespace: ns})
			}
		}
	}
	return tasks
}

// run does tasks side by side, and ends at the first error that every other
// would meet too. What is not read, since the server was given up, is told.
func (r *reading) run(ctx context.Context, tasks []task) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan task)
	var wg sync.WaitGroup
	for range min(workers, len(tasks)) {
		wg.Go(func() {
			for t := range queue {
				if err := r.judge(t, r.do(ctx, t)); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, t := range tasks {
		if ctx.Err() == nil || origin.Stalled(ctx) != nil {
			queue <- t
		}
	}
	close(queue)
	wg.Wait()
	return ended(ctx)
}

// ended is why a context has ended; nil where the server was given up, which
// leaves what was read before.
func ended(ctx context.Context) error {
	if origin.Stalled(ctx) != nil {
		return nil
	}
	return context.Cause(ctx)
}

func (r *reading) do(ctx context.Context, t task) error {
	if t.object != "" {
		return r.getOne(ctx, t)
	}
	if r.c.health.hopeless(t.kind.name()) {
		return errKind
	}
	return r.c.list(ctx, t.kind, t.namespace, query{fields: t.kind.fields}, func(page runtime.Object) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		return meta.EachListItem(page, func(o runtime.Object) error {
			if p, ok := o.(*metav1.PartialObjectMetadata); ok { // whose items don't say their kind
				p.SetGroupVersionKind(appsv1.SchemeGroupVersion.WithKind(t.kind.metadata))
			}
			r.inv.Add(o)
			return nil
		})
	})
}

func (r *reading) getOne(ctx context.Context, t task) error {
	var o runtime.Object = &corev1.Namespace{}
	namespace := ""
	if t.kind.Resource == "replicasets" {
		o, namespace = &appsv1.ReplicaSet{}, t.namespace
	}
	_, err := retried(ctx, r.c, t.kind.name(), func() (any, error) {
		return nil, r.c.get(t.kind.path(namespace) + "/" + t.object).Do(quiet(ctx)).Into(o)
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inv.Add(o)
	return nil
}

// judge sorts what a task came to into answers, doubts and errors.
func (r *reading) judge(t task, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		if t.kind.Namespaced {
			r.got[t.namespace]++
		}
		return nil
	}
	verb := "list"
	if t.object != "" {
		verb = "get"
	}
	switch {
	case forbidden(err):
		r.refuse(t.kind.Right, verb, t.namespace)
		return nil
	case apierrors.IsNotFound(err) && (t.kind.optional || t.kind.Resource == "replicasets" && t.object != ""):
		return nil // an API that is not installed; an object gone meanwhile
	case apierrors.IsNotFound(err) && t.object != "":
		r.warn(analyzer.WarnMissing, "namespace "+t.object, "there is no such namespace; check the name given with -n")
		return nil
	case apierrors.IsNotFound(err) && !everywhere(t.kind.Group):
		r.warn(analyzer.WarnMissing, t.kind.name(), "this API version is not served: "+t.kind.Lost+"; Kubernetes 1.23 or later has it")
		return nil
	case t.kind.optional && apierrors.IsMethodNotSupported(err): // an API that keeps nothing to list
		r.warn(analyzer.WarnPartial, "list "+t.kind.name(), short(err.Error())+": "+t.kind.Lost)
		return nil
	}
	return r.unread(t, verb, r.c.wrap(verb+" "+t.kind.name(), err))
}

// everywhere tells the groups that every API server has: one that does not know
// them is none, or stands behind a proxy that went wrong.
func everywhere(group string) bool { return group == "" || group == "apps" }

// unread notes a list that failed, where the others may answer.
func (r *reading) unread(t task, verb string, err error) error {
	if !weakens(err) {
		return err
	}
	code := analyzer.WarnUnread
	switch {
	case t.kind.tells:
		code = analyzer.WarnPartial
	case r.failed == nil && !t.kind.optional || t.kind.Resource == "pods": // without which little is known
		r.failed = err
	}
	r.warn(code, verb+" "+t.kind.name(), unreadIn(t.namespace)+": "+t.kind.Lost+"; "+err.Error())
	r.warnings[len(r.warnings)-1].Within = t.namespace
	return nil
}

// weakens reports whether one list that failed leaves the others: a server that
// does not know the user, or that the user does not trust, answers none of them.
func weakens(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind != KindUnauthorized && e.Kind != KindCertificate
}

func unreadIn(namespace string) string {
	if namespace == "" {
		return "could not be read"
	}
	return "could not be read in namespace " + namespace
}

func (r *reading) warn(code, subject, message string) {
	r.warnings = append(r.warnings, analyzer.Warning{Code: code, Subject: subject, Message: message})
}

func (r *reading) refuse(right Right, verb, namespace string) {
	key := verb + " " + right.name()
	known := r.refused[key]
	if known == nil {
		known = &refusal{right: right, verb: verb}
		r.refused[key] = known
	}
	known.places = append(known.places, namespace)
}

// refusals words the missing rights, one warning each, and one for each
// namespace in which nothing may be read.
func (r *reading) refusals() []analyzer.Warning {
	var out []analyzer.Warning
	closed := func(namespace string) bool { return namespace != "" && r.got[namespace] == 0 }
	for _, ns := range r.namespaces {
		if closed(ns) {
			out = append(out, analyzer.Warning{
				Code: analyzer.WarnForbidden, Subject: "namespace " + ns,
				Message: "not allowed to list pods, workloads or anything else here: the namespace is left out; grant it with deploy/rbac-namespaced.yaml",
			})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.refused)) {
		f := r.refused[key]
		if where := slices.DeleteFunc(slices.Clone(f.places), closed); len(where) > 0 {
			out = append(out, analyzer.Warning{Code: analyzer.WarnForbidden, Subject: key, Message: f.right.missing(f.verb, places(where))})
		}
	}
	return out
}

// clusterWide is how places names the whole cluster.
const clusterWide = "cluster-wide"

func places(namespaces []string) string {
	slices.Sort(namespaces)
	namespaces = slices.Compact(namespaces)
	switch {
	case len(namespaces) == 1 && namespaces[0] == "":
		return clusterWide
	case len(namespaces) == 1:
		return "namespace " + namespaces[0]
	}
	return "namespaces " + enumerate(namespaces)
}

// enumerate writes a list out, up to a length that can be read.
func enumerate(names []string) string {
	const most = 10
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// nothing is the error of a user who may read nothing at all.
func (r *reading) nothing() error {
	where := clusterWide
	if len(r.namespaces) > 0 {
		where = places(slices.Clone(r.namespaces))
	}
	return &Error{
		Kind: KindForbidden, Op: "list pods and workloads, " + where, Server: r.c.server, Context: r.c.context,
		Problem: "access was refused (403) for every kind",
		Advice:  "bind the roles in deploy/rbac.yaml or deploy/rbac-namespaced.yaml to this user, or name namespaces that it may read with -n",
	}
}

// clusterName is the kubeconfig's name of the cluster, else one made of the
// identity of kube-system, which lives as long as the cluster.
func (c *Client) clusterName(ctx context.Context) string {
	if c.cluster != "" {
		return c.cluster
	}
	var ns corev1.Namespace
	err := c.get("/api/v1/namespaces/kube-system").Do(quiet(ctx)).Into(&ns)
	if uid, _, _ := strings.Cut(string(ns.UID), "-"); err == nil && uid != "" {
		return "cluster-" + uid
	}
	return cmp.Or(c.base.Hostname(), "kubernetes")
}

func forbidden(err error) bool { return apierrors.IsForbidden(err) }

// groupVersionPath is where the resources of a group version are discovered.
func groupVersionPath(gv schema.GroupVersion) string { return "/apis/" + gv.Group + "/" + gv.Version }
