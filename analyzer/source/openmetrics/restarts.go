package openmetrics

import (
	"cmp"
	"slices"
)

// closeRestarts files a container's restarts and OOM kills by the day.
//
// A restart is an OOM kill where the reason of the last end, read together
// with it, says so. A reason that appears without a restart (the pod's first
// readings, or a restart between two of them that the counter does not show)
// is one kill too, unless it stood there when the dumps begin.
func (f *fold) closeRestarts(c *container) {
	slices.SortStableFunc(c.restarts, func(a, b reading) int { return cmp.Compare(a.ms, b.ms) })
	slices.SortFunc(c.oom, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	c.oom = f.joinSpans(c.oom)
	told := make([]bool, len(c.oom))
	for i := 1; i < len(c.restarts); i++ {
		grown := c.restarts[i].value - c.restarts[i-1].value
		if grown < 0 {
			grown = c.restarts[i].value
		}
		f.restarted(c, c.restarts[i].ms, int64(grown), told)
	}
	for i, s := range c.oom {
		if !told[i] && s.from > f.oldest+f.stepMS {
			if d := c.sink.Day(s.from); d != nil {
				d.OOMKills++
			}
		}
	}
	c.restarts, c.oom = nil, nil
}

// joinSpans joins those that touch: several label sets tell of one fact.
func (f *fold) joinSpans(spans []span) []span {
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && s.from-out[n-1].to <= f.maxGap {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

func (f *fold) restarted(c *container, ms, times int64, told []bool) {
	d := c.sink.Day(ms)
	if times <= 0 {
		return
	}
	if d != nil {
		d.Restarts += times
	}
	for i, s := range c.oom {
		if s.from-f.stepMS <= ms && ms <= s.to {
			told[i] = told[i] || ms <= s.from+f.stepMS
			if d != nil {
				d.OOMKills += times
			}
			return
		}
	}
}
