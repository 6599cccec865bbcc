package document

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Unseen says why the report can't tell whether there is any of a kind; empty where
// it can. What was not looked at is not absent.
func (r *Report) Unseen(k UrgentKind) string {
	if p := r.Metadata.Part; p != nil && p.Section != "" && !sectionTells(p.Section, k) {
		return "the document is a part of a report, " + p.String()
	}
	switch k {
	case Pending:
		if r.Nodes.Plan == nil {
			return "pods without a node are counted by the plan of the nodes, and there is none"
		}
	case OOMKilled, ShortOfCPU:
		switch {
		case r.Metadata.GeneratedFrom.Moment:
			return "there is one reading and no history"
		case !r.sawUsage():
			return "no usage was read"
		}
	}
	if k != OOMKilled {
		return ""
	}
	for _, w := range r.Warnings {
		if w.Code == analyzer.WarnMissing && w.Subject == analyzer.MetricRestarts {
			return w.Subject + ": " + w.Message
		}
	}
	return ""
}

// sectionTells reports whether a section has what a kind is told by: pods that wait by the
// warnings, which each has, the others by the workloads.
func sectionTells(section string, k UrgentKind) bool {
	return k == Pending || slices.Contains([]string{"rightsize", "horizontal", "savings", "risks"}, section)
}

// sawUsage reports whether any container has usage, or there is none to have it.
func (r *Report) sawUsage() bool {
	none := true
	for i := range r.Workloads {
		for j := range r.Workloads[i].Containers {
			if c := &r.Workloads[i].Containers[j]; c.Coverage > 0 || c.OOMKills > 0 || c.Usage.CPU != nil || c.Usage.Memory != nil {
				return true
			}
			none = false
		}
	}
	return none
}
