package brief

import (
	"fmt"
	"math"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/document/change"
)

// DiffDoubts say what weakens a comparison: other clusters, other hours, and what one of
// the two reports does not know.
func DiffDoubts(d *change.Comparison) (out []string) {
	if d.Before.Cluster != d.After.Cluster {
		out = append(out, "the two are of clusters with unlike names")
	}
	a, b := d.Before.Window, d.After.Window
	if unlikeHours(a, b) {
		out = append(out, fmt.Sprintf("the windows are of other hours (%s and %s): what changed by use alone may be the hour", hoursText(a), hoursText(b)))
	}
	if a.Start.Before(b.Start) && b.Start.Before(a.End) {
		out = append(out, fmt.Sprintf("the second window begins %s before the first ends: the kills and throttling of that time count in both", document.Counted(int(a.End.Sub(b.Start).Hours()+0.5), "hour")))
	}
	if x, y := d.Before.Version, d.After.Version; x != y && x != "" && y != "" {
		out = append(out, fmt.Sprintf("the two are by unlike versions of plimsoll (%s and %s): what they find may differ by that alone", Clean(x), Clean(y)))
	}
	for _, x := range d.Unchecked {
		out = append(out, Clean(x.String())+"; it is not compared")
	}
	return out
}

// unlikeHours reports whether two windows see other hours of the day: one of them is no
// whole number of days and they are not as long, or end at another hour.
func unlikeHours(a, b document.Window) bool {
	x, y := a.End.Sub(a.Start).Hours(), b.End.Sub(b.Start).Hours()
	whole := func(hours float64) bool { return hours >= 24 && math.Abs(math.Remainder(hours, 24)) <= 1 }
	if whole(x) && whole(y) {
		return false
	}
	apart := math.Abs(math.Remainder(a.End.Sub(b.End).Hours(), 24))
	return math.Abs(x-y) > 1 || apart > 1
}

func hoursText(w document.Window) string {
	at := w.End.UTC().Format("2 Jan 15:04 MST")
	if w.Moment || !w.Start.Before(w.End) {
		return "one reading at " + at
	}
	return document.Counted(int(w.End.Sub(w.Start).Hours()+0.5), "hour") + " to " + at
}

// Gone says what left the nodes' bill, or came on top of it; empty where it is the same.
func Gone(d *change.Comparison) string {
	if d.Before.MonthlyCost == nil || d.After.MonthlyCost == nil {
		return ""
	}
	switch less := saved(*d.Before.MonthlyCost, *d.After.MonthlyCost); {
	case less > 0:
		return fmt.Sprintf(": %s less", less)
	case less < 0:
		return fmt.Sprintf(": %s more", -less)
	}
	return ""
}

// DiffApplied says what applied advice came to, a line each; nothing where none was.
func DiffApplied(d *change.Comparison) (out []string) {
	a := d.Applied
	if a == nil {
		return nil
	}
	text := document.Counted(a.Workloads, "workload") + ": "
	if a.MonthlyBefore != nil {
		text += "their share of the bill " + Arrow(WholeOf(*a.MonthlyBefore).String(), WholeOf(*a.MonthlyAfter).String()) + " a month, "
	}
	out = append(out, text+"OOM kills "+Arrow(document.Figures(a.OOMKillsWeeklyBefore), document.Figures(a.OOMKillsWeeklyAfter))+" a week")
	if a.MonthlyGone == nil || *a.MonthlyBefore <= *a.MonthlyAfter {
		return out
	}
	freed := saved(*a.MonthlyBefore, *a.MonthlyAfter)
	switch gone := WholeOf(*a.MonthlyGone); {
	case gone <= 0:
		return append(out, fmt.Sprintf("none of these %s left the nodes' bill: they are room on nodes that stayed", freed))
	case gone >= freed:
		return append(out, fmt.Sprintf("all of these %s are off the nodes' bill", freed))
	default:
		return append(out, fmt.Sprintf("%s of these %s are off the nodes' bill: the rest is room on nodes that stayed", gone, freed))
	}
}

// DiffWhat is what became of a workload, in one cell: of one to which the advice was
// applied, also what that brought.
func DiffWhat(d *change.Difference) string {
	if d.Brought == "" {
		return d.What
	}
	return d.What + ", " + d.Brought
}

// DiffChanged is what differs of a workload, in one cell.
func DiffChanged(d *change.Difference) string {
	return strings.Replace(strings.Join(d.Changed, ", "), change.ChangedSetting, "set", 1)
}

// DiffLegend says what the words of a comparison mean, as far as it has them.
func DiffLegend(d *change.Comparison) string {
	moved, by := "", ""
	for i := range d.Workloads {
		x := &d.Workloads[i]
		if x.What == change.DiffMoved {
			moved = "moved: its cost is another and nothing was set anew; "
		}
		if len(x.Changed) > 0 {
			by = "by: set is what somebody configured, use is the load, advice is plimsoll's"
		}
	}
	return strings.TrimSuffix(moved+by, "; ")
}
