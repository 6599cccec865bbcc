package prometheus

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

const (
	// shardSeries bounds a shard by the series of one metric: at 288 points a
	// day it is 3 MB of answer a thousand, and far from any engine's limit.
	shardSeries = 2000
	// shardBytes bounds the namespace matcher; some gateways bound the query.
	shardBytes = 2000
	// shardGuess is what a namespace without series at the moment counts for.
	shardGuess = 20
)

// shards packs namespaces, largest first, into as few shards as both bounds
// allow. A namespace is never cut; one larger than the bound stands alone.
// Equal sizes give equal shards.
func shards(sizes map[string]int) [][]string {
	names := slices.Collect(maps.Keys(sizes))
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(-cmp.Compare(sizes[a], sizes[b]), cmp.Compare(a, b))
	})
	var out [][]string
	var room []struct{ series, bytes int }
	for _, ns := range names {
		n, b := max(sizes[ns], shardGuess), len(ns)+1
		i := slices.IndexFunc(room, func(r struct{ series, bytes int }) bool { return r.series >= n && r.bytes >= b })
		if i < 0 {
			i = len(out)
			out = append(out, nil)
			room = append(room, struct{ series, bytes int }{shardSeries, shardBytes})
		}
		out[i] = append(out[i], ns)
		room[i].series -= n
		room[i].bytes -= b
	}
	for _, s := range out {
		slices.Sort(s)
	}
	return out
}

// span is a part of a UTC day, or several days, after from and up to and including to.
type span struct{ from, to time.Time }

// days cuts the window at each midnight, UTC.
func days(w analyzer.Window) []span { return windowOf(w).days() }

// windowOf is the window as a span, which is longer than a day as a rule.
func windowOf(w analyzer.Window) span { return span{w.Start.UTC(), w.End.UTC()} }

// days cuts the span at each midnight, UTC.
func (s span) days() (out []span) {
	for from := s.from; from.Before(s.to); {
		to := from.Truncate(24 * time.Hour).Add(24 * time.Hour)
		if to.After(s.to) {
			to = s.to
		}
		out = append(out, span{from, to})
		from = to
	}
	return out
}

func (s span) length() time.Duration { return s.to.Sub(s.from) }

// steps gives the first and the last step of the span, on multiples of step;
// ok is false where none falls into it.
func (s span) steps(step time.Duration) (first, last time.Time, ok bool) {
	first, last = s.from.Truncate(step).Add(step), s.to.Truncate(step)
	return first, last, !first.After(last)
}

// halves cuts the span in the middle, on a whole step.
func (s span) halves(step time.Duration) (a, b span, ok bool) {
	middle := s.from.Add(s.to.Sub(s.from) / 2).Truncate(step)
	if s.to.Sub(s.from) < minSpan || !middle.After(s.from) {
		return s, s, false
	}
	return span{s.from, middle}, span{middle, s.to}, true
}

// parts cuts the span into about n pieces, on whole steps.
func (s span) parts(n int, step time.Duration) []span {
	if n <= 1 {
		return []span{s}
	}
	a, b, ok := s.halves(step)
	if !ok {
		return []span{s}
	}
	return append(a.parts(n/2, step), b.parts(n/2, step)...)
}

// minSpan is the shortest span that is still cut in half.
const minSpan = time.Hour
