package prometheus

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

const (
	attempts     = 4
	maxRetryWait = 30 * time.Second
	// strangersWait is the longest wait that an engine may ask for which has
	// answered nothing yet.
	strangersWait = 3 * time.Second
	// userAgent names the program in the engine's query log.
	userAgent = "plimsoll"
)

// client asks one engine.
type client struct {
	base    url.URL
	shown   string // the base as people may see it
	http    *http.Client
	timeout time.Duration
	gate    *gate
	wait    time.Duration // before the first retry
	useGet  atomic.Bool   // POST was refused, as by a role that may only get
	health  health
	// victoria says that the engine is VictoriaMetrics, or that its vmauth stands before it.
	victoria atomic.Bool
	// slow says that an answer came slowly: those to come are asked for packed.
	slow atomic.Bool
}

// newClient takes the URL as people write it: with or without /api/v1 and
// what follows it.
func newClient(o Options) (*client, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("prometheus URL %q: want http://HOST[:PORT][/PATH], or the same with https", origin.Show(o.URL))
	}
	// What follows the last /api/v1 was pasted along with the URL, unless it is
	// the path of Kubernetes' own proxy to a service.
	if i := strings.LastIndex(u.Path+"/", "/api/v1/"); i >= 0 && !strings.HasPrefix(u.Path[i:], "/api/v1/namespaces/") {
		u.Path = u.Path[:i]
	}
	u.Path, u.RawPath, u.Fragment = strings.TrimRight(u.Path, "/"), "", ""
	transport := o.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return &client{
		base: *u, shown: shown.String(),
		http:    &http.Client{Transport: origin.Noting(transport), CheckRedirect: checkRedirect(transport)},
		timeout: o.Timeout, gate: newGate(o.Concurrency), wait: o.retryWait,
	}, nil
}

// question is one query. Without a step it is an instant query at end.
type question struct {
	doing      string // for errors: "reading CPU usage"
	path       string // below /api/v1, "query" and "query_range" by default
	query      string
	start, end time.Time
	step       time.Duration
	values     url.Values // further parameters
	// most is how many series an answer may have, maxSeries where it is 0.
	most int
	// stream reads an answer that is not the API's JSON, once for each attempt.
	stream func(io.Reader) error
}

func (q question) form(timeout time.Duration) (path string, v url.Values) {
	v = url.Values{}
	for k, list := range q.values {
		v[k] = list
	}
	switch {
	case q.path != "":
		v.Set("start", stamp(q.start))
		v.Set("end", stamp(q.end))
		return q.path, v
	case q.step > 0:
		v.Set("start", stamp(q.start))
		v.Set("end", stamp(q.end))
		v.Set("step", strconv.FormatFloat(q.step.Seconds(), 'f', -1, 64))
		path = "query_range"
	default:
		v.Set("time", stamp(q.end))
		path = "query"
	}
	v.Set("query", q.query)
	// Thanos may answer from downsampled blocks by default, whose samples are
	// five minutes or an hour apart; other engines do not know the parameter.
	v.Set("max_source_resolution", "0s")
	v.Set("timeout", strconv.FormatFloat(timeout.Seconds(), 'f', -1, 64))
	return path, v
}

// packing is the encoding that is asked for. To pack an answer takes an engine about as
// long as all else: that pays on a slow connection alone. An export is text three times as
// long, and is not to be had over one.
func (c *client) packing(q question) string {
	if c.slow.Load() && q.stream == nil {
		return "gzip"
	}
	return "identity"
}

func stamp(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', -1, 64) }

// ask sends q and streams the answer's series into each, again where the
// engine is busy. After an answer that was cut short each may see a series a
// second time.
func (c *client) ask(ctx context.Context, q question, each func(*series)) (answer, error) {
	for try := 1; ; try++ {
		began := time.Now()
		a, err := c.try(ctx, q, each)
		if err == nil {
			c.health.answered()
			origin.Answered(ctx)
			return a, nil
		}
		err.Doing, err.URL = q.doing, c.shown
		err.Midway = c.health.begun()
		if err.Kind == KindTimeout {
			origin.InVain(ctx, began)
		}
		if try == attempts || !err.retryable() || c.health.down() || !err.Midway && err.retryAfter > strangersWait {
			err.given = c.health.failed(err.Kind)
			return a, err
		}
		if !sleep(ctx, max(c.wait<<(try-1), min(err.retryAfter, maxRetryWait))) {
			if origin.Stalled(ctx) != nil {
				err.given = true // what was answered last says more than that time is up
				return a, err
			}
			stopped := transportError(ctx, ctx.Err())
			stopped.Doing, stopped.URL, stopped.Midway = q.doing, c.shown, err.Midway
			return a, stopped
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// try asks once.
func (c *client) try(ctx context.Context, q question, each func(*series)) (answer, *Error) {
	if err := c.gate.enter(ctx); err != nil {
		return answer{}, transportError(ctx, err)
	}
	busy := false
	defer func() { c.gate.leave(busy) }()
	inner, cancel := context.WithTimeout(ctx, origin.Within(ctx, c.timeout+c.timeout/8))
	defer cancel()
	resp, err := c.send(inner, q)
	if err != nil {
		return answer{}, transportError(ctx, err)
	}
	defer drained(resp.Body, cancel)
	if ofVictoria(resp) {
		c.victoria.Store(true)
	}
	body, began := &metered{Reader: resp.Body}, time.Now()
	a, failed := readAnswer(ctx, resp, body, q, each)
	if (flow{body.bytes, time.Since(began)}).slow() {
		c.slow.Store(true)
	}
	if failed != nil && failed.Kind == KindTruncated && errors.Is(inner.Err(), context.DeadlineExceeded) {
		failed = transportError(ctx, inner.Err()) // a body that stood still; net/http says so once and then something else
	}
	for i, w := range a.warnings {
		a.warnings[i] = origin.Unsaid(resp.Request, w)
	}
	if failed != nil {
		failed.What = origin.Unsaid(resp.Request, failed.What)
		busy = failed.Kind == KindOverloaded || failed.Kind == KindTimeout
	}
	return a, failed
}

func (c *client) send(ctx context.Context, q question) (*http.Response, error) {
	wasGet := c.useGet.Load()
	resp, err := c.sendAs(ctx, q, wasGet)
	if err != nil || wasGet {
		return resp, err
	}
	// Engines behind the API server's proxy or a strict gateway may take GET
	// alone; the queries are short enough for a URL.
	if resp.StatusCode == http.StatusMethodNotAllowed || resp.StatusCode == http.StatusForbidden {
		again, err := c.sendAs(ctx, q, true)
		if err != nil {
			return resp, nil
		}
		if again.StatusCode/100 == 2 {
			drainSoon(resp.Body)
			c.useGet.Store(true)
			return again, nil
		}
		drainSoon(again.Body)
	}
	return resp, nil
}

func (c *client) sendAs(ctx context.Context, q question, get bool) (*http.Response, error) {
	path, form := q.form(c.timeout)
	u := c.base
	u.Path += "/api/v1/" + path
	method, body := http.MethodPost, io.Reader(strings.NewReader(form.Encode()))
	if get || strings.HasPrefix(path, "label/") { // Prometheus has label values under GET alone
		method, body = http.MethodGet, nil
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += form.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Encoding", c.packing(q))
	req.Header.Set("User-Agent", userAgent)
	return c.http.Do(req)
}

// drain reads what is left of an answer before it is closed: reverse proxies
// take a body that is closed early for an aborted request.
func drain(body io.ReadCloser) {
	_, _ = io.Copy(io.Discard, io.LimitReader(body, 1<<20))
	_ = body.Close() // read only
}

// drainWait is how long the end of an answer that was understood is waited for.
const drainWait = 100 * time.Millisecond

// drainSoon drains a body in whose place another is read, for as long.
func drainSoon(body io.ReadCloser) {
	late := time.AfterFunc(drainWait, func() { _ = body.Close() })
	defer late.Stop()
	drain(body)
}

// drained drains a body, and no longer than drainWait: a server that has said all and
// goes on to stand still would hold up each question for the whole of its time.
func drained(body io.ReadCloser, cancel func()) {
	late := time.AfterFunc(drainWait, cancel)
	defer late.Stop()
	drain(body)
}

// readAnswer streams a response into each, or explains what is wrong with it.
func readAnswer(ctx context.Context, resp *http.Response, body io.Reader, q question, each func(*series)) (answer, *Error) {
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(body)
		if err != nil {
			return answer{}, readError(ctx, err)
		}
		defer z.Close()
		body = z
	}
	if resp.StatusCode/100 != 2 {
		return answer{}, refusal(ctx, resp, body)
	}
	if q.stream != nil {
		return answer{}, exported(ctx, resp, body, q.stream)
	}
	b := bufio.NewReader(body)
	if looksLikeHTML(resp, b) {
		return answer{}, notAPI(true, errSyntax)
	}
	a, err := decode(b, q.most, each)
	switch {
	case errors.Is(err, errEndless):
		return a, endless(err)
	case errors.Is(err, errSyntax):
		return a, notAPI(false, err)
	case err != nil:
		return a, readError(ctx, err)
	case a.status != "success":
		return a, statusError(http.StatusUnprocessableEntity, a.error, false)
	}
	a.dropInfos()
	for _, w := range a.warnings {
		if tooLarge(http.StatusUnprocessableEntity, w) { // a store of several hit its limit: what came is a part
			e := statusError(http.StatusUnprocessableEntity, w, false)
			e.Status, e.What, e.cut = resp.StatusCode, "answered in part: "+oneLine(w), true
			// The error tells of it, unless what was left out is read in parts.
			a.warnings = slices.DeleteFunc(a.warnings, func(w string) bool { return tooLarge(http.StatusUnprocessableEntity, w) })
			return a, e
		}
	}
	return a, nil
}

func looksLikeHTML(resp *http.Response, b *bufio.Reader) bool {
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		return true
	}
	for range 64 { // one byte at a time: more may never come
		start, err := b.Peek(1)
		if err != nil {
			return false
		}
		if !strings.ContainsRune(" \t\r\n", rune(start[0])) {
			return start[0] == '<'
		}
		_, _ = b.Discard(1)
	}
	return false
}

// readError explains why reading an answer ended early.
func readError(ctx context.Context, err error) *Error {
	e := transportError(ctx, err)
	if e.Kind == KindCanceled || e.Kind == KindTimeout {
		return e
	}
	return truncated(err)
}

// refusal reads the reason of an answer that is not 2xx.
func refusal(ctx context.Context, resp *http.Response, body io.Reader) *Error {
	raw, err := io.ReadAll(io.LimitReader(body, 64<<10))
	if err != nil && ctx.Err() != nil {
		return transportError(ctx, err) // called off in the middle: how much of its reason had come is chance
	}
	trimmed := bytes.TrimSpace(raw)
	html := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") || bytes.HasPrefix(trimmed, []byte("<"))
	text := string(trimmed)
	if a, err := decode(bytes.NewReader(trimmed), 0, func(*series) {}); err == nil || a.error != "" {
		text = a.error
	}
	e := statusError(resp.StatusCode, text, html)
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		e.retryAfter = time.Duration(s) * time.Second
	} else if t, err := http.ParseTime(resp.Header.Get("Retry-After")); err == nil {
		e.retryAfter = max(time.Until(t), 0)
	}
	return e
}
