package gate

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/policy"
)

// tree is a set of documents, sorted by what they are. Documents are looked up
// within their own environment.
type tree struct {
	documents   []*manifest.Document
	workloads   []*manifest.Workload
	autoscalers []*manifest.Autoscaler
	vpas        []*manifest.VPA
	budgets     []*manifest.Budget
	quotas      []*manifest.Quota
	excluded    []*manifest.Document
	// namespace is that of documents which name none.
	namespace string

	byRef    map[owner]*manifest.Workload
	scalers  map[owner][]*manifest.Autoscaler // by target
	budgetIn map[space]*budgetIndex
	limitsIn map[space][]*manifest.LimitRange
	// wideLimits are those of a cluster's namespaces that are named.
	wideLimits map[space][]*manifest.LimitRange
	// judged says how each judged document was understood.
	judged map[*manifest.Document]how
	// empty holds the documents with a pod of no containers.
	empty map[*manifest.Document]bool
}

// owner is a workload of one environment, space a namespace of one.
type (
	owner struct {
		tree string
		analyzer.Ref
	}
	// area is set where nobody names the namespace.
	space struct{ tree, namespace, area string }
)

// how a document is judged.
type how uint8

const (
	byKind  how = iota + 1 // the kind is known
	byShape                // by what looks like a pod template in it
)

func newTree(docs []*manifest.Document, rules *policy.Document, namespace string) *tree {
	t := &tree{
		namespace: namespace,
		byRef:     map[owner]*manifest.Workload{}, scalers: map[owner][]*manifest.Autoscaler{},
		budgetIn: map[space]*budgetIndex{}, limitsIn: map[space][]*manifest.LimitRange{}, wideLimits: map[space][]*manifest.LimitRange{}, judged: map[*manifest.Document]how{}, empty: map[*manifest.Document]bool{},
	}
	templates := rules.Templates()
	for _, d := range docs {
		if t.isExcluded(d, rules) {
			t.excluded = append(t.excluded, d)
			continue
		}
		t.add(d, templates)
	}
	t.borrow()
	return t
}

func (t *tree) add(d *manifest.Document, templates []manifest.Template) {
	t.documents = append(t.documents, d)
	if d.HoldsNone() {
		return
	}
	in := t.space(d)
	for _, w := range d.Workloads(templates) {
		if w.Runs() {
			t.take(w)
		} else {
			t.empty[d] = true
		}
	}
	if a := d.Autoscaler(); a != nil {
		t.autoscalers = append(t.autoscalers, a)
		target := t.owner(a.Target, d)
		t.scalers[target] = append(t.scalers[target], a)
		t.judged[d] = byKind
	}
	if v := d.VPA(); v != nil {
		t.vpas = append(t.vpas, v)
		t.judged[d] = byKind
	}
	if b := d.Budget(); b != nil {
		if t.budgetIn[in] == nil {
			t.budgetIn[in] = &budgetIndex{by: map[string][]*manifest.Budget{}}
		}
		t.budgets = append(t.budgets, b)
		t.budgetIn[in].add(b)
		t.judged[d] = byKind
	}
	if l := d.LimitRange(); l != nil {
		t.limitsIn[in] = append(t.limitsIn[in], l)
		wide := space{tree: d.Cluster, namespace: t.ns(d)}
		t.wideLimits[wide] = append(t.wideLimits[wide], l)
		t.judged[d] = byKind
	}
	if q := d.Quota(); q != nil {
		t.quotas = append(t.quotas, q)
		t.judged[d] = byKind
	}
}

// take files a workload.
func (t *tree) take(w *manifest.Workload) {
	t.workloads = append(t.workloads, w)
	if at := t.owner(w.Ref(), w.Document); t.byRef[at] == nil {
		t.byRef[at] = w
	}
	t.judged[w.Document] = byKind
	if w.ByShape {
		t.judged[w.Document] = byShape
	}
}

// borrow gives Rollouts that run another workload's template that template.
func (t *tree) borrow() {
	for _, d := range t.documents {
		if d.Kind != "Rollout" {
			continue
		}
		w := d.Borrow(func(kind, name string) *manifest.Workload {
			return t.byRef[t.owner(analyzer.Ref{Kind: kind, Name: name}, d)]
		})
		if w != nil {
			t.take(w)
		}
	}
}

func (t *tree) isExcluded(d *manifest.Document, rules *policy.Document) bool {
	for _, m := range rules.Exclude {
		if !m.Empty() && m.Fits(d, t.ns(d)) {
			return true
		}
	}
	return false
}

// ns gives the namespace that a document will be in, "" where nobody says.
func (t *tree) ns(d *manifest.Document) string { return or(d.Namespace, t.namespace) }

func (t *tree) space(d *manifest.Document) space {
	in := space{tree: d.Tree, namespace: t.ns(d)}
	if in.namespace == "" {
		in.area = d.Area
	}
	return in
}

// spaces lists the spaces whose bounds reach a document: its own, and those of the
// folders above.
func (t *tree) spaces(d *manifest.Document) []space {
	in := t.space(d)
	out := []space{in}
	for in.area != "" && !d.Alone && path.Base(in.area) != ".." {
		up := path.Dir(in.area)
		if up == in.area {
			break
		}
		in.area = up
		out = append(out, in)
	}
	return out
}

// owner names what a document speaks of, in its own namespace and environment.
func (t *tree) owner(r analyzer.Ref, from *manifest.Document) owner {
	r.Namespace = t.ns(from)
	return owner{from.Tree, r}
}

// ref names a workload with its namespace filled in.
func (t *tree) ref(w *manifest.Workload) analyzer.Ref {
	r := w.Ref()
	r.Namespace = t.ns(w.Document)
	return r
}

// autoscalersOf lists the autoscalers that target a workload.
func (t *tree) autoscalersOf(w *manifest.Workload) []*manifest.Autoscaler {
	return t.scalers[t.owner(w.Ref(), w.Document)]
}

// workloadOf finds what an autoscaler or VPA targets; nil where the tree does
// not have it.
func (t *tree) workloadOf(target analyzer.Ref, from *manifest.Document) *manifest.Workload {
	return t.byRef[t.owner(target, from)]
}

// limitRanges lists the LimitRanges of a document's namespace: those of its
// environment, and where that has none and the namespace is named, those that
// another kustomization or chart brings to the same cluster.
func (t *tree) limitRanges(d *manifest.Document) []*manifest.LimitRange {
	if len(t.wideLimits) == 0 {
		return nil
	}
	var own []*manifest.LimitRange
	for _, in := range t.spaces(d) {
		own = append(own, t.limitsIn[in]...)
	}
	if len(own) > 0 || t.ns(d) == "" {
		return own
	}
	return t.wideLimits[space{tree: d.Cluster, namespace: t.ns(d)}]
}

// budgetsOf lists the disruption budgets that select a workload's pods.
func (t *tree) budgetsOf(w *manifest.Workload) []*manifest.Budget {
	if len(w.PodLabels) == 0 || len(t.budgets) == 0 {
		return nil
	}
	var out []*manifest.Budget
	for _, in := range t.spaces(w.Document) {
		if x := t.budgetIn[in]; x != nil {
			out = append(out, x.of(w.PodLabels)...)
		}
	}
	slices.SortStableFunc(out, func(a, b *manifest.Budget) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// budgetIndex finds budgets by one of the labels that they want, so that a
// workload is not held against every budget of its namespace.
type budgetIndex struct {
	by    map[string][]*manifest.Budget // NAME=VALUE
	other []*manifest.Budget            // that want no label of a value
}

func (x *budgetIndex) add(b *manifest.Budget) {
	labels := b.Selector.Field("matchLabels").Strings()
	if len(labels) == 0 {
		x.other = append(x.other, b)
		return
	}
	name := slices.Min(slices.Collect(maps.Keys(labels)))
	x.by[name+"="+labels[name]] = append(x.by[name+"="+labels[name]], b)
}

// of lists the budgets that select the labels.
func (x *budgetIndex) of(labels map[string]string) []*manifest.Budget {
	out := slices.Clone(x.other)
	for name, value := range labels {
		out = append(out, x.by[name+"="+value]...)
	}
	return slices.DeleteFunc(out, func(b *manifest.Budget) bool { return !manifest.Selects(b.Selector, labels) })
}

// replicaRange gives the least and the most replicas that a workload may have.
func (t *tree) replicaRange(w *manifest.Workload) (low, high int32) {
	if scalers := t.autoscalersOf(w); len(scalers) > 0 {
		return scalers[0].Min, scalers[0].Max
	}
	n := w.Count()
	return n, n
}

// isScaled tells the kinds of workload whose pods are replicas that run all
// the time.
func isScaled(w *manifest.Workload) bool {
	switch w.Kind {
	case "DaemonSet", "Job", "CronJob", "Pod", "PodTemplate", "ScaledJob":
		return false
	}
	return true
}

// limitDefaults gives the default requests and limits of the namespace's
// LimitRanges, as admission fills them in: a maximum alone is the default limit,
// which is the default request, and of several LimitRanges the first one fills.
func (t *tree) limitDefaults(w *manifest.Workload) (requests, limits analyzer.Amounts) {
	for _, l := range t.limitRanges(w.Document) {
		for _, item := range l.Items {
			if item.Type != "Container" {
				continue
			}
			limit := first(item.Default.Amounts(), item.Max.Amounts())
			request := first(first(item.DefaultRequest.Amounts(), limit), item.Min.Amounts())
			limits, requests = first(limits, limit), first(requests, request)
		}
	}
	return requests, limits
}

// first gives each of a's CPU and memory, and where a has none, b's.
func first(a, b analyzer.Amounts) analyzer.Amounts {
	return analyzer.Amounts{CPU: or(a.CPU, b.CPU), Memory: or(a.Memory, b.Memory)}
}
