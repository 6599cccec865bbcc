package prometheus

import (
	"time"
)

// rawQuery is one of queries worked out here, from what the engine has
// stored: the values that its PromQL would have, at the same times.
type rawQuery struct {
	name  string // of the query
	reads []rawMetric
	begin func(d *dialect, s span) reader
}

// rawMetric is a metric whose samples are needed, from so long before the day on.
type rawMetric struct {
	name    string
	matches func(d *dialect, shard []string) []labelMatcher
	before  func(d *dialect) time.Duration
}

// reader takes the series of a rawQuery and gives the rows that its PromQL
// would have.
type reader interface {
	add(metric string, s *stored)
	rows(row func(*series))
}

// rawQueries has one for each of queries. Memory, which every container has,
// comes last: an answer that was broken off without a word lacks it.
var rawQueries = []rawQuery{
	{
		name:  "CPU usage",
		reads: []rawMetric{{metricCPU, containerMatchers, func(d *dialect) time.Duration { return max(d.rate, d.slow.rate) - d.step }}},
		begin: func(d *dialect, s span) reader {
			return stepped(d, s, d.usage.labels(), d.usage.labels(), func(first, last, step int64, x *stored, out []float64) {
				x.fresh().overEach(first, last, step, d.rate, d.slow.rate, out, func(t int64, w samples, over time.Duration) (float64, bool) {
					v, ok := w.increase(t, over.Milliseconds())
					return v / over.Seconds(), ok
				})
			})
		},
	},
	{
		name: "OOM kills",
		reads: []rawMetric{
			{metricLastReason, stateMatchers(oomKilled), func(*dialect) time.Duration { return instantRange }}, // see rises
			{metricRestarts, stateMatchers(), func(d *dialect) time.Duration { return lookBehind + d.step }},
		},
		begin: newRises,
	},
	{
		name:  "OOM kills of containers that do not restart",
		reads: []rawMetric{{metricReason, stateMatchers(oomKilled), func(d *dialect) time.Duration { return lookBehind + d.step }}},
		begin: func(d *dialect, s span) reader {
			return stepped(d, s, d.state.labels(), d.state.labels(), func(first, last, step int64, x *stored, out []float64) {
				all := samples{x.ms, x.vs}
				for i, t := 0, first; t <= last; i, t = i+1, t+step {
					now, ok := all.at(t)
					then, before := all.lastWithin(t-step-lookBehind.Milliseconds(), t-step)
					if ok && now == 1 && (!before || then != 1) {
						out[i] = 1
					}
				}
			})
		},
	},
	{
		name:  "restarts",
		reads: []rawMetric{{metricRestarts, stateMatchers(), nothingBefore}},
		begin: func(d *dialect, s span) reader {
			return daily(s, d.state.labels(), d.state.labels("uid"), func(day samples, _, _ int64) (float64, bool) {
				return day.max() - day.min(), true
			})
		},
	},
	rawAmounts("requests", metricRequests),
	rawAmounts("limits", metricLimits),
	rawAmounts("requests of init containers", metricInitRequests),
	rawAmounts("limits of init containers", metricInitLimits),
	rawIncrease("throttled CFS periods", metricThrottled),
	rawIncrease("CFS periods", metricPeriods),
	{
		name:  "memory usage",
		reads: []rawMetric{{metricMemory, containerMatchers, func(d *dialect) time.Duration { return max(d.peak, d.slow.peak) - d.step }}},
		begin: func(d *dialect, s span) reader {
			return stepped(d, s, d.usage.labels(), d.usage.labels(), func(first, last, step int64, x *stored, out []float64) {
				x.fresh().overEach(first, last, step, d.peak, d.slow.peak, out, func(_ int64, w samples, _ time.Duration) (float64, bool) { return w.max(), true })
			})
		},
	},
}

var oomKilled = labelMatcher{equal, "reason", "OOMKilled"}

func nothingBefore(*dialect) time.Duration { return 0 }

func rawAmounts(name, metric string) rawQuery {
	return rawQuery{
		name:  name,
		reads: []rawMetric{{metric, stateMatchers(ofResources...), nothingBefore}},
		begin: func(d *dialect, s span) reader {
			labels := d.state.labels(byResource...)
			return daily(s, labels, labels, func(day samples, _, _ int64) (float64, bool) { return day.max(), true })
		},
	}
}

func rawIncrease(name, metric string) rawQuery {
	return rawQuery{
		name:  name,
		reads: []rawMetric{{metric, containerMatchers, nothingBefore}},
		begin: func(d *dialect, s span) reader {
			return daily(s, d.usage.labels(), d.usage.labels("id"), samples.increase)
		},
	}
}

// containerMatchers select what dialect.containers does.
func containerMatchers(d *dialect, shard []string) []labelMatcher {
	return d.extra(anyOf(d.usage.namespace, shard), labelMatcher{notEqual, d.usage.container, ""}, labelMatcher{notEqual, d.usage.container, "POD"})
}

// stateMatchers select what dialect.states does.
func stateMatchers(more ...labelMatcher) func(*dialect, []string) []labelMatcher {
	return func(d *dialect, shard []string) []labelMatcher {
		return d.extra(append([]labelMatcher{anyOf(d.state.namespace, shard)}, more...)...)
	}
}

// extra adds the user's matchers.
func (d *dialect) extra(all ...labelMatcher) []labelMatcher {
	for _, m := range d.matchers {
		all = append(all, labelMatcher{equal, m.Name, m.Value})
	}
	if d.cluster.name != "" {
		all = append(all, d.cluster)
	}
	return all
}
