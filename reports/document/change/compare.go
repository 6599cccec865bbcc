// Package change tells what differs between two reports of one cluster, as a document.
package change

import (
	"cmp"
	"io"
	"reflect"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// KindComparison is the kind of a comparison as a document.
const KindComparison = "Comparison"

// Comparison is what differs between two reports.
type Comparison struct {
	APIVersion string `json:"apiVersion"`
	// Kind is always Comparison.
	Kind   string `json:"kind"`
	Before Side   `json:"before"`
	After  Side   `json:"after"`
	// Applied sums what was applied; absent where nothing was.
	Applied *AppliedSum `json:"applied,omitempty"`
	// Unchecked is what cannot be compared since one of the two does not know of it.
	Unchecked []Unchecked `json:"unchecked,omitempty"`
	// Workloads are those that differ, by what, then by name.
	Workloads []Difference `json:"workloads"`
}

// Side is one of the two reports in short.
type Side struct {
	Cluster string `json:"cluster"`
	// Version is that of the plimsoll that wrote it.
	Version string          `json:"version,omitempty"`
	Window  document.Window `json:"window"`
	// MonthlyCost is the nodes' bill, MonthlySavings what was still advised.
	MonthlyCost    *document.USD `json:"monthlyCost" jsonschema:"nullable"`
	MonthlySavings *document.USD `json:"monthlySavings" jsonschema:"nullable"`
	// MonthlyLeft is what all steps would have left of the bill; absent where that is not known.
	MonthlyLeft *document.USD `json:"monthlyLeft,omitempty"`
	Workloads   int           `json:"workloads"`
	// Urgent counts what was dangerous.
	Urgent int `json:"urgent"`
}

// The kinds of differences.
const (
	DiffNew     = "new"
	DiffGone    = "gone"
	DiffApplied = "applied"
	DiffBetter  = "better"
	DiffWorse   = "worse"
	DiffMoved   = "moved"
)

// DiffKinds lists the kinds of differences in the order in which they are told.
func DiffKinds() []string {
	return []string{DiffWorse, DiffApplied, DiffBetter, DiffMoved, DiffNew, DiffGone}
}

// Difference is one workload of two reports that is not the same in both.
type Difference struct {
	Namespace string `json:"namespace"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	// What is new, gone, applied, better, worse or moved. Applied: its requests,
	// or what scales it, are now what was advised. Better and worse are by OOM kills a week, then by what
	// else is urgent, then by throttling, then by cost. Moved: its cost is another, and
	// nothing of it was set anew: the load, the nodes or their prices did it.
	What string `json:"what"`
	// Brought is better or worse, of a workload to which the advice was applied; absent where it is much the same.
	Brought string `json:"brought,omitempty" jsonschema:"enum=better,enum=worse"`
	// Changed says of what is in both what differs: setting (requests, limits, what scales
	// it), use (usage, kills, throttling, the pods that an autoscaler chose), advice.
	Changed []string `json:"changed,omitempty"`
	Before  *State   `json:"before" jsonschema:"nullable"`
	After   *State   `json:"after" jsonschema:"nullable"`
}

// State is a workload in one of the two reports.
type State struct {
	MonthlyCost *document.USD `json:"monthlyCost" jsonschema:"nullable"`
	// OOMKillsWeekly is the OOM kills of its containers for seven days, so that
	// windows of unlike length can be compared; 0 where one of the two reports does not know of them.
	OOMKillsWeekly float64 `json:"oomKillsWeekly"`
	// ThrottledShare is that of its most throttled container; absent where it
	// was not measured.
	ThrottledShare *float64 `json:"throttledShare,omitempty"`
	// Urgent counts what is dangerous.
	Urgent int `json:"urgent"`
}

// Compare lists what differs between two reports.
func Compare(before, after *document.Report) *Comparison {
	old := map[[3]string]*document.Workload{}
	for i := range before.Workloads {
		w := &before.Workloads[i]
		old[keyOf(w)] = w
	}
	c := comparison{before: before, after: after}
	out := &Comparison{APIVersion: document.APIVersion, Kind: KindComparison, Before: sideOf(before), After: sideOf(after), Unchecked: c.unchecked(), Workloads: []Difference{}}
	for i := range after.Workloads {
		w := &after.Workloads[i]
		was := old[keyOf(w)]
		delete(old, keyOf(w))
		if d, ok := c.differ(was, w); ok {
			out.Workloads = append(out.Workloads, d)
		}
	}
	for _, w := range old {
		d, _ := c.differ(w, nil)
		out.Workloads = append(out.Workloads, d)
	}
	rank := func(what string) int { return slices.Index(DiffKinds(), what) }
	out.Applied = appliedSum(out)
	slices.SortFunc(out.Workloads, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(rank(a.What), rank(b.What)), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func sideOf(r *document.Report) Side {
	out := Side{
		Cluster: r.Metadata.Cluster, Version: r.Metadata.Version, Window: r.Metadata.GeneratedFrom, Workloads: len(r.Workloads),
		MonthlyCost: r.Summary.MonthlyCost, MonthlySavings: r.Summary.MonthlySavings, Urgent: len(r.Urgents()),
	}
	if n := len(r.Summary.Waterfall); n > 0 && !r.Summary.QuietHour {
		out.MonthlyLeft = &r.Summary.Waterfall[n-1].MonthlyAfter
	}
	return out
}

func keyOf(w *document.Workload) [3]string { return [3]string{w.Namespace, w.Kind, w.Name} }

// comparison knows both windows.
type comparison struct{ before, after *document.Report }

// blind reports whether one of the two can't tell of a kind, so that it is no
// difference.
func (c comparison) blind(k document.UrgentKind) bool {
	return c.before.Unseen(k) != "" || c.after.Unseen(k) != ""
}

// state is a workload as a report has it; nil where it is not there.
func (c comparison) state(w *document.Workload, of document.Window) *State {
	if w == nil {
		return nil
	}
	out := &State{MonthlyCost: w.MonthlyCost}
	for _, u := range w.Urgents() {
		if !c.blind(u.Kind) {
			out.Urgent++
		}
	}
	kills := int64(0)
	for i := range w.Containers {
		one := &w.Containers[i]
		kills += one.OOMKills
		if one.ThrottledShare != nil && (out.ThrottledShare == nil || *one.ThrottledShare > *out.ThrottledShare) {
			out.ThrottledShare = one.ThrottledShare
		}
	}
	if c.blind(document.OOMKilled) {
		kills = 0
	}
	if days := of.End.Sub(of.Start).Hours() / 24; days > 0 {
		out.OOMKillsWeekly = document.Decimals(float64(kills)*7/days, 2)
	}
	return out
}

// differ compares a workload; nil is one that is not there.
func (c comparison) differ(was, is *document.Workload) (Difference, bool) {
	named := cmp.Or(is, was)
	d := Difference{
		Namespace: named.Namespace, Kind: named.Kind, Name: named.Name,
		Before: c.state(was, c.before.Metadata.GeneratedFrom), After: c.state(is, c.after.Metadata.GeneratedFrom),
	}
	switch {
	case was == nil:
		d.What = DiffNew
	case is == nil:
		d.What = DiffGone
	case applied(was, is):
		d.What, d.Brought = DiffApplied, d.Before.against(d.After)
	default:
		d.What = d.Before.against(d.After)
		if d.What == "" && costsMore(d.Before, d.After) != 0 {
			d.What = costlier(was, is, costsMore(d.Before, d.After))
		}
	}
	if was != nil && is != nil && d.What != "" {
		d.Changed = changed(was, is, d.Before, d.After)
	}
	return d, d.What != ""
}

// against says whether what came after is better or worse, its cost aside; empty where
// it is much the same.
func (s *State) against(after *State) string {
	for _, by := range []float64{
		after.OOMKillsWeekly - s.OOMKillsWeekly,
		float64(after.Urgent - s.Urgent),
		throttledMore(s, after),
	} {
		switch {
		case by < 0:
			return DiffBetter
		case by > 0:
			return DiffWorse
		}
	}
	return ""
}

// What is less than these is much the same: 5 % of CPU periods; a dollar a
// month, or 1 % of the cost.
const (
	sameThrottling = 0.05
	sameMoney      = 100
	sameMoneyShare = 0.01
)

func throttledMore(a, b *State) float64 {
	if a.ThrottledShare == nil || b.ThrottledShare == nil {
		return 0
	}
	if by := *b.ThrottledShare - *a.ThrottledShare; by > sameThrottling || by < -sameThrottling {
		return by
	}
	return 0
}

func costsMore(a, b *State) float64 {
	if a.MonthlyCost == nil || b.MonthlyCost == nil {
		return 0
	}
	by := float64(*b.MonthlyCost - *a.MonthlyCost)
	if least := max(sameMoney, sameMoneyShare*float64(*a.MonthlyCost)); by > least || by < -least {
		return by
	}
	return 0
}

// applied reports whether the advice on sizes, or that on scaling, was followed: all of it.
func applied(was, is *document.Workload) bool { return resized(was, is) || rescaled(was, is) }

// resized reports whether requests changed to what had been advised. Containers without
// advice are as they were, or are what somebody made of them.
func resized(was, is *document.Workload) bool {
	changed := false
	for i := range was.Containers {
		o := &was.Containers[i]
		if o.Recommended == nil {
			continue
		}
		c := container(is, o.Name)
		if c == nil || c.Current.Requests != o.Recommended.Requests {
			return false
		}
		changed = changed || o.Current.Requests != o.Recommended.Requests
	}
	return changed
}

// rescaled reports whether what scales a workload changed to what had been advised.
func rescaled(was, is *document.Workload) bool {
	if was.Horizontal == nil || is.Horizontal == nil || was.Horizontal.Recommended == nil {
		return false
	}
	now, advised, before := asAdvised(is.Horizontal.Current), asAdvised(*was.Horizontal.Recommended), asAdvised(was.Horizontal.Current)
	return reflect.DeepEqual(now, advised) && !reflect.DeepEqual(before, advised)
}

// asAdvised is a scaling as somebody sets it: the name is for him to choose, and requests
// are the containers'.
func asAdvised(s document.Scaling) document.Scaling {
	s = asSet(s)
	s.Name, s.Requests = "", nil
	return s
}

// WriteJSON writes what differs between two reports as JSON, as document.WriteJSON does.
func WriteJSON(w io.Writer, d *Comparison, indent bool) error {
	data, err := document.Encode(d, indent)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}
