package analyzer_test

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

func c(t analyzer.ContainerType, cpu int64) analyzer.Container {
	return analyzer.Container{Type: t, Requests: analyzer.Amounts{CPU: cpu}}
}

// TestPodRequests has the cases of KEP-753's section on resource calculation
// in numbers of its own.
func TestPodRequests(t *testing.T) {
	const run, init, side = analyzer.TypeContainer, analyzer.TypeInit, analyzer.TypeSidecar
	tests := []struct {
		name       string
		containers []analyzer.Container
		overhead   int64
		want       int64
	}{
		{"none", nil, 0, 0},
		{"containers add up", []analyzer.Container{c(run, 100), c(run, 200)}, 0, 300},
		{"a small init container hides", []analyzer.Container{c(init, 250), c(run, 300)}, 0, 300},
		{"a large init container rules", []analyzer.Container{c(init, 700), c(run, 300)}, 0, 700},
		{"init containers run one by one", []analyzer.Container{c(init, 400), c(init, 500), c(run, 300)}, 0, 500},
		{"a sidecar stays", []analyzer.Container{c(side, 50), c(run, 300)}, 0, 350},
		{"init beside an earlier sidecar", []analyzer.Container{c(side, 50), c(init, 400), c(run, 300)}, 0, 450},
		{"init before the sidecar", []analyzer.Container{c(init, 400), c(side, 50), c(run, 300)}, 0, 400},
		{"init between sidecars", []analyzer.Container{c(side, 50), c(init, 400), c(side, 90), c(run, 300)}, 0, 450},
		{"sidecars and containers together", []analyzer.Container{c(side, 50), c(init, 100), c(side, 90), c(run, 300)}, 0, 440},
		{"overhead comes on top", []analyzer.Container{c(init, 700), c(run, 300)}, 25, 725},
	}
	for _, tt := range tests {
		if got := analyzer.PodRequests(tt.containers, analyzer.Amounts{CPU: tt.overhead}).CPU; got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
	mixed := []analyzer.Container{
		{Type: init, Requests: analyzer.Amounts{CPU: 900, Memory: 10}},
		{Type: run, Requests: analyzer.Amounts{CPU: 100, Memory: 50, GPU: 1}},
	}
	if got, want := analyzer.PodRequests(mixed, analyzer.Amounts{}), (analyzer.Amounts{CPU: 900, Memory: 50, GPU: 1}); got != want {
		t.Errorf("each resource by itself: got %v, want %v", got, want)
	}
}

// TestTheLimitOfAKill is that of its day; today's where none was recorded of the day, and
// none where the container had none then.
func TestTheLimitOfAKill(t *testing.T) {
	for name, tt := range map[string]struct {
		requests, limits analyzer.Amounts
		want             int64
	}{
		"recorded":     {limits: analyzer.Amounts{Memory: 1 << 28}, want: 1 << 28},
		"not recorded": {want: 1 << 31},
		"had none":     {requests: analyzer.Amounts{Memory: 1 << 27}, want: 0},
	} {
		s := facts()
		s.Workloads[1].Containers[0].Limits = analyzer.Amounts{Memory: 1 << 31}
		for i := range s.Usage {
			for j := range s.Usage[i].Days {
				d := &s.Usage[i].Days[j]
				d.OOMKills, d.Requests, d.Limits = 1, tt.requests, tt.limits
			}
		}
		if got := analyzer.Analyze(s).Workloads[0].Containers[0].OOMLimit; got != tt.want {
			t.Errorf("%s: got %d, want %d", name, got, tt.want)
		}
	}
}

// facts is a snapshot of one workload whose container "app" has six hours of
// usage on the first day and all of the second.
func facts() *analyzer.Snapshot {
	rec := analyzer.NewRecorder(twoDays)
	first := analyzer.DayOf(at(0))
	for pod := range 2 {
		p := rec.Pod(web, "app")
		for i := 1; i <= 2*288; i++ {
			if i > 72 && i <= 288 {
				continue
			}
			ms := at(time.Duration(i) * 5 * time.Minute)
			p.CPU(ms, float64(100+pod))
			p.Memory(ms, float64(1000+i))
		}
		for day, limit := range []int64{1 << 28, 1 << 29} {
			d := p.Day((int64(first)+int64(day))*86_400_000 + 1000)
			d.Limits.Memory, d.Requests.CPU = limit, 50
			d.OOMKills += int64(1 - day)
			d.Restarts++
			d.Periods, d.Throttled = d.Periods+100, d.Throttled+25
		}
		p.Close()
	}
	old := rec.Pod(web, "renamed")
	old.CPU(at(time.Hour), 1)
	old.Close()
	past := rec.Pod(analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "past"}, "app")
	past.CPU(at(time.Hour), 1)
	past.Close()
	return &analyzer.Snapshot{
		Window: twoDays, Usage: rec.Usage(),
		Workloads: []analyzer.Workload{
			{Ref: analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "past"}, Past: true},
			{Ref: web, Pods: []analyzer.Pod{{Name: "web-1"}}, Containers: []analyzer.Container{
				{Name: "app", Type: analyzer.TypeContainer}, {Name: "new", Type: analyzer.TypeContainer}}},
		},
		HPAs:     []analyzer.HPA{{Name: "h", Target: web}, {Name: "other", Target: ref("Deployment", "x")}},
		VPAs:     []analyzer.VPA{{Name: "v", Target: web}},
		PDBs:     []analyzer.PDB{{Namespace: "shop", Name: "p", Pods: []string{"web-1"}}, {Namespace: "else", Name: "q", Pods: []string{"web-1"}}},
		Warnings: []analyzer.Warning{{Code: "x", Message: "b"}, {Code: "x", Message: "a"}, {Code: "x", Message: "b"}},
	}
}

func TestAnalyze(t *testing.T) {
	s := facts()
	a := analyzer.Analyze(s)
	if len(a.Workloads) != 1 || a.PastWorkloads != 1 {
		t.Fatalf("got %d workloads and %d past ones, want 1 and 1", len(a.Workloads), a.PastWorkloads)
	}
	w := a.Workloads[0]
	if len(w.HPAs) != 1 || len(w.VPAs) != 1 || len(w.PDBs) != 1 || w.PDBs[0].Name != "p" {
		t.Errorf("got %d HPAs, %d VPAs, %d PDBs, want one each", len(w.HPAs), len(w.VPAs), len(w.PDBs))
	}
	if math.Abs(w.MeanPods-2) > 0.01 {
		t.Errorf("mean pods: got %v, want 2", w.MeanPods)
	}
	app := w.Containers[0]
	if want := 0.625; app.Coverage != want || app.SeenSlots != 360 {
		t.Errorf("coverage: got %v of %d slots, want %v of 360", app.Coverage, app.SeenSlots, want)
	}
	if app.PodDays != 4 || app.OOMKills != 2 || app.Restarts != 4 || app.OOMLimit != 1<<28 || app.ThrottledShare != 0.25 {
		t.Errorf("got %d pod-days, %d OOM kills at %d, %d restarts, %v throttled", app.PodDays, app.OOMKills, app.OOMLimit, app.Restarts, app.ThrottledShare)
	}
	if want := []float64{1072, 1576}; !reflect.DeepEqual(app.Memory.DayPeaks, want) {
		t.Errorf("day peaks: got %v, want %v", app.Memory.DayPeaks, want)
	}
	if app.CPU.Samples.Count() != 720 || app.CPU.PodPeak.Count() != 4 || app.CPU.Samples.Max() != 101 {
		t.Errorf("CPU: got %d samples, %d peaks, max %v", app.CPU.Samples.Count(), app.CPU.PodPeak.Count(), app.CPU.Samples.Max())
	}
	first := analyzer.DayOf(at(0))
	history := []analyzer.Setting{
		{Date: first, Requests: analyzer.Amounts{CPU: 50}, Limits: analyzer.Amounts{Memory: 1 << 28}},
		{Date: first + 1, Requests: analyzer.Amounts{CPU: 50}, Limits: analyzer.Amounts{Memory: 1 << 29}},
	}
	if !reflect.DeepEqual(app.History, history) {
		t.Errorf("history: got %v, want %v", app.History, history)
	}
	if n := w.Containers[1]; n.Coverage != 0 || n.ThrottledShare != -1 || n.CPU.Samples.Count() != 0 {
		t.Errorf("a container without usage: got %+v", n)
	}
	want := []analyzer.Warning{
		{Code: analyzer.WarnUnmatched, Subject: "shop/Deployment/web", Message: `container "renamed" was used within the window but is no longer in the pod template; its usage is left out`},
		{Code: "x", Message: "a"}, {Code: "x", Message: "b"},
	}
	if !reflect.DeepEqual(a.Warnings, want) {
		t.Errorf("warnings: got %v, want %v", a.Warnings, want)
	}
	if len(s.Warnings) != 3 || s.Warnings[0].Message != "b" {
		t.Error("the snapshot's own warnings have changed")
	}
	again := analyzer.Analyze(s)
	if !reflect.DeepEqual(again.Workloads, a.Workloads) {
		t.Error("a second analysis differs: the first has changed the snapshot")
	}
}

func TestAnalyzeEmpty(t *testing.T) {
	a := analyzer.Analyze(&analyzer.Snapshot{})
	if len(a.Workloads) != 0 || len(a.Warnings) != 0 {
		t.Errorf("got %+v, want nothing", a)
	}
}

func TestHPAScales(t *testing.T) {
	h := analyzer.HPA{Metrics: []analyzer.HPAMetric{
		{Type: "Resource", Name: "cpu", TargetType: "Utilization"},
		{Type: "ContainerResource", Name: "memory", Container: "app", TargetType: "Utilization"},
		{Type: "External", Name: "queue", TargetType: "AverageValue"},
	}}
	for in, want := range map[[2]string]bool{
		{"cpu", "app"}: true, {"cpu", "side"}: true, {"memory", "app"}: true, {"memory", "side"}: false, {"queue", "app"}: false,
	} {
		if got := h.Scales(in[0], in[1]); got != want {
			t.Errorf("%v: got %v, want %v", in, got, want)
		}
	}
	h.Metrics[0].TargetType = "AverageValue"
	if h.Scales("cpu", "app") {
		t.Error("an average value does not depend on the request")
	}
}

// What only keeps room on nodes is no workload to advise on, and is not passed over in silence.
func TestPlaceholdersAreNoWorkload(t *testing.T) {
	room := analyzer.Ref{Namespace: "kube-system", Kind: "Deployment", Name: "room"}
	a := analyzer.Analyze(&analyzer.Snapshot{Workloads: []analyzer.Workload{
		{Ref: room, Annotations: map[string]string{analyzer.PlaceholderAnnotation: "true"}, Containers: []analyzer.Container{{Name: "pause"}}},
		{Ref: analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}},
	}})
	if len(a.Workloads) != 1 || a.Workloads[0].Name != "web" {
		t.Errorf("workloads: %+v", a.Workloads)
	}
	if len(a.Warnings) != 1 || a.Warnings[0].Code != analyzer.WarnPlaceholder || a.Warnings[0].Subject != room.String() {
		t.Errorf("warnings: %+v", a.Warnings)
	}
}
