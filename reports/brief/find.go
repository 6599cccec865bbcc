package brief

import (
	"fmt"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Find finds the one workload of a name: NAMESPACE/KIND/NAME, or the end of it.
func Find(r *document.Report, name string) (*document.Workload, error) {
	var found []*document.Workload
	var names []string
	for i := range r.Workloads {
		if w := &r.Workloads[i]; Named(w, name) {
			found, names = append(found, w), append(names, w.Namespace+"/"+w.Kind+"/"+w.Name)
		}
	}
	switch len(found) {
	case 0:
		return nil, NoWorkload(r, name)
	case 1:
		return found[0], nil
	}
	return nil, fmt.Errorf("%s may be any of %s: name one in full", name, strings.Join(names, ", "))
}

// NoWorkload says that a report has no workload of a name, and what is there.
func NoWorkload(r *document.Report, name string) error {
	all := make([]string, len(r.Workloads))
	for i := range r.Workloads {
		if w := &r.Workloads[i]; w.Namespace == name {
			return fmt.Errorf("%s is a namespace: plimsoll show -n %s lists its workloads", name, name)
		}
		all[i] = Path(&r.Workloads[i])
	}
	near := Near(name, all)
	switch {
	case len(near) > 0:
		return fmt.Errorf("the report has no workload %s; did you mean %s?", name, Either(near))
	case len(all) > 0:
		return fmt.Errorf("the report has no workload %q: name it as NAMESPACE/KIND/NAME, such as %s; plimsoll show -o wide lists all", name, all[0])
	}
	return fmt.Errorf("the report has no workload %q, nor any other", name)
}
