package horizontal_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
)

// withRequests adds a counter to a snapshot of one workload: so many requests a
// second for each millicore, and noise.
func withRequests(r *rand.Rand, s *analyzer.Snapshot, by analyzer.CountedBy, counter string, noise float64) {
	curve := analyzer.Analyze(s).Workloads[0].LoadCurve(s.Window)
	rec := analyzer.NewRequestRecorder(s.Window)
	for i, v := range curve.CPU {
		rec.Add(s.Workloads[0].Ref, counter, curve.Start.Add(time.Duration(i+1)*5*time.Minute).UnixMilli(), 0.1*v*math.Max(0, 1+noise*r.NormFloat64()))
	}
	for _, q := range rec.Requests() {
		q.By, q.Query, q.RangeSeconds = by, "sum(rate(x[2m]))", 120
		s.Requests = append(s.Requests, q)
	}
}

// TestRatesAreSound: with counters of any quality whatever is advised can be
// applied and keeps the promise, and where it follows a rate that is said whole.
func TestRatesAreSound(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	advised := 0
	for i := range 20 {
		s := loadedSnapshot(r, "Deployment")
		s.HPAs = nil
		if i%2 == 0 {
			s.HPAs = []analyzer.HPA{{Namespace: "shop", Name: "web", Target: s.Workloads[0].Ref, Min: 2, Max: 9, Metrics: []analyzer.HPAMetric{
				{Type: "Pods", Name: "http_requests_per_second", TargetType: "AverageValue", Target: 4000},
			}}}
		}
		withRequests(r, s, analyzer.CountedByPod, "http_requests_total", 0.02)
		withRequests(r, s, analyzer.CountedByService, "nginx_ingress_controller_requests", r.Float64()*3)
		for _, got := range adviceOn(t, s, advice.Options{}, "horizontal") {
			to := advice.As[horizontal.Advice](got.Detail).Recommended
			if to == nil {
				continue
			}
			for _, k := range to.Triggers {
				advised++
				if len(to.Metrics) == 0 {
					continue
				}
				m := to.Metrics[0]
				if !(k.Threshold > 0) || k.Query == "" || k.Counter == "" || m.Target != int64(math.Round(1000*k.Threshold)) || m.Type == "Resource" {
					t.Errorf("%d: got trigger %+v and metric %+v", i, k, m)
				}
			}
			for _, e := range got.Evidence {
				if e.Name == "time with unserved demand in the last part, advised" && e.Value > 100*advice.DefaultRiskUnserved {
					t.Errorf("%d: %s is %v, above the promise", i, e.Name, e.Value)
				}
				if math.IsNaN(e.Value) || math.IsInf(e.Value, 0) {
					t.Errorf("%d: %s is %v", i, e.Name, e.Value)
				}
			}
		}
	}
	if advised < 5 {
		t.Errorf("a rate was advised %d times, want it kept for most of 10 HPAs that follow one", advised)
	}
}

// TestRateOrder: the order of counters changes nothing.
func TestRateOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	s := loadedSnapshot(r, "Deployment")
	withRequests(r, s, analyzer.CountedByPod, "http_requests_total", 0.05)
	withRequests(r, s, analyzer.CountedByPod, "grpc_server_handled_total", 0.1)
	want := adviceOn(t, s, advice.Options{}, "horizontal")
	slices.Reverse(s.Requests)
	if got := adviceOn(t, s, advice.Options{}, "horizontal"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, then %+v", want, got)
	}
}
