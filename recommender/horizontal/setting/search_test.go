package setting_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
)

// TestMoreUnservedNeverCostsMore holds the search to it, up to what a simpler
// setting is allowed to cost more.
func TestMoreUnservedNeverCostsMore(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 12 {
		d := setting.Demand{Step: 5 * time.Minute, Request: 500}
		for range 3 * 288 {
			v := 4000 * r.Float64() * r.Float64()
			if i%2 == 1 { // in bursts, rare and of many heights
				v = 200 + 8000*math.Pow(r.Float64(), 40)
			}
			d.Millicores = append(d.Millicores, v)
		}
		last := math.Inf(1)
		for _, allowed := range []float64{0, 0.001, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.2, 0.5} {
			scaled, _, tried, err := setting.Search(context.Background(), d, setting.Bounds{Floor: 1, Unserved: allowed, Start: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			if scaled == nil {
				continue
			}
			if scaled.Train.ReplicaHours > 1.021*last {
				t.Errorf("%d: allowing %v costs %.1f replica-hours, allowing less cost %.1f", i, allowed, scaled.Train.ReplicaHours, last)
			}
			last = min(last, scaled.Train.ReplicaHours)
			for _, c := range tried {
				if c.Min > c.Max {
					t.Fatalf("tried min %d above max %d", c.Min, c.Max)
				}
			}
		}
	}
}

func TestSearchRespectsItsBounds(t *testing.T) {
	d := setting.Demand{Step: 5 * time.Minute, Request: 100}
	for i := range 6 * 288 {
		d.Millicores = append(d.Millicores, 500+400*math.Sin(float64(i)/46))
	}
	for _, b := range []setting.Bounds{
		{Floor: 4, Unserved: 0.05, Start: time.Minute}, {Floor: 2, Ceiling: 12, Unserved: 0.05, Start: time.Minute},
		{Floor: 2, HighestTarget: 60, Unserved: 0.05, Start: time.Minute},
		{Floor: 2, MostPerPod: 50, Unserved: 0.05, Start: time.Minute},
	} {
		scaled, fixed, _, err := setting.Search(context.Background(), d, b)
		if err != nil || scaled == nil || fixed == nil {
			t.Fatalf("%+v: got %v and %v, error %v", b, scaled, fixed, err)
		}
		if scaled.Min < b.Floor || fixed.Min < b.Floor {
			t.Errorf("%+v: got min %d and %d fixed", b, scaled.Min, fixed.Min)
		}
		if b.Ceiling > 0 && scaled.Max > b.Ceiling || b.HighestTarget > 0 && scaled.Target > b.HighestTarget {
			t.Errorf("%+v: got max %d, target %d", b, scaled.Max, scaled.Target)
		}
		if b.MostPerPod > 0 && (float64(scaled.Target)*1.1 > b.MostPerPod || 900 > b.MostPerPod*float64(fixed.Min)) {
			t.Errorf("%+v: got target %d and %d fixed, above what a pod's memory bears", b, scaled.Target, fixed.Min)
		}
		if scaled.Train.ReplicaHours >= fixed.Train.ReplicaHours {
			t.Errorf("%+v: a swinging load is no cheaper scaled (%.0f) than fixed (%.0f)", b, scaled.Train.ReplicaHours, fixed.Train.ReplicaHours)
		}
	}
}

// TestRateFollowsWhatCPUHides: a load that pods at their limit cannot show.
// With the requests beside it the search sees all of it.
func TestRateFollowsWhatCPUHides(t *testing.T) {
	demand := setting.Demand{Step: 5 * time.Minute, Request: 500}
	signal := &setting.RequestSignal{Cost: 10, Lag: 90 * time.Second}
	for i := range 6 * 288 {
		v := 2000 + 1500*math.Sin(float64(i)/46)
		demand.Millicores = append(demand.Millicores, v)
		signal.PerSecond = append(signal.PerSecond, v/10)
	}
	b := setting.Bounds{Floor: 2, Unserved: 0.01, Start: time.Minute}
	onCPU, _, _, err := setting.Search(context.Background(), demand, b)
	if err != nil || onCPU == nil {
		t.Fatalf("got %v, %v", onCPU, err)
	}
	demand.Requests = signal
	for _, total := range []bool{false, true} {
		signal.Total = total
		onRate, _, _, err := setting.Search(context.Background(), demand, b)
		if err != nil || onRate == nil {
			t.Fatalf("got %v, %v", onRate, err)
		}
		if ratio := onRate.Train.ReplicaHours / onCPU.Train.ReplicaHours; ratio < 0.97 || ratio > 1.1 {
			t.Errorf("total %v: a rate in step with CPU costs %.2f times as much", total, ratio)
		}
	}
}

// BenchmarkSearch is one workload's search over 14 days.
func BenchmarkSearch(b *testing.B) {
	r := rand.New(rand.NewPCG(11, 12))
	d := setting.Demand{Step: 5 * time.Minute, Request: 500}
	for i := range 14 * 288 {
		d.Millicores = append(d.Millicores, max(0, 4000+3000*math.Sin(float64(i)/46)+500*r.NormFloat64()))
	}
	for b.Loop() {
		if _, _, _, err := setting.Search(context.Background(), d, setting.Bounds{Floor: 2, Unserved: 0.01, Start: time.Minute}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestTargetsAreWithinTheBand: whatever the history did, a pod is added before its pods are
// slow, and no target lies above what the gate lets pass.
func TestTargetsAreWithinTheBand(t *testing.T) {
	hovering := make([]float64, 8*288) // low but for a step a week: any target would serve it
	for i := range hovering {
		hovering[i] = 600
	}
	hovering[1000] = 3000
	for _, tt := range []struct {
		prompt, request int64
		tolerance       float64 // the controller's; 0 for the default
		highest         int32
	}{
		{333, 500, 0, 60}, {333, 500, 0.02, 60}, {333, 500, 0.2, 55}, {667, 500, 0, 90}, {0, 500, 0, 90}, {150, 500, 0, 30},
	} {
		d := setting.Demand{Step: 5 * time.Minute, Request: tt.request, Prompt: tt.prompt, Millicores: hovering}
		if tt.tolerance > 0 {
			d.Controller.Tolerance = &tt.tolerance
		}
		_, _, tried, err := setting.Search(t.Context(), d, setting.Bounds{Floor: 2, Unserved: 0.01, Start: time.Minute, OwnTolerance: true})
		if err != nil || len(tried) == 0 {
			t.Fatalf("%+v: got %d settings, %v", tt, len(tried), err)
		}
		for _, c := range tried {
			own := c.Tolerance != (setting.Tolerance{})
			if !own && c.Target > tt.highest || c.Target > 90 || own && tt.prompt >= 167 && float64(c.Target)*1.01*float64(tt.request) > 100*float64(tt.prompt) {
				t.Errorf("%+v: tried %+v", tt, c)
			}
		}
	}
}
