package pin

// Underused is the share of a node's allocatable, by the requests of what is to stay,
// below which a node that stays is a finding.
const Underused = 0.5

// Reason is why a node or a pod stays where it is. The zero value is none: it may go.
type Reason struct {
	Kind Kind
	Text string // in words, as a clause
}

// Kind tells reasons apart, to add nodes up by and to judge what keeps them.
type Kind int

// The kinds of reasons. None is no reason at all.
const (
	None       Kind = iota
	Itself          // what a node says of itself, each text a kind of its own
	Nature          // what a node is for: it stays however little runs on it
	Volume          // a volume that only this node reaches
	Data            // data on the node
	Evicted         // a pod that asks not to be evicted
	Mend            // a pod that nobody may evict until somebody mends its controller or its budgets
	Constraint      // what the planner does not model
	Unplaced        // no other node takes a pod
	Device          // devices of its own kind
)

// Group names what reasons of a kind are added up by; what a node says of itself is in
// its own words.
func (r Reason) Group() string {
	switch r.Kind {
	case Volume:
		return "volumes that only their node reaches"
	case Data:
		return "data on the node"
	case Evicted, Mend:
		return "pods that may not be evicted"
	case Constraint:
		return "constraints that are not modelled"
	case Unplaced:
		return "pods that no other node takes"
	case Device:
		return "devices of their own kind"
	}
	return r.Text
}
