package prometheus_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/teststorage"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// withExport adds VictoriaMetrics' export, and its answer to remote read.
func withExport(inner http.Handler, st *teststorage.TestStorage) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Server-Hostname", "vm-0")
		switch {
		case strings.HasSuffix(r.URL.Path, "/api/v1/read"):
			http.Error(w, "unsupported path requested: \"/api/v1/read\"", http.StatusBadRequest)
		case strings.HasSuffix(r.URL.Path, "/api/v1/export"):
			w.Header().Set("Content-Type", "application/stream+json; charset=utf-8")
			if err := export(w, r, st); err != nil {
				fmt.Fprintf(w, "remoteAddr: %q; %v", r.RemoteAddr, err)
			}
		default:
			inner.ServeHTTP(w, r)
		}
	})
}

func export(w http.ResponseWriter, r *http.Request, st *teststorage.TestStorage) error {
	ms := func(name string) int64 {
		v, _ := strconv.ParseFloat(r.FormValue(name), 64)
		return int64(math.Round(v * 1000))
	}
	from, to := ms("start"), ms("end")
	matchers, err := parser.NewParser(parser.Options{}).ParseMetricSelector(r.FormValue("match[]"))
	if err != nil {
		return err
	}
	q, err := st.Querier(from, to)
	if err != nil {
		return err
	}
	defer q.Close()
	set := q.Select(r.Context(), false, nil, matchers...)
	for set.Next() {
		metric := map[string]string{}
		set.At().Labels().Range(func(l labels.Label) { metric[l.Name] = l.Value })
		var values []any
		var times []int64
		for it := set.At().Iterator(nil); it.Next() == chunkenc.ValFloat; {
			t, v := it.At()
			var told any = v
			switch {
			case math.IsNaN(v):
				told = nil
			case math.IsInf(v, 1):
				told = "Infinity"
			case math.IsInf(v, -1):
				told = "-Infinity"
			}
			values, times = append(values, told), append(times, t)
		}
		if len(times) > 0 {
			if err := json.NewEncoder(w).Encode(map[string]any{"metric": metric, "values": values, "timestamps": times}); err != nil {
				return err
			}
		}
	}
	return set.Err()
}

// TestExportsAlike wants CPU usage by the export to be that of remote read, for random
// pods, and the engine's own rate() not to be asked for.
func TestExportsAlike(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 11))
		w := options("").Window
		w.Start = w.End.Add(-54 * time.Hour)
		every := []time.Duration{15 * time.Second, time.Minute, 150 * time.Second}[seed%3]
		var all []sourcetest.Series
		for pod := range 6 {
			all = append(all, randomHistory(rng, pod, every, int(55*time.Hour/every))...)
		}
		st := storage(t, w.Start.Add(-time.Hour), all)
		var exports, rates, matched atomic.Int32
		inner := withExport(api(t, st, plenty), st)
		exporting := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/export"):
				exports.Add(1)
				if strings.Contains(r.FormValue("match[]"), `cluster=""`) {
					matched.Add(1)
				}
			case strings.HasSuffix(r.URL.Path, "/query_range") && strings.Contains(r.FormValue("query"), "rate("+"container_cpu"):
				rates.Add(1)
			}
			inner.ServeHTTP(rw, r)
		}))
		var got [2]prometheus.Result
		for i, url := range []string{serve(t, withRead(api(t, st, plenty), st)), exporting} {
			var err error
			o := prometheus.Options{URL: url, Window: w, Owners: &analyzer.Owners{}, Matchers: []prometheus.Matcher{{Name: "cluster", Value: ""}}}
			if got[i], err = prometheus.Collect(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		if e, m, r := exports.Load(), matched.Load(), rates.Load(); e < 3 || m != e || r != 0 {
			t.Errorf("seed %d: %d exports, %d of them with the user's label, and %d queries of rate(), want one a day, all and none", seed, e, m, r)
		}
		alike(t, fmt.Sprint("seed ", seed), got[0], got[1])
	}
}

// TestBrokenExports wants the queries to be asked however the export fails, nothing to be
// counted twice, and VictoriaMetrics to be told of: its values are others.
func TestBrokenExports(t *testing.T) {
	t.Parallel()
	w := options("").Window
	st := storage(t, w.Start, randomHistory(rand.New(rand.NewPCG(1, 1)), 0, time.Minute, 1440))
	asked := api(t, st, plenty)
	want, err := prometheus.Collect(t.Context(), prometheus.Options{URL: serve(t, asked), Window: w, Owners: &analyzer.Owners{}})
	if err != nil {
		t.Fatal(err)
	}
	inner := withExport(asked, st)
	const lines = "application/stream+json; charset=utf-8"
	for name, c := range map[string]struct {
		answer func(rw http.ResponseWriter, whole []byte)
		why    string // in the warning
		whole  bool   // what the export says is taken in the end
	}{
		"not found": {func(rw http.ResponseWriter, _ []byte) { http.Error(rw, "missing route", http.StatusNotFound) }, "answered 404 Not Found", false},
		"forbidden": {func(rw http.ResponseWriter, _ []byte) { http.Error(rw, "", http.StatusForbidden) }, "answered 403 Forbidden", false},
		"a limit": {func(rw http.ResponseWriter, _ []byte) {
			http.Error(rw, "see -search.maxExportSeries", http.StatusUnprocessableEntity)
		}, "-search.maxExportSeries", false},
		"API's JSON":  {as("application/json", []byte(`{"status":"success","data":{}}`)), "not application/stream+json", false},
		"HTML":        {as("text/html", []byte("<html>")), "not application/stream+json", false},
		"not lines":   {as(lines, []byte("{}\n")), "not a series as a JSON line", false},
		"half a line": {func(rw http.ResponseWriter, b []byte) { as(lines, b[:len(b)-20])(rw, nil) }, "cut short", false},
		"an error last": {func(rw http.ResponseWriter, b []byte) {
			as(lines, append(bytes.Clone(b), "cannot fetch data\n"...))(rw, nil)
		}, "not a series as a JSON line", false},
		"nothing": {as(lines, nil), "", false},
		"all":     {func(rw http.ResponseWriter, b []byte) { as(lines, b)(rw, nil) }, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, victoria := range []bool{true, false} {
				var exports atomic.Int32
				url := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					rec := httptest.NewRecorder()
					inner.ServeHTTP(rec, r)
					for k, v := range rec.Header() {
						if k != "X-Server-Hostname" || victoria {
							rw.Header()[k] = v
						}
					}
					if strings.HasSuffix(r.URL.Path, "/export") {
						exports.Add(1)
						c.answer(rw, rec.Body.Bytes())
						return
					}
					rw.WriteHeader(rec.Code)
					_, _ = rw.Write(rec.Body.Bytes())
				}))
				got, err := prometheus.Collect(t.Context(), prometheus.WithRetryWait(prometheus.Options{URL: url, Window: w, Owners: &analyzer.Owners{}}, time.Millisecond))
				if err != nil {
					t.Fatal(err)
				}
				if exports.Load() == 0 {
					t.Error("the export was not asked for")
				}
				told := withoutExport(&got)
				if c.why == "" || !victoria {
					if len(told) > 0 {
						t.Errorf("it says %q", told)
					}
				} else if len(told) != 1 || !strings.Contains(told[0], c.why) {
					t.Errorf("it says %q, want %q", told, c.why)
				}
				if c.whole {
					alike(t, name, got, want)
				} else if !reflect.DeepEqual(got.Usage, want.Usage) || !reflect.DeepEqual(got.Warnings, want.Warnings) {
					t.Errorf("got %+v\nwant %+v", got, want)
				}
			}
		})
	}
}

func as(kind string, body []byte) func(http.ResponseWriter, []byte) {
	return func(rw http.ResponseWriter, _ []byte) {
		rw.Header().Set("Content-Type", kind)
		_, _ = rw.Write(body)
	}
}

// withoutExport takes what is said of the export out of the warnings, and gives it.
func withoutExport(r *prometheus.Result) (told []string) {
	var rest []analyzer.Warning
	for _, w := range r.Warnings {
		if w.Code == analyzer.WarnDerived {
			told = append(told, w.Message)
		} else {
			rest = append(rest, w)
		}
	}
	r.Warnings = rest
	return told
}

// TestOneExportShowsTheWay wants an engine without one to be asked once, and not at all
// where remote read is served.
func TestOneExportShowsTheWay(t *testing.T) {
	t.Parallel()
	w := options("").Window
	w.Start = w.End.Add(-80 * time.Hour)
	st := storage(t, w.Start, randomHistory(rand.New(rand.NewPCG(3, 3)), 0, time.Minute, 4800))
	for name, c := range map[string]struct {
		inner http.Handler
		want  int32
	}{
		"no remote read": {api(t, st, plenty), 1},
		"remote read":    {withRead(api(t, st, plenty), st), 0},
	} {
		var exports atomic.Int32
		url := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/export") {
				exports.Add(1)
			}
			c.inner.ServeHTTP(rw, r)
		}))
		if _, err := prometheus.Collect(t.Context(), prometheus.Options{URL: url, Window: w, Owners: &analyzer.Owners{}}); err != nil {
			t.Fatal(err)
		}
		if n := exports.Load(); n != c.want {
			t.Errorf("%s: %d exports asked for, want %d", name, n, c.want)
		}
	}
}

// TestExportIsCalledOff wants a collection to end when it is called off in an export.
func TestExportIsCalledOff(t *testing.T) {
	t.Parallel()
	w := options("").Window
	st := storage(t, w.Start, randomHistory(rand.New(rand.NewPCG(4, 4)), 0, time.Minute, 1440))
	inner := withExport(api(t, st, plenty), st)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	url := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/export") {
			inner.ServeHTTP(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "application/stream+json")
		_, _ = rw.Write([]byte(`{"metric":{`))
		rw.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	}))
	_, err := prometheus.Collect(ctx, prometheus.Options{URL: url, Window: w, Owners: &analyzer.Owners{}})
	if err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("got %v", err)
	}
}

// TestSlowAnswersArePacked wants answers as they are, and packed once one came slowly.
func TestSlowAnswersArePacked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bytes int64
		took  time.Duration
		want  bool
	}{
		{64 << 20, time.Second, false},
		{15 << 20, time.Second, true},
		{4<<20 - 1, time.Hour, false},
	} {
		if got := prometheus.Slow(c.bytes, c.took); got != c.want {
			t.Errorf("%d bytes in %s: slow is %v, want %v", c.bytes, c.took, got, c.want)
		}
	}
	row := []byte(`{"metric":{"a":"` + strings.Repeat("b", 1000) + `"},"value":[0,"1"]},`)
	var asked []string
	url := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("Accept-Encoding"))
		rw.Header().Set("Content-Type", "application/json")
		_, _ = rw.Write([]byte(`{"status":"success","data":{"resultType":"vector","result":[`))
		_, _ = rw.Write(bytes.Repeat(row, 5000))
		rw.(http.Flusher).Flush()
		time.Sleep(time.Second)
		_, _ = rw.Write([]byte(`{"metric":{},"value":[0,"1"]}]}}`))
	}))
	if err := prometheus.AskTwice(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	if want := []string{"identity", "gzip"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
}

// TestCrawlingExportsGiveWay wants the queries to be asked for the days that follow an
// export which came too slowly, and VictoriaMetrics to be told of.
func TestCrawlingExportsGiveWay(t *testing.T) {
	t.Parallel()
	w := options("").Window
	w.Start = w.End.Add(-80 * time.Hour)
	const pod = `{namespace="shop",pod="web-0",container="main"}`
	st := storage(t, w.Start, []sourcetest.Series{series(t, "container_cpu_usage_seconds_total"+pod, "0+7.5x9600"), series(t, "container_memory_working_set_bytes"+pod, "104857600x9600")})
	inner := withExport(api(t, st, plenty), st)
	none := []byte(`{"metric":{"a":"` + strings.Repeat("b", 1000) + `"},"values":[],"timestamps":[]}` + "\n")
	var exports atomic.Int32
	url := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(rw, r)
		if strings.HasSuffix(r.URL.Path, "/export") {
			exports.Add(1)
			_, _ = rw.Write(bytes.Repeat(none, 5000))
			rw.(http.Flusher).Flush()
			time.Sleep(2 * 5000 * 1000 * time.Second / prometheus.Crawl)
		}
	}))
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: url, Window: w, Owners: &analyzer.Owners{}})
	if err != nil {
		t.Fatal(err)
	}
	if n := exports.Load(); n != 1 {
		t.Errorf("%d exports, want one", n)
	}
	if told := withoutExport(&got); len(told) != 1 || !strings.Contains(told[0], "too slow") {
		t.Errorf("it says %q", told)
	}
}
