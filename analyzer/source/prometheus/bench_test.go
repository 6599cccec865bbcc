package prometheus_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// BenchmarkCollect reads one day of 200 containers at a 60 s scrape from a
// real engine in the same process: most of the time is the engine's.
func BenchmarkCollect(b *testing.B) {
	w := options("").Window
	var all []sourcetest.Series
	for i := range 200 {
		sel := fmt.Sprintf(`{namespace="ns-%d",pod="p-%d",container="app"}`, i%20, i)
		for metric, values := range map[string]string{"container_cpu_usage_seconds_total": "0+15x1440", "container_memory_working_set_bytes": "1e8+1000x1440"} {
			s, err := sourcetest.Parse(metric+sel, 0, time.Minute, values)
			if err != nil {
				b.Fatal(err)
			}
			all = append(all, s)
		}
	}
	server := engine(b, w.Start, all)
	for b.Loop() {
		got, err := prometheus.Collect(b.Context(), prometheus.Options{URL: server.URL, Window: w})
		if err != nil || len(got.Usage) != 200 {
			b.Fatalf("got %d containers, %v", len(got.Usage), err)
		}
	}
	b.ReportMetric(float64(b.N)*200*288*2/b.Elapsed().Seconds(), "samples/s")
}
