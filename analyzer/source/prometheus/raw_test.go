package prometheus_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// TestReadsAlike wants remote read to give what the queries give, for random
// pods: gaps, ends, counters that start over, duplicates, kills, restarts.
func TestReadsAlike(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 7))
		w := options("").Window
		w.Start = w.End.Add(-30 * time.Hour)
		every := []time.Duration{15 * time.Second, time.Minute, 150 * time.Second}[seed%3]
		var all []sourcetest.Series
		for pod := range 6 {
			all = append(all, randomHistory(rng, pod, every, int(31*time.Hour/every))...)
		}
		st := storage(t, w.Start.Add(-time.Hour), all)
		var reads atomic.Int32
		counted := withRead(api(t, st, plenty), st)
		reading := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/read") {
				reads.Add(1)
			}
			counted.ServeHTTP(rw, r)
		}))
		defer reading.Close()
		asking := httptest.NewServer(api(t, st, plenty))
		defer asking.Close()
		var got [2]prometheus.Result
		for i, url := range []string{reading.URL, asking.URL} {
			var err error
			if got[i], err = prometheus.Collect(t.Context(), prometheus.Options{URL: url, Window: w, Owners: &analyzer.Owners{}}); err != nil {
				t.Fatal(err)
			}
		}
		if n := reads.Load(); n != 3 {
			t.Errorf("seed %d: %d remote reads, want 3: owners, usage and state", seed, n)
		}
		alike(t, fmt.Sprint("seed ", seed), got[0], got[1])
	}
}

// alike compares two collections. Rates may differ in the last bits, as sums
// are taken in another order, and so may the bucket of a sample on its border.
func alike(t *testing.T, what string, raw, asked prometheus.Result) {
	t.Helper()
	if !reflect.DeepEqual(raw.Warnings, asked.Warnings) {
		t.Errorf("%s: warnings\n%v\nand by queries\n%v", what, raw.Warnings, asked.Warnings)
	}
	if len(raw.Usage) != len(asked.Usage) || len(raw.Usage) == 0 {
		t.Fatalf("%s: %d containers, %d by queries", what, len(raw.Usage), len(asked.Usage))
	}
	for i := range raw.Usage {
		a, b := raw.Usage[i], asked.Usage[i]
		name := fmt.Sprintf("%s: %v %s", what, a.Ref, a.Container)
		if a.Ref != b.Ref || a.Container != b.Container || len(a.Days) != len(b.Days) {
			t.Fatalf("%s: %d days; by queries %v %s: %d days", name, len(a.Days), b.Ref, b.Container, len(b.Days))
		}
		for k := range a.Days {
			x, y := a.Days[k], b.Days[k]
			if x.OOMKills != y.OOMKills || x.Restarts != y.Restarts || x.Requests != y.Requests || x.Limits != y.Limits {
				t.Errorf("%s day %d: %d kills, %d restarts, %v, %v; by queries %d, %d, %v, %v", name, k,
					x.OOMKills, x.Restarts, x.Requests, x.Limits, y.OOMKills, y.Restarts, y.Requests, y.Limits)
			}
			if math.Abs(x.Throttled-y.Throttled) > 1e-9*(1+y.Throttled) || math.Abs(x.Periods-y.Periods) > 1e-9*(1+y.Periods) {
				t.Errorf("%s day %d: throttled %v of %v; by queries %v of %v", name, k, x.Throttled, x.Periods, y.Throttled, y.Periods)
			}
			if x.CPU.Count() != y.CPU.Count() || !reflect.DeepEqual(x.Memory, y.Memory) {
				t.Errorf("%s day %d: %d CPU samples, memory %v; by queries %d, %v", name, k, x.CPU.Count(), x.Memory, y.CPU.Count(), y.Memory)
			}
			for _, q := range []float64{0, 0.25, 0.5, 0.95, 1} {
				if p, r := x.CPU.Quantile(q), y.CPU.Quantile(q); math.Abs(p-r) > r/60 {
					t.Errorf("%s day %d: CPU quantile %v is %v; by queries %v", name, k, q, p, r)
				}
			}
		}
	}
}

// randomHistory is a pod's life as cAdvisor and kube-state-metrics tell it, n
// scrapes long.
func randomHistory(rng *rand.Rand, pod int, every time.Duration, n int) []sourcetest.Series {
	begin, end := rng.IntN(n/2), n/2+rng.IntN(n/2)
	cpu, memory, throttled, periods := gap(n), gap(n), gap(n), gap(n)
	restarts, reason, ended := gap(n), gap(n), gap(n)
	used, count, killed := rng.Float64()*100, 0.0, false
	for i := begin; i < end; i++ {
		if rng.IntN(400) == 0 {
			count, used = count+1, 0
			killed = rng.IntN(3) > 0
		}
		used += rng.Float64() * every.Seconds()
		if rng.IntN(300) == 0 {
			i += rng.IntN(40) // a gap
		}
		if i >= end {
			break
		}
		cpu[i], memory[i] = used, math.Round(1e6+rng.Float64()*1e8)
		throttled[i], periods[i] = math.Floor(used), math.Floor(used*3)
		restarts[i] = count
		if killed {
			reason[i] = 1
		}
	}
	if rng.IntN(2) == 0 && end < n-3 {
		for i := end; i < n; i++ {
			ended[i] = 1
		}
	}
	where := fmt.Sprintf(`namespace="ns-%d",pod="p-%d",container="app"`, pod%2, pod)
	kube := where + fmt.Sprintf(`,uid="u-%d"`, pod)
	one := func(selector string, values []float64) sourcetest.Series {
		s, err := sourcetest.Parse(selector, 0, every, "")
		if err != nil {
			panic(err)
		}
		s.From, s.Values = time.Duration(pod)*1700*time.Millisecond, values
		return s
	}
	constant := func(selector string, v float64) sourcetest.Series {
		values := gap(n)
		for i := begin; i < end; i++ {
			values[i] = v
		}
		return one(selector, values)
	}
	return []sourcetest.Series{
		one(`container_cpu_usage_seconds_total{`+where+`,id="a"}`, cpu),
		one(`container_cpu_usage_seconds_total{`+where+`,id="a",job="again"}`, cpu),
		one(`container_memory_working_set_bytes{`+where+`,id="a"}`, memory),
		one(`container_cpu_cfs_throttled_periods_total{`+where+`,id="a"}`, throttled),
		one(`container_cpu_cfs_periods_total{`+where+`,id="a"}`, periods),
		one(`container_cpu_cfs_periods_total{`+where+`,id="b"}`, periods),
		one(`kube_pod_container_status_restarts_total{`+kube+`}`, restarts),
		one(`kube_pod_container_status_restarts_total{`+kube+`,replica="b"}`, restarts),
		one(`kube_pod_container_status_last_terminated_reason{`+kube+`,reason="OOMKilled"}`, reason),
		one(`kube_pod_container_status_terminated_reason{`+kube+`,reason="OOMKilled"}`, ended),
		constant(`kube_pod_container_resource_requests{`+kube+`,resource="cpu",unit="core"}`, 0.25),
		constant(`kube_pod_container_resource_requests{`+kube+`,resource="memory",unit="byte"}`, 1<<28),
		constant(`kube_pod_container_resource_limits{`+kube+`,resource="memory",unit="byte"}`, 1<<29),
		constant(fmt.Sprintf(`kube_pod_owner{namespace="ns-%d",pod="p-%d",owner_kind="StatefulSet",owner_name="db",owner_is_controller="true"}`, pod%2, pod), 1),
	}
}

func gap(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}

// TestRawSelectorsAreTheQueries holds each selector of remote read against the
// query it stands for.
func TestRawSelectorsAreTheQueries(t *testing.T) {
	shard := []string{"bank", "shop"}
	matcher := prometheus.Matcher{Name: "cluster", Value: "east"}
	texts := map[string]string{}
	for _, q := range prometheus.QueryTexts(shard, matcher) {
		texts[q.Name] = q.Text
	}
	raw := prometheus.RawSelectors(shard, matcher)
	for name, selectors := range raw {
		for _, s := range selectors {
			if !strings.Contains(texts[name], s) {
				t.Errorf("%s: remote read selects %s; the query is %s", name, s, texts[name])
			}
		}
	}
	if len(raw) != prometheus.GridQueries() {
		t.Errorf("%d queries can be had by remote read, want %d", len(raw), prometheus.GridQueries())
	}
}

// TestBrokenReads wants the queries to be asked, and nothing to be counted
// twice, however remote read fails.
func TestBrokenReads(t *testing.T) {
	t.Parallel()
	w := options("").Window
	st := storage(t, w.Start, randomHistory(rand.New(rand.NewPCG(1, 1)), 0, time.Minute, 1440))
	inner := api(t, st, plenty)
	want, err := prometheus.Collect(t.Context(), prometheus.Options{URL: serve(t, inner), Window: w, Owners: &analyzer.Owners{}})
	if err != nil {
		t.Fatal(err)
	}
	whole := recordRead(t, withRead(inner, st), w)
	const streamed = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	for name, answer := range map[string]struct {
		status int
		kind   string
		body   []byte
	}{
		"not found":     {404, "text/plain", []byte("404 page not found")},
		"forbidden":     {403, "application/json", []byte(`{"kind":"Status"}`)},
		"overloaded":    {503, "text/plain", []byte("busy")},
		"samples only":  {200, "application/x-protobuf", whole},
		"HTML":          {200, "text/html", []byte("<html>")},
		"cut short":     {200, streamed, whole[:len(whole)*2/3]},
		"nothing":       {200, streamed, nil},
		"twice over":    {200, streamed, slices.Concat(whole, whole)},
		"a flipped bit": {200, streamed, flipped},
		"huge":          {200, streamed, []byte{0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, "/read") {
					inner.ServeHTTP(rw, r)
					return
				}
				rw.Header().Set("Content-Type", answer.kind)
				rw.WriteHeader(answer.status)
				_, _ = rw.Write(answer.body)
			}))
			got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: url, Window: w, Owners: &analyzer.Owners{}})
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got.Usage, want.Usage) || !reflect.DeepEqual(got.Warnings, want.Warnings) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
		})
	}
}

// TestCutReadIsReadAgain wants an answer that is cut once to be read once more,
// and no query to take its place.
func TestCutReadIsReadAgain(t *testing.T) {
	t.Parallel()
	w := options("").Window
	st := storage(t, w.Start, randomHistory(rand.New(rand.NewPCG(2, 2)), 0, time.Minute, 1440))
	inner := withRead(api(t, st, plenty), st)
	collect := func(cut int32) (got prometheus.Result, reads, queries int32) {
		var r, q atomic.Int32
		url := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
			if !strings.HasSuffix(req.URL.Path, "/read") {
				q.Add(1)
				inner.ServeHTTP(rw, req)
				return
			}
			rec := httptest.NewRecorder()
			inner.ServeHTTP(rec, req)
			body := rec.Body.Bytes()
			if r.Add(1) == cut {
				body = body[:len(body)*2/3]
			}
			rw.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
			_, _ = rw.Write(body)
		}))
		got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: url, Window: w, Owners: &analyzer.Owners{}})
		if err != nil {
			t.Fatal(err)
		}
		return got, r.Load(), q.Load()
	}
	want, reads, queries := collect(0)
	for cut := int32(1); cut <= reads; cut++ {
		got, r, q := collect(cut)
		if r != reads+1 || q != queries {
			t.Errorf("read %d cut: %d reads and %d queries, want %d and %d", cut, r, q, reads+1, queries)
		}
		if !reflect.DeepEqual(got.Usage, want.Usage) || !reflect.DeepEqual(got.Warnings, want.Warnings) {
			t.Errorf("read %d cut: got %+v\nwant %+v", cut, got, want)
		}
	}
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// recordRead gives the longest answer of remote read in a collection.
func recordRead(t *testing.T, h http.Handler, w analyzer.Window) []byte {
	t.Helper()
	var longest []byte
	url := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/read") {
			h.ServeHTTP(rw, r)
			return
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		if rec.Body.Len() > len(longest) {
			longest = rec.Body.Bytes()
		}
		rw.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
		_, _ = rw.Write(rec.Body.Bytes())
	}))
	o := prometheus.Options{URL: url, Window: w, Owners: &analyzer.Owners{}, Concurrency: 1}
	if _, err := prometheus.Collect(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return longest
}

// TestSlowReadsGiveWay wants the queries to take over where time by remote read takes
// longer than by queries.
func TestSlowReadsGiveWay(t *testing.T) {
	for _, c := range []struct {
		raw, query time.Duration // of seven days, and of two hours
		queries    bool
	}{
		{84 * time.Second, 2 * time.Second, false},
		{84 * time.Second, 900 * time.Millisecond, true},
	} {
		if got := prometheus.Race(7, c.raw, c.query); got != c.queries {
			t.Errorf("7 days by remote read in %s, two hours by queries in %s: queries only is %v, want %v", c.raw, c.query, got, c.queries)
		}
	}
}

// FuzzDecodeStream wants no panic and no sample outside its selection.
func FuzzDecodeStream(f *testing.F) {
	st := storage(f, time.Unix(0, 0), []sourcetest.Series{{Metric: "m", Labels: map[string]string{"pod": "a"}, Every: time.Minute, Values: []float64{1, 2, 3, 4}}})
	f.Add(prometheus.ReadAll(withRead(nil, st)))
	f.Add([]byte{})
	f.Add([]byte{2, 0, 0, 0, 0, 10, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = prometheus.DecodeStream(bytes.NewReader(b), 0, 200_000, func(ms []int64) {
			for i, at := range ms {
				if at < 0 || at > 200_000 || i > 0 && at <= ms[i-1] {
					t.Fatalf("times %v", ms)
				}
			}
		})
	})
}

// over gives the same bytes for ever.
type over struct {
	bytes []byte
	left  []byte
}

func (o *over) Read(p []byte) (int, error) {
	if len(o.left) == 0 {
		o.left = o.bytes
	}
	n := copy(p, o.left)
	o.left = o.left[n:]
	return n, nil
}

// A stream that has no end has an error, whether it is one series or many; until then
// it takes no more memory than an honest one.
func TestStreamsWithoutAnEnd(t *testing.T) {
	const day = 86_400_000
	for name, want := range map[string]string{"one": "a series of", "two": "more than 50000 series"} {
		all := []sourcetest.Series{series(t, `a_total{pod="p"}`, "0+7x200")}
		if name == "two" {
			all = append(all, series(t, `a_total{pod="q"}`, "0+7x200"))
		}
		st := storage(t, time.UnixMilli(0), all)
		frame := prometheus.ReadAll(withRead(api(t, st, plenty), st))
		most := 0
		err := prometheus.DecodeStream(&over{bytes: frame}, 0, day, func(ms []int64) { most = max(most, len(ms)) })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
		if most > 2*86_400+10_000 {
			t.Errorf("%s: a series of %d samples in a day", name, most)
		}
	}
}
