package gate

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// tree is a set of documents, sorted by what they are.
type tree struct {
	documents   []*manifest.Document
	workloads   []*manifest.Workload
	autoscalers []*manifest.Autoscaler
	vpas        []*manifest.VPA
	quotas      []*manifest.Quota
	// namespace is that of documents which name none.
	namespace string

	byRef    map[analyzer.Ref]*manifest.Workload
	scalers  map[analyzer.Ref][]*manifest.Autoscaler // by target
	budgetIn map[string][]*manifest.Budget           // by namespace
	limitsIn map[string][]*manifest.LimitRange
}

func newTree(docs []*manifest.Document, policy *Policy, namespace string) *tree {
	t := &tree{
		namespace: namespace,
		byRef:     map[analyzer.Ref]*manifest.Workload{}, scalers: map[analyzer.Ref][]*manifest.Autoscaler{},
		budgetIn: map[string][]*manifest.Budget{}, limitsIn: map[string][]*manifest.LimitRange{},
	}
	templates := policy.Templates()
	for _, d := range docs {
		if t.excluded(d, policy) {
			continue
		}
		t.add(d, templates)
	}
	return t
}

func (t *tree) add(d *manifest.Document, templates []manifest.Template) {
	t.documents = append(t.documents, d)
	ns := t.ns(d)
	if w := d.Workload(templates); w != nil {
		t.workloads = append(t.workloads, w)
		if _, ok := t.byRef[t.ref(w)]; !ok {
			t.byRef[t.ref(w)] = w
		}
	}
	if a := d.Autoscaler(); a != nil {
		t.autoscalers = append(t.autoscalers, a)
		target := analyzer.Ref{Namespace: ns, Kind: a.Target.Kind, Name: a.Target.Name}
		t.scalers[target] = append(t.scalers[target], a)
	}
	if v := d.VPA(); v != nil {
		t.vpas = append(t.vpas, v)
	}
	if b := d.Budget(); b != nil {
		t.budgetIn[ns] = append(t.budgetIn[ns], b)
	}
	if l := d.LimitRange(); l != nil {
		t.limitsIn[ns] = append(t.limitsIn[ns], l)
	}
	if q := d.Quota(); q != nil {
		t.quotas = append(t.quotas, q)
	}
}

func (t *tree) excluded(d *manifest.Document, policy *Policy) bool {
	for _, m := range policy.Exclude {
		if !m.empty() && m.fits(d, t.ns(d)) {
			return true
		}
	}
	return false
}

// ns gives the namespace that a document will be in, "" where nobody says.
func (t *tree) ns(d *manifest.Document) string { return or(d.Namespace, t.namespace) }

// ref names a workload with its namespace filled in.
func (t *tree) ref(w *manifest.Workload) analyzer.Ref {
	r := w.Ref()
	r.Namespace = t.ns(w.Document)
	return r
}

// autoscalersOf lists the autoscalers that target a workload.
func (t *tree) autoscalersOf(w *manifest.Workload) []*manifest.Autoscaler { return t.scalers[t.ref(w)] }

// workloadOf finds what an autoscaler or VPA targets; nil where the tree does
// not have it.
func (t *tree) workloadOf(target analyzer.Ref, from *manifest.Document) *manifest.Workload {
	target.Namespace = t.ns(from)
	return t.byRef[target]
}

// budgetsOf lists the disruption budgets that select a workload's pods.
func (t *tree) budgetsOf(w *manifest.Workload) []*manifest.Budget {
	var out []*manifest.Budget
	for _, b := range t.budgetIn[t.ns(w.Document)] {
		if len(w.PodLabels) > 0 && manifest.Selects(b.Selector, w.PodLabels) {
			out = append(out, b)
		}
	}
	return out
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
// LimitRanges, as admission fills them in.
func (t *tree) limitDefaults(w *manifest.Workload) (requests, limits analyzer.Amounts) {
	for _, l := range t.limitsIn[t.ns(w.Document)] {
		for _, item := range l.Items {
			if item.Type != "Container" {
				continue
			}
			d, r := item.Default.Amounts(), item.DefaultRequest.Amounts()
			limits = limits.Max(d)
			requests = requests.Max(analyzer.Amounts{CPU: or(r.CPU, d.CPU), Memory: or(r.Memory, d.Memory)})
		}
	}
	return requests, limits
}
