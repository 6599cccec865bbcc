// Package openmetrics writes the report as gauges, for a textfile collector: a
// scheduled report that dashboards and alerts can follow.
package openmetrics

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// MostWorkloads bounds the series: workloads beyond that many, by cost and
// what advice on them is worth, are counted and not listed.
const MostWorkloads = 500

// Family is one metric. All are gauges.
type Family struct {
	Name, Unit, Help string
	// Labels are its labels' names in their order.
	Labels  []string
	samples func(*document.Report, func(value float64, labels ...string))
}

// Families lists the metrics in their order.
func Families() []Family {
	return append(append(overall(), byKind()...), byWorkload()...)
}

func overall() []Family {
	return []Family{
		{"plimsoll_info", "", "The version of plimsoll that made the report, and the cluster that it is of.", []string{"version", "cluster"},
			func(r *document.Report, add func(float64, ...string)) { add(1, r.Metadata.Version, r.Metadata.Cluster) }},
		{"plimsoll_report_timestamp_seconds", "seconds", "End of the window that the report is of.", nil,
			func(r *document.Report, add func(float64, ...string)) {
				add(float64(r.Metadata.GeneratedFrom.End.Unix()))
			}},
		{"plimsoll_report_window_seconds", "seconds", "Length of the window; 0 for one reading.", nil,
			func(r *document.Report, add func(float64, ...string)) {
				add(r.Metadata.GeneratedFrom.End.Sub(r.Metadata.GeneratedFrom.Start).Seconds())
			}},
		{"plimsoll_report_moment", "", "1 where all usage is one reading and no history: check before use.", nil,
			func(r *document.Report, add func(float64, ...string)) { add(truth(r.Metadata.GeneratedFrom.Moment)) }},
		{"plimsoll_report_partial", "", "1 where a part of what was asked for could not be read.", nil,
			func(r *document.Report, add func(float64, ...string)) { add(truth(r.Partial())) }},
		{"plimsoll_monthly_cost_usd", "usd", "Cost of all nodes for a month of 730 hours at list prices; absent without prices.", nil,
			func(r *document.Report, add func(float64, ...string)) { money(r.Summary.MonthlyCost, add) }},
		{"plimsoll_monthly_savings_usd", "usd", "Worth of all advice together for a month; absent without prices, and in a quiet hour where the bill of the window is not known.", nil,
			func(r *document.Report, add func(float64, ...string)) { money(r.Summary.MonthlySavings, add) }},
		{"plimsoll_idle_monthly_cost_usd", "usd", "Cost of allocatable that nobody requested or used.", nil,
			func(r *document.Report, add func(float64, ...string)) { money(r.Summary.IdleMonthly, add) }},
		{"plimsoll_estimated_monthly_cost_usd", "usd", "What of the cost of all nodes is an estimate, since no table has a price of the machines.", nil,
			func(r *document.Report, add func(float64, ...string)) {
				sum := document.USD(0)
				for _, g := range r.Summary.PriceGaps {
					sum += g.Estimated
				}
				if r.Summary.MonthlyCost != nil {
					add(dollars(sum))
				}
			}},
		{"plimsoll_unpriced_nodes", "", "Nodes that have no price and are in no sum.", nil,
			func(r *document.Report, add func(float64, ...string)) {
				nodes := 0
				for _, g := range r.Summary.PriceGaps {
					if g.Estimated == 0 {
						nodes += g.Nodes
					}
				}
				add(float64(nodes))
			}},
		{"plimsoll_workloads_omitted", "", "Workloads without series of their own, since there are too many.", nil,
			func(r *document.Report, add func(float64, ...string)) {
				add(float64(max(len(r.Workloads)-MostWorkloads, 0)))
			}},
	}
}

func byKind() []Family {
	return []Family{
		{"plimsoll_lever_monthly_savings_usd", "usd", "What a lever takes off the bill for a month.", []string{"lever"},
			func(r *document.Report, add func(float64, ...string)) {
				for _, s := range r.Summary.Waterfall {
					if s.Lever == document.LeverNodes && r.Summary.QuietHour {
						continue // what today's nodes cost is not known
					}
					add(dollars(s.MonthlyBefore-s.MonthlyAfter), s.Lever)
				}
			}},
		{"plimsoll_urgent", "", "What is dangerous as it is, by kind; absent of a kind that cannot be told.", []string{"kind"},
			func(r *document.Report, add func(float64, ...string)) {
				count := map[document.UrgentKind]int{}
				for _, u := range r.Urgents() {
					count[u.Kind]++
				}
				for _, k := range document.UrgentKinds() {
					if count[k] > 0 || r.Unseen(k) == "" {
						add(float64(count[k]), string(k))
					}
				}
			}},
		{"plimsoll_containers", "", "Containers by what is advised: change, fine or withheld.", []string{"advice"},
			func(r *document.Report, add func(float64, ...string)) {
				n := r.Summary.Containers
				add(float64(n.Change), "change")
				add(float64(n.Fine), "fine")
				add(float64(n.Withheld), "withheld")
			}},
		{"plimsoll_nodes", "", "Nodes now, and by the plan where there is one.", []string{"state"},
			func(r *document.Report, add func(float64, ...string)) {
				add(float64(r.Nodes.Current.Count), "now")
				if r.Nodes.Plan != nil {
					add(float64(r.Nodes.Plan.Count), "plan")
				}
			}},
		{"plimsoll_waste_monthly_cost_usd", "usd", "Cost of what does nothing, by kind, for a month, as far as it is known; absent where none is.", []string{"kind"}, wasteSamples},
		{"plimsoll_warnings", "", "Doubts that concern the whole report, by code.", []string{"code"},
			func(r *document.Report, add func(float64, ...string)) {
				counted(r.Warnings, func(w *analyzer.Warning) string { return w.Code }, func(*analyzer.Warning) float64 { return 1 }, add)
			}},
	}
}

func wasteSamples(r *document.Report, add func(float64, ...string)) {
	known := slices.DeleteFunc(slices.Clone(r.Waste), func(w document.Waste) bool { return w.MonthlyCost == nil })
	counted(known, func(w *document.Waste) string { return w.Kind }, func(w *document.Waste) float64 { return dollars(w.USD()) }, add)
}

// counted adds values up by key, in the order of the keys.
func counted[T any](all []T, key func(*T) string, value func(*T) float64, add func(float64, ...string)) {
	sums := map[string]float64{}
	var keys []string
	for i := range all {
		k := key(&all[i])
		if _, ok := sums[k]; !ok {
			keys = append(keys, k)
		}
		sums[k] += value(&all[i])
	}
	slices.Sort(keys)
	for _, k := range keys {
		add(sums[k], k)
	}
}

func byWorkload() []Family {
	workload := []string{"namespace", "kind", "workload"}
	of := func(value func(*document.Workload) *document.USD) func(*document.Report, func(float64, ...string)) {
		return func(r *document.Report, add func(float64, ...string)) {
			for _, w := range listed(r) {
				if v := value(w); v != nil {
					add(dollars(*v), w.Namespace, w.Kind, w.Name)
				}
			}
		}
	}
	out := []Family{
		{"plimsoll_workload_monthly_cost_usd", "usd", "Share of the bill that is a workload's, for a month.", workload, of(func(w *document.Workload) *document.USD { return w.MonthlyCost })},
		{"plimsoll_workload_monthly_savings_usd", "usd", "Worth of the advice on a workload, for a month; negative where it costs.", workload, of(func(w *document.Workload) *document.USD { return w.MonthlySavings })},
	}
	out = append(out, Family{"plimsoll_workload_price_gap", "", "1 where a workload's cost and savings rest on machines without a price; absent elsewhere.", workload,
		func(r *document.Report, add func(float64, ...string)) {
			for _, w := range listed(r) {
				if w.PriceGap != "" {
					add(1, w.Namespace, w.Kind, w.Name)
				}
			}
		}})
	return append(out, byContainer(append(workload, "container"))...)
}

func byContainer(labels []string) []Family {
	of := func(value func(*document.Container) (float64, bool)) func(*document.Report, func(float64, ...string)) {
		return func(r *document.Report, add func(float64, ...string)) {
			for _, w := range listed(r) {
				for i := range w.Containers {
					if v, ok := value(&w.Containers[i]); ok {
						add(v, w.Namespace, w.Kind, w.Name, w.Containers[i].Name)
					}
				}
			}
		}
	}
	cpu := func(s *document.Setting) float64 { return float64(s.Requests.CPU) / (1000 * document.MicroPerMilli) }
	memory := func(s *document.Setting) float64 { return float64(s.Requests.Memory) }
	now := func(v func(*document.Setting) float64) func(*document.Container) (float64, bool) {
		return func(c *document.Container) (float64, bool) { return v(&c.Current), v(&c.Current) > 0 }
	}
	advised := func(v func(*document.Setting) float64) func(*document.Container) (float64, bool) {
		return func(c *document.Container) (float64, bool) {
			if c.Recommended == nil {
				return 0, false
			}
			return v(c.Recommended), v(c.Recommended) > 0
		}
	}
	return []Family{
		{"plimsoll_container_request_cpu_cores", "cores", "CPU request of a pod's container; absent without one.", labels, of(now(cpu))},
		{"plimsoll_container_advised_request_cpu_cores", "cores", "The CPU request that is advised; absent where none is.", labels, of(advised(cpu))},
		{"plimsoll_container_request_memory_bytes", "bytes", "Memory request of a pod's container; absent without one.", labels, of(now(memory))},
		{"plimsoll_container_advised_request_memory_bytes", "bytes", "The memory request that is advised; absent where none is.", labels, of(advised(memory))},
		{"plimsoll_container_advised_from_moment", "", "1 where the requests that are advised rest on one reading and no history: check before use; absent elsewhere.", labels,
			of(func(c *document.Container) (float64, bool) { return 1, c.Recommended != nil && c.OneReading() })},
		{"plimsoll_container_oom_kills", "", "OOM kills in the window; absent where there was none.", labels,
			of(func(c *document.Container) (float64, bool) { return float64(c.OOMKills), c.OOMKills > 0 })},
	}
}

// listed are the workloads that have series: those that cost or would save
// most, in the report's order.
func listed(r *document.Report) []*document.Workload {
	out := make([]*document.Workload, len(r.Workloads))
	for i := range r.Workloads {
		out[i] = &r.Workloads[i]
	}
	if len(out) <= MostWorkloads {
		return out
	}
	weight := func(w *document.Workload) (sum document.USD) {
		for _, v := range []*document.USD{w.MonthlyCost, w.MonthlySavings} {
			if v != nil {
				sum += max(*v, -*v)
			}
		}
		return sum
	}
	slices.SortStableFunc(out, func(a, b *document.Workload) int { return cmp.Compare(weight(b), weight(a)) })
	out = out[:MostWorkloads]
	slices.SortFunc(out, func(a, b *document.Workload) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// Write writes the report in the text format of OpenMetrics 1.0, which the
// textfile collector reads too.
func Write(w io.Writer, r *document.Report) error {
	var b bytes.Buffer
	for _, f := range Families() {
		f.write(&b, r)
	}
	b.WriteString("# EOF\n")
	_, err := w.Write(b.Bytes())
	return err
}

func (f *Family) write(b *bytes.Buffer, r *document.Report) {
	fmt.Fprintf(b, "# TYPE %s gauge\n", f.Name)
	if f.Unit != "" {
		fmt.Fprintf(b, "# UNIT %s %s\n", f.Name, f.Unit)
	}
	fmt.Fprintf(b, "# HELP %s %s\n", f.Name, f.Help)
	seen := map[string]bool{}
	f.samples(r, func(value float64, labels ...string) {
		series := f.series(labels)
		if seen[series] { // of a report with two of one name, the first is said
			return
		}
		seen[series] = true
		fmt.Fprintf(b, "%s %s\n", series, strconv.FormatFloat(value, 'f', -1, 64))
	})
}

// series is a metric's name with its labels.
func (f *Family) series(labels []string) string {
	if len(labels) == 0 {
		return f.Name
	}
	parts := make([]string, len(labels))
	for i, v := range labels {
		parts[i] = fmt.Sprintf(`%s="%s"`, f.Labels[i], escaped.Replace(analyzer.Printable(v)))
	}
	return f.Name + "{" + strings.Join(parts, ",") + "}"
}

var escaped = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func money(u *document.USD, add func(float64, ...string)) {
	if u != nil {
		add(dollars(*u))
	}
}

func dollars(u document.USD) float64 { return float64(u) / 100 }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
