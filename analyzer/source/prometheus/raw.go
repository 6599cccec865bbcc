package prometheus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// Where the engine serves remote read, it hands over what it has stored, and
// the queries are worked out here: that costs the engine a small part of
// what the queries do. An answer that breaks off is asked for once more. Any other
// failure ends the attempt for the whole collection, and the queries are asked:
// they say what is wrong, and try again.

// wanted is the selections of one request, and who is fed by each.
type wanted struct {
	selections []selection
	metrics    []string
	fed        [][]fed
}

// fed is a reader and the time it wants samples of.
type fed struct {
	reader   reader
	from, to int64
}

// add asks for a metric from so long before the span on. A metric that was
// asked for with the same matchers is read once.
// It gives the number of the selection.
func (w *wanted) add(metric string, matchers []labelMatcher, s span, before time.Duration, to reader) int {
	matchers = append([]labelMatcher{{equal, "__name__", metric}}, matchers...)
	from := s.from.Add(-max(before, 0)).UnixMilli() + 1
	i := slices.IndexFunc(w.selections, func(x selection) bool { return slices.Equal(x.matchers, matchers) })
	if i < 0 {
		i = len(w.selections)
		w.selections = append(w.selections, selection{from, s.to.UnixMilli(), matchers})
		w.metrics, w.fed = append(w.metrics, metric), append(w.fed, nil)
	}
	w.selections[i].from, w.selections[i].to = min(w.selections[i].from, from), max(w.selections[i].to, s.to.UnixMilli())
	w.fed[i] = append(w.fed[i], fed{to, from, s.to.UnixMilli()})
	return i
}

// feed hands a series to all whose time it has samples in: those alone.
func (w *wanted) feed(s *stored) {
	all := samples{s.ms, s.vs}
	for _, f := range w.fed[s.query] {
		if x := all.within(f.from-1, f.to); len(x.ms) > 0 {
			f.reader.add(w.metrics[s.query], &stored{s.query, s.names, s.values, x.ms, x.vs})
		}
	}
}

// errIncomplete is an answer without its last metric. The time may have none;
// but an engine that breaks off without a word looks alike, so the queries are
// asked for that part.
var errIncomplete = errors.New("the answer ends before its last metric")

// batch is the days of a shard that one request of remote read asks for.
type batch struct {
	tasks []*task
	racer bool // it may race, see race
}

const (
	// batchSeries bounds the series of one metric times the days of a batch: a
	// day of a thousand takes 5 MB while it is read.
	batchSeries = 4000
	batchDays   = 7
	// raceFrom is the number of days from which there is a race.
	raceFrom = 4
	// raceSpan is the time that the queries are asked for in a race.
	raceSpan = 2 * time.Hour
)

// batches groups the days of a shard with so many series of one metric. The first batch
// of the first shard may race.
func (col *collection) batches(tasks []*task, series int, first bool) (out []runner) {
	n := min(max(batchSeries/max(series, 1), 1), batchDays)
	for days := range slices.Chunk(tasks, n) {
		out = append(out, &batch{tasks: days, racer: first && len(out) == 0 && len(tasks) >= raceFrom})
	}
	return out
}

// race asks the queries for two hours of what a batch read in such a time, and settles
// who reads the days to come. Remote read spares the engine most of its work, but its
// answers are several times larger, so over a slow connection the queries win. Where the
// connection is not slow there is no race: the two hours cost the engine as much as half
// a day by remote read, and all queries many times more.
func (b *batch) race(ctx context.Context, col *collection, took time.Duration) {
	last := b.tasks[len(b.tasks)-1]
	s := last.day
	if from := s.to.Add(-raceSpan); from.After(s.from) {
		s.from = from
	}
	began := time.Now()
	if t := (&task{shard: last.shard, day: s, part: last.part, apart: true}); t.run(ctx, col) == nil && t.complete && len(t.failed.list) == 0 {
		col.settle(b.tasks, took, s.to.Sub(s.from), time.Since(began))
	}
}

// settle compares how long some days took by remote read with what so much time took by
// the queries.
func (col *collection) settle(tasks []*task, raw, over, query time.Duration) {
	read := 0.0
	for _, t := range tasks {
		read += t.day.to.Sub(t.day.from).Seconds()
	}
	if raw.Seconds()/read > query.Seconds()/over.Seconds() {
		col.queriesOnly.Store(true)
	}
}

// flow is how much came over a connection, and how long it was waited for.
type flow struct {
	bytes int64
	took  time.Duration
}

const (
	// slowFrom is the size of an answer from which its time tells of the connection.
	slowFrom = 4 << 20
	// slowBelow is what comes in a second at most where a connection is slow: a third of
	// the bytes, packed, comes sooner then.
	slowBelow = 16 << 20
)

// slow reports whether a flow shows a connection over which answers should be packed. An
// engine that is busy itself looks alike: no value hangs on it.
func (f flow) slow() bool { return f.below(slowBelow) }

// below reports whether a flow that tells of the connection is of fewer bytes a second.
func (f flow) below(bytes float64) bool {
	return f.bytes >= slowFrom && float64(f.bytes) < bytes*f.took.Seconds()
}

// run reads by remote read, or by the queries where that is not to be had. It
// gives back only an error that ends the whole collection.
func (b *batch) run(ctx context.Context, col *collection) error {
	began, came := time.Now(), flow{}
	if !col.byRaw(ctx, func(ctx context.Context, col *collection) (err error) {
		came, err = readRaw(ctx, col, b.tasks)
		return err
	}) {
		return together(ctx, col, b.tasks)
	}
	if took := time.Since(began); b.racer && came.slow() {
		b.race(ctx, col, took)
	}
	return nil
}

// pending is a query of some days whose series are not all there: last is the number of
// the selection with which they are.
type pending struct {
	tasks []*task // the days, one after the other
	query int     // of rawQueries
	last  int
	reader
}

// file hands the rows to the tasks.
func (p *pending) file(col *collection) {
	at := queryNamed(rawQueries[p.query].name)
	q, numbers := &queries[at], p.numbers()
	labels, scraped := col.dialect.labelsOf(q), map[int64]bool{}
	p.rows(func(row *series) {
		if p.tasks[0].steady != nil {
			for _, x := range row.points {
				scraped[x.ms] = true
			}
		}
		p.split(row, func(i int, day *series) { p.tasks[i].take(col, at, numbers[i], labels, day, 0) })
	})
	numbers = p.numbers()
	p.fileSteady(q.metric, slices.Sorted(maps.Keys(scraped)), func(row *series) { p.tasks[0].take(col, at, numbers[0], labels, row, 0) })
}

// numbers gives a question for each day its number.
func (p *pending) numbers() (out []int32) {
	for _, t := range p.tasks {
		out = append(out, t.number())
	}
	return out
}

// split cuts a row into those of the days that it has points in.
func (p *pending) split(row *series, each func(i int, day *series)) {
	day := series{names: row.names, values: row.values}
	for i, left := 0, row.points; len(left) > 0 && i < len(p.tasks); i++ {
		to := p.tasks[i].day.to.UnixMilli()
		n := sort.Search(len(left), func(k int) bool { return left[k].ms > to })
		if n > 0 {
			day.points = left[:n]
			each(i, &day)
		}
		left = left[n:]
	}
}

// errOrder is an answer that comes back to a selection.
var errOrder = fmt.Errorf("%w: it goes back to an earlier query", errFrame)

// arrival follows an answer, which comes selection by selection. What a query needs is
// let go as soon as it is filed: the values of all metrics at once are most of what a
// collection would hold.
type arrival struct {
	wanted
	waiting []pending
	at      int // the selection that comes
	series  int // of it
	err     error
}

// expect asks for what the queries of some days need.
func expect(col *collection, tasks []*task) *arrival {
	d, a, first := &col.dialect, &arrival{}, tasks[0]
	for _, t := range tasks {
		t.begin(col)
	}
	all := span{first.day.from, tasks[len(tasks)-1].day.to}
	for i, q := range rawQueries {
		if !first.asks(queryNamed(q.name)) {
			continue
		}
		p := pending{tasks: tasks, query: i, reader: q.begin(d, all)}
		for _, m := range q.reads {
			matchers := m.matches(d, first.shard)
			if _, others, some := first.steady.of(m.name); some {
				matchers = append(matchers, others)
			}
			p.last = max(p.last, a.add(m.name, matchers, all, m.before(d), p.reader))
		}
		a.waiting = append(a.waiting, p)
	}
	if first.part == ofState {
		a.seal(col, first.shard)
	}
	return a
}

// upTo files the queries that need no selection from number to on.
func (a *arrival) upTo(to int, col *collection) {
	clear(a.fed[a.at:to])
	a.at, a.series = to, 0
	a.waiting = slices.DeleteFunc(a.waiting, func(p pending) bool {
		if p.last >= to {
			return false
		}
		p.file(col)
		return true
	})
}

// take takes a series of the answer.
func (a *arrival) take(s *stored, col *collection) {
	switch {
	case s.query < a.at:
		a.err = errOrder
	case s.query > a.at:
		a.upTo(s.query, col)
		fallthrough
	default:
		a.series++
		a.feed(s)
	}
}

// readRaw reads tasks of one shard by remote read and files them; nothing is
// filed where it fails.
func readRaw(ctx context.Context, col *collection, tasks []*task) (came flow, err error) {
	a := expect(col, tasks)
	came, err = col.client.read(ctx, a.selections, col.mostSeries(tasks[0].shard), func(s *stored) { a.take(s, col) })
	if err == nil {
		err = a.err
	}
	if err == nil && (a.at < len(a.selections)-1 || a.series == 0) {
		err = errIncomplete
	}
	if err != nil {
		for _, t := range tasks {
			t.drop()
		}
		return came, err
	}
	a.upTo(len(a.selections), col)
	for _, t := range tasks {
		t.close()
		t.complete = true
		t.stepAll(col)
	}
	return came, nil
}

// mostSeries is how many series an honest stream about a shard may have.
func (col *collection) mostSeries(shard []string) int {
	expected := 0
	for _, ns := range shard {
		expected += col.sizes[ns]
	}
	return max(leastSeries, seriesOver*expected)
}

func queryNamed(name string) int {
	return slices.IndexFunc(queries[:], func(q query) bool { return q.name == name })
}

// ownerBatch is the days of a shard whose owners one request asks for.
type ownerBatch struct {
	shard []string
	tasks []*ownerTask
	// steady and rows are what the samples told, if there are any.
	steady *steady
	rows   []ownerFound
}

func (b *ownerBatch) run(ctx context.Context, col *collection) error {
	if windowOf(col.window).length() >= steadyFrom && !col.byRaw(ctx, b.sampleRaw) || !col.byRaw(ctx, b.readRaw) {
		return together(ctx, col, b.tasks)
	}
	return nil
}

// daysAtOnce bounds the days of a batch that are asked for side by side. The gate
// bounds the questions in flight; a slow engine is not waited for a day at a time.
const daysAtOnce = 4

// together runs the days of a batch by the queries. Its error ends the collection.
func together[T runner](ctx context.Context, col *collection, tasks []T) error {
	all := make([]runner, len(tasks))
	for i, t := range tasks {
		all[i] = t
	}
	return col.runAll(ctx, all, daysAtOnce)
}

// ownerFound is a row of owners.
type ownerFound struct {
	metric string
	child  analyzer.Ref
	row    ownerRow
}

// found reads the owner that a series tells, up to a time.
func (q *ownerQuery) found(d *dialect, s *stored, at time.Time) ownerFound {
	labels := q.labels(d.state)
	child := analyzer.Ref{Namespace: s.get(labels[0]), Kind: q.kind, Name: s.get(labels[1])}
	return ownerFound{q.metric, child, ownerRow{at.UnixMilli(), s.get("owner_kind"), s.get("owner_name")}}
}

// selections asks for the owners of what had none in the samples: the youngest row counts.
func (b *ownerBatch) selections(d *dialect, s span) (all []selection, of []*ownerQuery) {
	ask := func(q *ownerQuery, shard []string, more ...labelMatcher) {
		matchers := append([]labelMatcher{{equal, "__name__", q.metric}}, stateMatchers(append(more, notForeign)...)(d, shard)...)
		all, of = append(all, selection{s.from.UnixMilli() + 1, s.to.UnixMilli(), matchers}), append(of, q)
	}
	for i := range ownerQueries {
		q := &ownerQueries[i]
		var others []string // namespaces
		for _, ns := range b.shard {
			if names := b.steady.ownedIn(q.metric, ns); len(names) > 0 {
				ask(q, []string{ns}, labelMatcher{unlike, q.labels(d.state)[1], strings.Join(names, "|")})
			} else {
				others = append(others, ns)
			}
		}
		if len(others) > 0 {
			ask(q, others)
		}
	}
	return all, of
}

// readRaw reads the owners by remote read. A row counts for the last day that
// it has samples of.
func (b *ownerBatch) readRaw(ctx context.Context, col *collection) error {
	d := &col.dialect
	all, of := b.selections(d, span{b.tasks[0].day.from, b.tasks[len(b.tasks)-1].day.to})
	rows := slices.Clone(b.rows)
	_, err := col.client.read(ctx, all, col.mostSeries(b.shard), func(s *stored) {
		x := s.fresh()
		for _, t := range slices.Backward(b.tasks) {
			if len(x.within(t.day.from.UnixMilli(), t.day.to.UnixMilli()).ms) > 0 {
				rows = append(rows, of[s.query].found(d, s, t.day.to))
				return
			}
		}
	})
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return errIncomplete
	}
	for _, x := range rows {
		col.rows.add(x.metric, x.child, x.row)
	}
	for range len(b.tasks) * len(ownerQueries) {
		col.step()
	}
	b.rows = nil
	return nil
}

// notForeign leaves owners out that do not control.
var notForeign = labelMatcher{notEqual, "owner_is_controller", "false"}

// byRaw reads by remote read unless that failed before; it reports whether
// all is read.
func (col *collection) byRaw(ctx context.Context, read func(context.Context, *collection) error) bool {
	if col.queriesOnly.Load() {
		return false
	}
	err := read(ctx, col)
	if errors.Is(err, io.ErrUnexpectedEOF) && ctx.Err() == nil {
		err = read(ctx, col) // proxies lose a connection now and then; a part read twice costs less than the queries
	}
	if err != nil && !errors.Is(err, errIncomplete) {
		if wasRefused(err) {
			col.exports.tried.Store(true)
		}
		col.queriesOnly.Store(true)
	}
	return err == nil
}

// read sends a remote read request and streams the stored series into each, most of them.
func (c *client) read(ctx context.Context, all []selection, most int, each func(*stored)) (came flow, err error) {
	if err := c.gate.enter(ctx); err != nil {
		return came, err
	}
	defer c.gate.leave(false)
	began := time.Now()
	defer func() {
		if t := (net.Error)(nil); errors.As(err, &t) && t.Timeout() {
			origin.InVain(ctx, began)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, origin.Within(ctx, c.timeout))
	defer cancel()
	u := c.base
	u.Path += "/api/v1/read"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(encodeRead(all)))
	if err != nil {
		return came, err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("Accept-Encoding", "identity") // chunks are as small as they get
	req.Header.Set("X-Prometheus-Remote-Read-Version", "0.1.0")
	req.Header.Set("User-Agent", userAgent)
	resp, err := c.http.Do(req)
	if err != nil {
		return came, err
	}
	defer drained(resp.Body, cancel)
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "application/x-streamed-protobuf") {
		return came, &errRefused{resp.StatusCode, kind}
	}
	body := metered{Reader: resp.Body, waited: time.Since(began)}
	err = decodeStream(&body, all, most, each)
	if err == nil {
		origin.Answered(ctx)
	}
	return flow{body.bytes, body.waited}, err
}

// metered counts the bytes that are read, and the time that they were waited for.
type metered struct {
	io.Reader
	bytes  int64
	waited time.Duration
}

func (c *metered) Read(p []byte) (int, error) {
	began := time.Now()
	n, err := c.Reader.Read(p)
	c.bytes += int64(n)
	c.waited += time.Since(began)
	return n, err
}
