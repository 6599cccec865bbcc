package openmetrics

import (
	"cmp"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// spanGap is the longest time, in ms, in which a fact of kube-state-metrics may
// be out of sight and still be the same fact.
const spanGap = 3_600_000

// kills counts a day's OOM kills in two ways: by restarts, and by containers
// that were seen ended. Both see the kill of a container that is restarted,
// and only the second that of one which is not, so the larger counts.
type kills struct{ restarts, ends int64 }

// closeRestarts files a container's restarts and OOM kills by the day.
//
// A restart is an OOM kill where the reason of the last end, read together
// with it, says so. A reason that appears without a restart, as in the first
// readings of a pod, is one kill too, unless it stood there when the dumps
// begin.
func (f *fold) closeRestarts(c *container) {
	c.oom, c.ends = joinSpans(c.oom), joinSpans(c.ends)
	found := map[*analyzer.Day]*kills{}
	at := func(ms int64) *kills {
		d := c.sink.Day(ms)
		if found[d] == nil {
			found[d] = &kills{}
		}
		return found[d]
	}
	told := make([]bool, len(c.oom))
	slices.SortStableFunc(c.restarts, func(a, b reading) int { return cmp.Compare(a.ms, b.ms) })
	for i := 1; i < len(c.restarts); i++ {
		ms, times := c.restarts[i].ms, c.restarts[i].since(c.restarts[i-1])
		if d := c.sink.Day(ms); d != nil {
			d.Restarts += times
		}
		if times > 0 && f.wasKilled(c, ms, told) {
			at(ms).restarts += times
		}
	}
	for i, s := range c.oom {
		if !told[i] && s.from > f.oldest+f.stepMS {
			at(s.from).restarts++
		}
	}
	for _, s := range c.ends {
		if s.from > f.oldest+f.stepMS {
			at(s.from).ends++
		}
	}
	delete(found, nil) // outside the window
	for d, k := range found {
		d.OOMKills += max(k.restarts, k.ends)
	}
	c.restarts, c.oom, c.ends = nil, nil, nil
}

// since is the growth of the restart counter from an earlier reading. One that
// has fallen belongs to a new pod of the same name.
func (r reading) since(before reading) int64 {
	if r.value < before.value {
		return int64(r.value)
	}
	return int64(r.value - before.value)
}

// wasKilled reports whether the last end before ms was an OOM kill, and notes
// the span that this explains.
func (f *fold) wasKilled(c *container, ms int64, told []bool) bool {
	for i, s := range c.oom {
		if s.from-f.stepMS <= ms && ms <= s.to {
			told[i] = told[i] || ms <= s.from+f.stepMS
			return true
		}
	}
	return false
}

// joinSpans joins those that touch: several label sets tell of one fact.
func joinSpans(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && s.from-out[n-1].to <= spanGap {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}
