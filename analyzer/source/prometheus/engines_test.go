//go:build conformance

package prometheus_test

import (
	"bytes"
	"cmp"
	"context"
	"debug/buildinfo"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/snappy"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/prompb"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// The real engines, which `make conformance` builds: the folder with their
// programs, and whether docs/conformance.md is written.
var (
	programs = flag.String("engines", "", "folder with the engines' programs")
	rewrite  = flag.Bool("update", false, "write docs/conformance.md")
)

// realEngine is a kind of engine that `make conformance` built.
type realEngine struct {
	name, program string
	// serve starts it with the series and gives the URL that is asked.
	serve func(t *testing.T, program string, start time.Time, all []sourcetest.Series) string
	// differs are the scenarios that it answers otherwise than Prometheus, and why.
	// Each is in the manual.
	differs map[string]string
}

func realEngines() []realEngine {
	return []realEngine{
		{name: "VictoriaMetrics, single node", program: "victoria-metrics", serve: serveVictoria},
		{name: "Thanos, receive with tenants behind a querier", program: "thanos", serve: serveReceive},
		{name: "Thanos, a store gateway's blocks behind a querier", program: "thanos", serve: serveBlocks},
	}
}

// TestEngines runs every scenario on the real engines. One that is not there is a
// failure.
func TestEngines(t *testing.T) {
	if *programs == "" {
		t.Fatal("-engines names no folder: use make conformance")
	}
	var rows []string
	for _, e := range realEngines() {
		program := filepath.Join(*programs, e.program)
		version, err := versionOf(program)
		if err != nil {
			t.Errorf("%s: %v", e.name, err)
			continue
		}
		passed, all := 0, sourcetest.Scenarios()
		var other []string
		for _, s := range all {
			why, known := e.differs[s.Name]
			if t.Run(e.name+"/"+s.Name, func(t *testing.T) { e.conforms(t, program, s) }) && !known {
				passed++
			}
			if known {
				other = append(other, s.Name+": "+why)
			}
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %d of %d | %s |", e.name, version, passed, len(all), strings.Join(other, "; ")))
	}
	if *rewrite && !t.Failed() {
		writePage(t, rows)
	}
}

// conforms runs one scenario: it has to be as on Prometheus, or as the list says.
func (e realEngine) conforms(t *testing.T, program string, s sourcetest.Scenario) {
	got := collect(t, s, e.serve(t, program, s.Window.Start, s.Series))
	problems := sourcetest.Problems(s, got.Usage, got.Warnings)
	switch why, known := e.differs[s.Name]; {
	case len(problems) == 0 && known:
		t.Errorf("it answers as Prometheus does by now: take it out of the list (%s)", why)
	case len(problems) > 0 && !known:
		t.Error(strings.Join(problems, "\n"))
	default:
		t.Log(strings.Join(problems, "\n"))
	}
}

// versionOf is what a program was built from: its module's version, else what it
// prints of itself.
func versionOf(program string) (string, error) {
	built, err := buildinfo.ReadFile(program)
	if err != nil {
		return "", err
	}
	if v := built.Main.Version; v != "" && v != "(devel)" {
		return v, nil
	}
	said, err := exec.Command(program, "--version").CombinedOutput()
	if err != nil {
		return "", err
	}
	for _, word := range strings.Fields(string(said)) {
		if strings.Count(word, ".") == 2 {
			return "v" + strings.TrimPrefix(word, "v"), nil
		}
	}
	return "", fmt.Errorf("%s does not say its version: %.200s", program, said)
}

// beside is what else the page says of what runs with the suite.
const beside = "With the suite run:\n\n" +
	"- several clusters in one engine, by a label, by two buckets and by two tenants: the label is named, or the cluster's own value is found;\n" +
	"- a bucket with five-minute blocks and a querier that takes the coarsest: the raw blocks are read, the digests are those of Prometheus;\n" +
	"- a store gateway that refuses large answers: questions are halved and the digests are the same; one that refuses the smallest ends the audit with what to do;\n" +
	"- random pods in VictoriaMetrics, with gaps, ends and counters that start over: by its export CPU usage is that of Prometheus' remote read, and its rate() is not asked for.\n"

func writePage(t *testing.T, rows []string) {
	t.Helper()
	page := "# Conformance\n\nOne suite of scenarios runs on every source of usage. `make conformance` builds these engines and runs it on them.\n" +
		"It writes this page. It is no part of the tests that every change runs.\n\nIt last ran on " + time.Now().UTC().Format(time.DateOnly) + ".\n\n" +
		"| engine | version | scenarios as on Prometheus | otherwise |\n|---|---|---|---|\n" + strings.Join(rows, "\n") + "\n\n" + beside
	if err := os.WriteFile("../../../docs/conformance.md", []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
}

func serveVictoria(t *testing.T, program string, start time.Time, all []sourcetest.Series) string {
	at := freeAddress(t)
	run(t, program, "-storageDataPath="+t.TempDir(), "-httpListenAddr="+at, "-retentionPeriod=100y", "-search.latencyOffset=0s", "-loggerLevel=ERROR")
	awaitOK(t, "http://"+at+"/health")
	remoteWrite(t, "http://"+at+"/api/v1/write", "", start, all)
	awaitOK(t, "http://"+at+"/internal/force_flush")
	time.Sleep(time.Second) // until it is searchable
	return "http://" + at
}

// run starts a program that the end of the test stops.
func run(t *testing.T, program string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said: %.2000s", filepath.Base(program), said.String())
		}
	})
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func awaitOK(t *testing.T, url string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		resp, err := http.Get(url)
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode/100 == 2 {
			return
		}
	}
	t.Fatalf("%s is not ready after a minute", url)
}

// remoteWrite sends the series as a scraper would: hour by hour, and where one ends
// or pauses it leaves a staleness marker. A tenant goes with the request.
func remoteWrite(t *testing.T, url, tenant string, start time.Time, all []sourcetest.Series) {
	t.Helper()
	var whole []prompb.TimeSeries
	first, last := int64(math.MaxInt64), int64(0)
	for _, s := range all {
		whole = append(whole, timeSeries(start, s))
		if at := whole[len(whole)-1].Samples; len(at) > 0 {
			first, last = min(first, at[0].Timestamp), max(last, at[len(at)-1].Timestamp)
		}
	}
	for hour := first; hour <= last; hour += time.Hour.Milliseconds() {
		var request prompb.WriteRequest
		for i := range whole {
			s := &whole[i]
			n, _ := slices.BinarySearchFunc(s.Samples, hour+time.Hour.Milliseconds(), func(p prompb.Sample, at int64) int { return cmp.Compare(p.Timestamp, at) })
			if n > 0 {
				request.Timeseries = append(request.Timeseries, prompb.TimeSeries{Labels: s.Labels, Samples: s.Samples[:n]})
				s.Samples = s.Samples[n:]
			}
		}
		raw, err := request.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		post(t, url, tenant, snappy.Encode(nil, raw))
	}
}

func timeSeries(start time.Time, s sourcetest.Series) prompb.TimeSeries {
	out := prompb.TimeSeries{Labels: []prompb.Label{{Name: "__name__", Value: s.Metric}}}
	for name, v := range s.Labels {
		if v != "" { // an empty label is none
			out.Labels = append(out.Labels, prompb.Label{Name: name, Value: v})
		}
	}
	slices.SortFunc(out.Labels, func(a, b prompb.Label) int { return strings.Compare(a.Name, b.Name) })
	last := math.NaN()
	for i, v := range append(s.Values[:len(s.Values):len(s.Values)], math.NaN()) {
		if math.IsNaN(v) && math.IsNaN(last) {
			continue
		}
		if last = v; math.IsNaN(v) {
			v = math.Float64frombits(value.StaleNaN)
		}
		out.Samples = append(out.Samples, prompb.Sample{Timestamp: start.Add(s.From + time.Duration(i)*s.Every).UnixMilli(), Value: v})
	}
	return out
}

func post(t *testing.T, url, tenant string, body []byte) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	if tenant != "" {
		req.Header.Set("THANOS-TENANT", tenant)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if said, _ := io.ReadAll(resp.Body); resp.StatusCode/100 != 2 {
		t.Fatalf("writing to %s: %s: %.300s", url, resp.Status, said)
	}
}

// TestSeveralClustersInEngines: a real engine with two clusters is read for the one
// whose pods prove it, and else named.
func TestSeveralClustersInEngines(t *testing.T) {
	w := options("").Window
	var all []sourcetest.Series
	for _, cluster := range []string{"eu-1", "eu-2"} {
		for i := range 3 {
			pod := fmt.Sprintf(`{namespace="shop",pod="web-%s-%d-x7k2p",container="main",cluster=%q}`, strings.ReplaceAll(cluster, "-", ""), i, cluster)
			all = append(all, series(t, "container_cpu_usage_seconds_total"+pod, "0+7.5x2880"), series(t, "container_memory_working_set_bytes"+pod, "104857600x2880"))
		}
	}
	for _, e := range realEngines() {
		t.Run(e.name, func(t *testing.T) {
			o := prometheus.Options{URL: e.serve(t, filepath.Join(*programs, e.program), w.Start, all), Window: w}
			narrowed(t, o)
		})
	}
}

// narrowed wants an engine with the clusters eu-1 and eu-2 to be refused without and
// read with pods that prove one of them.
func narrowed(t *testing.T, o prometheus.Options) {
	t.Helper()
	e, err := prometheus.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Narrow(t.Context(), &analyzer.Snapshot{}); err == nil || !strings.Contains(err.Error(), "by the label cluster: eu-1, eu-2") {
		t.Errorf("got %v, want the label and its values", err)
	}
	own := &analyzer.Snapshot{Workloads: []analyzer.Workload{{Pods: []analyzer.Pod{{Name: "web-eu2-0-x7k2p", Phase: "Running"}, {Name: "web-eu2-1-x7k2p", Phase: "Running"}}}}}
	if err := e.Narrow(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	got, err := e.Collect(t.Context(), &analyzer.Owners{}, nil)
	if err != nil || len(got.Usage) != 3 {
		t.Errorf("got %d containers and %v, want the 3 of eu-2", len(got.Usage), err)
	}
}

// TestExportOfVictoria: what the real VictoriaMetrics exports gives the CPU usage that
// remote read of the same samples gives: gaps, ends, counters that start over, duplicates.
func TestExportOfVictoria(t *testing.T) {
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 13))
		w := options("").Window
		w.Start = w.End.Add(-30 * time.Hour)
		every := []time.Duration{15 * time.Second, time.Minute, 150 * time.Second}[seed]
		var all []sourcetest.Series
		for pod := range 6 {
			all = append(all, randomHistory(rng, pod, every, int(31*time.Hour/every))...)
		}
		start := w.Start.Add(-time.Hour)
		var rates atomic.Int32
		to, err := url.Parse(serveVictoria(t, filepath.Join(*programs, "victoria-metrics"), start, all))
		if err != nil {
			t.Fatal(err)
		}
		proxy := httputil.NewSingleHostReverseProxy(to)
		victoria := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if strings.HasSuffix(r.URL.Path, "/query_range") && bytes.Contains(body, []byte("rate%28container_cpu")) {
				rates.Add(1)
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			proxy.ServeHTTP(rw, r)
		}))
		var got [2]prometheus.Result
		for i, url := range []string{victoria, engine(t, start, all).URL} {
			if got[i], err = prometheus.Collect(t.Context(), prometheus.Options{URL: url, Window: w, Owners: &analyzer.Owners{}}); err != nil {
				t.Fatal(err)
			}
		}
		if n := rates.Load(); n > 0 {
			t.Errorf("seed %d: rate() of CPU was asked for %d times", seed, n)
		}
		sharesAlike(t, got[0].Usage, got[1].Usage)
		alike(t, fmt.Sprint("seed ", seed), got[0], got[1])
	}
}

// sharesAlike wants the share of throttled periods to be the same, and then takes the
// numbers over: VictoriaMetrics' increase() is not extrapolated to the ends of the day.
func sharesAlike(t *testing.T, got, want []analyzer.ContainerUsage) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		for k := range min(len(got[i].Days), len(want[i].Days)) {
			a, b := &got[i].Days[k], &want[i].Days[k]
			if math.Abs(a.Throttled*b.Periods-b.Throttled*a.Periods) > 1e-3*a.Periods*b.Periods || math.Abs(a.Periods-b.Periods) > 0.04*b.Periods {
				t.Errorf("%v day %d: throttled %v of %v, want %v of %v", got[i].Ref, k, a.Throttled, a.Periods, b.Throttled, b.Periods)
			}
			a.Throttled, a.Periods = b.Throttled, b.Periods
		}
	}
}
