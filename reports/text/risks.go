package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// riskKind is a kind of what is to be fixed before anything is saved, the most
// pressing first.
type riskKind int

const (
	oomKilled riskKind = iota
	shortOfCPU
	blocked
	waiting
)

// risk is one thing to fix.
type risk struct {
	kind   riskKind
	weight float64 // within the kind, larger is more pressing
	name   string
	what   string
	change string
	fix    string
}

// risksOf lists what is dangerous as it is today, the most pressing first.
func risksOf(r *document.Report) []risk {
	var out []risk
	for i := range r.Workloads {
		w := &r.Workloads[i]
		for j := range w.Containers {
			c := &w.Containers[j]
			if x, ok := oomRisk(w, c); ok {
				out = append(out, x)
			}
			if x, ok := cpuRisk(w, c); ok {
				out = append(out, x)
			}
		}
		for _, f := range w.Findings {
			if f.Severe {
				out = append(out, risk{kind: blocked, name: rowName(w, nil), what: clean(f.Message), fix: clean(f.Fix)})
			}
		}
	}
	for _, w := range r.Warnings {
		if w.Code == "pending-pods" {
			out = append(out, risk{kind: waiting, name: "pending", what: clean(w.Message)})
		}
	}
	slices.SortStableFunc(out, func(a, b risk) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(b.weight, a.weight), cmp.Compare(a.name, b.name))
	})
	return out
}

// oomRisk is a container that was OOM-killed in the window.
func oomRisk(w *document.Workload, c *document.Container) (risk, bool) {
	if c.OOMKills == 0 {
		return risk{}, false
	}
	x := risk{kind: oomKilled, weight: float64(c.OOMKills), name: rowName(w, c), what: fmt.Sprintf("OOM-killed %dx", c.OOMKills)}
	if c.Recommended == nil {
		x.change = "no advice"
		return x, true
	}
	from, to := c.Current.Limits.Memory, c.Recommended.Limits.Memory
	field := "limit"
	if from == to || to == 0 {
		from, to, field = c.Current.Requests.Memory, c.Recommended.Requests.Memory, "memory"
	}
	x.change = field + " " + arrow(memory(from), memory(to))
	if to > from {
		x.change += " or more"
	}
	return x, true
}

// cpuRisk is a container whose 95th percentile of CPU lies above its request,
// and which is advised more.
func cpuRisk(w *document.Workload, c *document.Container) (risk, bool) {
	now := c.Current.Requests.CPU
	if c.Usage.CPU == nil || c.Recommended == nil || now <= 0 || c.Usage.CPU.P95 <= now || c.Recommended.Requests.CPU <= now {
		return risk{}, false
	}
	times := float64(c.Usage.CPU.P95) / float64(now)
	return risk{
		kind: shortOfCPU, weight: times, name: rowName(w, c), what: fmt.Sprintf("CPU p95 %.1fx request", times),
		change: "cpu " + arrow(cores(now), cores(c.Recommended.Requests.CPU)),
	}, true
}

// rowName names a workload without its kind, and a container where there are
// several: namespace/name:container.
func rowName(w *document.Workload, c *document.Container) string {
	out := clean(w.Namespace) + "/" + clean(w.Name)
	if c != nil && len(w.Containers) > 1 {
		out += ":" + clean(c.Name)
	}
	return out
}

func (s *screen) risks() []risk { return risksOf(s.r) }

// fixFirst is the block of what is dangerous as it is.
func (s *screen) fixFirst() {
	all := s.risks()
	if len(all) == 0 {
		if s.r.Summary.Containers.Total > 0 && judged(s.r) {
			s.block("FIX FIRST", "nothing was OOM-killed, short of CPU or blocked", strongTone)
		}
		return
	}
	s.block("FIX FIRST", riskCounts(all), badTone)
	shown := pressing(all, mostRows)
	s.lines(riskRows(shown, false).print(s.o.line(), s.o.Color)...)
	s.more(len(all)-len(shown), "risks")
}

// riskCounts says how much of each kind there is.
func riskCounts(all []risk) string {
	count := map[riskKind]int{}
	for _, x := range all {
		count[x.kind]++
	}
	var out []string
	if n := count[oomKilled]; n > 0 {
		out = append(out, document.Counted(n, "container")+" OOM-killed")
	}
	if n := count[shortOfCPU]; n > 0 {
		out = append(out, fmt.Sprintf("%d short of CPU", n))
	}
	if n := count[blocked]; n > 0 {
		out = append(out, fmt.Sprintf("%d autoscalers or budgets blocked", n))
		if n == 1 {
			out[len(out)-1] = "1 autoscaler or budget blocked"
		}
	}
	if count[waiting] > 0 {
		out = append(out, "pods pending")
	}
	return strings.Join(out, ", ")
}

// pressing picks n risks: at least one of each kind, then the most pressing.
func pressing(all []risk, n int) []risk {
	if len(all) <= n {
		return all
	}
	var out, rest []risk
	seen := map[riskKind]int{}
	for _, x := range all {
		if seen[x.kind]++; seen[x.kind] == 1 {
			out = append(out, x)
		} else {
			rest = append(rest, x)
		}
	}
	out = append(out, rest[:max(n-len(out), 0)]...)
	slices.SortStableFunc(out, func(a, b risk) int { return cmp.Compare(a.kind, b.kind) })
	return out
}

// riskRows lays risks out; in full with what to do about those that no number
// mends.
func riskRows(all []risk, full bool) *rows {
	t := &rows{indent: 2}
	for _, x := range all {
		if x.change == "" {
			text := x.what
			if full && x.fix != "" {
				text += "; " + x.fix
			}
			t.lines = append(t.lines, cellLine{cells: []string{x.name}, note: text})
			continue
		}
		l := t.add(x.name, x.what, x.change)
		l.tones[1] = badTone
		if strings.HasSuffix(x.change, "or more") || x.kind == shortOfCPU {
			l.tones[2] = goodTone
		}
	}
	return t
}
