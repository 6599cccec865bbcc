package slow_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/slow"
)

// recorded is a day of one container of three pods: usage in millicores by sample, at a step.
func recorded(step time.Duration, limit int64, throttled float64, usage func(pod, sample int) float64) (*analyzer.WorkloadFacts, analyzer.Window) {
	end := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	w := analyzer.Window{Start: end.AddDate(0, 0, -1), End: end, Step: step}
	ref := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	s := &analyzer.Snapshot{Window: w, Workloads: []analyzer.Workload{{
		Ref: ref, Scalable: true, Replicas: 3,
		Containers: []analyzer.Container{{Name: "app", Type: analyzer.TypeContainer, Requests: analyzer.Amounts{CPU: 500}, Limits: analyzer.Amounts{CPU: limit}}},
	}}}
	rec := analyzer.NewRecorder(w)
	for pod := range 3 {
		p := rec.Pod(ref, "app")
		for i := range int(24 * time.Hour / step) {
			p.CPU(w.Start.Add(time.Duration(i+1)*step).UnixMilli(), usage(pod, i))
		}
		if throttled > 0 {
			d := p.Day(w.Start.Add(step).UnixMilli())
			d.Periods, d.Throttled = 1e6, 1e6*throttled
		}
		p.Close()
	}
	s.Usage = rec.Usage()
	return &analyzer.Analyze(s).Workloads[0], w
}

func found(w *analyzer.WorkloadFacts, window analyzer.Window, costs []float64) slow.Found {
	var f slow.Found
	f.ByRequests(costs)
	f.ByUsage(slow.Followed(w, ""), w.LoadCurve(window), window.Step.Seconds())
	return f
}

// TestFinestSamples wants back the variation that was put in, and none where the load is
// even within each step, whatever it does between steps.
func TestFinestSamples(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	daily := func(sample, perDay int) float64 {
		return 300 + 200*math.Sin(2*math.Pi*float64(sample)/float64(perDay))
	}
	for _, tt := range []struct {
		name  string
		step  time.Duration
		usage func(pod, sample int) float64
		want  float64
		by    string
	}{
		{"even", 30 * time.Second, func(int, int) float64 { return 333 }, 0, "the finest samples"},
		{"a day's swing", 30 * time.Second, func(_, i int) float64 { return daily(i/10*10, 2880) }, 0, "the finest samples"},
		{"noise of a fifth", 30 * time.Second, func(_, i int) float64 { return daily(i, 2880) * (1 + 0.2*r.NormFloat64()) }, 0.19, "the finest samples"},
		{"noise of two fifths, by the minute", time.Minute, func(_, i int) float64 { return daily(i, 1440) * max(0, 1+0.4*r.NormFloat64()) }, 0.37, "the finest samples"},
		{"one pod takes half more, one half less", 30 * time.Second, func(pod, i int) float64 { return daily(i/10*10, 2880) * (0.5 + 0.5*float64(pod)) }, 0.41, "the finest samples"},
		{"bursts of half a minute", 30 * time.Second, func(_, i int) float64 { return 20 + 4000*float64(max(0, 1-i%20)) }, 1, "the finest samples"},
		{"samples no finer than the step", 5 * time.Minute, func(_, i int) float64 { return 300 * (1 + 0.9*r.Float64()) }, 0, ""},
	} {
		w, window := recorded(tt.step, 0, 0, tt.usage)
		got := found(w, window, nil)
		if math.Abs(got.Load-tt.want) > 0.03 || got.Source() != tt.by || got.Service != 0 {
			t.Errorf("%s: got %+v by %q, want a load that varies by %.2f, by %q", tt.name, got, got.Source(), tt.want, tt.by)
		}
	}
}

// TestThrottling draws usage in each period of 100 ms around the sample and counts those
// above the limit: from that share the variation comes back.
func TestThrottling(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 9))
	for _, want := range []float64{0.2, 0.5, 0.9} {
		usage := func(_, i int) float64 { return 300 + 200*math.Sin(2*math.Pi*float64(i)/288) }
		throttled, n := 0.0, 0.0
		for i := range 288 {
			for range 2000 {
				if n++; usage(0, i)*(1+want*r.NormFloat64()) > 600 {
					throttled++
				}
			}
		}
		w, window := recorded(5*time.Minute, 600, throttled/n, usage)
		if got := found(w, window, nil); math.Abs(got.Load-want) > 0.05*want+0.01 || got.Source() != "throttling" {
			t.Errorf("got %+v by %q, want %.2f by throttling", got, got.Source(), want)
		}
		if got := found(w, window, []float64{9, 10, 11}); got.Load != 0 || got.Source() != "" {
			t.Errorf("with the cost of requests known: got %+v by %q", got, got.Source())
		}
	}
	steady := func(int, int) float64 { return 300 }
	for name, tt := range map[string]struct {
		limit     int64
		throttled float64
		want      float64
	}{"no limit": {0, 0.1, 0}, "never throttled": {600, 0, 0}, "always throttled": {600, 1, 1}} {
		w, window := recorded(5*time.Minute, tt.limit, tt.throttled, steady)
		if got := found(w, window, nil); got.Load != tt.want {
			t.Errorf("%s: got %+v, want %g", name, got, tt.want)
		}
	}
}

// TestBothAddUp: samples that vary by 0.3 and periods that vary by 0.4 about them make a
// load that varies by more than either.
func TestBothAddUp(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	throttled, n := 0.0, 0.0
	w, window := recorded(30*time.Second, 600, 0.03, func(int, int) float64 {
		v := 300 * (1 + 0.3*r.NormFloat64())
		for range 20 {
			if n++; v*(1+0.4*r.NormFloat64()) > 600 {
				throttled++
			}
		}
		return max(v, 0)
	})
	w.Containers[0].ThrottledShare = throttled / n
	got := found(w, window, nil)
	if want := math.Sqrt(0.3*0.3 + 0.4*0.4*1.09); math.Abs(got.Load-want) > 0.04 || got.Source() != "throttling and the finest samples" {
		t.Errorf("got %+v by %q, want %.2f", got, got.Source(), want)
	}
}

func TestCostOfRequests(t *testing.T) {
	for _, tt := range []struct {
		name  string
		costs []float64
		want  float64
		known bool
	}{
		{"none counted", nil, 0, false}, {"they cost nothing", []float64{0, 0, 0}, 0, false},
		{"one cost", []float64{10, 10, 10, 10}, 1, true},
		{"a tenth to nine tenths over the median of 10", []float64{5, 6, 8, 9, 10, 10, 11, 12, 14, 15}, 1.1233, true},
	} {
		var f slow.Found
		if f.ByRequests(tt.costs); math.Abs(f.Service-tt.want) > 1e-9 || f.ByCost != tt.known {
			t.Errorf("%s: got %+v, want %g", tt.name, f, tt.want)
		}
	}
}
