package finding

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/grid"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

var colors = map[verdict.Severity]string{verdict.SeverityError: "\x1b[31m", verdict.SeverityWarning: "\x1b[33m", verdict.SeverityNote: "\x1b[36m"}

// writeTable prints each finding as a line that editors can follow, with its
// reason below, and then the money.
func writeTable(w io.Writer, r *Report, o Options) error {
	out := bufio.NewWriter(w)
	for _, f := range r.Findings {
		if !o.All && !f.Counts() && f.State != verdict.StateFixed {
			continue
		}
		severity := string(f.Severity)
		if o.Color {
			severity = colors[f.Severity] + severity + "\x1b[0m"
		}
		if f.State != verdict.StateNew {
			severity += " (" + string(f.State) + ")"
		}
		fmt.Fprintf(out, "%s: %s: %s [%s]\n", printable(location(f.Place)), severity, printable(f.Message), printable(f.Rule))
		if s := subject(f); s != "" {
			fmt.Fprintf(out, "    %s\n", printable(s))
		}
		if f.Reason != "" {
			fmt.Fprintf(out, "    %s\n", printable(f.Reason))
		}
		if f.Via != nil {
			fmt.Fprintf(out, "    it comes in through the alias at %s\n", printable(location(*f.Via)))
		}
		if s := reaches(f); s != "" {
			fmt.Fprintf(out, "    %s\n", printable(s))
		}
		if len(f.Fix) > 0 {
			fmt.Fprintf(out, "    fix: %s\n", printable(fix(f)))
		}
	}
	if err := costTable(out, r); err != nil {
		return err
	}
	if s := r.Read(); s != "" {
		fmt.Fprintln(out, printable(s))
	}
	fmt.Fprintln(out, r.verdict())
	if s := r.costLine(); s != "" {
		fmt.Fprintf(out, "%s, prices of %s\n", s, analyzer.Printable(r.Cost.Prices))
	}
	for _, warning := range r.Warnings {
		fmt.Fprintf(out, "note: %s\n", printable(warning.String()))
	}
	return out.Flush()
}

// costTable lists the workloads whose cost changes.
func costTable(out io.Writer, r *Report) error {
	if !r.Cost.Known || r.Cost.Base == "" || r.Cost.Delta == 0 && len(changed(r)) == 0 {
		return nil
	}
	lines := [][]string{{"WORKLOAD", "REPLICAS", "CPU", "MEMORY", "USD/MONTH", "DELTA"}}
	for _, l := range changed(r) {
		lines = append(lines, []string{
			printable(l.Object), replicas(l), analyzer.Printable(arrow(l.RequestsBefore.CPU, l.RequestsAfter.CPU)),
			analyzer.Printable(arrow(l.RequestsBefore.Memory, l.RequestsAfter.Memory)), usd(l.After), signed(l.Delta),
		})
	}
	return grid.Write(out, []bool{4: true, 5: true}, lines)
}

// changed gives the workloads whose cost or requests change.
func changed(r *Report) []verdict.CostLine {
	var out []verdict.CostLine
	for _, l := range r.Cost.Workloads {
		if l.Delta != 0 || l.RequestsBefore != l.RequestsAfter {
			out = append(out, l)
		}
	}
	return out
}

func replicas(l verdict.CostLine) string {
	s := arrow(pods(l.ReplicasBefore), pods(l.ReplicasAfter))
	if l.ReplicasFrom != "manifest" {
		s += " " + analyzer.Printable(l.ReplicasFrom)
	}
	return s
}

// pods writes a mean number of pods: whole from a hundred on.
func pods(n float64) string {
	if n >= 100 {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return fmt.Sprintf("%.3g", n)
}

// arrow writes a change; what stays is written once.
func arrow(before, after string) string {
	if before == "" {
		before = "-"
	}
	if after == "" {
		after = "-"
	}
	if before == after {
		return after
	}
	return before + " -> " + after
}
