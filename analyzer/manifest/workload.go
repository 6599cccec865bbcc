package manifest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Template says where a custom kind keeps its pod template.
type Template struct {
	// Group is the API group; "" matches every group.
	Group string
	Kind  string
	// Path leads from the object to the pod template: its labels stand in
	// metadata and its containers in spec below it.
	Path []string
	// Replicas leads to the number of replicas; nil means spec.replicas.
	Replicas []string
}

// Templates lists the kinds whose pod template is known without being told.
func Templates() []Template { return slices.Clone(templates) }

var templates = func() []Template {
	spec := []string{"spec", "template"}
	return []Template{
		{Kind: "Deployment", Path: spec},
		{Kind: "StatefulSet", Path: spec},
		{Kind: "DaemonSet", Path: spec},
		{Kind: "ReplicaSet", Path: spec},
		{Kind: "ReplicationController", Path: spec},
		{Group: "batch", Kind: "Job", Path: spec, Replicas: []string{"spec", "parallelism"}},
		{Group: "batch", Kind: "CronJob", Path: []string{"spec", "jobTemplate", "spec", "template"},
			Replicas: []string{"spec", "jobTemplate", "spec", "parallelism"}},
		{Kind: "Pod"},
		{Kind: "PodTemplate", Path: []string{"template"}},
		{Group: "argoproj.io", Kind: "Rollout", Path: spec},
		{Group: "apps.kruise.io", Kind: "CloneSet", Path: spec},
		{Group: "apps.kruise.io", Kind: "StatefulSet", Path: spec},
		{Group: "apps.kruise.io", Kind: "DaemonSet", Path: spec},
		{Group: "serving.knative.dev", Kind: "Service", Path: spec},
		{Group: "apps.openshift.io", Kind: "DeploymentConfig", Path: spec},
		{Group: "leaderworkerset.x-k8s.io", Kind: "LeaderWorkerSet", Path: []string{"spec", "leaderWorkerTemplate", "workerTemplate"}},
		{Group: "keda.sh", Kind: "ScaledJob", Path: []string{"spec", "jobTargetRef", "template"}},
	}
}()

// Workload is a document with a pod template. A document with several, such as
// a JobSet, is as many workloads.
type Workload struct {
	*Document
	// Replicas is what the manifest says; nil where it leaves them out.
	Replicas *Node
	// Times multiplies the replicas, 0 for 1: the counts of what the template is
	// nested in.
	Times      int32
	Pod        *Node // the pod spec
	PodLabels  map[string]string
	Containers []Container
	// Requests and Limits are those of the pod as a whole (pod-level
	// resources), which stand in for the containers'.
	Requests, Limits Resources
	// ByShape says that the kind is not known: its template was found by what it
	// looks like.
	ByShape bool
	// From is the workload whose template a Rollout borrows; nil for its own.
	From *Workload
}

// Workload looks on the document as a workload, by the built-in templates and
// the given ones; nil where it has no pod template of these.
func (d *Document) Workload(custom []Template) *Workload {
	for _, list := range [2][]Template{custom, templates} {
		for i := range list {
			if w := d.by(&list[i]); w != nil {
				return w
			}
		}
	}
	return nil
}

// by looks on the document by one template; nil where it has no pod there.
func (d *Document) by(t *Template) *Workload {
	if t.Kind != d.Kind || t.Group != "" && t.Group != d.Group() {
		return nil
	}
	template := d.Root.At(t.Path...)
	pod := template.Field("spec")
	if pod == nil || pod.Kind != Map {
		return nil
	}
	w := podOf(d, pod, template.At("metadata", "labels").Strings())
	replicas := t.Replicas
	if replicas == nil {
		replicas = replicasPath
	}
	if n := d.Root.At(replicas...); !n.IsNull() {
		w.Replicas = n
	}
	return w
}

var replicasPath = []string{"spec", "replicas"}

// Workloads looks on the document as workloads: by the templates that Workload
// knows, and else by shape.
func (d *Document) Workloads(custom []Template) []*Workload {
	if w := d.Workload(custom); w != nil {
		return []*Workload{w}
	}
	if d.HoldsNone() || d.Renders() || builtinOf(d.Group()) != nil {
		return nil
	}
	return d.shaped()
}

func podOf(d *Document, pod *Node, labels map[string]string) *Workload {
	return &Workload{
		Document: d, Pod: pod, PodLabels: labels, Containers: containersOf(pod),
		Requests: resourcesOf(pod.At("resources", "requests")), Limits: resourcesOf(pod.At("resources", "limits")),
	}
}

// Borrow gives a Rollout that names another workload in spec.workloadRef the
// template of that one, which find looks up by kind and name; nil where the
// document is no such Rollout, or the other is not there.
func (d *Document) Borrow(find func(kind, name string) *Workload) *Workload {
	ref := d.Root.At("spec", "workloadRef")
	if d.Kind != "Rollout" || d.Group() != "argoproj.io" || ref == nil {
		return nil
	}
	of := find(ref.Field("kind").String(), ref.Field("name").String())
	if of == nil {
		return nil
	}
	w := *of
	w.Document, w.From, w.Replicas = d, of, nil
	if n := d.Root.At("spec", "replicas"); !n.IsNull() {
		w.Replicas = n
	}
	return &w
}

// Ref names the workload.
func (w *Workload) Ref() analyzer.Ref {
	return analyzer.Ref{Namespace: w.Namespace, Kind: w.Kind, Name: w.Name}
}

// Count gives the replicas that the manifest asks for; 1 where it does not
// say.
func (w *Workload) Count() int32 {
	n, ok := w.Replicas.Int()
	if !ok {
		n = 1
	}
	return int32(min(int64(max(n, 0))*int64(max(w.Times, 1)), math.MaxInt32))
}

// Amounts gives what the scheduler reserves for one pod of the workload.
func (w *Workload) Amounts() analyzer.Amounts {
	list := make([]analyzer.Container, 0, len(w.Containers))
	for _, c := range w.Containers {
		list = append(list, analyzer.Container{Name: c.Name, Type: c.Type, Requests: c.Effective()})
	}
	overhead := resourcesOf(w.Pod.Field("overhead"))
	sum := analyzer.PodRequests(list, analyzer.Amounts{})
	sum.CPU = podLevel(sum.CPU, w.Requests.CPU, w.Limits.CPU)
	sum.Memory = podLevel(sum.Memory, w.Requests.Memory, w.Limits.Memory)
	return sum.Plus(overhead.Amounts())
}

// podLevel gives a pod's request: the pod's own, else what its containers come
// to, and where they have none, the pod's limit.
func podLevel(containers int64, request, limit Amount) int64 {
	switch {
	case request.Set():
		return request.Value
	case containers == 0 && limit.Set():
		return limit.Value
	}
	return containers
}

// Container is a container of the pod template.
type Container struct {
	Name string
	Type analyzer.ContainerType
	Node *Node
	// Requests and Limits are as written. Effective has the defaults in it.
	Requests, Limits Resources
	// Flags are the settings by which a language runtime sizes its heap.
	Flags []Flag
	// Partial says that what is written is laid over what an operator makes:
	// what is missing may stand there.
	Partial bool
}

// Effective gives the requests as the API server completes them: a limit
// without a request is the request too.
func (c *Container) Effective() analyzer.Amounts {
	a, l := c.Requests.Amounts(), c.Limits.Amounts()
	if !c.Requests.CPU.Set() {
		a.CPU = l.CPU
	}
	if !c.Requests.Memory.Set() {
		a.Memory = l.Memory
	}
	if !c.Requests.GPU.Set() {
		a.GPU = l.GPU
	}
	return a
}

// Resources is a list of requests or limits.
type Resources struct {
	Node             *Node
	CPU, Memory, GPU Amount
	// Others are the resources beside CPU and memory, devices among them, by name.
	Others []NamedAmount
}

// NamedAmount is the amount of a resource.
type NamedAmount struct {
	Name string
	Amount
}

// Other gives the amount of a resource beside CPU and memory.
func (r Resources) Other(name string) Amount {
	for _, o := range r.Others {
		if o.Name == name {
			return o.Amount
		}
	}
	return Amount{}
}

// Amounts gives the values alone.
func (r Resources) Amounts() analyzer.Amounts {
	return analyzer.Amounts{CPU: r.CPU.Value, Memory: r.Memory.Value, GPU: r.GPU.Value}
}

// Amount is one quantity: millicores, bytes or devices.
type Amount struct {
	Value int64
	// Node is where it is written; nil where it is not.
	Node *Node
	// Err says why what is written is no quantity.
	Err error
	// Part says that the value was rounded: half a byte is written as 512m.
	Part bool
	// Open says that a placeholder stands there, which something fills in later.
	Open bool
}

// Set reports whether there is a quantity.
func (a Amount) Set() bool { return a.Node != nil && a.Err == nil && !a.Open }

// Written reports whether something stands there, quantity or not.
func (a Amount) Written() bool { return a.Node != nil }

func containersOf(pod *Node) []Container {
	var out []Container
	for _, n := range pod.Field("initContainers").List() {
		t := analyzer.TypeInit
		if n.Field("restartPolicy").String() == "Always" {
			t = analyzer.TypeSidecar
		}
		out = append(out, containerOf(n, t))
	}
	for _, n := range pod.Field("containers").List() {
		out = append(out, containerOf(n, analyzer.TypeContainer))
	}
	return out
}

func containerOf(n *Node, t analyzer.ContainerType) Container {
	return Container{
		Name: n.Field("name").String(), Type: t, Node: n,
		Requests: resourcesOf(n.At("resources", "requests")),
		Limits:   resourcesOf(n.At("resources", "limits")),
		Flags:    flagsOf(n),
	}
}

func resourcesOf(n *Node) Resources {
	r := Resources{Node: n}
	if n == nil {
		return r
	}
	for _, f := range n.Fields {
		v := n.lead(f.Value)
		switch {
		case f.Name == "cpu":
			r.CPU = amountOf(v, milli)
		case f.Name == "memory":
			r.Memory = amountOf(v, one)
		default:
			a := amountOf(v, one)
			if analyzer.IsDevice(f.Name) && a.Value > analyzer.MostDevices {
				a.Value, a.Err = 0, fmt.Errorf("%q are more devices than any machine has", v.Text)
			}
			r.Others = append(r.Others, NamedAmount{f.Name, a})
			if analyzer.IsDevice(f.Name) && a.Set() {
				a.Value += r.GPU.Value
				r.GPU = a
			}
		}
	}
	return r
}

// The units in which amounts are counted: thousandths, and whole ones.
const (
	milli = 1000
	one   = 1
)

func amountOf(n *Node, scale int64) Amount {
	if n.IsNull() {
		return Amount{}
	}
	a := Amount{Node: n}
	text, open := filledIn(n.number())
	if open {
		a.Open = true
		return a
	}
	value, whole, err := parseQuantity(text, scale)
	if a.Value, a.Part, a.Err = value, !whole, err; a.Value < 0 {
		a.Value, a.Err = 0, fmt.Errorf("%q is negative", n.Text)
	}
	return a
}

// filledIn gives the default of a placeholder such as ${CPU:=100m}; open says
// that it has none, or is one of a template.
func filledIn(text string) (value string, open bool) {
	inner, opened := strings.CutPrefix(text, "${")
	if name, closed := strings.CutSuffix(inner, "}"); opened && closed {
		for _, sign := range []string{":=", ":-"} {
			if _, otherwise, ok := strings.Cut(name, sign); ok && otherwise != "" {
				return otherwise, strings.Contains(otherwise, "${")
			}
		}
		return "", true
	}
	return text, isOpen(text)
}

// isOpen tells a text in which something is filled in later.
func isOpen(text string) bool {
	return strings.Contains(text, "${") || strings.Contains(text, "{{") || strings.HasPrefix(text, "$(")
}
