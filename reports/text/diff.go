package text

import (
	"cmp"
	"fmt"
	"io"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document/change"
	"github.com/plimsoll-k8s/plimsoll/reports/layout"
)

// Diff prints what differs between two reports.
func Diff(w io.Writer, d *change.Comparison, o Options) error {
	s := &screen{o: o}
	s.sides(d)
	if len(d.Workloads) == 0 {
		s.lines("", "No workload differs.")
	} else {
		s.lines("")
		s.lines(diffRows(d.Workloads).Print(o.line(), o.Color)...)
		if legend := brief.DiffLegend(d); legend != "" {
			s.hang("", legend, layout.Plain)
		}
	}
	_, err := w.Write(s.Bytes())
	return err
}

// sides says what was compared, and what became of the whole.
func (s *screen) sides(d *change.Comparison) {
	a, b := &d.Before, &d.After
	s.hang("before  ", fmt.Sprintf("%s, %s", clusterName(a.Cluster), brief.Span(a.Window)), layout.Plain)
	s.hang("after   ", fmt.Sprintf("%s, %s", clusterName(b.Cluster), brief.Span(b.Window)), layout.Plain)
	if a.MonthlyCost != nil && b.MonthlyCost != nil {
		s.hang("nodes   ", brief.Arrow(brief.WholeOf(*a.MonthlyCost).String(), brief.WholeOf(*b.MonthlyCost).String())+" a month"+brief.Gone(d), layout.Plain)
	}
	if was, is := brief.SideSaves(a), brief.SideSaves(b); was != "" && is != "" {
		s.hang("to save ", brief.Arrow(was, is)+" a month", layout.Plain)
	}
	things := " things that are dangerous"
	if b.Urgent == 1 {
		things = " thing that is dangerous"
	}
	s.hang("to fix  ", brief.Arrow(fmt.Sprint(a.Urgent), fmt.Sprint(b.Urgent))+things, layout.Plain)
	for i, x := range brief.DiffApplied(d) {
		s.hang([]string{"applied ", "        "}[i], x, layout.Plain)
	}
	for _, x := range brief.DiffDoubts(d) {
		s.hang("doubt   ", x, layout.Bad)
	}
}

func diffRows(all []change.Difference) *layout.Rows {
	t := &layout.Rows{Together: true, Right: []bool{false, false, false, true, true, true}}
	t.Add("WORKLOAD", "WHAT", "BY", "COST A MONTH", "OOM A WEEK", "THROTTLED")
	for i := range all {
		d := &all[i]
		name := brief.Clean(d.Namespace + "/" + brief.ShortKind(d.Kind) + "/" + d.Name)
		l := t.Add(name, brief.DiffWhat(d), brief.DiffChanged(d), brief.StateChange(d, brief.StateCost), brief.StateChange(d, brief.StateKills), brief.StateChange(d, brief.StateThrottled))
		l.Tones[1] = diffTone(cmp.Or(d.Brought, d.What))
	}
	return t
}

func diffTone(what string) layout.Tone {
	switch what {
	case change.DiffWorse:
		return layout.Bad
	case change.DiffBetter, change.DiffApplied:
		return layout.Good
	}
	return layout.Plain
}

// clusterName is a cluster's name as it is said.
func clusterName(name string) string { return cmp.Or(brief.Clean(name), "cluster without a name") }
