//go:build conformance

package prometheus_test

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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

// realEngine is an engine that runs: where series are written to and queries are
// asked, and what is to be said before the first query.
type realEngine struct{ write, query, flush string }

// differs are the scenarios that an engine answers otherwise than Prometheus, and
// why. Each is in the manual.
var differs = map[string]map[string]string{}

// TestEngines runs every scenario on the real engines. One that is not there is a
// failure.
func TestEngines(t *testing.T) {
	if *programs == "" {
		t.Fatal("-engines names no folder: use make conformance")
	}
	var rows []string
	for _, e := range []struct {
		name, program string
		start         func(t *testing.T, program string) realEngine
	}{
		{"VictoriaMetrics, single node", "victoria-metrics", startVictoria},
	} {
		program := filepath.Join(*programs, e.program)
		if _, err := os.Stat(program); err != nil {
			t.Errorf("%s: %v", e.name, err)
			continue
		}
		passed, all := 0, sourcetest.Scenarios()
		var other []string
		for _, s := range all {
			ok := t.Run(e.name+"/"+s.Name, func(t *testing.T) {
				running := e.start(t, program)
				remoteWrite(t, running, s.Window.Start, s.Series)
				got := collect(t, s, running.query)
				problems := sourcetest.Problems(s, got.Usage, got.Warnings)
				why, known := differs[e.program][s.Name]
				switch {
				case len(problems) == 0 && known:
					t.Errorf("it answers as Prometheus does by now: take it out of the list (%s)", why)
				case len(problems) > 0 && !known:
					t.Error(strings.Join(problems, "\n"))
				case known:
					other = append(other, s.Name+": "+why)
					t.Log(strings.Join(problems, "\n"))
				}
			})
			if _, known := differs[e.program][s.Name]; ok && !known {
				passed++
			}
		}
		built, err := buildinfo.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %d of %d | %s |", e.name, built.Main.Version, passed, len(all), strings.Join(other, "; ")))
	}
	if *rewrite && !t.Failed() {
		writePage(t, rows)
	}
}

func writePage(t *testing.T, rows []string) {
	t.Helper()
	page := "# Conformance\n\nOne suite of scenarios runs on every source of usage. `make conformance` builds these engines and runs it on them.\n" +
		"It writes this page. It is no part of the tests that every change runs.\n\nIt last ran on " + time.Now().UTC().Format(time.DateOnly) + ".\n\n" +
		"| engine | version | scenarios as on Prometheus | otherwise |\n|---|---|---|---|\n" + strings.Join(rows, "\n") + "\n"
	if err := os.WriteFile("../../../docs/conformance.md", []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
}

func startVictoria(t *testing.T, program string) realEngine {
	at := freeAddress(t)
	run(t, program, "-storageDataPath="+t.TempDir(), "-httpListenAddr="+at, "-retentionPeriod=100y", "-search.latencyOffset=0s", "-loggerLevel=ERROR")
	awaitOK(t, "http://"+at+"/health")
	return realEngine{"http://" + at + "/api/v1/write", "http://" + at, "http://" + at + "/internal/force_flush"}
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

// remoteWrite sends the series as a scraper would: where one ends or pauses it
// leaves a staleness marker.
func remoteWrite(t *testing.T, e realEngine, start time.Time, all []sourcetest.Series) {
	t.Helper()
	for batch := range slices.Chunk(all, 20) {
		var request prompb.WriteRequest
		for _, s := range batch {
			request.Timeseries = append(request.Timeseries, timeSeries(start, s))
		}
		raw, err := request.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		post(t, e.write, snappy.Encode(nil, raw))
	}
	if e.flush != "" {
		awaitOK(t, e.flush)
	}
	time.Sleep(time.Second) // until it is searchable
}

func timeSeries(start time.Time, s sourcetest.Series) prompb.TimeSeries {
	out := prompb.TimeSeries{Labels: []prompb.Label{{Name: "__name__", Value: s.Metric}}}
	for name, v := range s.Labels {
		out.Labels = append(out.Labels, prompb.Label{Name: name, Value: v})
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

func post(t *testing.T, url string, body []byte) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
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
	for program, start := range map[string]func(*testing.T, string) realEngine{"victoria-metrics": startVictoria} {
		t.Run(program, func(t *testing.T) {
			running := start(t, filepath.Join(*programs, program))
			remoteWrite(t, running, w.Start, all)
			o := prometheus.Options{URL: running.query, Window: w}
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
		})
	}
}
