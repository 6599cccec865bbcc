package html

import (
	"html/template"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// mostRows is how many rows are plain HTML; the script has them all.
const mostRows = 50

// row is one container in the table: texts as they are printed, and numbers by
// which they are sorted.
type row struct {
	At        int          `json:"w"` // of the workload in the document
	Namespace string       `json:"ns"`
	Kind      string       `json:"kind"`
	Name      string       `json:"name"`
	Container string       `json:"c"`
	CPU       string       `json:"cpu"`
	Memory    string       `json:"mem"`
	Limit     string       `json:"limit"`
	OOM       string       `json:"oom"`
	Money     string       `json:"usd"`
	Link      template.URL `json:"link"`
	Sort      [5]int64     `json:"n"` // CPU and memory that change, the limit, OOM risk, cents
	Levers    []string     `json:"levers,omitempty"`
	Risks     []string     `json:"risks,omitempty"`
	ID        template.URL `json:"-"` // of the row in plain HTML: its link, in the first row of a workload
}

// rowsOf lists all containers, the largest savings first.
func rowsOf(r *document.Report) []row {
	var all []brief.Row
	at := map[*document.Workload]int{}
	for i := range r.Workloads {
		w := &r.Workloads[i]
		at[w] = i
		for j := range w.Containers {
			all = append(all, brief.Row{Workload: w, Container: &w.Containers[j]})
		}
	}
	slices.SortStableFunc(all, brief.CompareRows)
	moves, linked := moved(r), map[template.URL]bool{}
	out := make([]row, 0, len(all))
	for _, x := range all {
		next := rowOf(x, at[x.Workload], moves)
		if !linked[next.Link] {
			next.ID, linked[next.Link] = next.Link, true
		}
		out = append(out, next)
	}
	return out
}

// moved are the targets of levers that are not in the workloads themselves.
func moved(r *document.Report) map[string][]string {
	out := map[string][]string{}
	if r.Purchase != nil {
		for i := range r.Purchase.Spot.Workloads {
			if x := &r.Purchase.Spot.Workloads[i]; x.Advised {
				out[x.Target] = append(out[x.Target], "spot")
			}
		}
	}
	for i := range r.Waste {
		if t := r.Waste[i].Target; !slices.Contains(out[t], "waste") {
			out[t] = append(out[t], "waste")
		}
	}
	return out
}

func rowOf(x brief.Row, at int, moves map[string][]string) row {
	w, c := x.Workload, x.Container
	out := row{
		At: at, Namespace: brief.Clean(w.Namespace), Kind: brief.Clean(w.Kind), Name: brief.Clean(w.Name), Container: brief.Clean(c.Name), Link: anchor(w),
		CPU: brief.CPUChange(c), Memory: brief.MemoryChange(c), Limit: brief.MemoryLimitChange(c), OOM: brief.OOMRisk(c), Money: brief.GapMark(w.PriceGap) + money(c),
	}
	out.Sort = [5]int64{0, 0, int64(c.Current.Limits.Memory), -1, int64(brief.Freed(c))}
	if p := c.Risk.OOMProbability; p != nil {
		out.Sort[3] = int64(*p * 1e9)
	}
	if to := c.Recommended; to != nil {
		out.Sort[0], out.Sort[1] = int64(c.Current.Requests.CPU-to.Requests.CPU), int64(c.Current.Requests.Memory-to.Requests.Memory)
		if *to != c.Current {
			out.Levers = append(out.Levers, document.LeverRightsize)
		}
	}
	if h := w.Horizontal; h != nil && h.Recommended != nil && brief.Scaling(h.Current) != brief.Scaling(*h.Recommended) {
		out.Levers = append(out.Levers, document.LeverHorizontal)
	}
	out.Levers = append(out.Levers, moves[w.Namespace+"/"+w.Kind+"/"+w.Name]...)
	out.Risks = risksOf(w, c)
	return out
}

// risksOf are the kinds of what is dangerous of the container as it is.
func risksOf(w *document.Workload, c *document.Container) []string {
	var out []string
	if c.OOMKills > 0 {
		out = append(out, string(document.OOMKilled))
	}
	if _, short := c.ShortOfCPU(); short {
		out = append(out, string(document.ShortOfCPU))
	}
	if slices.ContainsFunc(w.Findings, func(f document.Finding) bool { return f.Severe }) {
		out = append(out, string(document.Blocked))
	}
	return out
}

// money is what the advice on the container is worth, in whole dollars.
func money(c *document.Container) string {
	if c.MonthlySavings == nil {
		return "-"
	}
	return brief.WholeOf(*c.MonthlySavings).String()
}
