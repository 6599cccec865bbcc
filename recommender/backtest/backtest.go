// Package backtest scores rules of sizing on a history: each learns on the days before an
// origin, and the days after it tell what would have come of its sizes. Ours and other
// tools' are scored alike.
package backtest

import (
	"context"
	"math"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/calibration"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

const (
	// leastDays is the history that a backtest needs, horizon the most days of a test.
	leastDays = 4
	horizon   = 7
	// broken is the share of time above its request from which a container counts as broken.
	broken = 0.05
	// same is the relative difference up to which a setting has not changed.
	same = rightsize.SameEnough
)

// Setting is what a rule gives a container: millicores and bytes; 0 is nothing. Memory is
// what the container is killed at.
type Setting struct{ CPU, Memory float64 }

// Score is what came of a rule over all containers and origins.
type Score struct {
	Rule string
	// Containers is the number of sizes scored, one for a container and origin.
	Containers int
	// CPUSlack and MemorySlack are the shares of the requests that were not used.
	CPUSlack    float64
	MemorySlack float64
	// OverRequest is the share of time above the CPU request, Broken the share of containers
	// above it for more than a twentieth of the time, Unserved the share of the CPU used that
	// was above it.
	OverRequest float64
	Broken      float64
	Unserved    float64
	// Killed is the share of containers a week whose memory passed the setting, with its
	// 90 % interval.
	Killed     float64
	KilledLow  float64
	KilledHigh float64
	// Changes is the share of settings that move by more than 5 % from one week's to the
	// next's; absent with one origin.
	Changes *float64
	// Monthly is the requests' worth in USD a month; absent without prices.
	Monthly *float64
}

// Result is a backtest.
type Result struct {
	// TestDays were scored after LearnDays and more, at so many Origins.
	LearnDays int
	TestDays  int
	Origins   int
	// Advised is the rule of the promise that was asked for; empty where none was.
	Advised string
	Scores  []Score
}

// Of scores every rule on what a snapshot holds, in money where its prices are known.
func Of(ctx context.Context, snap *analyzer.Snapshot, catalog *pricing.Catalog) (Result, error) {
	facts := analyzer.Analyze(snap)
	costs := cost.Of(facts, catalog)
	if costs.MeanUnit == (cost.UnitPrice{}) {
		costs = nil
	}
	return Run(ctx, facts, costs, Rules())
}

// Run scores the rules on the containers that run all the time, by origins a week apart.
// It ends with the context. Without enough history the result has no scores.
func Run(ctx context.Context, a *analyzer.Analysis, costs *cost.Costs, rules []Rule) (Result, error) {
	first, last, ok := daysOf(a)
	days := int(last-first) + 1
	if !ok || days < leastDays {
		return Result{}, nil
	}
	test := min(horizon, days/2)
	out := Result{TestDays: test, LearnDays: days - test}
	var splits []int32
	for at := last + 1 - int32(test); at-first >= int32(min(3, days-test)) && len(splits) < 4; at -= horizon {
		splits = append(splits, at)
		out.LearnDays = int(at - first)
	}
	if a.Snapshot.Window.Start.Unix() > int64(first)*86400 && out.LearnDays > 1 {
		out.LearnDays-- // the first date is not a whole day: the days are no more than the window
	}
	out.Origins = len(splits)
	for _, r := range rules {
		t := tally{costs: costs, before: map[analyzer.ContainerRef]Setting{}}
		for i := len(splits) - 1; i >= 0; i-- {
			if ctx.Err() != nil {
				return Result{}, ctx.Err()
			}
			t.origin(a, r, splits[i], int32(test))
		}
		out.Scores = append(out.Scores, t.score(r.Name))
	}
	return out, nil
}

func daysOf(a *analyzer.Analysis) (first, last int32, ok bool) {
	for i := range a.Workloads {
		for j := range a.Workloads[i].Containers {
			for _, d := range a.Workloads[i].Containers[j].Days {
				if !ok {
					first, last, ok = d.Date, d.Date, true
				}
				first, last = min(first, d.Date), max(last, d.Date)
			}
		}
	}
	return first, last, ok
}

// tally adds the scores of one rule up.
type tally struct {
	costs  *cost.Costs
	before map[analyzer.ContainerRef]Setting

	n, cpus, memories          int
	cpuSlack, memorySlack      float64
	over, broken, unserved     float64
	killed, weeks              float64
	changed, compared, monthly float64
	origins                    int
}

func (t *tally) origin(a *analyzer.Analysis, r Rule, at, test int32) {
	t.origins++
	fleet := pastOf(a, at)
	settings := r.Size(fleet)
	for i, m := range fleet {
		after := between(m.whole.Days, at, at+test)
		s := settings[i]
		if s == (Setting{}) || after.days == 0 {
			continue
		}
		t.n++
		t.resource(s, after)
		if t.costs != nil {
			unit := t.costs.UnitOf(m.ref.Ref)
			t.monthly += m.pods * pricing.HoursPerMonth * (s.CPU/1000*unit.CoreHour + s.Memory/(1<<30)*unit.GiBHour)
		}
		if was, ok := t.before[m.ref]; ok {
			t.compared++
			if moved(was.CPU, s.CPU) || moved(was.Memory, s.Memory) {
				t.changed++
			}
		}
		t.before[m.ref] = s
	}
}

func moved(a, b float64) bool { return math.Abs(a-b) > same*max(a, b) }

// used is what a container used over some days.
type used struct {
	cpu, memory digest.Histogram
	days        int
}

func between(days []analyzer.Day, from, to int32) (u used) {
	for i := range days {
		if d := &days[i]; d.Date >= from && d.Date < to {
			u.cpu.Merge(&d.CPU)
			u.memory.Merge(&d.Memory)
			u.days++
		}
	}
	return u
}

func (t *tally) resource(s Setting, after used) {
	if s.CPU > 0 && after.cpu.Count() > 0 {
		t.cpus++
		above := after.cpu.ShareAbove(s.CPU)
		t.over += above
		if above > broken {
			t.broken++
		}
		t.unserved += excess(&after.cpu, s.CPU)
		t.cpuSlack += max(1-after.cpu.Mean()/s.CPU, 0)
	}
	if s.Memory > 0 && after.memory.Count() > 0 {
		t.memories++
		t.weeks += float64(after.days) / horizon
		if after.memory.Max() > s.Memory {
			t.killed++
		}
		t.memorySlack += max(1-after.memory.Mean()/s.Memory, 0)
	}
}

// excess is the share of what was used that lies above v, by hundredths of the samples.
func excess(h *digest.Histogram, v float64) float64 {
	const parts = 200
	above, all := 0.0, 0.0
	for i := range parts {
		x := h.Quantile((float64(i) + 0.5) / parts)
		above, all = above+max(x-v, 0), all+x
	}
	if all == 0 {
		return 0
	}
	return above / all
}

func (t *tally) score(name string) Score {
	s := Score{Rule: name, Containers: t.n}
	if n := float64(t.cpus); n > 0 {
		s.CPUSlack, s.OverRequest, s.Broken, s.Unserved = t.cpuSlack/n, t.over/n, t.broken/n, t.unserved/n
	}
	if t.memories > 0 {
		s.MemorySlack = t.memorySlack / float64(t.memories)
		e := calibration.Interval(min(t.killed/t.weeks, 1), t.weeks)
		s.Killed, s.KilledLow, s.KilledHigh = e.Value, e.Low, e.High
	}
	if t.compared > 0 {
		v := t.changed / t.compared
		s.Changes = &v
	}
	if t.costs != nil && t.origins > 0 {
		v := t.monthly / float64(t.origins)
		s.Monthly = &v
	}
	return s
}
