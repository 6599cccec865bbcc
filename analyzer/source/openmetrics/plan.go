package openmetrics

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// plan settles window, step and workloads, which only the whole of the dumps
// can tell.
func (c *catalog) plan(o Options) *fold {
	c.preferRaw()
	interval := c.interval()
	step := o.Step
	if step <= 0 {
		step = defaultStep
		if interval > defaultStep*11/10 {
			step = (interval + time.Minute - 1).Truncate(time.Minute)
		}
	}
	w := c.windowOf(o, step)
	f := &fold{
		catalog:   c,
		recorder:  analyzer.NewRecorder(w),
		window:    w,
		stepMS:    step.Milliseconds(),
		maxGap:    (max(step, 2*interval) * 11 / 10).Milliseconds(),
		oldest:    c.files[0].oldest,
		unmatched: map[[2]string]bool{},
	}
	f.firstStep, f.lastStep = w.Start.UnixMilli()/f.stepMS, w.End.UnixMilli()/f.stepMS
	c.chain()
	for _, x := range c.order {
		name := x.name
		if name == "" { // usage of the pod as a whole
			only, ok := c.owners.Only(x.namespace, x.pod)
			if !ok {
				f.several = append(f.several, x.namespace+"/"+x.pod)
				for m := range x.sets {
					x.ignore(metric(m), func(*series) bool { return true })
				}
				continue
			}
			name = only
		}
		ref, match := c.owners.Resolve(x.namespace, x.pod)
		if match == analyzer.MatchNone {
			f.unmatched[[2]string{x.namespace, x.pod}] = true
		}
		x.sink = f.recorder.Pod(ref, c.owners.Container(ref, x.pod, name)).Named(x.pod)
		for m := throttled; m <= periods; m++ {
			markSpare(x.sets[m])
		}
		clear(x.sets[requests:])
	}
	return f
}

// windowOf aligns the window to steps, so that each slot of a day is whole.
func (c *catalog) windowOf(o Options, step time.Duration) analyzer.Window {
	length := o.Window
	if length <= 0 {
		length = DefaultWindow
	}
	stepMS := step.Milliseconds()
	last := o.End.UnixMilli()
	if o.End.IsZero() {
		for _, f := range c.files {
			last = max(last, f.newest+stepMS-1)
		}
	}
	end := time.UnixMilli(last / stepMS * stepMS).UTC()
	return analyzer.Window{Start: end.Add(-max(length.Truncate(step), step)), End: end, Step: step}
}

// outside explains an end that lies a day and more after the dumps' newest
// sample, or before their oldest: a window there is empty, or mostly.
func (c *catalog) outside(end time.Time) error {
	oldest, newest := int64(math.MaxInt64), int64(0)
	for _, f := range c.files {
		oldest, newest = min(oldest, f.oldest), max(newest, f.newest)
	}
	const day = 24 * time.Hour
	from, to := time.UnixMilli(oldest).UTC(), time.UnixMilli(newest).UTC()
	if end.IsZero() || newest == 0 || end.After(from) && end.Before(to.Add(day)) {
		return nil
	}
	return fmt.Errorf("the dumps hold samples from %s to %s; the window's end, %s, lies outside: leave it out, or give one within", from.Format(time.RFC3339), to.Format(time.RFC3339), end.Format(time.RFC3339))
}

// longestStep is the longest sampling interval that makes a step.
const longestStep = time.Hour

// interval is the time between samples: the median over the usage series of
// the least gap of each, an hour at most.
func (c *catalog) interval() time.Duration {
	var gaps []int64
	for _, x := range c.order {
		for m := cpu; m <= memory; m++ {
			for _, s := range x.sets[m] {
				if s.gap < math.MaxInt64 {
					gaps = append(gaps, s.gap)
				}
			}
		}
	}
	if len(gaps) == 0 {
		return 0
	}
	slices.Sort(gaps)
	return time.Duration(min(gaps[len(gaps)/2], longestStep.Milliseconds())) * time.Millisecond
}

// chain joins a series of one file to the same in the files before, so that a
// counter runs on where one file ends and the next begins.
func (c *catalog) chain() {
	if len(c.files) == 1 {
		return
	}
	before := map[key]*series{}
	for _, f := range c.files {
		for k, s := range f.known {
			if s == nil {
				continue
			}
			b := before[k]
			if b != nil && b.last < s.first {
				s.before = b
			}
			if b == nil || s.last > b.last {
				before[k] = s
			}
		}
	}
}

// markSpare picks the label sets that count: the one with the most samples,
// and of the others those that were there at other times. Two scrapes of one
// kubelet run side by side; a container that restarts changes its id.
func markSpare(sets []*series) {
	if len(sets) < 2 {
		return
	}
	sets = slices.Clone(sets)
	slices.SortStableFunc(sets, func(a, b *series) int { return cmp.Compare(b.n, a.n) })
	for i, s := range sets {
		s.spare = slices.ContainsFunc(sets[:i], func(t *series) bool {
			return !t.spare && s.first < t.last && t.first < s.last
		})
	}
}
