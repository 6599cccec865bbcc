package prometheus_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

const plenty = 50_000_000

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]func(*testing.T, sourcetest.Scenario) *httptest.Server{
		"remote read": func(t *testing.T, s sourcetest.Scenario) *httptest.Server { return engine(t, s.Window.Start, s.Series) },
		"queries": func(t *testing.T, s sourcetest.Scenario) *httptest.Server {
			return queryEngine(t, s.Window.Start, s.Series, plenty)
		},
		"export": func(t *testing.T, s sourcetest.Scenario) *httptest.Server {
			st := storage(t, s.Window.Start, s.Series)
			server := httptest.NewServer(withExport(api(t, st, plenty), st))
			t.Cleanup(server.Close)
			return server
		},
	} {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, func(t *testing.T, s sourcetest.Scenario) ([]analyzer.ContainerUsage, []analyzer.Warning) {
				got := collect(t, s, serve(t, s).URL)
				return got.Usage, got.Warnings
			})
		})
	}
}

func collect(t *testing.T, s sourcetest.Scenario, url string) prometheus.Result {
	t.Helper()
	o := prometheus.Options{URL: url, Window: s.Window, Owners: &analyzer.Owners{}}
	if s.Cluster != "" {
		o.Matchers = []prometheus.Matcher{{Name: "cluster", Value: s.Cluster}}
	}
	for i := range s.Workloads {
		o.Owners.AddWorkload(&s.Workloads[i])
	}
	got, err := prometheus.Collect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestQuantilesOfRandomLoad compares digests with quantiles worked out from
// the load itself: CPU holds one random level for each five minutes, so its
// rate over a slot is that level whatever the engine extrapolates.
func TestQuantilesOfRandomLoad(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, every := range []time.Duration{15 * time.Second, 30 * time.Second, 60 * time.Second} {
		var all []sourcetest.Series
		var cpu, memory, peaks []float64
		for p := range 5 {
			sel := fmt.Sprintf(`{namespace="shop",pod="db-%d",container="app"}`, p)
			load, used, c, m := randomPod(rng, 288, every)
			all = append(all,
				sourcetest.Series{Metric: "container_cpu_usage_seconds_total", Values: c, Every: every, Labels: labelsOf(t, sel)},
				sourcetest.Series{Metric: "container_memory_working_set_bytes", Values: m, Every: every, Labels: labelsOf(t, sel)},
				series(t, fmt.Sprintf(`kube_pod_owner{namespace="shop",pod="db-%d",owner_kind="StatefulSet",owner_name="db",owner_is_controller="true"}`, p), "1x2880"))
			cpu, memory, peaks = append(cpu, load...), append(memory, used...), append(peaks, slices.Max(load))
		}
		w := options("").Window
		got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: engine(t, w.Start, all).URL, Window: w})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Usage) != 1 {
			t.Fatalf("got %d workload-containers, want 1", len(got.Usage))
		}
		d := &got.Usage[0].Days[0]
		compare(t, every.String()+" CPU", &d.CPU, cpu)
		compare(t, every.String()+" memory", &d.Memory, memory)
		compare(t, every.String()+" pods' CPU peaks", &d.PodCPU, peaks)
	}
}

// randomPod gives a level for each slot, and the series that it shows as. The
// counter starts over now and then.
func randomPod(rng *rand.Rand, slots int, every time.Duration) (load, used, counter, memory []float64) {
	perSlot := int(5 * time.Minute / every)
	total := 1000.0
	counter, memory = []float64{total}, []float64{math.NaN()}
	for range slots {
		level, bytes := 5*math.Exp(rng.Float64()*6), math.Round(1e6*math.Exp(rng.Float64()*5))
		load, used = append(load, level), append(used, bytes)
		for i := range perSlot {
			if total += level / 1000 * every.Seconds(); i == 0 && rng.IntN(20) == 0 {
				total = level / 1000 * every.Seconds() // counts from zero again
			}
			counter, memory = append(counter, total), append(memory, bytes*(0.5+0.5*float64(i+1)/float64(perSlot)))
		}
	}
	return load, used, counter, memory
}

func labelsOf(t *testing.T, selector string) map[string]string {
	t.Helper()
	return series(t, "m"+selector, "0").Labels
}

func compare(t *testing.T, what string, h *digest.Histogram, samples []float64) {
	t.Helper()
	if int(h.Count()) != len(samples) {
		t.Errorf("%s: got %d samples, want %d", what, h.Count(), len(samples))
	}
	slices.Sort(samples)
	for _, q := range []float64{0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 1} {
		want := samples[max(int(math.Ceil(q*float64(len(samples)))), 1)-1]
		if got := h.Quantile(q); math.Abs(got-want) > want*(digest.MaxRelativeError+1e-9) {
			t.Errorf("%s: quantile %g is %g, want %g", what, q, got, want)
		}
	}
}

// TestManyNamespaces wants every one of them, few queries, and none that is
// about one namespace alone.
func TestManyNamespaces(t *testing.T) {
	t.Parallel()
	var all []sourcetest.Series
	for i := range 300 {
		sel := fmt.Sprintf(`{namespace="team-%03d-with-a-long-name",pod="p",container="app"}`, i)
		values := "0+7.5x240"
		if i%3 == 0 {
			values = "_x1000 0+7.5x240" // gone by the end of the window
		}
		all = append(all, series(t, "container_cpu_usage_seconds_total"+sel, values),
			series(t, "container_memory_working_set_bytes"+sel, strings.Replace(values, "0+7.5", "1e8", 1)))
	}
	w := options("").Window
	inner := api(t, storage(t, w.Start, all), plenty)
	longest := make(chan int, 10000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		longest <- len(r.Form.Get("query"))
		inner.ServeHTTP(w, r)
	}))
	defer server.Close()
	var done, total int
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: server.URL, Window: w, Progress: func(d, n int) { done, total = d, n }})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Usage) != 300 {
		t.Errorf("got usage of %d namespaces, want 300", len(got.Usage))
	}
	if n := len(longest); n > 100 || n < 20 {
		t.Errorf("got %d queries, want a few dozen", n)
	}
	if done != total || total == 0 {
		t.Errorf("progress ended at %d of %d", done, total)
	}
	close(longest)
	for n := range longest {
		if n > 3*prometheus.ShardBytes+1000 {
			t.Errorf("got a query of %d bytes", n)
		}
	}
}

func TestNamespacesOption(t *testing.T) {
	t.Parallel()
	var all []sourcetest.Series
	for _, ns := range []string{"shop", "shop.x", "shopsx", "bank"} {
		sel := fmt.Sprintf(`{namespace=%q,pod="p",container="app"}`, ns)
		all = append(all, series(t, "container_cpu_usage_seconds_total"+sel, "0+7.5x2880"), series(t, "container_memory_working_set_bytes"+sel, "1e8x2880"))
	}
	w := options("").Window
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: engine(t, w.Start, all).URL, Window: w, Namespaces: []string{"shop.x", "bank"}})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, u := range got.Usage {
		names = append(names, u.Namespace)
	}
	if want := []string{"bank", "shop.x"}; !slices.Equal(names, want) {
		t.Errorf("got namespaces %q, want %q", names, want)
	}
}

// TestRenamedLabels has series as scrapes without honor_labels and old
// kubelets leave them.
func TestRenamedLabels(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, usage, state string }{
		{"exported", `{namespace="monitoring",pod="kubelet-x",container="k",exported_namespace="shop",exported_pod="web-1",exported_container="app"}`,
			`{namespace="monitoring",pod="ksm-0",exported_namespace="shop",exported_pod="web-1",`},
		{"old kubelet", `{namespace="shop",pod_name="web-1",container_name="app"}`, `{namespace="shop",pod="web-1",`},
	}
	for _, c := range cases {
		w := options("").Window
		all := []sourcetest.Series{
			series(t, "container_cpu_usage_seconds_total"+c.usage, "0+7.5x2880"),
			series(t, "container_memory_working_set_bytes"+c.usage, "104857600x2880"),
			series(t, "kube_pod_owner"+c.state+`owner_kind="StatefulSet",owner_name="web",owner_is_controller="true"}`, "1x2880"),
		}
		got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: engine(t, w.Start, all).URL, Window: w})
		if err != nil {
			t.Fatal(err)
		}
		sourcetest.Check(t, sourcetest.Scenario{Window: w, Only: true, Want: []sourcetest.Want{{
			Ref: "shop/StatefulSet/web", Container: "app", CPU: map[float64]float64{0.5: 250}, Memory: map[float64]float64{0.5: 100 << 20}, Slots: 288, Pods: 1,
		}}}, got.Usage, got.Warnings)
	}
}

func TestNoPodLabel(t *testing.T) {
	t.Parallel()
	w := options("").Window
	all := []sourcetest.Series{series(t, `container_memory_working_set_bytes{namespace="shop",container="app"}`, "1x2880")}
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: engine(t, w.Start, all).URL, Window: w})
	if err != nil {
		t.Fatal(err)
	}
	want := "its series carry no pod label, so usage cannot be told apart by container; keep that label when relabeling"
	if m := message(got.Warnings, "container_memory_working_set_bytes"); m != want {
		t.Errorf("\ngot  %s\nwant %s", m, want)
	}
}

func TestNothingThere(t *testing.T) {
	t.Parallel()
	w := options("").Window
	url := engine(t, w.Start, []sourcetest.Series{series(t, `container_memory_working_set_bytes{namespace="shop",pod="a",container="app"}`, "1x2880")}).URL
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: url, Window: w, Matchers: []prometheus.Matcher{{Name: "cluster", Value: `pro"d`}}})
	if err != nil {
		t.Fatal(err)
	}
	want := `the engine has such series but none with cluster="pro\"d", so there is no usage; check --prometheus-label`
	if m := message(got.Warnings, "container_memory_working_set_bytes"); m != want {
		t.Errorf("\ngot  %s\nwant %s", m, want)
	}
}

// TestPathsAndMethods: a URL may be given up to any depth of the API, and an
// engine may take GET alone, as behind the API server's proxy.
func TestPathsAndMethods(t *testing.T) {
	t.Parallel()
	s := sourcetest.Scenarios()[0]
	inner := api(t, storage(t, s.Window.Start, s.Series), plenty)
	for _, path := range []string{"", "/", "/prometheus", "/prometheus/api/v1", "/prometheus/api/v1/query/"} {
		for _, refuse := range []int{0, http.StatusMethodNotAllowed, http.StatusForbidden} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost && refuse != 0 {
					w.WriteHeader(refuse)
					return
				}
				if user, password, _ := r.BasicAuth(); user != "ann" || password != "s3cret" || r.URL.Query().Get("tenant") != "x" {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				http.StripPrefix("/prometheus", http.HandlerFunc(inner.ServeHTTP)).ServeHTTP(w, r)
			}))
			base := strings.Replace(server.URL, "://", "://ann:s3cret@", 1)
			if !strings.HasPrefix(path, "/prometheus") {
				path = "/prometheus" + path
			}
			got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: base + path + "?tenant=x", Window: s.Window})
			if err != nil {
				t.Errorf("%s refusing %d: %v", path, refuse, err)
			}
			if want := server.URL + "/prometheus"; got.Source.Name != want {
				t.Errorf("got source %q, want %q", got.Source.Name, want)
			}
			sourcetest.Check(t, s, got.Usage, got.Warnings)
			server.Close()
		}
	}
}

// TestServiceProxyPath: Kubernetes' path to a service looks like the engine's
// own API at its beginning.
func TestServiceProxyPath(t *testing.T) {
	t.Parallel()
	const prefix = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy"
	s := sourcetest.Scenarios()[0]
	inner := api(t, storage(t, s.Window.Start, s.Series), plenty)
	server := httptest.NewServer(http.StripPrefix(prefix, http.HandlerFunc(inner.ServeHTTP)))
	defer server.Close()
	for _, path := range []string{"", "/", "/api/v1", "/api/v1/query"} {
		got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: server.URL + prefix + path, Window: s.Window})
		if err != nil {
			t.Fatalf("%q: %v", path, err)
		}
		if want := server.URL + prefix; got.Source.Name != want {
			t.Errorf("got source %q, want %q", got.Source.Name, want)
		}
	}
}

// TestPartialAnswers: what an engine says of its own answers becomes a warning.
func TestPartialAnswers(t *testing.T) {
	t.Parallel()
	s := sourcetest.Scenarios()[0]
	inner := api(t, storage(t, s.Window.Start, s.Series), plenty)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept-Encoding")
		rec := httptest.NewRecorder()
		inner.ServeHTTP(rec, r)
		fmt.Fprint(w, strings.Replace(rec.Body.String(), `"status":"success"`, `"status":"success","isPartial":true,"warnings":["store 2\n is down"],"infos":["no matter"]`, 1))
	}))
	defer server.Close()
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: server.URL, Window: s.Window})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"prometheus: the engine called its answers partial: some of its stores did not answer; usage may be too low",
		"prometheus: the engine warns: store 2 is down",
	}
	var lines []string
	for _, w := range got.Warnings {
		lines = append(lines, w.String())
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got warnings %q, want %q", lines, want)
	}
}

// TestWarningsOfOddData: a slow scrape widens the rate, and says so; an engine
// that is behind is told of.
func TestWarningsOfOddData(t *testing.T) {
	t.Parallel()
	for _, s := range sourcetest.Scenarios() {
		switch s.Name {
		case "a scrape every four minutes":
			got := collect(t, s, engine(t, s.Window.Start, s.Series).URL)
			want := "it is scraped every 4m0s or so, so CPU rates are taken over 16m0s in place of 5m0s and short peaks are flattened; scrape every 60s or faster"
			if m := message(got.Warnings, "container_cpu_usage_seconds_total"); m != want {
				t.Errorf("\ngot  %s\nwant %s", m, want)
			}
		case "few are scraped more seldom than most":
			got := collect(t, s, engine(t, s.Window.Start, s.Series).URL)
			want := "one series is scraped every 7m30s or so, unlike most, so CPU rates are taken over 30m0s where 5m0s have too few samples and short peaks are flattened; scrape every 60s or faster"
			if m := message(got.Warnings, "container_cpu_usage_seconds_total"); m != want {
				t.Errorf("\ngot  %s\nwant %s", m, want)
			}
		case "an OOM kill that nothing restarts":
			got := collect(t, s, engine(t, s.Window.Start, s.Series).URL)
			want := "the newest samples are 16h0m0s older than the window's end; is the engine still scraping?"
			if m := message(got.Warnings, "container_memory_working_set_bytes"); m != want {
				t.Errorf("\ngot  %s\nwant %s", m, want)
			}
		}
	}
}

// TestSameBytes: order of answers and of tasks must not show.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	var all []sourcetest.Series
	for i := range 20 {
		sel := fmt.Sprintf(`{namespace="ns-%d",pod="p",container="app"}`, i)
		all = append(all, series(t, "container_cpu_usage_seconds_total"+sel, "0+7.5x2880"), series(t, "container_memory_working_set_bytes"+sel, "1e8x2880"))
	}
	w := options("").Window
	w.Start = w.Start.Add(-36 * time.Hour)
	url := engine(t, options("").Window.Start, all).URL
	var first string
	for _, concurrency := range []int{1, 4} {
		got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: url, Window: w, Concurrency: concurrency})
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("%+v", got)
		if first == "" {
			first = text
		}
		if text != first {
			t.Errorf("concurrency %d gives another result", concurrency)
		}
	}
}
