package prometheus

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// WithRetryWait shortens the wait before the first retry.
func WithRetryWait(o Options, d time.Duration) Options {
	o.retryWait = d
	return o
}

// Decode reads an answer and gives its series one by one, with labels as pairs.
func Decode(r io.Reader, each func(labels []string, ms []int64, values []float64)) (status, errorText string, warnings []string, partial bool, err error) {
	a, err := decode(r, 0, func(s *series) {
		var labels []string
		for i := range s.names {
			labels = append(labels, s.names[i], s.values[i])
		}
		var ms []int64
		var values []float64
		for _, p := range s.points {
			ms, values = append(ms, p.ms), append(values, p.value)
		}
		each(labels, ms, values)
	})
	return a.status, a.error, a.warnings, a.partial, err
}

// DecodeBench reads an answer and counts its samples.
func DecodeBench(r io.Reader) (int, error) {
	a, err := decode(r, 0, func(*series) {})
	return a.samples, err
}

// Shards packs namespaces.
func Shards(sizes map[string]int) [][]string { return shards(sizes) }

// QueryText is one query as it is sent for a shard and a day.
type QueryText struct{ Name, Text string }

// QueryTexts gives all queries for documentation.
func QueryTexts(shard []string, matchers ...Matcher) []QueryText {
	d := &dialect{usage: standard, state: standard, matchers: matchers, step: 5 * time.Minute, rate: 5 * time.Minute, peak: 5 * time.Minute}
	var out []QueryText
	for _, q := range ownerQueries {
		out = append(out, QueryText{q.name, q.text(d, shard, 24*time.Hour)})
	}
	for _, q := range queries {
		out = append(out, QueryText{q.name, q.text(d, shard, 24*time.Hour)})
	}
	out = append(out, QueryText{"traffic of pods", d.trafficOf(shard)})
	_, counters := d.counterQuery(lookback)
	out = append(out, QueryText{"request counters", counters})
	for i := range requestCounters {
		c := choice{&requestCounters[i], requestCounters[i].labels[0]}
		switch c.metric {
		case "http_requests_total", "istio_requests_total", "nginx_ingress_controller_requests":
			out = append(out, QueryText{c.metric, c.text(d, shard)})
		}
	}
	return out
}

// RequestCounters names the counters that are looked for.
func RequestCounters() []string {
	var out []string
	for _, c := range requestCounters {
		out = append(out, c.metric)
	}
	return out
}

// Limits of a shard.
const (
	ShardSeries = shardSeries
	ShardBytes  = shardBytes
)

// RawSelectors gives the selectors of remote read by query.
func RawSelectors(shard []string, matchers ...Matcher) map[string][]string {
	d := &dialect{usage: standard, state: standard, matchers: matchers, step: 5 * time.Minute, rate: 5 * time.Minute, peak: 5 * time.Minute}
	text := func(metric string, all []labelMatcher) string {
		parts := make([]string, len(all))
		for i, m := range all {
			parts[i] = m.String()
		}
		return metric + "{" + strings.Join(parts, ",") + "}"
	}
	out := map[string][]string{}
	for _, q := range rawQueries {
		for _, m := range q.reads {
			out[q.name] = append(out[q.name], text(m.name, m.matches(d, shard)))
		}
	}
	for _, q := range ownerQueries {
		out[q.name] = []string{text(q.metric, stateMatchers(notForeign)(d, shard))}
	}
	return out
}

// GridQueries is the number of queries for each shard and day.
func GridQueries() int { return len(queries) + len(ownerQueries) }

// Race tells whether the queries win against remote read, given how long so many days
// took by remote read and two hours by queries.
func Race(days int, raw, query time.Duration) bool {
	col := &collection{}
	var tasks []*task
	for range days {
		tasks = append(tasks, &task{day: span{time.Unix(0, 0), time.Unix(86400, 0)}})
	}
	col.settle(tasks, raw, raceSpan, query)
	return col.queriesOnly.Load()
}

// Slow tells whether so many bytes in such a time show a slow connection.
func Slow(bytes int64, took time.Duration) bool { return flow{bytes, took}.slow() }

// Crawl is the bytes a second below which an export is given up.
const Crawl = crawl

// AskTwice asks one question of an engine again after an answer.
func AskTwice(ctx context.Context, url string) error {
	c, err := newClient(Options{URL: url, Concurrency: 1, Timeout: time.Minute})
	for range 2 {
		if err == nil {
			_, err = c.ask(ctx, question{doing: "asking", query: "up", end: time.Unix(0, 0)}, func(*series) {})
		}
	}
	return err
}

// ReadAll asks a handler of remote read for everything and gives its answer.
func ReadAll(h http.Handler) []byte {
	all := []selection{{0, 1 << 40, []labelMatcher{{like, "__name__", ".+"}}}}
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/api/v1/read", bytes.NewReader(encodeRead(all)))
	r.Header.Set("Content-Encoding", "snappy")
	h.ServeHTTP(rec, r)
	return rec.Body.Bytes()
}

// DecodeStream reads an answer to one selection and gives the times of each series.
func DecodeStream(r io.Reader, from, to int64, each func(ms []int64)) error {
	return decodeStream(r, []selection{{from: from, to: to}}, leastSeries, func(s *stored) { each(s.ms) })
}

// XOR is what a chunk holds.
type XOR struct {
	Times  []int64
	Values []float64
	Rising bool
}

// DecodeXOR reads a chunk.
func DecodeXOR(chunk []byte) (XOR, error) {
	var r xorReader
	x, rising, err := r.append(chunk, samples{})
	return XOR{x.ms, x.vs, rising}, err
}

// XORReader reads chunks into the same memory.
type XORReader struct {
	r xorReader
	x samples
}

// Read reads a chunk.
func (x *XORReader) Read(chunk []byte) error {
	var err error
	x.x, _, err = x.r.append(chunk, samples{x.x.ms[:0], x.x.vs[:0]})
	return err
}
