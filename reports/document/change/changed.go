package change

import (
	"math"
	"reflect"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// What may differ of a workload.
const (
	ChangedSetting = "setting"
	ChangedUse     = "use"
	ChangedAdvice  = "advice"
)

// costlier says what a cost is that went up or down by so much: better or worse where
// somebody set something anew, else moved.
func costlier(was, is *document.Workload, by float64) string {
	switch {
	case !setAnew(was, is):
		return DiffMoved
	case by < 0:
		return DiffBetter
	}
	return DiffWorse
}

// changed says what differs of a workload that both reports have.
func changed(was, is *document.Workload, before, after *State) (out []string) {
	if setAnew(was, is) {
		out = append(out, ChangedSetting)
	}
	if usedOtherwise(was, is) || before.OOMKillsWeekly != after.OOMKillsWeekly || throttledMore(before, after) != 0 {
		out = append(out, ChangedUse)
	}
	if advisedOtherwise(was, is) {
		out = append(out, ChangedAdvice)
	}
	return out
}

// setAnew reports whether requests, limits, containers, or what scales the workload are others.
func setAnew(was, is *document.Workload) bool {
	if len(was.Containers) != len(is.Containers) {
		return true
	}
	for i := range was.Containers {
		o := &was.Containers[i]
		at := container(is, o.Name)
		if at == nil || at.Current != o.Current || at.Image != o.Image && at.Image != "" && o.Image != "" {
			return true
		}
	}
	if was.Horizontal == nil || is.Horizontal == nil {
		return was.Replicas != is.Replicas && was.Horizontal == nil && is.Horizontal == nil && held(was.Kind)
	}
	return !reflect.DeepEqual(asSet(was.Horizontal.Current), asSet(is.Horizontal.Current))
}

// held reports whether somebody sets the number of pods of a kind.
func held(kind string) bool {
	return slices.Contains([]string{"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout"}, kind)
}

// asSet is a scaling without what the load makes of it.
func asSet(s document.Scaling) document.Scaling {
	s.MeanReplicas = 0
	if s.Kind != "fixed" {
		s.Replicas = 0
	}
	return s
}

func container(w *document.Workload, name string) *document.Container {
	if i := slices.IndexFunc(w.Containers, func(c document.Container) bool { return c.Name == name }); i >= 0 {
		return &w.Containers[i]
	}
	return nil
}

// sameUse is the share up to which a usage is much the same.
const sameUse = 0.05

// usedOtherwise reports whether the number of pods or a container's usage is another.
func usedOtherwise(was, is *document.Workload) bool {
	if was.Replicas != is.Replicas || unlike(was.MeanPods, is.MeanPods) {
		return true
	}
	for i := range was.Containers {
		o := &was.Containers[i]
		c := container(is, o.Name)
		if c == nil {
			continue
		}
		if a, b := o.Usage.CPU, c.Usage.CPU; a != nil && b != nil && unlike(float64(a.P95), float64(b.P95)) {
			return true
		}
		if a, b := o.Usage.Memory, c.Usage.Memory; a != nil && b != nil && unlike(float64(a.Max), float64(b.Max)) {
			return true
		}
	}
	return false
}

func unlike(a, b float64) bool { return math.Abs(a-b) > sameUse*max(a, b) }

// advisedOtherwise reports whether another setting is advised.
func advisedOtherwise(was, is *document.Workload) bool {
	for i := range was.Containers {
		c := container(is, was.Containers[i].Name)
		if c != nil && !reflect.DeepEqual(was.Containers[i].Recommended, c.Recommended) {
			return true
		}
	}
	if was.Horizontal == nil || is.Horizontal == nil {
		return was.Horizontal != is.Horizontal
	}
	a, b := was.Horizontal.Recommended, is.Horizontal.Recommended
	if a == nil || b == nil {
		return a != b
	}
	return !reflect.DeepEqual(asSet(*a), asSet(*b))
}

// Unchecked is something that one of two reports does not know of.
type Unchecked struct {
	// What is a kind of what is urgent, throttling or cost.
	What string `json:"what"`
	// Side is before or after.
	Side   string `json:"side" jsonschema:"enum=before,enum=after"`
	Reason string `json:"reason"`
}

// unchecked lists what cannot be compared. OOM kills have to be known of both; what else
// neither of the two looked at is not compared, and no loss.
func (c comparison) unchecked() (out []Unchecked) {
	add := func(what, before, after string, both bool) {
		if before != "" && (both || after == "") {
			out = append(out, Unchecked{what, "before", before})
		}
		if after != "" && (both || before == "") {
			out = append(out, Unchecked{what, "after", after})
		}
	}
	for _, k := range document.UrgentKinds() {
		before, after := c.before.Unseen(k), c.after.Unseen(k)
		if k == document.Blocked {
			before, after = unjudged(c.before), unjudged(c.after)
		}
		add(string(k), before, after, k == document.OOMKilled)
	}
	add("throttling", unthrottled(c.before), unthrottled(c.after), false)
	add("cost", unpriced(c.before), unpriced(c.after), false)
	return out
}

// unjudged says why nothing is known of autoscalers; empty where it is.
func unjudged(r *document.Report) string {
	judged := func(w document.Workload) bool { return w.Horizontal != nil || len(w.Findings) > 0 }
	if len(r.Workloads) == 0 || slices.ContainsFunc(r.Workloads, judged) {
		return ""
	}
	return "no autoscaler or budget was looked at"
}

// unthrottled says why nothing is known of throttling; empty where it is.
func unthrottled(r *document.Report) string {
	measured := func(c document.Container) bool { return c.ThrottledShare != nil }
	if len(r.Workloads) == 0 || slices.ContainsFunc(r.Workloads, func(w document.Workload) bool { return slices.ContainsFunc(w.Containers, measured) }) {
		return ""
	}
	return "no CPU periods were counted"
}

// unpriced says why nothing is known of costs; empty where it is.
func unpriced(r *document.Report) string {
	if r.Summary.MonthlyCost != nil || len(r.Workloads) == 0 {
		return ""
	}
	return "no node has a price"
}

// uncheckedWords are what cannot be compared, with their verb.
var uncheckedWords = map[string]string{
	string(document.OOMKilled): "OOM kills are", string(document.ShortOfCPU): "shortage of CPU is", string(document.Blocked): "autoscalers and budgets that block are",
	string(document.Pending): "pods without a node are", "throttling": "throttling is", "cost": "cost is",
}

// String says what is not known, of which report and why.
func (u Unchecked) String() string {
	side := "the second report"
	if u.Side == "before" {
		side = "the first report"
	}
	return uncheckedWords[u.What] + " not known of " + side + ": " + u.Reason
}
