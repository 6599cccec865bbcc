// Package check tells mistakes in the settings of autoscalers and disruption budgets,
// by the settings alone. It takes plain facts, so that objects of a cluster and
// manifests of a repository are judged alike; its callers say where the mistake stands.
package check

// Kind is a kind of mistake.
type Kind struct {
	// Code names it in reports, policies and waivers.
	Code string
	// Severity is error where the autoscaler or a drain cannot work, else warning.
	Severity string
}

// The kinds of mistake.
var (
	// Invalid: the API server refuses the autoscaler, or its minimum is above its maximum.
	Invalid = Kind{"hpa-invalid", "error"}
	// Range: the minimum is the maximum, so that the autoscaler has nothing to do.
	Range = Kind{"hpa-range", "warning"}
	// NoRequest: a metric divides by a request that is not there.
	NoRequest = Kind{"hpa-no-request", "error"}
	// NoContainer: a metric counts a container that is not there.
	NoContainer = Kind{"hpa-container", "error"}
	// Unreachable: limits keep usage from where pods are added.
	Unreachable = Kind{"hpa-unreachable", "error"}
	// Overlap: two autoscalers scale one workload.
	Overlap = Kind{"hpa-overlap", "error"}
	// AgainstVPA: a VPA sets the request that a metric divides by.
	AgainstVPA = Kind{"hpa-vpa", "error"}
	// Deadlock: a budget lets no pod go.
	Deadlock = Kind{"pdb-deadlock", "error"}
	// Budgets: two budgets select the same pods.
	Budgets = Kind{"pdb-overlap", "error"}
)

// Kinds lists them.
func Kinds() []Kind {
	return []Kind{Invalid, Range, NoRequest, NoContainer, Unreachable, Overlap, AgainstVPA, Deadlock, Budgets}
}
