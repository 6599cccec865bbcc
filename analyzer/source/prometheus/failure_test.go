package prometheus_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

func answers(status int, header, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if k, v, ok := strings.Cut(header, ": "); ok {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const looking = "looking for series of container_memory_working_set_bytes from Prometheus at URL: "

// TestWhatTheUserSees is the table of failures: what the engine does, and the
// one line that comes of it.
func TestWhatTheUserSees(t *testing.T) {
	cases := []struct {
		name    string
		handler http.HandlerFunc
		kind    prometheus.Kind
		want    string
	}{
		{"401", answers(401, "", "Unauthorized"), prometheus.KindUnauthorized,
			"answered 401 Unauthorized: Unauthorized; give basic_auth or authorization in the file given with --prometheus-config"},
		{"403", answers(403, "", "no such tenant"), prometheus.KindForbidden,
			"answered 403 Forbidden: no such tenant; the credentials are known but may not query; check their rights, or the tenant header"},
		{"404 as HTML", answers(404, "Content-Type: text/html", "<html>\n<body>not found</body></html>"), prometheus.KindNotAPI,
			"answered 404 Not Found; give the URL up to, not including, /api/v1 (for example http://host:9090 or https://host/prometheus)"},
		{"200 as HTML", answers(200, "Content-Type: text/html; charset=utf-8", "<!DOCTYPE html>\n<title>Sign in</title>"), prometheus.KindNotAPI,
			"answered HTML, not JSON; is this a login page or a proxy? check the URL and the credentials"},
		{"HTML without a type", answers(200, "Content-Type: application/json", "\n <html>"), prometheus.KindNotAPI,
			"answered HTML, not JSON; is this a login page or a proxy? check the URL and the credentials"},
		{"another JSON", answers(200, "", `{"hello": 1}`), prometheus.KindNotAPI,
			"answered something else than the API's JSON: no status in it; check that the URL is that of a Prometheus-compatible engine"},
		{"plain text", answers(200, "", "OK"), prometheus.KindNotAPI,
			`answered something else than the API's JSON: want "{", got 'O'; check that the URL is that of a Prometheus-compatible engine`},
		{"400", answers(400, "", `{"status":"error","errorType":"bad_data","error":"parse error: unexpected\nthing"}`), prometheus.KindBadQuery,
			"answered 400 Bad Request: parse error: unexpected thing; the engine does not take this query; is it compatible with Prometheus?"},
		{"422", answers(422, "", `{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"}`), prometheus.KindTooLarge,
			"answered 422 Unprocessable Entity: query processing would load too many samples into memory in query execution; raise the engine's limits: even a question of one namespace and three minutes is refused"},
		{"422 of a Thanos store", answers(422, "", `{"status":"error","errorType":"execution","error":"expanding series: proxy Series(): rpc error: code = ResourceExhausted desc = exceeded series limit: limit 2 violated (got 60)"}`), prometheus.KindTooLarge,
			"answered 422 Unprocessable Entity: expanding series: proxy Series(): rpc error: code = ResourceExhausted desc = exceeded series limit: limit 2 violated (got 60); raise the engine's limits: even a question of one namespace and three minutes is refused"},
		{"200 of a part, as Thanos warns", answers(200, "", `{"status":"success","data":{"resultType":"vector","result":[]},"warnings":["exceeded chunks limit: rpc error: code = ResourceExhausted"]}`), prometheus.KindTooLarge,
			"answered in part: exceeded chunks limit: rpc error: code = ResourceExhausted; raise the engine's limits: even a question of one namespace and three minutes is refused"},
		{"429", answers(429, "", "too many requests"), prometheus.KindOverloaded,
			"answered 429 Too Many Requests: too many requests; it limits the rate of queries; try again later, or raise its limit"},
		{"502", answers(502, "Content-Type: text/html", "<html>Bad Gateway</html>"), prometheus.KindOverloaded,
			"answered 502 Bad Gateway; it or a proxy before it is overloaded or down; look at its log, or try again later"},
		{"503", answers(503, "", "starting"), prometheus.KindOverloaded,
			"answered 503 Service Unavailable: starting; it or a proxy before it is overloaded or down; look at its log, or try again later"},
		{"504", answers(504, "", ""), prometheus.KindOverloaded,
			"answered 504 Gateway Timeout; it or a proxy before it is overloaded or down; look at its log, or try again later"},
		{"cut in the middle", answers(200, "", `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"fou`), prometheus.KindTruncated,
			"the answer was cut short; a proxy's size or time limit may be in the way; ask the engine directly, or shorten the window"},
		{"connection closed", closes, prometheus.KindUnreachable,
			"EOF; check the URL and that the engine runs and is reachable from here"},
		{"slow", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, prometheus.KindTimeout,
			"no answer in time; raise --request-timeout, shorten the window, or look at the engine's load"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(drain(c.handler))
			defer server.Close()
			url := strings.Replace(server.URL, "http://", "http://ann:s3cret@", 1) + "/prom/?token=s3cret"
			o := options(url)
			o.Timeout = time.Minute // a machine that is busy is no slow engine
			if c.kind == prometheus.KindTimeout {
				o.Timeout = 100 * time.Millisecond
			}
			fails(t, o, server.URL+"/prom", c.kind, c.want)
		})
	}
}

// drain reads the form first, so that the client sees the answer and not a reset.
func drain(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		next(w, r)
	}
}

func closes(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func options(url string) prometheus.Options {
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	o := prometheus.Options{URL: url, Window: analyzer.Window{Start: start, End: start.AddDate(0, 0, 1)}}
	return prometheus.WithRetryWait(o, time.Millisecond)
}

func fails(t *testing.T, o prometheus.Options, url string, kind prometheus.Kind, want string) {
	t.Helper()
	_, err := prometheus.Collect(t.Context(), o)
	var e *prometheus.Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want a *prometheus.Error", err)
	}
	if e.Kind != kind {
		t.Errorf("got kind %s, want %s", e.Kind, kind)
	}
	if got, want := err.Error(), strings.Replace(looking, "URL", url, 1)+want; got != want {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}
}

func TestNoConnection(t *testing.T) {
	const url = "http://127.0.0.1:1" // no listener gets this port by chance
	fails(t, options(url), url, prometheus.KindUnreachable,
		"connection refused; check host and port, and that a port-forward or the engine itself is running")
	o := options("http://prometheus.invalid:9090")
	o.Transport = &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "prometheus.invalid", IsNotFound: true}}
	}}
	fails(t, o, "http://prometheus.invalid:9090", prometheus.KindUnreachable,
		`the host "prometheus.invalid" is not known; check the URL; a name inside the cluster resolves only there`)
}

func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(answers(200, "", `{}`))
	server.Config.ErrorLog = discard()
	server.StartTLS()
	defer server.Close()
	fails(t, options(server.URL), server.URL, prometheus.KindTLS,
		"the server's certificate is signed by an unknown authority; name the authority as tls_config.ca_file in the file given with --prometheus-config")

	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	with := func(c *tls.Config) prometheus.Options {
		c.RootCAs = pool
		o := options(server.URL)
		o.Transport = &http.Transport{TLSClientConfig: c}
		return o
	}
	fails(t, with(&tls.Config{ServerName: "elsewhere.test"}), server.URL, prometheus.KindTLS,
		"the server's certificate is for another host name; use the name in the certificate, or set tls_config.server_name in the file given with --prometheus-config")
	later := func() time.Time { return server.Certificate().NotAfter.AddDate(1, 0, 0) }
	fails(t, with(&tls.Config{Time: later}), server.URL, prometheus.KindTLS,
		"the server's certificate is not valid now (it holds from 1970-01-01T00:00:00Z to 2084-01-29T16:00:00Z); renew it, and check this machine's clock")

	plain := httptest.NewUnstartedServer(answers(200, "", `{}`))
	plain.Config.ErrorLog = discard()
	plain.Start()
	defer plain.Close()
	url := strings.Replace(plain.URL, "http://", "https://", 1)
	fails(t, options(url), url, prometheus.KindTLS, "the server does not speak TLS; write http:// in place of https://")
}

func TestMistakesInOptions(t *testing.T) {
	w := options("").Window
	cases := []struct {
		o    prometheus.Options
		want string
	}{
		{prometheus.Options{URL: "ann:s3cret@host?token=s3cret", Window: w}, `prometheus URL "host": want http://HOST[:PORT][/PATH], or the same with https`},
		{prometheus.Options{URL: "ftp://ann:s3cret@host", Window: w}, `prometheus URL "ftp://host": want http://HOST[:PORT][/PATH], or the same with https`},
		{prometheus.Options{URL: "http://h", Window: analyzer.Window{Start: w.End, End: w.Start}},
			"prometheus window: it ends at 2026-01-05T00:00:00Z, not after its start 2026-01-06T00:00:00Z"},
		{prometheus.Options{URL: "http://h", Window: analyzer.Window{Start: w.Start, End: w.End, Step: 7 * time.Minute}},
			"prometheus step 7m0s: want whole seconds, at least 10s, that divide a day, such as 5m"},
		{prometheus.Options{URL: "http://h", Window: w, Namespaces: []string{}}, "prometheus namespaces: an empty list selects nothing; leave it out for all"},
		{prometheus.Options{URL: "http://h", Window: w, Matchers: []prometheus.Matcher{{Name: `x="y",z`, Value: "v"}}}, `label matcher "x=\"y\",z": not a Prometheus label name`},
	}
	for _, c := range cases {
		_, err := prometheus.Collect(t.Context(), c.o)
		var e *prometheus.Error
		if err == nil || err.Error() != c.want || errors.As(err, &e) {
			t.Errorf("\ngot  %v\nwant %s", err, c.want)
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(drain(func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() }))
	defer server.Close()
	_, err := prometheus.Collect(ctx, options(server.URL))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// faulty serves a scenario, and lets fault spoil some of the answers.
func faulty(t *testing.T, fault func(n int64, query string, w http.ResponseWriter) bool) *httptest.Server {
	t.Helper()
	s := sourcetest.Scenarios()[0]
	inner := api(t, storage(t, s.Window.Start, s.Series), plenty)
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || fault(n.Add(1), r.Form.Get("query"), w) {
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestRetryHonoursRetryAfter(t *testing.T) {
	var busy atomic.Int64
	server := faulty(t, func(n int64, _ string, w http.ResponseWriter) bool {
		if n%7 != 3 {
			return false
		}
		if busy.Add(1) == 1 {
			w.Header().Set("Retry-After", "1")
		}
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	})
	s := sourcetest.Scenarios()[0]
	began := time.Now()
	got, err := prometheus.Collect(t.Context(), prometheus.WithRetryWait(prometheus.Options{URL: server.URL, Window: s.Window}, time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	sourcetest.Check(t, s, got.Usage, got.Warnings)
	if time.Since(began) < time.Second {
		t.Errorf("the answer's Retry-After of 1 s was not honoured")
	}
	if busy.Load() == 0 {
		t.Errorf("nothing was refused, so nothing was tested")
	}
}

// TestTruncatedAnswersCountOnce cuts each first range answer after its series
// have been sent: the second must not count them again.
func TestTruncatedAnswersCountOnce(t *testing.T) {
	s := sourcetest.Scenarios()[0]
	inner := api(t, storage(t, s.Window.Start, s.Series), plenty)
	cut := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		rec := httptest.NewRecorder()
		r.Header.Del("Accept-Encoding")
		inner.ServeHTTP(rec, r)
		body := rec.Body.Bytes()
		if strings.HasSuffix(r.URL.Path, "query_range") && !cut[r.Form.Get("query")] {
			cut[r.Form.Get("query")] = true
			body = body[:len(body)-2]
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(body)
	}))
	defer server.Close()
	o := prometheus.WithRetryWait(prometheus.Options{URL: server.URL, Window: s.Window, Concurrency: 1}, time.Millisecond)
	got, err := prometheus.Collect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	sourcetest.Check(t, s, got.Usage, got.Warnings)
	if n := got.Usage[0].Days[0].CPU.Count(); n != 288 || len(cut) == 0 {
		t.Errorf("got %d samples with %d answers cut, want 288", n, len(cut))
	}
}

func TestWhatCouldBeHad(t *testing.T) {
	server := faulty(t, func(_ int64, query string, w http.ResponseWriter) bool {
		if !strings.Contains(query, "kube_pod_container_status_restarts_total") && !strings.Contains(query, "kube_pod_container_status_last_terminated_reason") {
			return false
		}
		http.Error(w, "shard down", http.StatusBadGateway)
		return true
	})
	s := sourcetest.Scenarios()[0]
	got, err := prometheus.Collect(t.Context(), prometheus.WithRetryWait(prometheus.Options{URL: server.URL, Window: s.Window}, time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	s.NoWarnings = false
	s.Warnings = []string{"unread restarts", "unread OOM kills"}
	sourcetest.Check(t, s, got.Usage, got.Warnings)
	want := "1 of 1 parts could not be read and are left out: reading restarts from Prometheus at " + server.URL + ": answered 502 Bad Gateway: shard down; it or a proxy before it is overloaded or down; look at its log, or try again later"
	if m := message(got.Warnings, "restarts"); m != want {
		t.Errorf("\ngot  %s\nwant %s", m, want)
	}
}

func message(warnings []analyzer.Warning, subject string) string {
	for _, w := range warnings {
		if w.Subject == subject {
			return w.Message
		}
	}
	return fmt.Sprint(warnings)
}

// TestTooLargeIsHalved lowers the engine's limit so that whole shards and
// whole days are refused, and wants the same result.
func TestTooLargeIsHalved(t *testing.T) {
	s := sourcetest.Scenario{Window: sourcetest.Scenarios()[0].Window}
	for _, ns := range []string{"a", "b", "c"} {
		for i := range 4 {
			sel := fmt.Sprintf(`{namespace=%q,pod="p%d",container="app"}`, ns, i)
			s.Series = append(s.Series,
				series(t, "container_cpu_usage_seconds_total"+sel, "0+7.5x2880"),
				series(t, "container_memory_working_set_bytes"+sel, "104857600x2880"),
				series(t, "container_cpu_cfs_periods_total"+sel, "0+300x2880"),
				series(t, "container_cpu_cfs_throttled_periods_total"+sel, "0+75x2880"),
				series(t, "kube_pod_container_status_restarts_total"+sel, "0x1000 1x500 2x1378"),
			)
			s.Want = append(s.Want, sourcetest.Want{
				Ref: fmt.Sprintf("%s/Pod/p%d", ns, i), Container: "app", Slots: 288, Pods: 1, Restarts: 2, ThrottledShare: 0.25,
				CPU: map[float64]float64{0.02: 250, 1: 250}, Memory: map[float64]float64{0: 100 << 20, 1: 100 << 20},
			})
		}
	}
	server := queryEngine(t, s.Window.Start, s.Series, 900)
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: server.URL, Window: s.Window})
	if err != nil {
		t.Fatal(err)
	}
	sourcetest.Check(t, s, got.Usage, got.Warnings)
	for _, u := range got.Usage {
		if n := u.Days[0].CPU.Count(); n != 288 {
			t.Errorf("%s: %d CPU samples, want 288", u.Ref, n)
		}
	}
	for _, w := range got.Warnings {
		if w.Code == analyzer.WarnPartial {
			t.Errorf("got warning %s, want the halves to be enough", w)
		}
	}
}

func series(t testing.TB, selector, values string) sourcetest.Series {
	t.Helper()
	s, err := sourcetest.Parse(selector, 0, 30*time.Second, values)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func discard() *log.Logger { return log.New(io.Discard, "", 0) }
