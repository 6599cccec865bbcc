package document

import (
	"cmp"
	"slices"
)

// Difference is one workload of two reports that is not the same in both.
type Difference struct {
	Namespace, Kind, Name string
	// What is new, gone, applied, better or worse. Applied: its requests are now
	// what was advised. Better and worse are by OOM kills, then by cost.
	What string
	// Cost is its monthly cost, OOMKills those of the window, before and after.
	CostBefore, CostAfter USD
	OOMBefore, OOMAfter   int64
}

// Compare lists what differs between two reports, by what, then by name.
func Compare(before, after *Report) []Difference {
	old := map[[3]string]*Workload{}
	for i := range before.Workloads {
		w := &before.Workloads[i]
		old[w.key()] = w
	}
	var out []Difference
	for i := range after.Workloads {
		w := &after.Workloads[i]
		was := old[w.key()]
		delete(old, w.key())
		if d, ok := differ(was, w); ok {
			out = append(out, d)
		}
	}
	for _, w := range old {
		d, _ := differ(w, nil)
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func (w *Workload) key() [3]string { return [3]string{w.Namespace, w.Kind, w.Name} }

func (w *Workload) kills() (n int64) {
	for i := range w.Containers {
		n += w.Containers[i].OOMKills
	}
	return n
}

func (w *Workload) cost() USD {
	if w.MonthlyCost == nil {
		return 0
	}
	return *w.MonthlyCost
}

// differ compares a workload; nil is one that is not there.
func differ(was, is *Workload) (Difference, bool) {
	named := cmp.Or(is, was)
	d := Difference{Namespace: named.Namespace, Kind: named.Kind, Name: named.Name}
	if was != nil {
		d.CostBefore, d.OOMBefore = was.cost(), was.kills()
	}
	if is != nil {
		d.CostAfter, d.OOMAfter = is.cost(), is.kills()
	}
	switch {
	case was == nil:
		d.What = "new"
	case is == nil:
		d.What = "gone"
	case applied(was, is):
		d.What = "applied"
	case d.OOMAfter != d.OOMBefore:
		d.What = verdict(d.OOMAfter < d.OOMBefore)
	case d.CostAfter != d.CostBefore:
		d.What = verdict(d.CostAfter < d.CostBefore)
	default:
		return d, false
	}
	return d, true
}

func verdict(better bool) string {
	if better {
		return "better"
	}
	return "worse"
}

// applied reports whether requests changed to what had been advised.
func applied(was, is *Workload) bool {
	changed := false
	for i := range was.Containers {
		o := &was.Containers[i]
		at := slices.IndexFunc(is.Containers, func(c Container) bool { return c.Name == o.Name })
		if at < 0 || o.Recommended == nil || is.Containers[at].Current.Requests != o.Recommended.Requests {
			return false
		}
		changed = changed || o.Current.Requests != o.Recommended.Requests
	}
	return changed
}
