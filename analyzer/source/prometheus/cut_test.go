package prometheus_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// TestAnswersOfAPart: a store that stops at its limit answers 200 with a part and a warning.
// What it left out is asked for in parts, nothing counts twice, and where the smallest is a
// part too nothing is taken for the whole.
func TestAnswersOfAPart(t *testing.T) {
	t.Parallel()
	w := options("").Window
	var all []sourcetest.Series
	for i := range 6 {
		pod := fmt.Sprintf(`{namespace="shop",pod="web-%d",container="main"}`, i)
		all = append(all, series(t, "container_cpu_usage_seconds_total"+pod, "0+7.5x2880"), series(t, "container_memory_working_set_bytes"+pod, "104857600x2880"))
	}
	whole := api(t, storage(t, w.Start, all), plenty)
	want, err := prometheus.Collect(t.Context(), prometheus.Options{URL: queryEngine(t, w.Start, all, plenty).URL, Window: w})
	if err != nil {
		t.Fatal(err)
	}
	for name, most := range map[string]float64{"six hours are whole": 6 * 3600, "nothing is whole": -1} {
		t.Run(name, func(t *testing.T) {
			var cut atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				start, _ := strconv.ParseFloat(r.FormValue("start"), 64)
				end, _ := strconv.ParseFloat(r.FormValue("end"), 64)
				if !strings.HasSuffix(r.URL.Path, "/query_range") || end-start <= most {
					whole.ServeHTTP(rw, r)
					return
				}
				cut.Add(1)
				inner := httptest.NewRecorder()
				r.Header.Del("Accept-Encoding")
				whole.ServeHTTP(inner, r)
				var a struct {
					Status string `json:"status"`
					Data   struct {
						Type   string            `json:"resultType"`
						Result []json.RawMessage `json:"result"`
					} `json:"data"`
					Warnings []string `json:"warnings"`
				}
				if err := json.Unmarshal(inner.Body.Bytes(), &a); err != nil {
					t.Error(err)
				}
				a.Data.Result = a.Data.Result[:len(a.Data.Result)/2]
				a.Warnings = []string{"exceeded chunks limit: rpc error: code = ResourceExhausted desc = limit 3 violated (got 6)"}
				_ = json.NewEncoder(rw).Encode(a)
			}))
			defer server.Close()
			got, err := prometheus.Collect(t.Context(), prometheus.WithRetryWait(prometheus.Options{URL: server.URL, Window: w}, 1))
			if cut.Load() == 0 {
				t.Fatal("no answer was cut")
			}
			if most < 0 {
				if m := message(got.Warnings, "CPU usage"); err == nil && !strings.Contains(m, "could not be read and are left out: ") {
					t.Errorf("got %d containers and %s, want to be told of the limit", len(got.Usage), m)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			sameUsage(t, want, got)
			for _, x := range got.Warnings {
				if strings.HasPrefix(x.Message, "the engine warns") || x.Subject == "CPU usage" || x.Subject == "memory usage" {
					t.Errorf("what was read in parts is whole: %v", x)
				}
			}
		})
	}
}

// sameUsage wants the same containers with as many samples of the same values.
func sameUsage(t *testing.T, want, got prometheus.Result) {
	t.Helper()
	if len(got.Usage) != len(want.Usage) || len(want.Usage) == 0 {
		t.Fatalf("got %d containers, want %d", len(got.Usage), len(want.Usage))
	}
	for i := range got.Usage {
		g, w := &got.Usage[i].Days[0], &want.Usage[i].Days[0]
		if g.CPU.Count() != w.CPU.Count() || g.CPU.Quantile(0.5) != w.CPU.Quantile(0.5) || g.Memory.Count() != w.Memory.Count() {
			t.Errorf("%s: got %d and %d samples, want %d and %d", got.Usage[i].Ref, g.CPU.Count(), g.Memory.Count(), w.CPU.Count(), w.Memory.Count())
		}
	}
}
