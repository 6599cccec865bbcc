package prometheus

import (
	"io"
	"time"
)

// WithRetryWait shortens the wait before the first retry.
func WithRetryWait(o Options, d time.Duration) Options {
	o.retryWait = d
	return o
}

// Decode reads an answer and gives its series one by one, with labels as pairs.
func Decode(r io.Reader, each func(labels []string, ms []int64, values []float64)) (status, errorText string, warnings []string, partial bool, err error) {
	a, err := decode(r, func(s *series) {
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
	a, err := decode(r, func(*series) {})
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
	return out
}

// Limits of a shard.
const (
	ShardSeries = shardSeries
	ShardBytes  = shardBytes
)
