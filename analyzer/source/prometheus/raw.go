package prometheus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Where the engine serves remote read, it hands over what it has stored, and
// the queries are worked out here: that costs the engine a small part of
// what the queries do. Any failure ends the attempt for the whole collection,
// and the queries are asked: they say what is wrong, and try again.

// wanted is the selections of one request, and who is fed by each.
type wanted struct {
	selections []selection
	metrics    []string
	readers    [][]reader
}

// add asks for a metric from so long before the span on. A metric that was
// asked for with the same matchers is read once.
func (w *wanted) add(metric string, matchers []labelMatcher, s span, before time.Duration, to reader) {
	matchers = append([]labelMatcher{{equal, "__name__", metric}}, matchers...)
	from := s.from.Add(-max(before, 0)).UnixMilli() + 1
	i := slices.IndexFunc(w.selections, func(x selection) bool { return slices.Equal(x.matchers, matchers) })
	if i < 0 {
		i = len(w.selections)
		w.selections = append(w.selections, selection{from, s.to.UnixMilli(), matchers})
		w.metrics, w.readers = append(w.metrics, metric), append(w.readers, nil)
	}
	w.selections[i].from = min(w.selections[i].from, from)
	w.readers[i] = append(w.readers[i], to)
}

// errIncomplete is an answer without its last metric. The time may have none;
// but an engine that breaks off without a word looks alike, so the queries are
// asked for that part.
var errIncomplete = errors.New("the answer ends before its last metric")

// readRaw reads the task's day by remote read and files it; nothing is filed
// where it fails.
func (t *task) readRaw(ctx context.Context, col *collection) error {
	d := &col.dialect
	var w wanted
	readers := make([]reader, len(rawQueries))
	for i, q := range rawQueries {
		readers[i] = q.begin(d, t.day)
		for _, m := range q.reads {
			w.add(m.name, m.matches(d, t.shard), t.day, m.before(d), readers[i])
		}
	}
	counts := make([]int, len(w.selections))
	err := col.client.read(ctx, w.selections, func(s *stored) {
		counts[s.query]++
		for _, r := range w.readers[s.query] {
			r.add(w.metrics[s.query], s)
		}
	})
	if err != nil {
		return err
	}
	if counts[len(counts)-1] == 0 {
		return errIncomplete
	}
	for i, r := range readers {
		q := queryNamed(rawQueries[i].name)
		t.asked++
		r.rows(func(row *series) { t.take(col, q, d.labelsOf(q), row, t.day) })
	}
	return nil
}

// raceFrom is the number of parts from which the two ways race.
const raceFrom = 4

// byQueries tells that a task is the queries' turn: the second, where there
// are enough. Remote read spares the engine most of its work, but its answers
// are several times larger, so over a slow connection the queries win. The
// first part by remote read and the second by queries show which it is here.
func (col *collection) byQueries(t *task) bool { return t.turn == 1 && col.parts >= raceFrom }

// timed takes down how long a part took, and settles the race.
func (col *collection) timed(t *task, raw bool, took time.Duration) {
	pace := took.Seconds() / t.day.to.Sub(t.day.from).Seconds()
	col.mu.Lock()
	defer col.mu.Unlock()
	switch {
	case t.turn == 0 && raw:
		col.rawPace = pace
	case col.byQueries(t):
		col.queryPace = pace
	}
	if col.queryPace > 0 && col.rawPace > col.queryPace {
		col.queriesOnly.Store(true)
	}
}

func queryNamed(name string) *query {
	i := slices.IndexFunc(queries, func(q query) bool { return q.name == name })
	return &queries[i]
}

// readRaw reads the task's owners by remote read.
func (t *ownerTask) readRaw(ctx context.Context, col *collection) error {
	d := &col.dialect
	var all []selection
	for _, q := range ownerQueries {
		matchers := append([]labelMatcher{{equal, "__name__", q.metric}}, stateMatchers(notForeign)(d, t.shard)...)
		all = append(all, selection{t.day.from.UnixMilli() + 1, t.day.to.UnixMilli(), matchers})
	}
	type found struct {
		metric string
		child  analyzer.Ref
		row    ownerRow
	}
	var rows []found
	err := col.client.read(ctx, all, func(s *stored) {
		if len(s.fresh().ms) == 0 {
			return
		}
		q := ownerQueries[s.query]
		labels := q.labels(d.state)
		child := analyzer.Ref{Namespace: s.get(labels[0]), Kind: q.kind, Name: s.get(labels[1])}
		rows = append(rows, found{q.metric, child, ownerRow{t.day.to.UnixMilli(), s.get("owner_kind"), s.get("owner_name")}})
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
	if err != nil && !errors.Is(err, errIncomplete) {
		col.queriesOnly.Store(true)
	}
	return err == nil
}

// read sends a remote read request and streams the stored series into each.
func (c *client) read(ctx context.Context, all []selection, each func(*stored)) error {
	if err := c.gate.enter(ctx); err != nil {
		return err
	}
	defer c.gate.leave(false)
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	u := c.base
	u.Path += "/api/v1/read"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(encodeRead(all)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("Accept-Encoding", "identity") // chunks are as small as they get
	req.Header.Set("X-Prometheus-Remote-Read-Version", "0.1.0")
	req.Header.Set("User-Agent", userAgent)
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "application/x-streamed-protobuf") {
		return fmt.Errorf("no streamed remote read: answered %d, %s", resp.StatusCode, kind)
	}
	return decodeStream(resp.Body, all, each)
}
