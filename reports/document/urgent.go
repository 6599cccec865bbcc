package document

import (
	"cmp"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// UrgentKind is a kind of what is to be fixed before anything is saved.
type UrgentKind string

// The kinds, the most pressing first.
const (
	OOMKilled  UrgentKind = "oom-killed"
	ShortOfCPU UrgentKind = "short-of-cpu"
	Blocked    UrgentKind = "blocked"
	Pending    UrgentKind = "pending"
)

// UrgentKinds lists the kinds, the most pressing first.
func UrgentKinds() []UrgentKind { return []UrgentKind{OOMKilled, ShortOfCPU, Blocked, Pending} }

// WarnPending is the code of the warnings that name what waits for a node.
const WarnPending = "pending-pods"

// Urgent is one thing that is dangerous as it is today.
type Urgent struct {
	Kind UrgentKind
	// Weight orders within a kind, the largest first: OOM kills, or how many
	// times its request the 95th percentile of CPU is.
	Weight float64
	// Workload is nil for what concerns none; Container is nil for what concerns
	// all of a workload.
	Workload  *Workload
	Container *Container
	// Finding is set where the kind is Blocked, Warning where it is Pending.
	Finding *Finding
	Warning *analyzer.Warning
}

// Urgents lists what is dangerous as it is, the most pressing first.
func (r *Report) Urgents() []Urgent {
	var out []Urgent
	for i := range r.Workloads {
		out = append(out, r.Workloads[i].Urgents()...)
	}
	for i := range r.Warnings {
		if w := &r.Warnings[i]; w.Code == WarnPending {
			out = append(out, Urgent{Kind: Pending, Warning: w})
		}
	}
	rank := func(u *Urgent) int { return slices.Index(UrgentKinds(), u.Kind) }
	slices.SortStableFunc(out, func(a, b Urgent) int {
		return cmp.Or(cmp.Compare(rank(&a), rank(&b)), cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.name(), b.name()))
	})
	return out
}

// name orders what is equally urgent.
func (u *Urgent) name() string {
	switch {
	case u.Warning != nil:
		return u.Warning.Subject
	case u.Workload == nil:
		return ""
	case u.Container == nil:
		return u.Workload.Namespace + "/" + u.Workload.Name
	}
	return u.Workload.Namespace + "/" + u.Workload.Name + ":" + u.Container.Name
}

// Urgents lists what is dangerous of one workload, container by container.
func (w *Workload) Urgents() []Urgent {
	var out []Urgent
	for i := range w.Containers {
		c := &w.Containers[i]
		if c.OOMKills > 0 {
			out = append(out, Urgent{Kind: OOMKilled, Weight: float64(c.OOMKills), Workload: w, Container: c})
		}
		if times, ok := c.ShortOfCPU(); ok {
			out = append(out, Urgent{Kind: ShortOfCPU, Weight: times, Workload: w, Container: c})
		}
	}
	for i := range w.Findings {
		if w.Findings[i].Severe {
			out = append(out, Urgent{Kind: Blocked, Workload: w, Finding: &w.Findings[i]})
		}
	}
	return out
}

// ShortOfCPU reports whether the 95th percentile of CPU lies above the
// request and more is advised, and how many times the request it is.
func (c *Container) ShortOfCPU() (times float64, short bool) {
	now := c.Current.Requests.CPU
	if c.Usage.CPU == nil || c.Recommended == nil || now <= 0 || c.Usage.CPU.P95 <= now || c.Recommended.Requests.CPU <= now {
		return 0, false
	}
	return float64(c.Usage.CPU.P95) / float64(now), true
}
