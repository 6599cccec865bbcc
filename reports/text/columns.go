package text

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/layout"
)

// column is one column of the table.
type column struct {
	title string
	right bool
	cell  func(*row) string
	foot  func(*document.Report) string
	tone  func(*row) layout.Tone
	// money says that the column is empty where there are no prices.
	money bool
}

// The titles of columns that several tables have.
const (
	titleCPU      = "CPU"
	titleMemory   = "MEMORY"
	titleFreed    = "ROOM/MONTH"
	titleWorkload = "WORKLOAD"
)

func freedColumn() column {
	return column{
		title: titleFreed, right: true, money: true,
		cell: func(r *row) string { return r.dollars(r.Container.MonthlySavings) },
		foot: func(r *document.Report) string {
			gap := func(w document.Workload) bool { return w.PriceGap != "" }
			if slices.ContainsFunc(r.Workloads, gap) {
				return brief.EstimateMark + dollars(r.Summary.Rightsize.Monthly)
			}
			return dollars(r.Summary.Rightsize.Monthly)
		},
		tone: func(r *row) layout.Tone {
			switch {
			case r.Container.MonthlySavings == nil || *r.Container.MonthlySavings == 0:
				return layout.Plain
			case *r.Container.MonthlySavings < 0:
				return layout.Bad
			}
			return layout.Good
		},
	}
}

func notesColumn() column {
	return column{title: "", cell: func(r *row) string { return marks(r.notes) }, tone: oomTone}
}

func oomTone(r *row) layout.Tone {
	if r.Container.OOMKills > 0 {
		return layout.Bad
	}
	return layout.Plain
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

// dollars is money of a row's workload, marked where a machine of it has no price.
func (r *row) dollars(u *document.USD) string {
	if u == nil {
		return dollars(u)
	}
	return brief.GapMark(r.Workload.PriceGap) + dollars(u)
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
