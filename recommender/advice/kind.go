package advice

// Severity is how much a finding weighs.
type Severity string

// The severities, from light to heavy.
const (
	// SeverityNote is for what may be wanted: only its owner can tell.
	SeverityNote Severity = "note"
	// SeverityWarning is for what serves nobody, or can do nothing.
	SeverityWarning Severity = "warning"
	// SeverityError is for what keeps a cluster from working as it is set.
	SeverityError Severity = "error"
)

// Kind is one kind of thing that a rule finds: all that is ever said of it,
// once. The report and the manual's tables are made of it.
type Kind struct {
	// Code is a stable word for programs.
	Code string
	// One and Many are what one and several such findings are called.
	One, Many string
	Severity  Severity
	// Lever is the one whose savings hold the money, wholly or in part; empty
	// where no other lever touches it.
	Lever Lever
	// Beside is what bills its money where that is no part of the nodes' bill:
	// volumes or load balancers; empty where it is.
	Beside string
	// Found says when it is found: its line in docs/rules.
	Found string
	// Besides is the rule's own column of that table: what its money is, or what
	// mends it.
	Besides string
}
