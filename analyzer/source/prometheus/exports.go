package prometheus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/jsonline"
)

// VictoriaMetrics serves no remote read, and its rate() takes in the sample before the
// window: where a pod begins, and where scrapes are late, CPU usage is another by it. Its
// export hands over what is stored, and CPU usage is worked out of that by the functions
// that remote read has. What else is asked has one value on all engines, and is asked by
// queries: an exported sample is 29 bytes of text, which costs the engine more than to
// take the largest of five.

// exports is what is known of an engine's export.
type exports struct {
	// tried says that remote read was refused, so that the export is tried.
	tried atomic.Bool
	off   atomic.Bool // it is not to be had
	// first is held while nothing came of it yet: one question shows whether there is one.
	first  sync.Mutex
	proven atomic.Bool
}

// exportKind is the content type of JSON lines. No other engine answers so.
const exportKind = "application/stream+json"

// crawl is what comes in a second at most where an export is given up: a thousand
// containers of 14 days at a minute are 590 MB. It is low, for values hang on it.
const crawl = 4 << 20

// errSlow is a connection over which an export takes too long.
var errSlow = errors.New("the connection is too slow for it")

// errRefused is an answer of an engine that does not serve remote read, or not to us.
type errRefused struct {
	status int
	kind   string // its content type
}

func (e *errRefused) Error() string {
	return fmt.Sprintf("no streamed remote read: answered %d, %s", e.status, e.kind)
}

// wasRefused reports whether asking again would bring the same, while the engine may well
// serve something else.
func wasRefused(err error) bool {
	var e *errRefused
	return errors.As(err, &e) && e.status/100 == 4 && e.status != http.StatusUnauthorized && e.status != http.StatusTooManyRequests
}

// ofVictoria reports whether an answer is of VictoriaMetrics or its vmauth, which name
// their host unless told not to.
func ofVictoria(resp *http.Response) bool { return resp.Header.Get("X-Server-Hostname") != "" }

// byExport reads the day of a query of usage by the engine's export, if that is what it
// takes; it reports whether all is read. Otherwise nothing is filed.
func (t *task) byExport(ctx context.Context, col *collection, i int) bool {
	x := &col.exports
	if queries[i].metric != metricCPU || !x.tried.Load() {
		return false
	}
	if !x.proven.Load() {
		x.first.Lock()
		defer x.first.Unlock()
	}
	if x.off.Load() {
		return false
	}
	began := time.Now()
	n, bytes, r, err := t.export(ctx, col, i)
	if err != nil {
		col.noExport(ctx, err)
		return false
	}
	if n == 0 {
		return false // a day without usage; the query would tell if it were not
	}
	if !x.proven.Load() {
		if (flow{bytes, time.Since(began)}).below(crawl) {
			col.noExport(ctx, errSlow) // for the days to come
		}
		x.proven.Store(true) // last: who sees it looks at off next
	}
	number, labels := t.number(), col.dialect.labelsOf(&queries[i])
	r.rows(func(row *series) { t.take(col, i, number, labels, row, 0) })
	return true
}

// export asks for the samples of the one metric of a query's day. It gives the number of
// series, the bytes of the answer, and the reader that has them.
func (t *task) export(ctx context.Context, col *collection, i int) (n int, bytes int64, r reader, err error) {
	d := &col.dialect
	raw := &rawQueries[slices.IndexFunc(rawQueries, func(q rawQuery) bool { return q.name == queries[i].name })]
	m := raw.reads[0]
	begin := func() (w wanted) {
		n, r = 0, raw.begin(d, t.day)
		w.add(m.name, m.matches(d, t.shard), t.day, m.before(d), r)
		return w
	}
	s := begin().selections[0]
	_, err = col.client.ask(ctx, question{
		doing: "exporting " + queries[i].name, path: "export", start: time.UnixMilli(s.from), end: time.UnixMilli(s.to),
		values: url.Values{"match[]": {selectorOf(s.matchers)}},
		stream: func(body io.Reader) error {
			w := begin() // an answer that breaks off is asked for again
			counted := &metered{Reader: body}
			defer func() { bytes = counted.bytes }()
			return decodeExport(counted, s, col.mostSeries(t.shard), func(x *stored) {
				n++
				w.feed(x)
			})
		},
	}, nil)
	return n, bytes, r, err
}

// selectorOf writes matchers as PromQL has them.
func selectorOf(matchers []labelMatcher) string {
	parts := make([]string, len(matchers))
	for i, m := range matchers {
		parts[i] = m.String()
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// decodeExport calls each for every series of an export of a selection, most of them.
// Samples outside of it are left out.
func decodeExport(r io.Reader, s selection, most int, each func(*stored)) error {
	limits := jsonline.Limits{Series: most, Samples: int(leastSamples + 2*(s.to-s.from)/1000)}
	return jsonline.Decode(r, limits, func(x *jsonline.Series) {
		all := stored{names: x.Names, values: x.Values, ms: x.MS, vs: x.VS}
		if !x.Rising {
			all.order()
		}
		within := samples{all.ms, all.vs}.within(s.from-1, s.to)
		if all.ms, all.vs = within.ms, within.vs; len(all.ms) > 0 {
			each(&all)
		}
	})
}

// exported reads an answer of the export, or explains what is wrong with it.
func exported(ctx context.Context, resp *http.Response, body io.Reader, read func(io.Reader) error) *Error {
	if kind := resp.Header.Get("Content-Type"); !strings.HasPrefix(kind, exportKind) {
		return &Error{Kind: KindNotAPI, Status: resp.StatusCode, What: "answered " + oneLine(kind) + ", not " + exportKind}
	}
	err := read(body)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jsonline.ErrForm), errors.Is(err, jsonline.ErrEndless):
		return &Error{Kind: KindNotAPI, Status: resp.StatusCode, Err: err, What: "answered " + oneLine(err.Error())}
	}
	return readError(ctx, err)
}

// noExport ends the attempt: the queries are asked. It is told of where the engine is
// VictoriaMetrics, as its values are others then.
func (col *collection) noExport(ctx context.Context, err error) {
	if ctx.Err() != nil || !col.exports.off.CompareAndSwap(false, true) || !col.client.victoria.Load() {
		return
	}
	why := err.Error()
	if e := (*Error)(nil); errors.As(err, &e) {
		why = e.What
	}
	col.warn(analyzer.WarnDerived, metricCPU, "VictoriaMetrics did not export it ("+why+"), so CPU usage comes from its own rate(), which takes in the sample before each range and is up to 6 % another where a pod begins; let its role read /api/v1/export")
}
