package analyzer_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

var (
	dayStart = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	twoDays  = analyzer.Window{Start: dayStart, End: dayStart.Add(48 * time.Hour), Step: 5 * time.Minute}
	web      = analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
)

func at(d time.Duration) int64 { return dayStart.Add(d).UnixMilli() }

// point is one sample of one pod.
type point struct {
	pod   string
	ms    int64
	value float64
}

func points(pods int) []point {
	r := rand.New(rand.NewPCG(1, 2))
	var out []point
	for p := range pods {
		for ms := at(twoDays.Step); ms <= at(48*time.Hour); ms += twoDays.Step.Milliseconds() {
			out = append(out, point{fmt.Sprint(p), ms, math.Exp(r.NormFloat64()) * 100})
		}
	}
	return out
}

// record gives the usage of points in their order; memory is 1 MiB for each
// millicore.
func record(all []point) []analyzer.ContainerUsage {
	rec := analyzer.NewRecorder(twoDays)
	pods := map[string]*analyzer.PodSeries{}
	var order []*analyzer.PodSeries
	for _, x := range all {
		p := pods[x.pod]
		if p == nil {
			p = rec.Pod(web, "app")
			pods[x.pod] = p
			order = append(order, p)
		}
		p.CPU(x.ms, x.value)
		p.Memory(x.ms, x.value*(1<<20))
	}
	for _, p := range order {
		p.Close()
	}
	return rec.Usage()
}

// sameUsage compares all but the last bits of float sums.
func sameUsage(t *testing.T, name string, got, want []analyzer.ContainerUsage) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d containers, want %d", name, len(got), len(want))
	}
	for i := range got {
		g, w := got[i], want[i]
		if g.Ref != w.Ref || g.Container != w.Container || len(g.Days) != len(w.Days) {
			t.Fatalf("%s: got %v with %d days, want %v with %d", name, g.Ref, len(g.Days), w.Ref, len(w.Days))
		}
		for j := range g.Days {
			sameDay(t, fmt.Sprintf("%s, %s day %d", name, g.Ref, w.Days[j].Date), &g.Days[j], &w.Days[j])
		}
	}
}

func sameDay(t *testing.T, name string, got, want *analyzer.Day) {
	t.Helper()
	if got.Date != want.Date || got.Seen != want.Seen || got.OOMKills != want.OOMKills || got.Restarts != want.Restarts || got.Requests != want.Requests {
		t.Errorf("%s: the counts differ", name)
	}
	for i, h := range [][2]*digest.Histogram{{&got.CPU, &want.CPU}, {&got.Memory, &want.Memory}, {&got.PodCPU, &want.PodCPU}, {&got.PodMemory, &want.PodMemory}} {
		if h[0].Count() != h[1].Count() || h[0].Max() != h[1].Max() || h[0].Quantile(0.5) != h[1].Quantile(0.5) || math.Abs(h[0].Sum()-h[1].Sum()) > 1e-9*h[1].Sum() {
			t.Errorf("%s, digest %d: got %d samples to %v, want %d to %v", name, i, h[0].Count(), h[0].Max(), h[1].Count(), h[1].Max())
		}
	}
	near := func(a, b float32) bool { return math.Abs(float64(a-b)) <= 1e-4*float64(b) }
	for i := range want.Hours {
		g, w := got.Hours[i], want.Hours[i]
		if !near(g.CPU, w.CPU) || !near(g.Memory, w.Memory) || !near(g.Pods, w.Pods) || g.CPUPeak != w.CPUPeak || g.MemoryPeak != w.MemoryPeak {
			t.Errorf("%s, hour %d: got %v, want %v", name, i, g, w)
		}
	}
}

// TestInterleaving: by series or by time, the digests are the same.
func TestInterleaving(t *testing.T) {
	all := points(3)
	want := record(all)
	var byTime []point
	n := len(all) / 3
	for i := range n {
		byTime = append(byTime, all[i], all[2*n+i], all[n+i])
	}
	sameUsage(t, "by time", record(byTime), want)
}

// TestShards: shards that are added up are the whole.
func TestShards(t *testing.T) {
	all := points(4)
	want := record(all)
	for _, cut := range []int{1, 2, 3} {
		n := cut * len(all) / 4
		sameUsage(t, fmt.Sprintf("first %d pods apart", cut), analyzer.MergeUsage(record(all[:n]), record(all[n:])), want)
	}
	var days [2][]point
	for _, x := range all {
		days[(x.ms-1-at(0))/86_400_000] = append(days[(x.ms-1-at(0))/86_400_000], x)
	}
	sameUsage(t, "by days, the later first", analyzer.MergeUsage(record(days[1]), record(days[0])), want)
	sameUsage(t, "with an empty shard", analyzer.MergeUsage(nil, record(all), nil), want)
}

func TestDayEnds(t *testing.T) {
	rec := analyzer.NewRecorder(twoDays)
	p := rec.Pod(web, "app")
	tests := []struct {
		name  string
		at    time.Duration
		value float64
		want  bool
	}{
		{"the window's start speaks for the step before", 0, 1, false},
		{"the first step", 5 * time.Minute, 1, true},
		{"midnight", 24 * time.Hour, 7, true},
		{"after midnight", 24*time.Hour + 5*time.Minute, 2, true},
		{"the window's end", 48 * time.Hour, 3, true},
		{"after the end", 48*time.Hour + time.Millisecond, 3, false},
		{"not a number", time.Hour, math.NaN(), false},
		{"negative", time.Hour, -1, false},
	}
	for _, tt := range tests {
		if got := p.CPU(at(tt.at), tt.value); got != tt.want {
			t.Errorf("CPU, %s: got %v, want %v", tt.name, got, tt.want)
		}
		if got := p.Memory(at(tt.at), tt.value); got != tt.want {
			t.Errorf("memory, %s: got %v, want %v", tt.name, got, tt.want)
		}
	}
	p.Close()
	days := rec.Usage()[0].Days
	if len(days) != 2 || days[0].Date+1 != days[1].Date || days[0].Date != analyzer.DayOf(at(0)) {
		t.Fatalf("got %d days, want two that follow", len(days))
	}
	if days[0].CPU.Max() != 7 || days[0].CPU.Count() != 2 || days[1].CPU.Max() != 3 {
		t.Errorf("midnight's sample is not in the day that ends: first day up to %v", days[0].CPU.Max())
	}
	if got := days[0].Hours[23].CPUPeak; got != 7 {
		t.Errorf("last hour's peak: got %v, want 7", got)
	}
	if got := days[0].Seen.Count(); got != 2 {
		t.Errorf("slots of the first day: got %d, want 2", got)
	}
}

func TestPodPeaksAndHours(t *testing.T) {
	rec := analyzer.NewRecorder(twoDays)
	for pod, base := range []float64{10, 100} {
		p := rec.Pod(web, "app")
		for i := 1; i <= 2*288; i++ {
			v := base
			if i == 100 {
				v = base * 5 // a peak on the first day
			}
			p.CPU(at(time.Duration(i)*5*time.Minute), v)
			if pod == 0 || i <= 144 { // the second pod shows memory for half a day
				p.Memory(at(time.Duration(i)*5*time.Minute), v)
			}
		}
		p.Close()
	}
	days := rec.Usage()[0].Days
	for i, want := range [][2]float64{{50, 500}, {10, 100}} {
		h := days[i].PodCPU
		if h.Count() != 2 || h.Min() != want[0] || h.Max() != want[1] {
			t.Errorf("day %d: got %d pod peaks from %v to %v, want 2 from %v to %v", i, h.Count(), h.Min(), h.Max(), want[0], want[1])
		}
	}
	if days[0].PodMemory.Count() != 2 || days[1].PodMemory.Count() != 1 {
		t.Errorf("pods by memory: got %d and %d, want 2 and 1", days[0].PodMemory.Count(), days[1].PodMemory.Count())
	}
	if h := days[0].Hours[0]; math.Abs(float64(h.CPU)-110) > 0.01 || math.Abs(float64(h.Pods)-2) > 0.01 || h.CPUPeak != 100 {
		t.Errorf("first hour: got %+v, want the mean 110 of two pods, peak 100", h)
	}
	if h := days[1].Hours[5]; math.Abs(float64(h.Pods)-1) > 0.01 || math.Abs(float64(h.Memory)-10) > 0.01 {
		t.Errorf("an hour of one pod: got %+v", h)
	}
}

func TestMoment(t *testing.T) {
	for _, step := range []time.Duration{0, 30 * time.Second} {
		for _, end := range []time.Time{dayStart.Add(time.Hour), dayStart} {
			w := analyzer.Window{Start: end, End: end, Step: step, Moment: true}
			rec := analyzer.NewRecorder(w)
			p := rec.Pod(web, "app")
			if !p.CPU(end.UnixMilli(), 5) || !p.Memory(end.Add(-time.Minute).UnixMilli(), 6) {
				t.Errorf("step %v, end %v: the reading was not taken", step, end)
			}
			p.Close()
			d := rec.Usage()[0].Days[0]
			if d.CPU.Count() != 1 || d.Memory.Count() != 1 || d.Seen.Count() == 0 {
				t.Errorf("step %v, end %v: got %d and %d samples in %d slots", step, end, d.CPU.Count(), d.Memory.Count(), d.Seen.Count())
			}
		}
	}
}

// TestOddMemoryLeavesThePod: readings that cannot be true are of a pod that is there, so
// its CPU is not taken for that of fewer pods.
func TestOddMemoryLeavesThePod(t *testing.T) {
	rec := analyzer.NewRecorder(twoDays)
	p := rec.Pod(web, "app")
	for i, ms := 0, at(twoDays.Step); ms <= at(24*time.Hour); i, ms = i+1, ms+twoDays.Step.Milliseconds() {
		p.CPU(ms, 100)
		if v := []float64{0, 1 << 20, math.NaN(), -5, 1.8e19, 0}[i%6]; p.Memory(ms, v) != (v == 1<<20) {
			t.Fatalf("%v bytes: wrongly taken or left", v)
		}
	}
	p.Close()
	d := rec.Usage()[0].Days[0]
	for i, h := range d.Hours {
		if math.Abs(float64(h.Pods)-1) > 1e-5 || math.Abs(float64(h.CPU)-100) > 1e-3 {
			t.Errorf("hour %d: got %v millicores of %v pods, want 100 of one", i, h.CPU, h.Pods)
		}
	}
	if d.Memory.Count() != 48 || d.Memory.Max() > 1.01*(1<<20) {
		t.Errorf("got %d readings up to %v, want 48 of 1 MiB", d.Memory.Count(), d.Memory.Max())
	}
}

func TestDayMergeHours(t *testing.T) {
	a := analyzer.Day{Hours: make([]analyzer.Hour, 1), Requests: analyzer.Amounts{CPU: 5, Memory: 1}, OOMKills: 1}
	a.Merge(&analyzer.Day{Hours: make([]analyzer.Hour, 24), Requests: analyzer.Amounts{CPU: 3, Memory: 2}, OOMKills: 2, Throttled: 1, Periods: 4})
	if len(a.Hours) != 24 || a.OOMKills != 3 || a.Requests != (analyzer.Amounts{CPU: 5, Memory: 2}) || a.Periods != 4 {
		t.Errorf("got %+v", a)
	}
}

func TestDayOf(t *testing.T) {
	for ms, want := range map[int64]int32{0: 0, -1: -1, 86_399_999: 0, 86_400_000: 1, -86_400_000: -1, -86_400_001: -2} {
		if got := analyzer.DayOf(ms); got != want {
			t.Errorf("DayOf(%d): got %d, want %d", ms, got, want)
		}
	}
}

func BenchmarkRecorder(b *testing.B) {
	all := points(1)
	rec := analyzer.NewRecorder(twoDays)
	p := rec.Pod(web, "app")
	i := 0
	for b.Loop() {
		x := all[i%len(all)]
		p.CPU(x.ms, x.value)
		p.Memory(x.ms, x.value*(1<<20))
		i++
	}
}
