//go:build conformance

package prometheus_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// serveReceive writes the series to a receiver, as a tenant, and asks a querier.
func serveReceive(t *testing.T, program string, start time.Time, all []sourcetest.Series) string {
	t.Helper()
	grpc, write := receiver(t, program)
	remoteWrite(t, write, "", start, all)
	return querier(t, program, grpc)
}

// receiver starts a receiver and gives where it is asked and written to.
func receiver(t *testing.T, program string) (grpc, write string) {
	t.Helper()
	grpc, status, written := freeAddress(t), freeAddress(t), freeAddress(t)
	run(t, program, "receive", "--grpc-address="+grpc, "--http-address="+status, "--remote-write.address="+written,
		"--tsdb.path="+t.TempDir(), `--label=receive="a"`, "--receive.local-endpoint="+grpc, "--log.level=error")
	awaitOK(t, "http://"+status+"/-/ready")
	return grpc, "http://" + written + "/api/v1/receive"
}

// serveBlocks puts the series into a bucket and asks a querier over its store gateway.
func serveBlocks(t *testing.T, program string, start time.Time, all []sourcetest.Series) string {
	t.Helper()
	bucket := t.TempDir()
	block(t, bucket, map[string]string{"replica": "a"}, start, all)
	return querier(t, program, gateway(t, program, bucket))
}

// block writes one block of the series into a bucket, as a sidecar uploads it.
func block(t *testing.T, bucket string, labels map[string]string, start time.Time, all []sourcetest.Series) {
	t.Helper()
	made := t.TempDir()
	if err := storage(t, start, all).Snapshot(made, true); err != nil {
		t.Fatal(err)
	}
	blocks, err := filepath.Glob(filepath.Join(made, "*", "meta.json"))
	if err != nil || len(blocks) != 1 {
		t.Fatalf("%d blocks, %v", len(blocks), err)
	}
	var meta map[string]any
	raw, err := os.ReadFile(blocks[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &meta); err != nil {
		t.Fatal(err)
	}
	meta["thanos"] = map[string]any{"version": 1, "labels": labels, "downsample": map[string]any{"resolution": 0}, "source": "sidecar"}
	if raw, err = json.Marshal(meta); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(blocks[0], raw, 0o600); err != nil {
		t.Fatal(err)
	}
	from := filepath.Dir(blocks[0])
	if err := os.Rename(from, filepath.Join(bucket, filepath.Base(from))); err != nil {
		t.Fatal(err)
	}
}

// awaitBlocks waits until so many blocks are complete in a bucket.
func awaitBlocks(t *testing.T, bucket string, n int) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		found, err := filepath.Glob(filepath.Join(bucket, "*", "meta.json"))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) >= n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d blocks after two minutes, want %d", len(found), n)
		}
	}
}

func bucketConfig(bucket string) string {
	return fmt.Sprintf("--objstore.config={type: FILESYSTEM, config: {directory: %q}}", bucket)
}

// gateway starts a store gateway over a bucket.
func gateway(t *testing.T, program, bucket string, more ...string) (grpc string) {
	t.Helper()
	grpc, status := freeAddress(t), freeAddress(t)
	run(t, program, append([]string{"store", "--grpc-address=" + grpc, "--http-address=" + status, "--data-dir=" + t.TempDir(), bucketConfig(bucket), "--log.level=error"}, more...)...)
	awaitOK(t, "http://"+status+"/-/ready")
	return grpc
}

// querier starts a querier over stores and waits until it knows them all.
func querier(t *testing.T, program string, stores ...string) string {
	t.Helper()
	return querierWith(t, program, nil, stores...)
}

func querierWith(t *testing.T, program string, more []string, stores ...string) string {
	t.Helper()
	at := freeAddress(t)
	args := append([]string{"query", "--http-address=" + at, "--grpc-address=" + freeAddress(t), "--query.replica-label=replica", "--log.level=error"}, more...)
	for _, s := range stores {
		args = append(args, "--endpoint="+s)
	}
	run(t, program, args...)
	base := "http://" + at
	awaitOK(t, base+"/-/ready")
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		var got struct {
			Data map[string][]struct {
				Name      string  `json:"name"`
				LastError *string `json:"lastError"`
				MinTime   int64   `json:"minTime"`
				MaxTime   int64   `json:"maxTime"`
			}
		}
		fetch(t, base+"/api/v1/stores", &got)
		ready := 0
		for _, kind := range got.Data {
			for _, s := range kind {
				if s.LastError == nil && s.MinTime < s.MaxTime {
					ready++
				}
			}
		}
		if ready >= len(stores) {
			return base
		}
		if time.Now().After(end) {
			t.Fatalf("the querier knows %d of %d stores after a minute: %+v", ready, len(stores), got)
		}
	}
}

func fetch(t *testing.T, url string, into any) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// fourDays are three pods with levels of their own, in blocks long enough to be
// downsampled.
func fourDays(t *testing.T) (w analyzer.Window, all []sourcetest.Series) {
	w = options("").Window
	w.End = w.Start.AddDate(0, 0, 4)
	for i, rise := range []string{"7.5", "15", "3"} {
		pod := fmt.Sprintf(`{namespace="shop",pod="web-%d-x7k2p",container="main"}`, i)
		all = append(all, series(t, "container_cpu_usage_seconds_total"+pod, "0+"+rise+"x11520"), series(t, "container_memory_working_set_bytes"+pod, fmt.Sprintf("%dx11520", (i+1)<<27)),
			series(t, fmt.Sprintf(`kube_pod_owner{namespace="shop",pod="web-%d-x7k2p",owner_kind="StatefulSet",owner_name="web",owner_is_controller="true"}`, i), "1x11520"))
	}
	return w, all
}

// TestThanosDownsampled: a bucket has five-minute blocks beside the raw ones, and the
// querier takes the coarsest by default. The raw ones are read all the same.
func TestThanosDownsampled(t *testing.T) {
	program, bucket := filepath.Join(*programs, "thanos"), t.TempDir()
	w, all := fourDays(t)
	block(t, bucket, map[string]string{"replica": "a"}, w.Start, all)
	run(t, program, "tools", "bucket", "downsample", "--data-dir="+t.TempDir(), bucketConfig(bucket), "--http-address="+freeAddress(t), "--log.level=error")
	awaitBlocks(t, bucket, 2)
	want, err := prometheus.Collect(t.Context(), prometheus.Options{URL: engine(t, w.Start, all).URL, Window: w, Owners: &analyzer.Owners{}})
	if err != nil {
		t.Fatal(err)
	}
	at := querierWith(t, program, []string{"--query.auto-downsampling", "--query.instant.default.max_source_resolution=1h"}, gateway(t, program, bucket))
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: at, Window: w, Owners: &analyzer.Owners{}})
	if err != nil {
		t.Fatal(err)
	}
	sameDigests(t, want, got)
}

// sameDigests wants the same containers with the same digests.
func sameDigests(t *testing.T, want, got prometheus.Result) {
	t.Helper()
	if len(want.Usage) == 0 || len(got.Usage) != len(want.Usage) {
		t.Fatalf("got %d containers, want %d", len(got.Usage), len(want.Usage))
	}
	for i := range want.Usage {
		a, b := &want.Usage[i], &got.Usage[i]
		if len(a.Days) != len(b.Days) {
			t.Fatalf("%s: %d days, want %d", b.Ref, len(b.Days), len(a.Days))
		}
		for d := range a.Days {
			for _, q := range []float64{0.05, 0.5, 0.95, 1} {
				x, y := a.Days[d].CPU.Quantile(q), b.Days[d].CPU.Quantile(q)
				m, n := a.Days[d].Memory.Quantile(q), b.Days[d].Memory.Quantile(q)
				if x != y || m != n {
					t.Errorf("%s on day %d at %v: %v and %v, want %v and %v", b.Ref, d, q, y, n, x, m)
				}
			}
		}
	}
}

// TestThanosLimits: where a store refuses large answers, they are asked for in parts;
// where it refuses the smallest, the audit ends with what to do, and not with "no usage".
func TestThanosLimits(t *testing.T) {
	program, bucket := filepath.Join(*programs, "thanos"), t.TempDir()
	w, all := fourDays(t)
	block(t, bucket, map[string]string{"replica": "a"}, w.Start, all)
	want, err := prometheus.Collect(t.Context(), prometheus.Options{URL: engine(t, w.Start, all).URL, Window: w, Owners: &analyzer.Owners{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []string{"--store.limits.request-samples=30000", "--store.limits.request-series=4"} {
		at := querier(t, program, gateway(t, program, bucket, limit))
		got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: at, Window: w, Owners: &analyzer.Owners{}})
		if err != nil {
			t.Errorf("%s: %v", limit, err)
			continue
		}
		sameDigests(t, want, got)
	}
	// Three pods are in the one namespace: no question is small enough.
	at := querier(t, program, gateway(t, program, bucket, "--store.limits.request-series=2"))
	if _, err := prometheus.Collect(t.Context(), prometheus.Options{URL: at, Window: w, Owners: &analyzer.Owners{}}); err == nil || !strings.Contains(err.Error(), "raise the engine's limits") {
		t.Errorf("a store that refuses everything: %v, want what to do", err)
	}
}

// TestThanosTenants: a querier over two tenants without a label of their own is known
// by the tenant.
func TestThanosTenants(t *testing.T) {
	program := filepath.Join(*programs, "thanos")
	grpc, write := receiver(t, program)
	w := options("").Window
	for _, tenant := range []string{"eu-1", "eu-2"} {
		var all []sourcetest.Series
		for i := range 3 {
			pod := fmt.Sprintf(`{namespace="shop",pod="web-%s-%d-x7k2p",container="main"}`, strings.ReplaceAll(tenant, "-", ""), i)
			all = append(all, series(t, "container_cpu_usage_seconds_total"+pod, "0+7.5x2880"), series(t, "container_memory_working_set_bytes"+pod, "104857600x2880"))
		}
		remoteWrite(t, write, tenant, w.Start, all)
	}
	o := prometheus.Options{URL: querier(t, program, grpc), Window: w}
	e, err := prometheus.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Narrow(t.Context(), &analyzer.Snapshot{}); err == nil || !strings.Contains(err.Error(), "by the label tenant_id: eu-1, eu-2") {
		t.Errorf("got %v, want the label and its values", err)
	}
}

// TestThanosOverTwoClusters: two gateways, each with a cluster's blocks and its label.
func TestThanosOverTwoClusters(t *testing.T) {
	program := filepath.Join(*programs, "thanos")
	w := options("").Window
	var stores []string
	for _, cluster := range []string{"eu-1", "eu-2"} {
		var all []sourcetest.Series
		for i := range 3 {
			pod := fmt.Sprintf(`{namespace="shop",pod="web-%s-%d-x7k2p",container="main"}`, strings.ReplaceAll(cluster, "-", ""), i)
			all = append(all, series(t, "container_cpu_usage_seconds_total"+pod, "0+7.5x2880"), series(t, "container_memory_working_set_bytes"+pod, "104857600x2880"))
		}
		bucket := t.TempDir()
		block(t, bucket, map[string]string{"cluster": cluster, "replica": "a"}, w.Start, all)
		stores = append(stores, gateway(t, program, bucket))
	}
	narrowed(t, prometheus.Options{URL: querier(t, program, stores...), Window: w})
}
