package prometheus_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/regexp"
	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/common/route"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage/remote"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/util/teststorage"
	v1 "github.com/prometheus/prometheus/web/api/v1"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// engine serves the series on Prometheus' own storage, PromQL engine, remote
// read and HTTP API.
func engine(t testing.TB, start time.Time, series []sourcetest.Series) *httptest.Server {
	t.Helper()
	st := storage(t, start, series)
	server := httptest.NewServer(withRead(api(t, st, plenty), st))
	t.Cleanup(server.Close)
	return server
}

// queryEngine is an engine without remote read.
func queryEngine(t testing.TB, start time.Time, series []sourcetest.Series, maxSamples int) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(api(t, storage(t, start, series), maxSamples))
	t.Cleanup(server.Close)
	return server
}

// withRead adds Prometheus' own remote read.
func withRead(inner http.Handler, st *teststorage.TestStorage) http.Handler {
	const frame = 1 << 20
	read := remote.NewReadHandler(promslog.NewNopLogger(), nil, st, func() config.Config { return config.Config{} }, 0, 10, frame)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/api/v1/read") {
			read.ServeHTTP(w, r)
			return
		}
		inner.ServeHTTP(w, r)
	})
}

func storage(t testing.TB, start time.Time, series []sourcetest.Series) *teststorage.TestStorage {
	t.Helper()
	st := teststorage.New(t, func(o *tsdb.Options) {
		o.MinBlockDuration = (60 * 24 * time.Hour).Milliseconds()
		o.MaxBlockDuration = o.MinBlockDuration
	})
	app := st.Appender(context.Background())
	for _, s := range series {
		b := labels.NewBuilder(labels.FromMap(s.Labels))
		l := b.Set("__name__", s.Metric).Labels()
		// Where a series ends or pauses a scrape leaves a staleness marker.
		last := math.NaN()
		for i, v := range append(s.Values[:len(s.Values):len(s.Values)], math.NaN()) {
			if math.IsNaN(v) && math.IsNaN(last) {
				continue
			}
			last = v
			if math.IsNaN(v) {
				v = math.Float64frombits(value.StaleNaN)
			}
			at := start.Add(s.From + time.Duration(i)*s.Every)
			if _, err := app.Append(0, l, at.UnixMilli(), v); err != nil {
				t.Fatalf("append %s at %s: %v", l, at, err)
			}
		}
	}
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
	return st
}

func api(t testing.TB, st *teststorage.TestStorage, maxSamples int) http.Handler {
	t.Helper()
	eng := promql.NewEngine(promql.EngineOpts{
		MaxSamples: maxSamples, Timeout: time.Minute, EnableAtModifier: true, EnableNegativeOffset: true,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() }, Parser: parser.NewParser(parser.Options{}),
	})
	t.Cleanup(func() { _ = eng.Close() })
	a := *blank()
	a.QueryEngine, a.Queryable = eng, st
	r := route.New().WithPrefix("/api/v1")
	a.Register(r)
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if strings.HasSuffix(q.URL.Path, "/read") {
			http.NotFound(w, q)
			return
		}
		r.ServeHTTP(w, q)
	})
}

// blank makes the API once for all tests: writing its OpenAPI document takes
// longer than most of them.
var blank = sync.OnceValue(func() *v1.API {
	return v1.NewAPI(nil, nil, nil, nil, nil, nil, nil, func() config.Config { return config.Config{} },
		nil, v1.GlobalURLOptions{}, func(f http.HandlerFunc) http.HandlerFunc { return f }, nil, "", false, false, 0,
		promslog.NewNopLogger(), nil, 0, 0, 0, false, regexp.MustCompile(".*"),
		func() (v1.RuntimeInfo, error) { return v1.RuntimeInfo{}, errors.New("no runtime") }, &v1.PrometheusVersion{},
		nil, nil, client.NewRegistry(), nil, nil, false, nil, false, false, false, 5*time.Minute, false, false, nil, nil,
		v1.OpenAPIOptions{}, parser.NewParser(parser.Options{}), false, 0)
})
