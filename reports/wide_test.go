package reports_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

// TestWideFits: the wide table has a line a container and at most 160 columns, whatever
// columns are asked for. What it has no room for is named, and is nothing of the usual.
func TestWideFits(t *testing.T) {
	for name, r := range clusters(t) {
		containers := 0
		for i := range r.Workloads {
			containers += len(r.Workloads[i].Containers)
		}
		long := name == "hostile" || name == "5000" // names that are longer have a line of their own
		for _, columns := range [][]string{nil, {text.AllColumns}, {"workload", "why-not", "kind"}, {"kind", "workload"}} {
			o := reports.Options{Columns: columns}
			got, left := output(t, "containers", r, o), text.LeftOut(r, o)
			for line := range strings.Lines(got) {
				if w := displaywidth.String(strings.TrimRight(line, "\n")); w > text.Widest {
					t.Errorf("%s, columns %v: a line of %d cells: %s", name, columns, w, line)
				}
			}
			if n := strings.Count(got, "\n"); !long && columns != nil && n > containers+2 {
				t.Errorf("%s, columns %v: %d lines for %d containers", name, columns, n, containers)
			}
			head, _, _ := strings.Cut(got, "\n")
			switch {
			case columns == nil && len(left) > 0:
				t.Errorf("%s: the usual columns have no room: %v", name, left)
			case slices.Contains(columns, text.AllColumns) && name == "demo" && len(left) == 0:
				t.Error("all columns of the demo fit, which cannot be")
			}
			for _, c := range left {
				if strings.Contains(head, "  "+strings.ToUpper(strings.ReplaceAll(c, "-", " "))+"  ") {
					t.Errorf("%s: %s is left out, and there in %s", name, c, head)
				}
			}
		}
	}
}
