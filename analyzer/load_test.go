package analyzer_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// loadOf gives the curve of web after a trip through JSON.
func loadOf(t *testing.T, w analyzer.Window, usage []analyzer.ContainerUsage, containers ...string) analyzer.LoadCurve {
	t.Helper()
	text, err := json.Marshal(usage)
	if err != nil {
		t.Fatal(err)
	}
	s := &analyzer.Snapshot{Window: w}
	if err := json.Unmarshal(text, &s.Usage); err != nil {
		t.Fatal(err)
	}
	wl := analyzer.Workload{Ref: web, Replicas: 1}
	for _, c := range containers {
		wl.Containers = append(wl.Containers, analyzer.Container{Name: c, Type: analyzer.TypeContainer})
	}
	s.Workloads = []analyzer.Workload{wl}
	return analyzer.Analyze(s).Workloads[0].LoadCurve(w)
}

func TestLoadCurveSumsPodsAndContainers(t *testing.T) {
	for _, step := range []time.Duration{30 * time.Second, 5 * time.Minute, time.Hour} {
		w := analyzer.Window{Start: dayStart, End: dayStart.Add(48 * time.Hour), Step: step}
		rec := analyzer.NewRecorder(w)
		for _, container := range []string{"app", "proxy"} {
			for range 3 {
				p := rec.Pod(web, container)
				for ms := at(step); ms <= at(48*time.Hour); ms += step.Milliseconds() {
					p.CPU(ms, 100)
				}
				p.Close()
			}
		}
		c := loadOf(t, w, rec.Usage(), "app", "proxy")
		if len(c.CPU) != 576 || c.Seen != 576 || !c.Start.Equal(dayStart) {
			t.Fatalf("step %v: got %d slots from %v, %d seen; want 576 from %v", step, len(c.CPU), c.Start, c.Seen, dayStart)
		}
		for i := range c.CPU {
			if math.Abs(c.CPU[i]-600) > 600*digest.MaxRelativeError || c.Pods[i] != 3 {
				t.Fatalf("step %v, slot %d: got %v millicores of %v pods, want 600 of 3", step, i, c.CPU[i], c.Pods[i])
			}
		}
	}
}

func TestLoadCurveGaps(t *testing.T) {
	rec := analyzer.NewRecorder(twoDays)
	p := rec.Pod(web, "app")
	for i := 10; i < 400; i++ {
		if i > 50 && i <= 60 || i > 100 && i <= 130 {
			continue
		}
		p.CPU(at(time.Duration(i+1)*5*time.Minute), 100)
	}
	p.Close()
	c := loadOf(t, twoDays, rec.Usage(), "app")
	if want := dayStart.Add(50 * time.Minute); !c.Start.Equal(want) {
		t.Errorf("starts %v, want %v, the first slot that was seen", c.Start, want)
	}
	for slot, want := range map[int]float64{0: 1, 45: 1, 110: 0, 130: 1, 450: 0} {
		if c.Pods[slot] != want {
			t.Errorf("slot %d: got %v pods, want %v", slot, c.Pods[slot], want)
		}
	}
	if want := 390 - 40; c.Seen != want {
		t.Errorf("got %d slots seen, want %d", c.Seen, want)
	}
}

func TestLoadIsKeptForWhatScales(t *testing.T) {
	for kind, want := range map[string]bool{
		"Deployment": true, "StatefulSet": true, "Rollout": true, "DaemonSet": false, "Job": false, "CronJob": false, "Pod": false,
	} {
		rec := analyzer.NewRecorder(twoDays)
		p := rec.Pod(analyzer.Ref{Namespace: "shop", Kind: kind, Name: "x"}, "app")
		p.CPU(at(time.Hour), 5)
		p.Close()
		if got := !rec.Usage()[0].Days[0].Load.IsZero(); got != want {
			t.Errorf("%s: load kept %v, want %v", kind, got, want)
		}
	}
}

// TestLoadTextIsStable: what was saved says what it said before.
func TestLoadTextIsStable(t *testing.T) {
	day := record(points(3))[0].Days[0]
	text, err := day.Load.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var back analyzer.Load
	if err := back.UnmarshalText(text); err != nil {
		t.Fatal(err)
	}
	for i := range digest.SlotsPerDay {
		c1, p1 := day.Load.At(i)
		c2, p2 := back.At(i)
		if c1 != c2 || p1 != p2 {
			t.Fatalf("slot %d: got %v of %v pods, want %v of %v", i, c2, p2, c1, p1)
		}
	}
	if len(text) > 1200 {
		t.Errorf("a day of noise takes %d bytes, want at most 1200", len(text))
	}
}

func TestLoadShards(t *testing.T) {
	all := points(4)
	want := loadOf(t, twoDays, record(all), "app")
	n := len(all) / 2
	got := loadOf(t, twoDays, analyzer.MergeUsage(record(all[n:]), record(all[:n])), "app")
	for i := range want.CPU {
		if got.Pods[i] != want.Pods[i] || math.Abs(got.CPU[i]-want.CPU[i]) > 0.02*want.CPU[i] {
			t.Fatalf("slot %d: got %v of %v pods, want %v of %v", i, got.CPU[i], got.Pods[i], want.CPU[i], want.Pods[i])
		}
	}
}

func TestLoadOfNothing(t *testing.T) {
	moment := analyzer.Window{Start: dayStart, End: dayStart, Moment: true, Step: time.Minute}
	rec := analyzer.NewRecorder(moment)
	p := rec.Pod(web, "app")
	p.CPU(at(0), 5)
	p.Close()
	if c := loadOf(t, moment, rec.Usage(), "app"); len(c.CPU) != 0 {
		t.Errorf("a moment has a curve of %d slots, want none", len(c.CPU))
	}
	if c := loadOf(t, twoDays, nil, "app"); len(c.CPU) != 0 || c.Seen != 0 {
		t.Errorf("no usage has a curve of %d slots, want none", len(c.CPU))
	}
}

func FuzzLoad(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, u := range record(points(2)) {
		for i := range u.Days {
			text, _ := u.Days[i].Load.MarshalText()
			f.Add(text)
			text[r.IntN(len(text))] ^= 5
			f.Add(text)
		}
	}
	f.Add([]byte(""))
	f.Add([]byte("AQ"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var l analyzer.Load
		if err := l.UnmarshalText(text); err != nil {
			if !l.IsZero() {
				t.Error("a failed decoding left something behind")
			}
			return
		}
		for i := range digest.SlotsPerDay {
			if cpu, pods := l.At(i); !(cpu >= 0) || !(pods >= 0) || math.IsInf(cpu, 0) {
				t.Fatalf("slot %d: %v of %v pods", i, cpu, pods)
			}
		}
		first, err := l.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var again analyzer.Load
		if err := again.UnmarshalText(first); err != nil {
			t.Fatal(err)
		}
		if second, _ := again.MarshalText(); string(second) != string(first) {
			t.Errorf("got %q, then %q", first, second)
		}
	})
}

// TestLoadAtRest: what is packed after recording says the same of each slot, be usage even
// or of twenty octaves, and pods few or another number in each slot.
func TestLoadAtRest(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 9))
	for _, octaves := range []float64{0, 3, 20} {
		rec, want := analyzer.NewRecorder(twoDays), make([]float64, 576)
		pods := make([]float64, len(want))
		for n := range 4 {
			p := rec.Pod(web, "app")
			for slot := range want {
				if slot < 12 || n > 0 && rng.IntN(2) == 0 {
					continue
				}
				millicores := math.Exp2(rng.Float64() * octaves)
				if slot%50 == 13 {
					millicores = 0
				}
				want[slot] += millicores
				pods[slot]++
				p.CPU(at(time.Duration(slot+1)*5*time.Minute), millicores)
			}
			p.Close()
		}
		c := loadOf(t, twoDays, rec.Usage(), "app")
		for i := range c.CPU {
			slot := i + 12
			if got := c.CPU[i]; c.Pods[i] != pods[slot] || math.Abs(got-want[slot]) > want[slot]*digest.MaxRelativeError {
				t.Fatalf("%v octaves, slot %d: got %v millicores of %v pods, want %v of %v", octaves, slot, got, c.Pods[i], want[slot], pods[slot])
			}
		}
	}
}
