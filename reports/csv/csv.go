// Package csv writes the report as a table for spreadsheets and databases: a
// row a container, with columns that stay.
package csv

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Column is one column. Columns are added at the end and never change their
// meaning. What is not known is empty, never 0.
type Column struct {
	Name, Doc string
	cell      func(*document.Workload, *document.Container) string
}

// Columns lists the columns in their order.
func Columns() []Column {
	return append(append(identity(), settings()...), measured()...)
}

func identity() []Column {
	type w = document.Workload
	type c = document.Container
	return []Column{
		{"namespace", "namespace of the workload", func(w *w, _ *c) string { return text(w.Namespace) }},
		{"kind", "kind of the workload", func(w *w, _ *c) string { return text(w.Kind) }},
		{"workload", "name of the workload", func(w *w, _ *c) string { return text(w.Name) }},
		{"container", "name of the container", func(_ *w, c *c) string { return text(c.Name) }},
		{"type", "container, init or sidecar", func(_ *w, c *c) string { return text(c.Type) }},
		{"replicas", "pods that the controller is asked for", func(w *w, _ *c) string { return strconv.Itoa(int(w.Replicas)) }},
		{"monthly_cost_usd", "share of the bill, all pods", func(_ *w, c *c) string { return dollars(c.MonthlyCost) }},
		{"monthly_savings_usd", "worth of the advice, all pods; negative where it costs", func(_ *w, c *c) string { return dollars(c.MonthlySavings) }},
	}
}

func settings() []Column {
	var out []Column
	for _, x := range []struct {
		name, doc string
		of        func(*document.Setting) int64
	}{
		{"cpu_request_millicores", "CPU request of a pod", func(s *document.Setting) int64 { return milli(s.Requests.CPU) }},
		{"cpu_limit_millicores", "CPU limit of a pod", func(s *document.Setting) int64 { return milli(s.Limits.CPU) }},
		{"memory_request_bytes", "memory request of a pod", func(s *document.Setting) int64 { return int64(s.Requests.Memory) }},
		{"memory_limit_bytes", "memory limit of a pod", func(s *document.Setting) int64 { return int64(s.Limits.Memory) }},
	} {
		out = append(out,
			Column{x.name, x.doc + ", now", func(_ *document.Workload, c *document.Container) string { return set(x.of(&c.Current)) }},
			Column{"advised_" + x.name, x.doc + ", advised; what stays is repeated", func(_ *document.Workload, c *document.Container) string {
				if c.Recommended == nil {
					return ""
				}
				return set(x.of(c.Recommended))
			}})
	}
	return out
}

func measured() []Column {
	type w = document.Workload
	type c = document.Container
	cpu := func(of func(*document.CPUUsage) document.CPU) func(*w, *c) string {
		return func(_ *w, c *c) string {
			if c.Usage.CPU == nil {
				return ""
			}
			return number(float64(of(c.Usage.CPU)) / document.MicroPerMilli)
		}
	}
	memory := func(of func(*document.MemoryUsage) document.Bytes) func(*w, *c) string {
		return func(_ *w, c *c) string {
			if c.Usage.Memory == nil {
				return ""
			}
			return strconv.FormatInt(int64(of(c.Usage.Memory)), 10)
		}
	}
	return []Column{
		{"cpu_mean_millicores", "CPU used by a pod, mean; of one reading, that", cpu(func(u *document.CPUUsage) document.CPU { return u.Mean })},
		{"cpu_p95_millicores", "CPU used by a pod, 95th percentile; empty of one reading", cpu(func(u *document.CPUUsage) document.CPU { return u.P95 })},
		{"cpu_max_millicores", "CPU used by a pod, most; empty of one reading", cpu(func(u *document.CPUUsage) document.CPU { return u.Max })},
		{"memory_mean_bytes", "working set of a pod, mean; of one reading, that", memory(func(u *document.MemoryUsage) document.Bytes { return u.Mean })},
		{"memory_p95_bytes", "working set of a pod, 95th percentile; empty of one reading", memory(func(u *document.MemoryUsage) document.Bytes { return u.P95 })},
		{"memory_max_bytes", "working set of a pod, most; empty of one reading", memory(func(u *document.MemoryUsage) document.Bytes { return u.Max })},
		{"throttled_share", "share of CPU periods throttled", func(_ *w, c *c) string { return share(c.ThrottledShare) }},
		{"oom_kills", "OOM kills in the window, all pods; empty where they are not known", func(_ *w, c *c) string { return strconv.FormatInt(c.OOMKills, 10) }},
		{"restarts", "restarts in the window, all pods; empty where they are not known", func(_ *w, c *c) string { return strconv.FormatInt(c.Restarts, 10) }},
		{"oom_probability", "chance of an OOM kill within a week with the advice", func(_ *w, c *c) string { return share(c.Risk.OOMProbability) }},
		{"cpu_over_request", "share of time above the advised CPU request", func(_ *w, c *c) string { return share(c.Risk.CPUOverRequest) }},
		{"confidence", "support of the advice by the history, 0 to 1", func(_ *w, c *c) string { return number(c.Confidence) }},
		{"coverage", "share of the window in which it was seen", func(_ *w, c *c) string { return number(c.Coverage) }},
		{"withheld", "what is not advised, and why", func(_ *w, c *c) string { return text(withheld(c)) }},
		{"warnings", "doubts", func(_ *w, c *c) string { return text(warnings(c)) }},
		{"price_gap", "machines without a price, which make the amounts estimates or are missing in them", func(w *w, _ *c) string { return text(w.PriceGap) }},
	}
}

// killColumns are empty where no source tells of them, spreadColumns where there is one
// reading, which has no percentiles and no most.
var (
	killColumns   = []string{"oom_kills", "restarts"}
	spreadColumns = []string{"cpu_p95_millicores", "cpu_max_millicores", "memory_p95_bytes", "memory_max_bytes"}
)

// Write writes a line of names and a row a container, by RFC 4180; of a section
// that is about no containers, a row a figure.
func Write(w io.Writer, r *document.Report) error {
	if p := r.Metadata.Part; p != nil && !document.HoldsContainers(p.Section) {
		return writeFigures(w, r)
	}
	out, columns := csv.NewWriter(w), Columns()
	line, blind := make([]string, len(columns)), r.Unseen(document.OOMKilled) != ""
	for i, c := range columns {
		line[i] = c.Name
	}
	if err := out.Write(line); err != nil {
		return fmt.Errorf("writing the line of names: %w", err)
	}
	for i := range r.Workloads {
		for j := range r.Workloads[i].Containers {
			for k, c := range columns {
				line[k] = c.cell(&r.Workloads[i], &r.Workloads[i].Containers[j])
				if blind && line[k] == "0" && slices.Contains(killColumns, c.Name) || r.Metadata.GeneratedFrom.Moment && slices.Contains(spreadColumns, c.Name) {
					line[k] = ""
				}
			}
			if err := out.Write(line); err != nil {
				return fmt.Errorf("writing a row: %w", err)
			}
		}
	}
	out.Flush()
	return out.Error()
}

// text is a cell of words.
func text(s string) string { return analyzer.Cell(s) }

func withheld(c *document.Container) string {
	var out []string
	for _, x := range c.Withheld {
		out = append(out, x.Resource+": "+x.Reason)
	}
	return strings.Join(out, "; ")
}

func warnings(c *document.Container) string {
	var out []string
	for _, x := range c.Warnings {
		out = append(out, x.Message)
	}
	return strings.Join(out, "; ")
}

func milli(c document.CPU) int64 {
	return (int64(c) + document.MicroPerMilli - 1) / document.MicroPerMilli
}

func set(v int64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatInt(v, 10)
}

func dollars(u *document.USD) string {
	if u == nil {
		return ""
	}
	return strconv.FormatFloat(float64(*u)/100, 'f', 2, 64)
}

func share(v *float64) string {
	if v == nil {
		return ""
	}
	return number(*v)
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
