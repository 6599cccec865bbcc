package advice

import (
	"cmp"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// Advice is one piece of advice, or an abstention.
type Advice struct {
	Rule      string
	Lever     Lever
	Workload  analyzer.Ref
	Container string // empty where it concerns the whole workload
	// Subject names what the advice is about where that is no workload, such
	// as "Node/worker-1".
	Subject string
	Title   string
	Changes []Change
	// MonthlySavings is in USD a month of 730 hours at the prices of the
	// nodes the workload runs on; negative where the advice costs money.
	MonthlySavings float64
	// Confidence is in [0, 1]: how much the history supports the advice.
	Confidence float64
	Evidence   []Evidence
	// Withheld says, by resource or "all", why the rule abstains.
	Withheld []Withheld
	Warnings []analyzer.Warning
	// Sources are the price tables and files that it rests on beside those of
	// today's nodes.
	Sources []pricing.Provenance
	// Detail is the rule's own type, a pointer that As gives; nil where the rule
	// has nothing to add.
	Detail any
}

// As gives an advice's detail as the type of a rule; nil where it is another's.
func As[T any](detail any) *T {
	d, _ := detail.(*T)
	return d
}

// Change is one field that changes. From and To are in the unit of the field:
// millicores or bytes for resources, a number of nodes; 0 means not set.
type Change struct {
	Field    string // "requests.cpu", "nodes.m7i.large/on-demand"
	From, To int64
}

// Evidence is one figure that the advice rests on. Units: millicores, bytes,
// percent, share, count, seconds, hours, days, usd.
type Evidence struct {
	Name  string
	Value float64
	Unit  string
	Part  Part
}

// Part is what a figure is of an advice, for those who work on with it. The zero value
// is of a figure that is to be read alone.
type Part struct {
	Kind     PartKind
	Resource string // cpu or memory, of whose request it is a part; empty of neither
	Makes    int64  // of a margin: what it and the base alone make of the request, millicores or bytes
	Bound    Bound
}

// PartKind tells parts apart.
type PartKind string

// The parts of an advice.
const (
	PartBase     PartKind = "base"         // the usage that a request is made of
	PartMargin   PartKind = "margin"       // percent, on top of the base
	PartBound    PartKind = "bound"        // the request that something else sets in their place
	PartRisk     PartKind = "risk"         // what the request, as it came out, risks
	PartUnserved PartKind = "unservedTime" // percent of the time with demand that the advised scaling leaves unserved
	PartStart    PartKind = "start"        // seconds that a new pod takes to serve
	PartVolumes  PartKind = "volumes"      // how many volumes a finding is about
)

// Bound is what sets a request in place of usage and margin. The zero value is nothing.
type Bound struct {
	Reason string  // in words
	Near   float64 // percent of the request: a change up to it is not worth a rollout; 0 of other bounds
	Flag   string  // lifts it; empty where none does
}

// Withheld is the reason for which a resource is left as it is.
type Withheld struct {
	Resource string // cpu, memory, all
	Reason   string
}

// Abstain makes the advice an abstention, for the reason given.
func (a *Advice) Abstain(reason string) {
	a.Withheld = append(a.Withheld, Withheld{"all", reason})
	a.Title = "no recommendation: " + reason
	a.Confidence = 0
}

// Show files a figure that the advice rests on.
func (a *Advice) Show(name string, value float64, unit string) {
	a.Evidence = append(a.Evidence, Evidence{Name: name, Value: value, Unit: unit})
}

// ShowPart files a figure that others work on with.
func (a *Advice) ShowPart(kind PartKind, name string, value float64, unit string) {
	a.Evidence = append(a.Evidence, Evidence{Name: name, Value: value, Unit: unit, Part: Part{Kind: kind}})
}

// Warn files a doubt about a container, or about the workload where it is
// empty; once, however often it is said.
func (a *Advice) Warn(code, message string) {
	a.WarnOf(a.Workload.String()+"/"+a.Container, code, message)
}

// ForSafety says why advice stays that saves less than --min-savings asks for.
func (a *Advice) ForSafety(why string) {
	a.Title += " for safety: " + why
	a.Warn("min-savings", "it saves less than asked for (--min-savings) and is advised all the same, for safety: "+why)
}

// WarnOf files a doubt about anything else.
func (a *Advice) WarnOf(subject, code, message string) {
	w := analyzer.Warning{Code: code, Subject: subject, Message: message}
	if !slices.Contains(a.Warnings, w) {
		a.Warnings = append(a.Warnings, w)
	}
}

// Cite adds the sources of prices that it rests on.
func (a *Advice) Cite(sources []pricing.Provenance) {
	for _, p := range sources {
		if !slices.Contains(a.Sources, p) {
			a.Sources = append(a.Sources, p)
		}
	}
}

// Sources lists where all prices are from that costs, which may be nil, and
// advice rest on: today's first, each once.
func Sources(c *cost.Costs, all []Advice) []pricing.Provenance {
	var every Advice
	if c != nil {
		every.Cite(c.Prices)
	}
	for i := range all {
		every.Cite(all[i].Sources)
	}
	return every.Sources
}

// Target names what the advice is about.
func (a *Advice) Target() string { return cmp.Or(a.Subject, a.Workload.String()) }
