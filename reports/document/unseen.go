package document

import "github.com/plimsoll-k8s/plimsoll/analyzer"

// Unseen says why the report can't tell whether there is any of a kind; empty where
// it can. What was not looked at is not absent.
func (r *Report) Unseen(k UrgentKind) string {
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
