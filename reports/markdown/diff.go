package markdown

import (
	"cmp"
	"fmt"
	"io"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document/change"
)

// WriteDiff writes what differs between two reports.
func WriteDiff(w io.Writer, d *change.Comparison) error {
	var b page
	fmt.Fprintf(&b, "## plimsoll: what changed in %s\n\n| | before | after |\n|---|--:|--:|\n", cell(cmp.Or(d.After.Cluster, "the cluster")))
	if was, is := d.Before.MonthlyCost, d.After.MonthlyCost; was != nil && is != nil {
		fmt.Fprintf(&b, "| nodes, a month | %s | %s%s |\n", brief.WholeOf(*was), brief.WholeOf(*is), brief.Gone(d))
	}
	if was, is := brief.SideSaves(&d.Before), brief.SideSaves(&d.After); was != "" && is != "" {
		fmt.Fprintf(&b, "| still to save, a month | %s | %s |\n", was, is)
	}
	fmt.Fprintf(&b, "| dangerous | %d | %d |\n", d.Before.Urgent, d.After.Urgent)
	for _, x := range brief.DiffApplied(d) {
		b.WriteString("\n- applied: " + cell(x) + "\n")
	}
	for _, x := range brief.DiffDoubts(d) {
		b.WriteString("\n- doubt: " + cell(x) + "\n")
	}
	if len(d.Workloads) == 0 {
		b.WriteString("\nNo workload differs.\n")
	} else {
		b.WriteString("\n| workload | what | by | cost a month | OOM a week | throttled |\n|---|---|---|--:|--:|--:|\n")
	}
	for i := range d.Workloads {
		if b.Len() > maxSize {
			b.more(len(d.Workloads)-i, 6)
			break
		}
		x := &d.Workloads[i]
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", code(x.Namespace+"/"+brief.ShortKind(x.Kind)+"/"+x.Name), brief.DiffWhat(x), brief.DiffChanged(x),
			cell(brief.StateChange(x, brief.StateCost)), cell(brief.StateChange(x, brief.StateKills)), cell(brief.StateChange(x, brief.StateThrottled)))
	}
	if legend := brief.DiffLegend(d); legend != "" {
		b.WriteString("\n" + legend + "\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}
