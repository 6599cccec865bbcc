package text

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/layout"
)

// Widest is the most cells that the wide table takes.
const Widest = 160

// writeWide prints the table alone, a line a container.
func writeWide(w io.Writer, r *document.Report, o Options) error {
	o.Width = Widest
	list := wideRows(r)
	if err := sortRows(list, o.Sort); err != nil {
		return err
	}
	columns, err := pickColumns(r, o)
	if err != nil {
		return err
	}
	if len(o.Columns) > 0 { // the usual ones have room, but for a long name's line of its own
		columns, _ = fitting(list, columns)
	}
	if o.Top > 0 && o.Top < len(list) {
		list = list[:o.Top]
	}
	lines := wideTable(list, columns).Print(Widest, o.Color)
	if r.Metadata.GeneratedFrom.Moment {
		lines = append(lines, brief.MomentMark+" "+brief.MomentWords)
	}
	if slices.ContainsFunc(columns, func(c column) bool { return c.title == costTitle }) {
		lines = append(lines, ofTheWindow)
	}
	if slices.ContainsFunc(list, func(x row) bool { return x.Workload.PriceGap != "" }) {
		lines = append(lines, brief.EstimateWords(r))
	}
	for _, l := range lines {
		if _, err := io.WriteString(w, l+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// mostName is how much of a name counts when columns are left out: a longer one has a line
// of its own.
const mostName = 64

// fitting leaves out columns, the last first, until a container has one line of at most
// Widest cells; the names of what is left out come with them.
func fitting(list []row, columns []column) (kept []column, out []string) {
	used := -layout.Gap
	for n, c := range columns {
		most := layout.Cells(c.title)
		for i := range list {
			most = max(most, layout.Cells(c.cell(&list[i])))
		}
		if n == 0 {
			most = min(most, mostName)
		}
		if used += layout.Gap + most; used > Widest && n > 0 {
			used -= layout.Gap + most
			out = append(out, columnName(c))
			continue
		}
		kept = append(kept, c)
	}
	return kept, out
}

// LeftOut names the columns that the wide table has no room for, of those that are asked for.
func LeftOut(r *document.Report, o Options) []string {
	columns, err := pickColumns(r, o)
	if err != nil || len(o.Columns) == 0 {
		return nil
	}
	_, out := fitting(wideRows(r), columns)
	return out
}

// wideRows are all containers.
func wideRows(r *document.Report) (list []row) {
	blind := r.Unseen(document.OOMKilled) != ""
	for i := range r.Workloads {
		for j := range r.Workloads[i].Containers {
			list = append(list, row{Row: brief.Row{Workload: &r.Workloads[i], Container: &r.Workloads[i].Containers[j]}, blind: blind})
		}
	}
	return list
}

func wideTable(list []row, columns []column) *layout.Rows {
	t := &layout.Rows{}
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.title
		t.Right = append(t.Right, c.right)
	}
	titles := t.Add(head...)
	for i := range titles.Tones {
		titles.Tones[i] = layout.Strong
	}
	for i := range list {
		cells := make([]string, len(columns))
		for k, c := range columns {
			cells[k] = c.cell(&list[i])
		}
		l := t.Add(cells...)
		for k, c := range columns {
			if c.tone != nil {
				l.Tones[k] = c.tone(&list[i])
			}
		}
	}
	return t
}

// AllColumns stands for all of them.
const AllColumns = "all"

// Columns lists the columns of the wide table by their names for --columns.
func Columns() []string {
	var out []string
	for _, c := range allWide() {
		out = append(out, columnName(c))
	}
	return out
}

func columnName(c column) string {
	return strings.ToLower(strings.NewReplacer(" ", "-", "/", "-").Replace(c.title))
}

// usual are the wide table's columns where none are asked for.
var usual = []string{"workload", "kind", "cpu", "memory", "memory-limit", "cpu-p95", "memory-max", "oom-kills", "oom-risk", "room-month"}

func allWide() []column {
	right := func(title string, cell func(*row) string) column {
		return column{title: title, right: true, cell: cell}
	}
	ascii := func(cell func(*row) string) func(*row) string {
		return func(r *row) string { return asciiChange(cell(r)) }
	}
	return []column{
		{title: "WORKLOAD", cell: func(r *row) string {
			return brief.Clean(r.Workload.Namespace) + "/" + brief.Clean(r.Workload.Name) + ":" + brief.Clean(r.Container.Name)
		}},
		{title: "KIND", cell: func(r *row) string { return brief.ShortKind(brief.Clean(r.Workload.Kind)) }},
		right("PODS", func(r *row) string { return fmt.Sprint(r.Workload.Replicas) }),
		right("CPU", func(r *row) string { return asciiChange(brief.CPUChange(r.Container)) }),
		right("CPU LIMIT", ascii(cpuLimit)),
		right("MEMORY", func(r *row) string { return asciiChange(brief.MemoryChange(r.Container)) }),
		right("MEMORY LIMIT", ascii(memoryLimit)),
		right("CPU P95", cpuP95), right("CPU MAX", cpuMax), right("MEMORY P95", memoryP95), right("MEMORY MAX", memoryMax),
		right("THROTTLED", func(r *row) string { return sharePercent(r.Container.ThrottledShare) }),
		{title: "OOM KILLS", right: true, cell: oomKills, tone: oomTone},
		right("OOM RISK", func(r *row) string { return sharePercent(r.Container.Risk.OOMProbability) }),
		right("CPU OVER", func(r *row) string { return sharePercent(r.Container.Risk.CPUOverRequest) }),
		right("COVERAGE", func(r *row) string { return document.Percent(r.Container.Coverage) }),
		right("CONFIDENCE", func(r *row) string { return brief.Support(r.Container) }),
		{title: costTitle, right: true, money: true, cell: func(r *row) string { return r.dollars(r.Container.MonthlyCost) }},
		{title: "ROOM/MONTH", right: true, money: true, cell: func(r *row) string { return r.dollars(r.Container.MonthlySavings) }, tone: freedColumn().tone},
		{title: "WHY NOT", cell: func(r *row) string {
			if len(r.Container.Withheld) == 0 {
				return ""
			}
			return brief.Clean(r.Container.Withheld[0].Reason)
		}},
	}
}

func oomKills(r *row) string {
	if r.blind && r.Container.OOMKills == 0 {
		return "-"
	}
	return fmt.Sprint(r.Container.OOMKills)
}

// pickColumns gives the columns that are asked for, else the usual ones, which
// leave money out where there is none.
func pickColumns(r *document.Report, o Options) ([]column, error) {
	names := o.Columns
	switch {
	case len(names) == 0:
		names = usual
	case slices.Contains(names, AllColumns):
		names = Columns()
	}
	var out []column
	for _, name := range names {
		all := allWide()
		i := slices.IndexFunc(all, func(c column) bool { return columnName(c) == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no column %q; there is: %s", name, strings.Join(Columns(), ", "))
		}
		if all[i].money && r.Summary.MonthlyCost == nil && len(o.Columns) == 0 {
			continue
		}
		if r.Metadata.GeneratedFrom.Moment {
			all[i].title = ofMoment(all[i].title)
		}
		out = append(out, all[i])
	}
	return out, nil
}

// ofMoment is the head of a column where there is one reading, which has no percentiles and
// no maximum.
func ofMoment(title string) string {
	return strings.NewReplacer(" P95", " NOW", " MAX", " NOW").Replace(title)
}

// riskColumns are those of what is at risk.
var riskColumns = []string{"workload", "kind", "oom-kills", "throttled", "cpu", "cpu-p95", "memory", "memory-limit", "memory-max", "oom-risk", "cpu-over"}

// WideTable gives the order and the columns of the wide table that are asked for by
// name, those of what is at risk where risks is set. A name that it does not have is
// an error which lists those it has.
func WideTable(sort string, columns []string, risks bool) (order string, names []string, err error) {
	if risks {
		sort = cmp.Or(sort, "risk")
		if len(columns) == 0 {
			columns = riskColumns
		}
	}
	if sort != "" && !slices.Contains(Sorts(), sort) {
		return "", nil, fmt.Errorf("--sort %s: there is: %s", sort, strings.Join(Sorts(), ", "))
	}
	for _, c := range columns {
		if c != AllColumns && !slices.Contains(Columns(), c) {
			return "", nil, fmt.Errorf("--columns %s: there is: %s", c, strings.Join(Columns(), ", "))
		}
	}
	return sort, columns, nil
}

// Sorts lists the orders of the wide table.
func Sorts() []string { return []string{"savings", "cost", "risk", "name", "cpu", "memory"} }

func sortRows(list []row, by string) error {
	orders := map[string]func(a, b row) int{
		"": compareRows, "savings": compareRows,
		"cost": func(a, b row) int { return cmp.Compare(usdOf(b.Container.MonthlyCost), usdOf(a.Container.MonthlyCost)) },
		"risk": func(a, b row) int { return cmp.Compare(riskWeight(b), riskWeight(a)) },
		"name": func(a, b row) int { return 0 },
		"cpu": func(a, b row) int {
			return cmp.Compare(b.Container.Current.Requests.CPU, a.Container.Current.Requests.CPU)
		},
		"memory": func(a, b row) int {
			return cmp.Compare(b.Container.Current.Requests.Memory, a.Container.Current.Requests.Memory)
		},
	}
	order, ok := orders[by]
	if !ok {
		return fmt.Errorf("there is no order %q; there is: %s", by, strings.Join(Sorts(), ", "))
	}
	slices.SortStableFunc(list, order)
	return nil
}

// riskWeight puts OOM kills first, then what is short of CPU, then the risk
// with the advice.
func riskWeight(r row) float64 {
	w := 1e6 * float64(r.Container.OOMKills)
	if times, short := r.Container.ShortOfCPU(); short {
		w += 1e3 * times
	}
	if p := r.Container.Risk.OOMProbability; p != nil {
		w += *p
	}
	return w
}

func usdOf(u *document.USD) document.USD {
	if u == nil {
		return 0
	}
	return *u
}

func sharePercent(share *float64) string {
	if share == nil {
		return "-"
	}
	return document.Percent(*share)
}
