package prometheus

import (
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

// lookBehind is the range in which an earlier value of a count is looked for:
// a gap may be as long.
const lookBehind = 6 * time.Hour

// grouped is "sum by (outer) (max by (inner) (f))", with a value for each step
// or one for each day.
type grouped struct {
	outer, inner []string
	ms           []int64 // the times of the values
	// eval writes f of a series, and leaves what has no value as it is: NaN.
	eval   func(s *stored, out []float64)
	groups map[string]*group
	lines  *lines
	key    []byte
}

type group struct {
	outer, inner string
	labels       []string // values of outer
	values       []float64
}

func (g *grouped) add(_ string, s *stored) {
	line := g.lines.take(len(g.ms))
	g.eval(s, line)
	g.key = g.key[:0]
	for _, l := range g.inner {
		g.key = append(append(g.key, s.get(l)...), 0xff)
	}
	at := g.groups[string(g.key)]
	if at == nil {
		at = &group{inner: string(g.key), values: line}
		for _, l := range g.outer {
			at.labels = append(at.labels, s.get(l))
		}
		at.outer = strings.Join(at.labels, "\xff")
		g.groups[at.inner] = at
		return
	}
	for i, v := range line {
		if v > at.values[i] || math.IsNaN(at.values[i]) {
			at.values[i] = v
		}
	}
	g.lines.free(line)
}

// lines are slices of values that are used again: those of a batch are most of what a
// collection would leave to the garbage collector.
type lines struct{ pool sync.Pool }

// freeLines are those of all batches.
var freeLines lines

// take gives a line of NaN.
func (l *lines) take(n int) []float64 {
	var out []float64
	if n >= longLine {
		if kept, _ := l.pool.Get().(*[]float64); kept != nil && cap(*kept) >= n {
			out = (*kept)[:n]
		}
	}
	if out == nil {
		out = make([]float64, n)
	}
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}

func (l *lines) free(line []float64) {
	if len(line) >= longLine {
		l.pool.Put(&line)
	}
}

// longLine is the length from which a line is kept: those of steps are, and none of days.
const longLine = 250

// rows gives the groups' rows, and forgets the groups.
func (g *grouped) rows(row func(*series)) {
	all := make([]*group, 0, len(g.groups))
	for _, at := range g.groups {
		all = append(all, at)
	}
	slices.SortFunc(all, func(a, b *group) int {
		if c := strings.Compare(a.outer, b.outer); c != 0 {
			return c
		}
		return strings.Compare(a.inner, b.inner)
	})
	out := series{names: g.outer}
	for i := 0; i < len(all); {
		sum := all[i]
		for i++; i < len(all) && all[i].outer == sum.outer; i++ {
			for k, v := range all[i].values {
				if math.IsNaN(sum.values[k]) {
					sum.values[k] = v
				} else if !math.IsNaN(v) {
					sum.values[k] += v
				}
			}
			g.lines.free(all[i].values)
		}
		out.values, out.points = sum.labels, out.points[:0]
		for k, v := range sum.values {
			if !math.IsNaN(v) {
				out.points = append(out.points, point{g.ms[k], v})
			}
		}
		g.lines.free(sum.values)
		if len(out.points) > 0 {
			row(&out)
		}
	}
	g.groups = nil
}

// stepped makes a grouped with a value for each step of the day.
func stepped(d *dialect, s span, outer, inner []string, eval func(first, last, step int64, s *stored, out []float64)) *grouped {
	first, last, ok := s.steps(d.step)
	g := &grouped{outer: outer, inner: inner, groups: map[string]*group{}, lines: &freeLines}
	if !ok {
		g.eval = func(*stored, []float64) {}
		return g
	}
	for t := first; !t.After(last); t = t.Add(d.step) {
		g.ms = append(g.ms, t.UnixMilli())
	}
	a, b, step := first.UnixMilli(), last.UnixMilli(), d.step.Milliseconds()
	g.eval = func(x *stored, out []float64) { eval(a, b, step, x, out) }
	return g
}

// daily makes a grouped with one value for each day.
func daily(s span, outer, inner []string, eval func(day samples, to, width int64) (float64, bool)) *grouped {
	g := &grouped{outer: outer, inner: inner, groups: map[string]*group{}, lines: &freeLines}
	days := s.days()
	for _, day := range days {
		g.ms = append(g.ms, day.to.UnixMilli())
	}
	g.eval = func(x *stored, out []float64) {
		fresh := x.fresh()
		for i, d := range days {
			from, to := d.from.UnixMilli(), d.to.UnixMilli()
			if day := fresh.within(from, to); len(day.ms) > 0 {
				if v, ok := eval(day, to, to-from); ok {
					out[i] = v
				}
			}
		}
	}
	return g
}

// rises counts OOM kills as rises of the restart count while the last reason
// is OOMKilled, for every step, as the query "OOM kills" does.
type rises struct {
	*grouped
	keys    []string
	counts  []*stored
	reasons map[string][]samples
}

func newRises(d *dialect, s span) reader {
	r := &rises{keys: d.state.labels("uid"), reasons: map[string][]samples{}}
	r.grouped = stepped(d, s, d.state.labels(), r.keys, func(first, last, step int64, x *stored, out []float64) {
		all, reasons := samples{x.ms, x.vs}, r.reasons[x.key(r.keys)]
		for i, t := 0, first; t <= last; i, t = i+1, t+step {
			now, ok := all.at(t)
			then, before := all.lastWithin(t-step-lookBehind.Milliseconds(), t-step)
			if !ok || !before || !(now-then > 0) {
				continue
			}
			if slices.ContainsFunc(reasons, func(x samples) bool { v, ok := x.at(t); return ok && v == 1 }) {
				out[i] = now - then
			}
		}
	})
	return r
}

// add keeps series that tell of kills until all are there: the reasons come first.
func (r *rises) add(metric string, s *stored) {
	switch metric {
	case metricLastReason:
		key := s.key(r.keys)
		r.reasons[key] = append(r.reasons[key], samples{slices.Clone(s.ms), slices.Clone(s.vs)})
	case metricRestarts:
		if len(r.reasons[s.key(r.keys)]) == 0 {
			return
		}
		if x := s.fresh(); len(x.ms) > 0 && x.min() < x.max() {
			r.counts = append(r.counts, s.clone())
		}
	}
}

func (r *rises) rows(row func(*series)) {
	for _, s := range r.counts {
		r.grouped.add(metricRestarts, s)
	}
	r.grouped.rows(row)
}

func (s *stored) key(labels []string) string {
	var b strings.Builder
	for _, l := range labels {
		b.WriteString(s.get(l))
		b.WriteByte(0xff)
	}
	return b.String()
}

func (s *stored) clone() *stored {
	return &stored{query: s.query, names: slices.Clone(s.names), values: slices.Clone(s.values), ms: slices.Clone(s.ms), vs: slices.Clone(s.vs)}
}
