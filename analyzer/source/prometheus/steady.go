package prometheus

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Most of kube-state-metrics' series say the same all the time: what a pod requests, whose
// it is, that it did not restart. To read one costs the engine nearly as much as to read
// usage, for it looks up all labels in each of its blocks. So they are sampled where the
// window begins and where it ends. A pod that is there at both ends under one uid, with the
// same values, had these throughout: a count that is where it was did not rise between. The
// others are read in full. A request that was changed in place and changed back between the
// two goes unseen.

const (
	// steadyFrom is the shortest window that is sampled: a shorter one is soon read.
	steadyFrom = 2 * 24 * time.Hour
	// mostSteady bounds the uids and names that a question leaves out: they are 37 bytes each.
	mostSteady = 4000
)

// sampled are the metrics of pods that are sampled, and by which labels their rows differ
// beside those of the container.
var sampled = []struct {
	metric string
	labels []string
	more   []labelMatcher
}{
	{metricRestarts, nil, nil},
	{metricRequests, byResource, ofResources},
	{metricLimits, byResource, ofResources},
	{metricInitRequests, byResource, ofResources},
	{metricInitLimits, byResource, ofResources},
}

var (
	byResource  = []string{"resource"}
	ofResources = []labelMatcher{{like, "resource", "cpu|memory|.+_com_gpu"}}
)

// steady is what the samples of a shard told.
type steady struct {
	pods map[string]map[string]map[string]*ends // by metric, uid and row
	// owned are the names of what has an owner at the window's end, by metric and namespace.
	owned map[string]map[string][]string
}

// ends is one value at the window's ends.
type ends struct {
	row         series // without points
	value       float64
	first, last bool
	unlike      bool
}

// plain are values that mean themselves in a regular expression. Prometheus looks an
// alternation of such up in its index.
var plain = regexp.MustCompile(`^[a-zA-Z0-9-]+$`)

// sampleRaw samples a shard by remote read. An answer that is short of some series does no
// harm: what was not seen is read in full.
func (b *ownerBatch) sampleRaw(ctx context.Context, col *collection) error {
	d, w := &col.dialect, windowOf(col.window)
	found := &steady{map[string]map[string]map[string]*ends{}, map[string]map[string][]string{}}
	var all []selection
	var take []func(*stored)
	ask := func(metric string, matchers []labelMatcher, from, to time.Time, each func(*stored)) {
		matchers = append([]labelMatcher{{equal, "__name__", metric}}, matchers...)
		all = append(all, selection{from.UnixMilli() + 1, to.UnixMilli(), matchers})
		take = append(take, each)
	}
	for _, m := range sampled {
		pods, labels, matchers := map[string]map[string]*ends{}, d.state.labels(m.labels...), stateMatchers(m.more...)(d, b.shard)
		found.pods[m.metric] = pods
		ask(m.metric, matchers, w.from.Add(-instantRange), w.from.Add(instantRange), func(s *stored) { takeEnd(pods, labels, s).first = true })
		ask(m.metric, matchers, w.to.Add(-instantRange), w.to, func(s *stored) { takeEnd(pods, labels, s).last = true })
	}
	var rows []ownerFound
	for _, q := range ownerQueries {
		names := map[string][]string{}
		found.owned[q.metric] = names
		ask(q.metric, stateMatchers(notForeign)(d, b.shard), w.to.Add(-instantRange), w.to, func(s *stored) {
			if len(s.fresh().ms) == 0 {
				return
			}
			x := q.found(d, s, w.to)
			rows = append(rows, x)
			if ns := x.child.Namespace; plain.MatchString(x.child.Name) && len(names[ns]) < mostSteady {
				names[ns] = append(names[ns], x.child.Name)
			}
		})
	}
	if _, err := col.client.read(ctx, all, col.mostSeries(b.shard), func(s *stored) { take[s.query](s) }); err != nil {
		return err
	}
	b.steady, b.rows = found, rows
	return nil
}

// takeEnd files a sample of a pod's row.
func takeEnd(pods map[string]map[string]*ends, labels []string, s *stored) *ends {
	uid, x := s.get("uid"), s.fresh()
	if len(x.ms) == 0 {
		return &ends{}
	}
	if pods[uid] == nil {
		pods[uid] = map[string]*ends{}
	}
	key := s.key(labels)
	e := pods[uid][key]
	if e == nil {
		e = &ends{row: series{names: labels}, value: x.vs[0]}
		for _, name := range labels {
			e.row.values = append(e.row.values, s.get(name))
		}
		pods[uid][key] = e
	}
	e.unlike = e.unlike || slices.ContainsFunc(x.vs, func(v float64) bool { return v != e.value })
	return e
}

// of gives the pods whose values of a metric hold throughout the window: the rows they
// have, and the matcher that leaves them out. One of them is not left out: the days that
// it has samples of are those that the metric was scraped on.
func (s *steady) of(metric string) (rows []*ends, but labelMatcher, some bool) {
	if s == nil {
		return nil, but, false
	}
	pods := s.pods[metric]
	uids := slices.DeleteFunc(slices.Sorted(maps.Keys(pods)), func(uid string) bool {
		return !plain.MatchString(uid) || !hold(pods[uid])
	})
	if len(uids) < 2 {
		return nil, but, false
	}
	uids = uids[1:min(len(uids), 1+mostSteady)]
	for _, uid := range uids {
		rows = append(rows, slices.Collect(maps.Values(pods[uid]))...)
	}
	return rows, labelMatcher{unlike, "uid", strings.Join(uids, "|")}, true
}

// ownedIn gives the names of what has an owner at the window's end.
func (s *steady) ownedIn(metric, namespace string) []string {
	if s == nil {
		return nil
	}
	return s.owned[metric][namespace]
}

// hold reports whether all values were the same at both ends.
func hold(rows map[string]*ends) bool {
	for _, e := range rows {
		if !e.first || !e.last || e.unlike {
			return false
		}
	}
	return true
}

// stateBatch is what kube-state-metrics says of a shard in the whole window, which one
// request of remote read asks for. Its tasks are the days, for the queries.
type stateBatch struct {
	tasks []*task
	owner *ownerBatch
}

func (b *stateBatch) run(ctx context.Context, col *collection) error {
	if col.byRaw(ctx, b.readRaw) {
		return nil
	}
	return together(ctx, col, b.tasks)
}

// readRaw reads all days as one task, which stands in the place of the first.
func (b *stateBatch) readRaw(ctx context.Context, col *collection) error {
	all := &task{shard: b.tasks[0].shard, day: windowOf(col.window), part: ofState, steady: b.owner.steady}
	if _, err := readRaw(ctx, col, []*task{all}); err != nil {
		return err
	}
	for i, t := range b.tasks { // the first was counted as it was read
		t.complete = true
		if i > 0 {
			t.stepAll(col)
		}
	}
	all.day = b.tasks[0].day
	b.tasks[0].become(all)
	return nil
}

// become takes over what another task read.
func (t *task) become(o *task) {
	t.series, t.odd, t.oddOf, t.unmatched, t.several = o.series, o.odd, o.oddOf, o.unmatched, o.several
	t.failed, t.usage, t.complete = o.failed, o.usage, true
}

// ignored takes series of which only is asked whether they come.
type ignored struct{}

func (ignored) add(string, *stored) {}
func (ignored) rows(func(*series))  {}

// seal asks for a metric that every shard has, which comes last: an answer that was broken
// off without a word lacks it.
func (a *arrival) seal(col *collection, shard []string) {
	d, s := &col.dialect, windowOf(col.window)
	for _, ns := range shard {
		if col.sizes[ns] > 0 {
			s = span{col.at.Add(-lookback), col.at}
		}
	}
	a.add(metricMemory, containerMatchers(d, shard), s, 0, ignored{})
}

// fileSteady files the rows of the pods whose values hold, for the times at which others
// have a value.
func (p *pending) fileSteady(metric string, times []int64, file func(*series)) {
	rows, _, _ := p.tasks[0].steady.of(metric)
	for _, e := range rows {
		v := e.value
		if metric == metricRestarts {
			v = 0 // its row is how much it rose
		}
		row := e.row
		row.points = make([]point, len(times))
		for i, ms := range times {
			row.points[i] = point{ms, v}
		}
		file(&row)
	}
}
