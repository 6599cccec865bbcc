package brief

import (
	"cmp"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Row is one container of one workload.
type Row struct {
	Workload  *document.Workload
	Container *document.Container
}

// Lowered are the rows that are to ask for less, those that free the most room
// first: by money, and where nothing has a price by their share of all requests.
func Lowered(r *document.Report) []Row {
	out := changed(r, true)
	if r.Summary.MonthlyCost == nil {
		slices.SortStableFunc(out, func(a, b Row) int { return cmp.Compare(b.freedShare(r), a.freedShare(r)) })
	}
	return out
}

// Raised are the rows that are to ask for more, those that take the most room first.
func Raised(r *document.Report) []Row {
	out := changed(r, false)
	slices.SortStableFunc(out, func(a, b Row) int {
		return cmp.Or(cmp.Compare(Freed(a.Container), Freed(b.Container)), cmp.Compare(a.freedShare(r), b.freedShare(r)))
	})
	return out
}

// freedShare is the CPU and the memory that an advice frees on all pods, as shares of what
// the cluster's pods request.
func (x Row) freedShare(r *document.Report) (share float64) {
	from, to, all := x.Container.Current.Requests, x.Container.Recommended.Requests, r.Summary.Requests
	if all.CPU > 0 {
		share += float64(from.CPU-to.CPU) / float64(all.CPU)
	}
	if all.Memory > 0 {
		share += float64(from.Memory-to.Memory) / float64(all.Memory)
	}
	return share * float64(x.Workload.Replicas)
}

// changed are the rows with an advice that is to free room, or is not.
func changed(r *document.Report, lower bool) []Row {
	var out []Row
	for i := range r.Workloads {
		w := &r.Workloads[i]
		for j := range w.Containers {
			c := &w.Containers[j]
			if c.Recommended != nil && *c.Recommended != c.Current && lowers(c) == lower {
				out = append(out, Row{Workload: w, Container: c})
			}
		}
	}
	slices.SortStableFunc(out, CompareRows)
	return out
}

// lowers reports whether an advice frees room, or, where it has none or no
// price, raises nothing.
func lowers(c *document.Container) bool {
	to, from := c.Recommended.Requests, c.Current.Requests
	return Freed(c) > 0 || Freed(c) == 0 && to.CPU <= from.CPU && to.Memory <= from.Memory
}

// OOMRisk is the risk of an OOM kill with the advice followed.
func OOMRisk(c *document.Container) string {
	switch {
	case c.Recommended != nil && c.Recommended.Limits.Memory == 0:
		return "no limit"
	case c.Risk.OOMProbability == nil:
		return "not known"
	}
	return document.Percent(*c.Risk.OOMProbability)
}

// CompareRows puts most savings first, those without advice last; ties by
// name.
func CompareRows(a, b Row) int {
	return cmp.Or(
		cmp.Compare(rank(a.Container), rank(b.Container)),
		cmp.Compare(Freed(b.Container), Freed(a.Container)),
		cmp.Compare(a.Workload.Namespace, b.Workload.Namespace), cmp.Compare(a.Workload.Kind, b.Workload.Kind), cmp.Compare(a.Workload.Name, b.Workload.Name),
	)
}

// Freed is what the advice on a container is worth; 0 where it has no price.
func Freed(c *document.Container) document.USD {
	if c.MonthlySavings == nil {
		return 0
	}
	return *c.MonthlySavings
}

func rank(c *document.Container) int {
	if c.Recommended == nil {
		return 1
	}
	return 0
}
