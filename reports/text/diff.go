package text

import (
	"fmt"
	"io"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Diff prints what differs between two reports.
func Diff(w io.Writer, before, after *document.Report, o Options) error {
	s := &screen{r: after, o: o}
	if a, b := before.Summary.MonthlyCost, after.Summary.MonthlyCost; a != nil && b != nil {
		s.hang("nodes  ", fmt.Sprintf("%s a month, now %s", a, b), plainTone)
	}
	all := document.Compare(before, after)
	if len(all) == 0 {
		s.lines("No workload differs.")
	}
	t := &rows{right: []bool{false, false, true, true}}
	t.add("WORKLOAD", "WHAT", "COST A MONTH", "OOM KILLS")
	for _, d := range all {
		t.add(clean(d.Namespace)+"/"+shortKind(clean(d.Kind))+"/"+clean(d.Name), d.What, arrow(d.CostBefore.String(), d.CostAfter.String()), arrow(fmt.Sprint(d.OOMBefore), fmt.Sprint(d.OOMAfter)))
	}
	if len(all) > 0 {
		s.lines(t.print(o.line(), o.Color)...)
	}
	_, err := w.Write(s.Bytes())
	return err
}
