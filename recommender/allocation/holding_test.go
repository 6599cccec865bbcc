package allocation_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

const gib = 1 << 30

var twoDays = analyzer.Window{Start: day(0), End: day(2), Step: 5 * time.Minute}

func day(n int) time.Time { return time.Date(2026, 5, 4+n, 0, 0, 0, 0, time.UTC) }

// hours is a day of the window with the given pods and use in its first hours.
func hours(n int, h ...analyzer.Hour) analyzer.Day {
	d := analyzer.Day{Date: analyzer.DayOf(day(n).UnixMilli()), Hours: make([]analyzer.Hour, 24)}
	copy(d.Hours, h)
	d.Seen.Mark(0, int64(len(h))*3600)
	return d
}

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-6*max(1, math.Abs(want)) }

func TestHoldOf(t *testing.T) {
	asked := analyzer.Amounts{CPU: 100, Memory: gib, GPU: 1}
	before := hours(0, analyzer.Hour{Pods: 2, CPU: 100, CPUPeak: 60, Memory: gib, MemoryPeak: gib})
	before.Requests = analyzer.Amounts{CPU: 500}
	digests := analyzer.Day{}
	for _, v := range []float64{50, 150, 400} {
		digests.CPU.Add(v)
	}
	for _, tt := range []struct {
		name string
		w    analyzer.Window
		past bool
		days []analyzer.Day
		want allocation.Hold
	}{
		{name: "nothing"},
		{
			name: "the request is larger",
			days: []analyzer.Day{hours(0, analyzer.Hour{Pods: 3, CPU: 120, CPUPeak: 70})},
			want: allocation.Hold{
				PodHours: 3, GPUHours: 3, CPU: allocation.Amount{Requested: 300, Used: 120, Held: 300},
				Memory: allocation.Amount{Requested: 3 * gib, Held: 3 * gib},
			},
		},
		{
			name: "each hour for itself",
			days: []analyzer.Day{hours(0, analyzer.Hour{Pods: 1, CPU: 20, CPUPeak: 90}, analyzer.Hour{Pods: 1, CPU: 300, CPUPeak: 300})},
			want: allocation.Hold{
				// At 300 all the time nothing is missed: 100 + 300 * (1 - 100/300) = 300.
				PodHours: 2, GPUHours: 2, CPU: allocation.Amount{Requested: 200, Used: 320, Held: 400},
				Memory: allocation.Amount{Requested: 2 * gib, Held: 2 * gib},
			},
		},
		{
			name: "a peak above the request",
			days: []analyzer.Day{hours(0, analyzer.Hour{Pods: 1, CPU: 100, CPUPeak: 400})},
			want: allocation.Hold{
				PodHours: 1, GPUHours: 1, CPU: allocation.Amount{Requested: 100, Used: 100, Held: 100, Missed: 75},
				Memory: allocation.Amount{Requested: gib, Held: gib},
			},
		},
		{
			name: "the day's own request", past: true, days: []analyzer.Day{before},
			want: allocation.Hold{
				PodHours: 2, GPUHours: 2, CPU: allocation.Amount{Requested: 1000, Used: 100, Held: 1000}, Memory: allocation.Amount{Used: gib, Held: gib},
			},
		},
		{
			name: "today's request throughout", days: []analyzer.Day{before},
			want: allocation.Hold{
				PodHours: 2, GPUHours: 2, CPU: allocation.Amount{Requested: 200, Used: 100, Held: 200},
				Memory: allocation.Amount{Requested: 2 * gib, Used: gib, Held: 2 * gib},
			},
		},
		{
			name: "a day without hours", days: []analyzer.Day{digests},
			want: allocation.Hold{
				PodHours: 0.25, GPUHours: 0.25, CPU: allocation.Amount{Requested: 25, Used: 50, Held: 50, Missed: 12.5, Daily: 50},
				Memory: allocation.Amount{Requested: gib / 4, Held: gib / 4, Daily: gib / 4},
			},
		},
		{
			name: "one moment is an hour", w: analyzer.Window{End: day(1), Moment: true}, days: []analyzer.Day{digests},
			want: allocation.Hold{
				PodHours: 3, GPUHours: 3, CPU: allocation.Amount{Requested: 300, Used: 600, Held: 600, Missed: 150, Daily: 600},
				Memory: allocation.Amount{Requested: 3 * gib, Held: 3 * gib, Daily: 3 * gib},
			},
		},
	} {
		w := tt.w
		if w.End.IsZero() {
			w = twoDays
		}
		got := allocation.HoldOf(w, tt.days, asked, tt.past)
		for _, p := range []struct {
			what      string
			got, want float64
		}{
			{"pod-hours", got.PodHours, tt.want.PodHours}, {"GPU-hours", got.GPUHours, tt.want.GPUHours},
			{"CPU requested", got.CPU.Requested, tt.want.CPU.Requested}, {"CPU used", got.CPU.Used, tt.want.CPU.Used},
			{"CPU held", got.CPU.Held, tt.want.CPU.Held}, {"CPU missed", got.CPU.Missed, tt.want.CPU.Missed},
			{"CPU daily", got.CPU.Daily, tt.want.CPU.Daily},
			{"memory requested", got.Memory.Requested, tt.want.Memory.Requested}, {"memory used", got.Memory.Used, tt.want.Memory.Used},
			{"memory held", got.Memory.Held, tt.want.Memory.Held}, {"memory daily", got.Memory.Daily, tt.want.Memory.Daily},
		} {
			if !near(p.got, p.want) {
				t.Errorf("%s: %s = %v, want %v", tt.name, p.what, p.got, p.want)
			}
		}
	}
}

// TestHeldIsWithinItsBound compares hours with what they were made from: the
// larger of request and usage of every pod at every minute.
func TestHeldIsWithinItsBound(t *testing.T) {
	above := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		asked := analyzer.Amounts{CPU: r.Int64N(500)}
		var d analyzer.Day
		d.Hours = make([]analyzer.Hour, 24)
		var truth float64
		for h := range 24 {
			pods := r.IntN(5)
			d.Hours[h].Pods = float32(pods)
			for range pods {
				level := 800 * r.Float64() * r.Float64()
				for range 60 {
					v := float64(float32(level * r.ExpFloat64()))
					truth += max(v, float64(asked.CPU)) / 60
					d.Hours[h].CPU += float32(v) / 60
					d.Hours[h].CPUPeak = max(d.Hours[h].CPUPeak, float32(v))
				}
			}
		}
		got := allocation.HoldOf(twoDays, []analyzer.Day{d}, asked, false).CPU
		slip := 1e-5 * truth // hours are of single precision
		if truth < got.Held-slip || truth > got.Held+got.Missed+slip {
			t.Errorf("seed %d: by the minute %v, by the hour %v and at most %v more", seed, truth, got.Held, got.Missed)
		}
		if truth > got.Held*1.01 {
			above++
		}
	}
	if above < 50 {
		t.Errorf("only %d of 300 cases differ from their hours: they test nothing", above)
	}
}

func TestPerPod(t *testing.T) {
	c := &analyzer.ContainerFacts{Container: analyzer.Container{Name: "app", Requests: analyzer.Amounts{CPU: 100, GPU: 2}}}
	if got := allocation.PerPod(twoDays, c); !near(got.CPU.Held, 100) || !near(got.GPUHours, 2) || got.PodHours != 1 {
		t.Errorf("without usage a pod holds %+v an hour, want its request", got)
	}
	c.Days = []analyzer.Day{hours(0, analyzer.Hour{Pods: 2, CPU: 100}, analyzer.Hour{Pods: 2, CPU: 600, CPUPeak: 300})}
	if got := allocation.PerPod(twoDays, c); !near(got.CPU.Held, (200+600)/4.) || !near(got.GPUHours, 2) {
		t.Errorf("a pod holds %+v an hour, want 200 millicores and 2 GPUs", got)
	}
}
