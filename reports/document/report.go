package document

import (
	"math"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// The codes of the warnings that reports itself adds to a container.
const (
	// WarnWithheld marks the reason for which there is no plan of the nodes.
	WarnWithheld = "withheld"
	// WarnNotJudged marks a container that no rule has looked at.
	WarnNotJudged = "not-judged"
)

// The identity of the document.
const (
	APIVersion = "plimsoll.dev/v1alpha1"
	Kind       = "Report"
)

// The levers as the document names them, in their order.
const (
	LeverRightsize  = "rightsize"
	LeverHorizontal = "horizontal"
	LeverNodes      = "nodes"
	LeverPurchase   = "purchase"
)

// Report is the one document that every format prints. Lists are sorted, so
// equal input gives equal bytes. Sections of levers that did not run are
// absent.
type Report struct {
	// APIVersion is the version of the document's form.
	APIVersion string `json:"apiVersion" jsonschema:"enum=plimsoll.dev/v1alpha1"`
	// Kind is always Report.
	Kind     string   `json:"kind" jsonschema:"enum=Report"`
	Metadata Metadata `json:"metadata"`
	Summary  Summary  `json:"summary"`
	// Workloads are those that exist now, by namespace, kind and name.
	Workloads []Workload `json:"workloads"`
	// Recommendations are all changes that are advised, by savings, largest first.
	Recommendations []Recommendation `json:"recommendations"`
	Nodes           Nodes            `json:"nodes"`
	// Purchase is what to buy on demand, on spot and in advance.
	Purchase *Purchase `json:"purchase,omitempty"`
	// Waste is what costs money and does nothing, by cost, largest first.
	Waste []Waste `json:"waste"`
	// WasteKinds are the kinds that stand in waste, and what they are called.
	WasteKinds []FindingKind `json:"wasteKinds,omitempty"`
	// Allocation is whose the bill of the window is; absent unless asked for.
	Allocation *Allocation `json:"allocation,omitempty"`
	// Backtest is what rules of sizing would have brought on the history; absent where
	// it is too short, or sizes were not asked for.
	Backtest *Backtest `json:"backtest,omitempty"`
	// History is usage over time; only where it was asked for.
	History *History `json:"history,omitempty"`
	// Prices are the tables that prices were taken from.
	Prices []PriceSource `json:"prices"`
	// Warnings are the doubts that concern the whole report.
	Warnings []analyzer.Warning `json:"warnings"`
}

// Metadata tells what the report is about and what made it.
type Metadata struct {
	Cluster       string `json:"cluster"`
	GeneratedFrom Window `json:"generatedFrom"`
	// Version is the version of plimsoll.
	Version string `json:"version"`
	// Sources are where the facts were read.
	Sources []analyzer.Source `json:"sources"`
	// Selection says in words what alone of the cluster the audit read, such as
	// "namespaces shop"; absent where it read all.
	Selection string `json:"selection,omitempty"`
	// Part says that the document is a part of a report; absent of a whole one.
	Part *PartOf `json:"part,omitempty"`
}

// Window is the time that the usage covers.
type Window struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	// Step is the time between two samples, such as 30s; 0s for a moment.
	Step string `json:"step"`
	// Moment says that usage is one reading and no history.
	Moment bool `json:"moment,omitempty"`
	// DaysSeen is the days of the window of which there is any usage, where not all have some.
	DaysSeen int `json:"daysSeen,omitempty"`
}

// Resources is a set of amounts as Kubernetes quantities. What is not set is
// absent.
type Resources struct {
	CPU    CPU     `json:"cpu,omitzero"`
	Memory Bytes   `json:"memory,omitzero"`
	GPU    Devices `json:"gpu,omitzero"`
}

// Evidence is one figure that a recommendation rests on.
type Evidence struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	// Unit is one of millicores, bytes, percent, share, count, seconds, hours, days, usd.
	Unit string `json:"unit"`
	// Part is what it is of an advice; absent of a figure that is to be read alone.
	Part *EvidencePart `json:"part,omitempty"`
}

// EvidencePart is what a figure is of an advice: the base and the margin of a request, the bound that sets it in their place, what it risks.
type EvidencePart struct {
	Kind string `json:"kind" jsonschema:"enum=base,enum=margin,enum=bound,enum=risk,enum=unservedTime,enum=start,enum=volumes"`
	// Resource is that of the request; absent of what is no part of one.
	Resource string `json:"resource,omitempty" jsonschema:"enum=cpu,enum=memory"`
	// Makes is of a margin: the request that it and the base alone make, in millicores or bytes.
	Makes int64 `json:"makes,omitempty"`
	// Reason is a bound's, NearPercent the change that it takes for none, Flag what lifts it.
	Reason      string  `json:"reason,omitempty"`
	NearPercent float64 `json:"nearPercent,omitempty"`
	Flag        string  `json:"flag,omitempty"`
	// Below and Above are a bound's: the base, in millicores or bytes, under or over which
	// the bound sets the request no longer; absent where no such base lets it go.
	Below float64 `json:"below,omitempty"`
	Above float64 `json:"above,omitempty"`
}

// Is reports whether a figure is that part of an advice, and of that resource's request.
func (e *Evidence) Is(kind, resource string) bool {
	return e.Part != nil && e.Part.Kind == kind && e.Part.Resource == resource
}

// The kinds of parts.
const (
	PartBase     = "base"
	PartMargin   = "margin"
	PartBound    = "bound"
	PartRisk     = "risk"
	PartUnserved = "unservedTime"
	PartStart    = "start"
	PartVolumes  = "volumes"
)

// Recommendation is one piece of advice that changes something, or a mistake
// that was found and its fix.
type Recommendation struct {
	Rule  string `json:"rule"`
	Lever string `json:"lever"`
	// Target is namespace/kind/name of the workload, or what else the advice is about, such as Cluster or Nodes.
	Target string `json:"target"`
	// Container is absent where the whole workload is meant.
	Container string `json:"container,omitempty"`
	Title     string `json:"title"`
	// MonthlySavings is null where there are no prices.
	MonthlySavings *USD `json:"monthlySavings" jsonschema:"nullable"`
	// Risk says in words what may go wrong.
	Risk       string   `json:"risk"`
	Confidence float64  `json:"confidence" jsonschema:"minimum=0,maximum=1"`
	Changes    []Change `json:"changes"`
	// Fix is what to do where something is wrong as it stands.
	Fix string `json:"fix,omitempty"`
}

// Change is one field that changes.
type Change struct {
	// Field is requests.cpu, requests.memory, limits.cpu or limits.memory, replicas, a field of the HPA, such as hpa.minReplicas, or nodes.TYPE/CAPACITY-TYPE for a number of nodes.
	Field string `json:"field"`
	// From and To are quantities or numbers; null means not set, or none.
	From *string `json:"from" jsonschema:"nullable"`
	To   *string `json:"to" jsonschema:"nullable"`
}

// PriceSource is one table or file of prices.
type PriceSource struct {
	Provider string `json:"provider"`
	// AsOf is the date of the prices.
	AsOf   string `json:"asOf"`
	Source string `json:"source"`
	// Of is what the prices are of; absent for machines.
	Of string `json:"of,omitempty" jsonschema:"enum=volumes,enum=loadBalancers,enum=controlPlane,enum=commitments,enum=spot"`
}

// Plus adds so many times the other amounts. Sums end at 2^62 of a unit, in
// place of coming out below zero.
func (r Resources) Plus(o Resources, times int64) Resources {
	return Resources{CPU: CPU(addTimes(int64(r.CPU), int64(o.CPU), times)), Memory: Bytes(addTimes(int64(r.Memory), int64(o.Memory), times)), GPU: Devices(addTimes(int64(r.GPU), int64(o.GPU), times))}
}

func addTimes(sum, v, times int64) int64 {
	const most = 1 << 62
	about := float64(sum) + float64(v)*float64(times)
	if math.Abs(about) >= most {
		return int64(math.Copysign(most, about))
	}
	return sum + v*times
}

// Minus takes the other amounts off.
func (r Resources) Minus(o Resources) Resources { return r.Plus(o, -1) }

// NoHistory reports whether the report rests on no history: on one reading, or on
// no usage at all. Then nothing in it is a share of a bill or a proof.
func (r *Report) NoHistory() bool {
	if r.Metadata.GeneratedFrom.Moment {
		return true
	}
	for i := range r.Workloads {
		for j := range r.Workloads[i].Containers {
			if u := &r.Workloads[i].Containers[j].Usage; u.CPU != nil || u.Memory != nil {
				return false
			}
		}
	}
	return len(r.Workloads) > 0
}

// NoUsage reports whether no usage was read at all, not even one reading.
func (r *Report) NoUsage() bool {
	if r.Metadata.GeneratedFrom.Moment {
		return false
	}
	if len(r.Workloads) > 0 {
		return r.NoHistory()
	}
	sources := r.Metadata.Sources // a part of a report may have no workloads
	return len(sources) > 0 && !slices.ContainsFunc(sources, func(s analyzer.Source) bool { return s.Reads != "inventory" })
}

// OneReading reports whether the container's advice rests on one reading.
func (c *Container) OneReading() bool {
	return slices.ContainsFunc(c.Warnings, func(w analyzer.Warning) bool { return w.Code == analyzer.WarnNoHistory })
}

// Partial reports whether some of what runs on the nodes is not in the report.
func (r *Report) Partial() bool { return analyzer.Partial(r.Warnings) != "" }
