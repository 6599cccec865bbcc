package text

import (
	"fmt"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// column is one column of the table.
type column struct {
	title string
	right bool
	// min is the width down to which names may be shortened, at least the
	// title's; 0 means that the column is never shortened.
	min int
	// fair is a good width for names: as long as one is wider than that by
	// more than the others, it is the one to be shortened.
	fair int
	cell func(*row) string
	foot func(*document.Report) string
	tone func(*row) tone
	// money says that the column is empty where there are no prices.
	money bool
}

// The titles of the columns that may drop out of the table.
const (
	titleNamespace  = "NAMESPACE"
	titleContainer  = "CONTAINER"
	titleCPU        = "CPU"
	titleMemory     = "MEMORY"
	titleConfidence = "CONF"
	titleFreed      = "FREED/MONTH"
	titleWorkload   = "WORKLOAD"
)

// DropOrder lists the table's columns in the order in which they go as the
// width shrinks. Workload, money and the marks of notes always stay; names are
// shortened before a column goes.
func DropOrder() []string {
	return []string{titleConfidence, titleContainer, titleNamespace, titleMemory, titleCPU}
}

func tableColumns() []column {
	return []column{
		namespaceColumn(), workloadColumn(), containerColumn(),
		{title: titleCPU, right: true, cell: func(r *row) string { return cpuChange(r.c) }, foot: cpuTotal},
		{title: titleMemory, right: true, cell: func(r *row) string { return memoryChange(r.c) }, foot: memoryTotal},
		freedColumn(),
		{title: titleConfidence, right: true, cell: confidence},
		notesColumn(),
	}
}

func wideColumns() []column {
	plain := func(title string, cell func(*row) string) column {
		return column{title: title, right: true, cell: cell}
	}
	return []column{
		namespaceColumn(), workloadColumn(), containerColumn(),
		plain("PODS", func(r *row) string { return fmt.Sprint(r.w.Replicas) }),
		{title: titleCPU, right: true, cell: func(r *row) string { return cpuChange(r.c) }, foot: cpuTotal},
		plain("CPU LIMIT", cpuLimit), plain("CPU P95", cpuP95), plain("CPU MAX", cpuMax),
		{title: titleMemory, right: true, cell: func(r *row) string { return memoryChange(r.c) }, foot: memoryTotal},
		plain("MEM LIMIT", memoryLimit), plain("MEM P95", memoryP95), plain("MEM MAX", memoryMax),
		plain("THROTTLED", func(r *row) string { return sharePercent(r.c.ThrottledShare) }),
		{title: "OOM KILLS", right: true, cell: func(r *row) string { return fmt.Sprint(r.c.OOMKills) }, tone: oomTone},
		{title: "OOM RISK", right: true, cell: func(r *row) string { return sharePercent(r.c.Risk.OOMProbability) }},
		{title: "CPU OVER", right: true, cell: func(r *row) string { return sharePercent(r.c.Risk.CPUOverRequest) }},
		plain("COVERAGE", func(r *row) string { return document.Percent(r.c.Coverage) }),
		{title: "COST/MONTH", right: true, cell: func(r *row) string { return dollars(r.c.MonthlyCost) }, foot: costTotal, money: true},
		freedColumn(),
		{title: titleConfidence, right: true, cell: confidence},
		notesColumn(),
	}
}

func namespaceColumn() column {
	return column{title: titleNamespace, min: 10, fair: 10, cell: func(r *row) string { return clean(r.w.Namespace) }, foot: func(*document.Report) string { return "TOTAL" }}
}

func workloadColumn() column {
	return column{
		title: titleWorkload, min: 16, fair: 26,
		cell: func(r *row) string { return clean(shortKind(r.w.Kind) + "/" + r.w.Name) },
		foot: func(*document.Report) string { return "all pods" },
	}
}

func containerColumn() column {
	return column{title: titleContainer, min: 9, fair: 12, cell: func(r *row) string {
		if r.c.Type == "init" {
			return clean(r.c.Name + " (init)")
		}
		return clean(r.c.Name)
	}}
}

func freedColumn() column {
	return column{
		title: titleFreed, right: true, money: true,
		cell: func(r *row) string { return dollars(r.c.MonthlySavings) },
		foot: func(r *document.Report) string { return dollars(r.Summary.Rightsize.Monthly) },
		tone: func(r *row) tone {
			switch {
			case r.c.MonthlySavings == nil || *r.c.MonthlySavings == 0:
				return plainTone
			case *r.c.MonthlySavings < 0:
				return badTone
			}
			return goodTone
		},
	}
}

func notesColumn() column {
	return column{title: "", cell: func(r *row) string { return marks(r.notes) }, tone: oomTone}
}

func oomTone(r *row) tone {
	if r.c.OOMKills > 0 {
		return badTone
	}
	return plainTone
}

func confidence(r *row) string {
	if r.c.Recommended == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*r.c.Confidence)
}

func cpuChange(c *document.Container) string {
	if c.Recommended == nil {
		return cores(c.Current.Requests.CPU)
	}
	return change(cores(c.Current.Requests.CPU), cores(c.Recommended.Requests.CPU))
}

func memoryChange(c *document.Container) string {
	if c.Recommended == nil {
		return memory(c.Current.Requests.Memory)
	}
	return change(memory(c.Current.Requests.Memory), memory(c.Recommended.Requests.Memory))
}

func cpuLimit(r *row) string {
	if r.c.Recommended == nil {
		return cores(r.c.Current.Limits.CPU)
	}
	return change(cores(r.c.Current.Limits.CPU), cores(r.c.Recommended.Limits.CPU))
}

func memoryLimit(r *row) string {
	if r.c.Recommended == nil {
		return memory(r.c.Current.Limits.Memory)
	}
	return change(memory(r.c.Current.Limits.Memory), memory(r.c.Recommended.Limits.Memory))
}

func cpuP95(r *row) string {
	if r.c.Usage.CPU == nil {
		return "-"
	}
	return usedCores(r.c.Usage.CPU.P95)
}

func cpuMax(r *row) string {
	if r.c.Usage.CPU == nil {
		return "-"
	}
	return usedCores(r.c.Usage.CPU.Max)
}

func memoryP95(r *row) string {
	if r.c.Usage.Memory == nil {
		return "-"
	}
	return memory(r.c.Usage.Memory.P95)
}

func memoryMax(r *row) string {
	if r.c.Usage.Memory == nil {
		return "-"
	}
	return memory(r.c.Usage.Memory.Max)
}

// cpuTotal and memoryTotal are of right-sizing alone, as the rows above are.
func cpuTotal(r *document.Report) string {
	s := &r.Summary
	return change(cores(s.Requests.CPU), cores(s.Requests.Minus(s.Rightsize.Resources).CPU))
}

func memoryTotal(r *document.Report) string {
	s := &r.Summary
	return change(memory(s.Requests.Memory), memory(s.Requests.Minus(s.Rightsize.Resources).Memory))
}

// costTotal is what the listed workloads cost: the bill without idle,
// overhead and what belongs to none of them.
func costTotal(r *document.Report) string {
	s := r.Summary
	if s.MonthlyCost == nil {
		return "-"
	}
	sum := *s.MonthlyCost
	for _, part := range []*document.USD{s.IdleMonthly, s.OverheadMonthly, s.UnattributedMonthly} {
		if part != nil {
			sum -= *part
		}
	}
	return sum.String()
}

func dollars(u *document.USD) string {
	if u == nil {
		return "-"
	}
	return u.String()
}

func change(from, to string) string {
	if from == to {
		return from
	}
	return from + " → " + to
}

func marks(notes []int) string {
	if len(notes) == 0 {
		return ""
	}
	words := make([]string, len(notes))
	for i, n := range notes {
		words[i] = fmt.Sprint(n)
	}
	return "[" + strings.Join(words, ",") + "]"
}

// shortKind gives the name by which kubectl knows a kind.
func shortKind(kind string) string {
	switch kind {
	case "Deployment":
		return "deploy"
	case "StatefulSet":
		return "sts"
	case "DaemonSet":
		return "ds"
	case "ReplicaSet":
		return "rs"
	case "ReplicationController":
		return "rc"
	case "CronJob":
		return "cj"
	}
	return strings.ToLower(kind)
}

// Named reports whether a workload is meant by a name: NAMESPACE/KIND/NAME, or
// the end of that. The kind may be kubectl's short name, in any case.
func Named(w *document.Workload, name string) bool {
	got := []string{w.Namespace, w.Kind, w.Name}
	want := strings.Split(name, "/")
	if len(want) > len(got) {
		return false
	}
	if len(want) == 2 && want[0] == w.Namespace && want[1] == w.Name {
		return true
	}
	got = got[len(got)-len(want):]
	for i := range want {
		kind := len(want)-i == 2
		if got[i] != want[i] && !(kind && (strings.EqualFold(got[i], want[i]) || strings.EqualFold(shortKind(got[i]), want[i]))) {
			return false
		}
	}
	return true
}
