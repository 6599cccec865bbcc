// Package evidence is what is known of workloads that run: usage, advice, prices. It
// is read from a report, or worked out from a snapshot.
package evidence

import (
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// Set is what a report or a snapshot knows of the workloads.
type Set struct {
	// Source names the report or snapshot, for people.
	Source string
	// Days is the length of the window.
	Days float64
	// Unread are the warnings of what the sources were asked for and broke off
	// at; empty where all was read. No workload is judged by evidence that lacks a
	// part of its own: what is not in it may be what was used most.
	Unread    []analyzer.Warning
	Workloads map[analyzer.Ref]*Workload
	// Node is the largest node's allocatable; zero where it is not known.
	Node analyzer.Amounts
	// Programs bill pods one by one beside the nodes, sorted.
	Programs []string

	// loose finds workloads by kind and name alone, where only one has them.
	loose map[analyzer.Ref]*Workload
}

// Indexed gives the evidence with its workloads findable by kind and name.
func (e *Set) Indexed() *Set {
	if e == nil {
		return nil
	}
	out := *e
	out.loose = make(map[analyzer.Ref]*Workload, len(e.Workloads))
	for ref, w := range e.Workloads {
		ref.Namespace = ""
		if _, twice := out.loose[ref]; twice {
			w = nil
		}
		out.loose[ref] = w
	}
	return &out
}

// UnreadIn says what was not read of a namespace's workloads; "" where all was.
// Workloads of no known namespace may be of any.
func (e *Set) UnreadIn(namespace string) string {
	for _, w := range e.Unread {
		if namespace == "" || w.Concerns(namespace) {
			return w.String()
		}
	}
	return ""
}

// Workload is one workload as it was seen.
type Workload struct {
	// Replicas is the mean number of pods while there were any.
	Replicas   float64
	Containers map[string]*Container
	// Scaling says how the workload was scaled; nil where that is not known.
	Scaling *Scaling
}

// Scaling is the utilization targets of a workload, in percent by
// resource: those it had, none where nothing scaled it, and those advised.
type Scaling struct {
	Targets, Advised map[string]int64
	// Requests are the CPU requests, in millicores by container, that go together with
	// the targets advised; those of right-sizing hold for the other containers.
	Requests map[string]int64
	// Variability is that of load and requests inside a step.
	Variability replay.Variability
	// Slowdown is the mean response that was accepted, in service times; 0 for
	// the default.
	Slowdown float64
}

// TargetOf gives the target that the workload had: none where no autoscaler was
// there, and otherwise the given one where it is not known.
func (w *Workload) TargetOf(resource string, otherwise int64) int64 {
	if w.Scaling == nil {
		return otherwise
	}
	return w.Scaling.Targets[resource]
}

// Advises reports whether the evidence itself advises the target.
func (w *Workload) Advises(resource string, target int64) bool {
	return w != nil && w.Scaling != nil && w.Scaling.Advised[resource] == target
}

// AdvisedRequest is the request of a container that the evidence advises; false where it
// advises none. What goes together with a target comes before right-sizing.
func (w *Workload) AdvisedRequest(container, resource string) (int64, bool) {
	if s := w.Scaling; s != nil && resource == "cpu" && s.Requests[container] > 0 {
		return s.Requests[container], true
	}
	c := w.Container(container)
	switch {
	case c == nil || c.Requests == nil:
		return 0, false
	case resource == "memory":
		return c.Requests.Memory, true
	}
	return c.Requests.CPU, true
}

// Variability is that of the workload, M/M/c where nothing is known.
func (w *Workload) Variability() replay.Variability {
	if w == nil || w.Scaling == nil {
		return replay.Variability{}
	}
	return w.Scaling.Variability
}

// Slowdown is the mean response that the workload's scaling may have, in service
// times: the one that the evidence was made with, else the default.
func (w *Workload) Slowdown() float64 {
	if w == nil || w.Scaling == nil || w.Scaling.Slowdown == 0 {
		return advice.DefaultSlowdown
	}
	return w.Scaling.Slowdown
}

// Container is one container as it was seen.
type Container struct {
	// Current is what it asked for when it was seen.
	Current analyzer.Amounts
	// Requests and Limits are the recommended ones; nil where they are
	// withheld.
	Requests, Limits *analyzer.Amounts
	// WithheldCPU and WithheldMemory say that the recommendation leaves the
	// resource as it is, without judging it.
	WithheldCPU, WithheldMemory bool
	CPU, Memory                 Curve // millicores, bytes
	OOMKills                    int64
	Confidence                  float64
}

// Point says that usage was at or below Value for Share of the samples.
type Point struct {
	Share, Value float64
}

// Curve is a distribution of usage, by rising share.
type Curve []Point

// Max gives the largest usage that was seen.
func (c Curve) Max() float64 {
	if len(c) == 0 {
		return 0
	}
	return c[len(c)-1].Value
}

// ShareAbove gives the share of samples above v, with a straight line between
// two points; below the first point it is the most that the point allows.
func (c Curve) ShareAbove(v float64) float64 {
	if len(c) == 0 || v >= c.Max() {
		return 0
	}
	i := slices.IndexFunc(c, func(p Point) bool { return p.Value > v })
	if i == 0 {
		return 1 - c[0].Share*max(v, 0)/c[0].Value
	}
	lo, hi := c[i-1], c[i]
	return 1 - lo.Share - (hi.Share-lo.Share)*(v-lo.Value)/(hi.Value-lo.Value)
}

// AddCurves puts a hundred quantiles of the usage in the place of the few that a
// report has.
func (e *Set) AddCurves(facts *analyzer.Analysis) {
	for i := range facts.Workloads {
		w := &facts.Workloads[i]
		for j := range w.Containers {
			c := &w.Containers[j]
			if seen := e.Workloads[w.Ref]; seen != nil && seen.Containers[c.Name] != nil {
				seen.Containers[c.Name].CPU = curveOf(&c.CPU)
				seen.Containers[c.Name].Memory = curveOf(&c.Memory)
			}
		}
	}
}

func curveOf(u *analyzer.ResourceUsage) Curve {
	if u.Samples.Count() == 0 {
		return nil
	}
	out := Curve{}
	for q := 0.01; q < 0.995; q += 0.01 {
		out = append(out, Point{Share: q, Value: u.Samples.Quantile(q)})
	}
	return append(out, Point{Share: 1, Value: u.Samples.Max()})
}

// slotsAWeek is the number of five-minute slots in a week.
const slotsAWeek = 7 * 24 * 12

// OOMProbability estimates the probability that a memory limit is reached
// within a week.
//
// A limit at the recommended one has the accepted risk. Below what was seen,
// usage reached the limit at least once in the window, which as a Poisson
// process gives 1 - exp(-7 / days); taking five-minute slots as independent,
// the share of samples above it gives 1 - exp(-2016 * share), and the larger of
// the two counts. In between the logarithm of the probability is interpolated.
func (e *Container) OOMProbability(limit, recommended int64, days, risk float64) float64 {
	peak := e.Memory.Max()
	atPeak := max(-math.Expm1(-7/max(days, 7)), risk)
	v, top := float64(limit), float64(recommended)
	switch {
	case v >= top:
		return risk
	case v < peak || top <= peak:
		return max(atPeak, -math.Expm1(-slotsAWeek*e.Memory.ShareAbove(v)))
	}
	part := (top - v) / (top - peak)
	return math.Exp(math.Log(risk) + part*(math.Log(atPeak)-math.Log(risk)))
}

// LookUp finds a workload's evidence; there is none where it broke off in the
// namespace. A manifest without a namespace may be
// meant for any: then kind and name decide, where only one workload has them.
func (e *Set) LookUp(ref analyzer.Ref) *Workload {
	if e == nil || e.UnreadIn(ref.Namespace) != "" {
		return nil
	}
	if w, ok := e.Workloads[ref]; ok || ref.Namespace != "" {
		return w
	}
	return e.loose[ref]
}

// Container finds a container's evidence.
func (w *Workload) Container(name string) *Container {
	if w == nil {
		return nil
	}
	return w.Containers[name]
}
