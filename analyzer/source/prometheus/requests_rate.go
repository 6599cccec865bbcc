package prometheus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// requests reads the request rates of workloads. An engine without any of the
// counters is asked one query, about the last hour. What cannot be had is a
// warning, and where the engine broke off the report is partial. The error is
// that of a collection called off.
func (col *collection) requests(ctx context.Context, d *discovery, concurrency int, known func() bool) ([]analyzer.RequestRate, error) {
	found, err := d.findCounters(ctx, col.client, lookback)
	if e := (*Error)(nil); errors.As(err, &e) && e.Kind == KindTooLarge {
		found, err = d.findCounters(ctx, col.client, instant)
	}
	if ctx.Err() != nil && origin.Stalled(ctx) == nil {
		return nil, err
	}
	if err != nil {
		col.warnOfRequests(err)
		return nil, nil
	}
	if !known() {
		return nil, nil
	}
	var tasks []runner
	for _, f := range found {
		for _, shard := range shards(f.sizes) {
			for s := range slices.Chunk(days(col.window), requestDays) {
				tasks = append(tasks, &requestTask{counter: f, shard: shard, span: span{s[0].from, s[len(s)-1].to}})
			}
		}
	}
	col.more(len(tasks))
	stopped := col.runAll(ctx, tasks, concurrency)
	if ctx.Err() != nil && origin.Stalled(ctx) == nil {
		return nil, stopped
	}
	return col.sumRequests(d, tasks, stopped), nil
}

// requestDays is how many days a query covers: rates are few, and a week's steps
// are far from any engine's limit.
const requestDays = 7

// more raises the number of queries to come.
func (col *collection) more(n int) {
	col.mu.Lock()
	defer col.mu.Unlock()
	col.total += n
}

func (col *collection) warnOfRequests(err error) {
	col.warnAll([]analyzer.Warning{beside(err, analyzer.WarnPartial, "request rates", "they could not be read, so that CPU alone is weighed as a metric to scale on")})
}

// counted is a counter that is there, with its series by namespace.
type counted struct {
	choice
	sizes map[string]int
	// copied tells the namespaces whose series may have copies.
	copied map[string]bool
}

// instant is as far as PromQL looks for a series' newest sample: the least to
// ask for where an hour of all counters is too much.
const instant = 5 * time.Minute

// findCounters asks for all counters at once how many series there were of
// late, by namespace.
func (d *discovery) findCounters(ctx context.Context, c *client, recent time.Duration) ([]*counted, error) {
	candidates, query := d.counterQuery(recent)
	found, jobs := map[string]*counted{}, map[string]int{}
	_, err := c.ask(ctx, question{doing: "looking for request counters", query: query, end: d.at, most: someSeries}, func(s *series) {
		var i int
		if _, err := fmt.Sscan(s.get("found"), &i); err != nil || i < 0 || i >= len(candidates) || len(s.points) == 0 {
			return
		}
		group := candidates[i]
		at := slices.IndexFunc(group, func(c choice) bool { return c.metric == s.get("__name__") })
		if at < 0 {
			return
		}
		ns := s.get(group[at].namespace)
		if _, known := d.sizes[ns]; !known {
			return
		}
		f := found[group[at].metric+" "+group[at].name]
		if f == nil {
			f = &counted{choice: group[at], sizes: map[string]int{}, copied: map[string]bool{}}
			found[group[at].metric+" "+group[at].name] = f
		}
		f.sizes[ns] += int(s.points[0].value)
		jobs[f.metric+" "+f.name+" "+ns]++
		f.copied[ns] = jobs[f.metric+" "+f.name+" "+ns] > 1
	})
	return preferred(found), err
}

// counterQuery writes one query for all counters; those that share labels and
// matchers share a term, whose number comes back as the label found.
func (d *dialect) counterQuery(recent time.Duration) ([][]choice, string) {
	var groups [][]choice
	at := map[string]int{}
	for i := range requestCounters {
		c := &requestCounters[i]
		for _, pair := range c.labels {
			k := pair.namespace + " " + pair.name + " " + strings.Join(c.matchers, ",")
			if _, ok := at[k]; !ok {
				at[k] = len(groups)
				groups = append(groups, nil)
			}
			groups[at[k]] = append(groups[at[k]], choice{c, pair})
		}
	}
	var terms []string
	for i, group := range groups {
		first := group[0]
		names := make([]string, len(group))
		for j, c := range group {
			names[j] = c.metric
		}
		matchers := append([]string{oneOf("__name__", names), first.namespace + `!=""`, first.name + `!=""`}, first.matchers...)
		terms = append(terms, fmt.Sprintf(`label_replace(count by (%s) (last_over_time(%s[%s])),"found","%d","","")`,
			list([]string{"__name__", first.namespace}, copies...), d.selector("", matchers...), seconds(recent), i))
	}
	return groups, strings.Join(terms, " or ")
}

// preferred keeps for each counter the first of its pairs of labels that is
// there, in the order of the list.
func preferred(found map[string]*counted) []*counted {
	var out []*counted
	for i := range requestCounters {
		for _, pair := range requestCounters[i].labels {
			if f := found[requestCounters[i].metric+" "+pair.name]; f != nil {
				out = append(out, f)
				break
			}
		}
	}
	return out
}

// requestTask reads one counter over some days of one shard.
type requestTask struct {
	counter *counted
	shard   []string
	span    span

	rec    *analyzer.RequestRecorder
	names  map[analyzer.Ref]map[string]bool // of services, by workload
	taken  map[labelPair]int64              // the last sample of each row, so that none counts twice
	rates  []analyzer.RequestRate
	failed error
}

func (t *requestTask) run(ctx context.Context, col *collection) error {
	t.rec, t.names, t.taken = analyzer.NewRequestRecorder(col.window), map[analyzer.Ref]map[string]bool{}, map[labelPair]int64{}
	t.failed = t.read(ctx, col, t.shard, t.span)
	col.step()
	t.rates = t.rec.Requests()
	t.rec, t.taken = nil, nil
	return softly(t.failed)
}

func (t *requestTask) read(ctx context.Context, col *collection, shard []string, s span) error {
	first, last, ok := s.steps(col.dialect.step)
	if !ok {
		return nil
	}
	ask := question{
		doing: "reading request rates of " + t.counter.metric, query: t.counter.text(&col.dialect, shard),
		start: first, end: last, step: col.dialect.step,
	}
	a, err := col.client.ask(ctx, ask, func(row *series) { t.take(col, row) })
	col.heard(a)
	return halve(err, shard, s, col.dialect.step, func(shard []string, s span) error { return t.read(ctx, col, shard, s) })
}

// take files one row under its workload.
func (t *requestTask) take(col *collection, row *series) {
	k := labelPair{row.get(t.counter.namespace), row.get(t.counter.name)}
	ref, ok := t.counter.workload(col.owners, k)
	if !ok {
		return
	}
	if t.names[ref] == nil {
		t.names[ref] = map[string]bool{}
	}
	if t.counter.by != analyzer.CountedByPod {
		t.names[ref][k.name] = true
	}
	for _, p := range row.points {
		if p.ms > t.taken[k] {
			t.rec.Add(ref, t.counter.metric, p.ms, p.value)
			t.taken[k] = p.ms
		}
	}
}

// workload finds whose requests a row counts.
func (c choice) workload(owners *analyzer.Owners, k labelPair) (analyzer.Ref, bool) {
	switch c.by {
	case analyzer.CountedByService:
		return owners.Service(k.namespace, k.name)
	case analyzer.CountedByWorkload:
		return owners.Named(k.namespace, k.name)
	}
	ref, match := owners.Resolve(k.namespace, k.name)
	return ref, match != analyzer.MatchNone
}

// sumRequests adds the tasks' parts up and writes each workload's query.
func (col *collection) sumRequests(d *discovery, tasks []runner, stopped error) []analyzer.RequestRate {
	var lists [][]analyzer.RequestRate
	counters := map[string]*counted{}
	names := map[string]map[string]bool{} // by counter and workload
	var failed error
	for _, r := range tasks {
		t := r.(*requestTask)
		lists = append(lists, t.rates)
		counters[t.counter.metric] = t.counter
		for ref, n := range t.names {
			k := t.counter.metric + " " + ref.String()
			if names[k] == nil {
				names[k] = map[string]bool{}
			}
			maps.Copy(names[k], n)
		}
		failed = cmpError(failed, t.failed)
	}
	if failed = cmpError(stopped, failed); failed != nil {
		col.warnOfRequests(failed)
	}
	out := analyzer.MergeRequests(lists...)
	for i := range out {
		q := &out[i]
		c := counters[q.Counter]
		over := d.scalingRange()
		q.By, q.RangeSeconds = c.by, int32(over/time.Second)
		q.Query = c.scaling(&d.dialect, q.Ref, slices.Sorted(maps.Keys(names[q.Counter+" "+q.Ref.String()])), over, c.copied[q.Namespace])
	}
	return out
}

// scalingRange is the range of the rate that an autoscaler reads: short, but
// four scrapes long.
func (d *discovery) scalingRange() time.Duration {
	return max(2*time.Minute, wholeMinutes(4*d.interval))
}
