package text

import (
	"fmt"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
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
		{title: titleCPU, right: true, cell: func(r *row) string { return brief.CPUChange(r.Container) }, foot: cpuTotal},
		{title: titleMemory, right: true, cell: func(r *row) string { return brief.MemoryChange(r.Container) }, foot: memoryTotal},
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
		plain("PODS", func(r *row) string { return fmt.Sprint(r.Workload.Replicas) }),
		{title: titleCPU, right: true, cell: func(r *row) string { return brief.CPUChange(r.Container) }, foot: cpuTotal},
		plain("CPU LIMIT", cpuLimit), plain("CPU P95", cpuP95), plain("CPU MAX", cpuMax),
		{title: titleMemory, right: true, cell: func(r *row) string { return brief.MemoryChange(r.Container) }, foot: memoryTotal},
		plain("MEM LIMIT", memoryLimit), plain("MEM P95", memoryP95), plain("MEM MAX", memoryMax),
		plain("THROTTLED", func(r *row) string { return sharePercent(r.Container.ThrottledShare) }),
		{title: "OOM KILLS", right: true, cell: func(r *row) string { return fmt.Sprint(r.Container.OOMKills) }, tone: oomTone},
		{title: "OOM RISK", right: true, cell: func(r *row) string { return sharePercent(r.Container.Risk.OOMProbability) }},
		{title: "CPU OVER", right: true, cell: func(r *row) string { return sharePercent(r.Container.Risk.CPUOverRequest) }},
		plain("COVERAGE", func(r *row) string { return document.Percent(r.Container.Coverage) }),
		{title: "COST/MONTH", right: true, cell: func(r *row) string { return dollars(r.Container.MonthlyCost) }, foot: costTotal, money: true},
		freedColumn(),
		{title: titleConfidence, right: true, cell: confidence},
		notesColumn(),
	}
}

func namespaceColumn() column {
	return column{title: titleNamespace, min: 10, fair: 10, cell: func(r *row) string { return brief.Clean(r.Workload.Namespace) }, foot: func(*document.Report) string { return "TOTAL" }}
}

func workloadColumn() column {
	return column{
		title: titleWorkload, min: 16, fair: 26,
		cell: func(r *row) string { return brief.Clean(brief.ShortKind(r.Workload.Kind) + "/" + r.Workload.Name) },
		foot: func(*document.Report) string { return "all pods" },
	}
}

func containerColumn() column {
	return column{title: titleContainer, min: 9, fair: 12, cell: func(r *row) string {
		if r.Container.Type == "init" {
			return brief.Clean(r.Container.Name + " (init)")
		}
		return brief.Clean(r.Container.Name)
	}}
}

func freedColumn() column {
	return column{
		title: titleFreed, right: true, money: true,
		cell: func(r *row) string { return dollars(r.Container.MonthlySavings) },
		foot: func(r *document.Report) string { return dollars(r.Summary.Rightsize.Monthly) },
		tone: func(r *row) tone {
			switch {
			case r.Container.MonthlySavings == nil || *r.Container.MonthlySavings == 0:
				return plainTone
			case *r.Container.MonthlySavings < 0:
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
	if r.Container.OOMKills > 0 {
		return badTone
	}
	return plainTone
}

func confidence(r *row) string {
	if r.Container.Recommended == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*r.Container.Confidence)
}

func cpuLimit(r *row) string {
	if r.Container.Recommended == nil {
		return brief.Cores(r.Container.Current.Limits.CPU)
	}
	now := brief.Cores(r.Container.Current.Limits.CPU)
	return brief.Change(now, brief.Advised(r.Container, now, brief.Cores(r.Container.Recommended.Limits.CPU)))
}

func memoryLimit(r *row) string { return brief.MemoryLimitChange(r.Container) }

func cpuP95(r *row) string {
	if r.Container.Usage.CPU == nil {
		return "-"
	}
	return brief.UsedCores(r.Container.Usage.CPU.P95)
}

func cpuMax(r *row) string {
	if r.Container.Usage.CPU == nil {
		return "-"
	}
	return brief.UsedCores(r.Container.Usage.CPU.Max)
}

func memoryP95(r *row) string {
	if r.Container.Usage.Memory == nil {
		return "-"
	}
	return brief.Memory(r.Container.Usage.Memory.P95)
}

func memoryMax(r *row) string {
	if r.Container.Usage.Memory == nil {
		return "-"
	}
	return brief.Memory(r.Container.Usage.Memory.Max)
}

// cpuTotal and memoryTotal are of right-sizing alone, as the rows above are.
func cpuTotal(r *document.Report) string {
	s := &r.Summary
	return brief.Change(brief.Cores(s.Requests.CPU), brief.Cores(s.Requests.Minus(s.Rightsize.Resources).CPU))
}

func memoryTotal(r *document.Report) string {
	s := &r.Summary
	return brief.Change(brief.Memory(s.Requests.Memory), brief.Memory(s.Requests.Minus(s.Rightsize.Resources).Memory))
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
