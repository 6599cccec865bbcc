package prometheus_test

import (
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// TestOneImpossibleSampleHidesNoOthers: where the engine gives the largest sample of a step,
// one that cannot be is set aside, and the largest of the others stands.
func TestOneImpossibleSampleHidesNoOthers(t *testing.T) {
	t.Parallel()
	const every, base, spike = 15 * time.Second, 100 << 20, 400 << 20
	for name, odd := range map[string]float64{"too large": 1e19, "negative": -1, "no number": math.NaN(), "infinite": math.Inf(1)} {
		w := options("").Window
		w.Start = w.End.Add(-6 * time.Hour)
		values := make([]float64, int(6*time.Hour/every))
		for i := range values {
			values[i] = base
		}
		values[805], values[807] = spike, odd // one step has the window's peak and the odd sample
		series := sourcetest.Series{Metric: "container_memory_working_set_bytes", Every: every, Values: values,
			Labels: map[string]string{"namespace": "shop", "pod": "web-0", "container": "app"}}
		server := httptest.NewServer(api(t, storage(t, w.Start, []sourcetest.Series{series}), plenty))
		defer server.Close()
		got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: server.URL, Window: w, Owners: &analyzer.Owners{}})
		if err != nil {
			t.Fatal(err)
		}
		peak, hours := 0.0, 0.0
		for _, u := range got.Usage {
			for _, d := range u.Days {
				peak = max(peak, d.Memory.Max())
				for _, h := range d.Hours {
					hours += float64(h.Pods)
				}
			}
		}
		if math.Abs(peak/spike-1) > 0.02 {
			t.Errorf("%s: the peak is %.0f, want %d", name, peak, spike)
		}
		if math.Abs(hours-6) > 0.1 {
			t.Errorf("%s: the pod was there for %.2f hours, want 6", name, hours)
		}
		said := false
		for _, warning := range got.Warnings {
			said = said || strings.Contains(warning.Message, "shop/web-0/app")
		}
		if want := odd > 1e15; said != want {
			t.Errorf("%s: warnings %v name the container: %v, want %v", name, got.Warnings, said, want)
		}
	}
}
