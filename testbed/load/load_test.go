package load_test

import (
	"math"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/testbed/load"
)

const day = 1440

var key = load.Key{Seed: 1, Namespace: "shop", Workload: "cart", Pod: "cart-0", Container: "app"}

func shape(t *testing.T, name string, cpu, memory float64) load.Profile {
	t.Helper()
	p, err := load.Shape(name)
	if err != nil {
		t.Fatal(err)
	}
	p.CPU, p.Memory = cpu, memory
	return p
}

func mean(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}

func TestSimulateIsDeterministic(t *testing.T) {
	c := load.Container{Profile: shape(t, "bursty", 0.2, 1e8)}
	a, b := load.Simulate(key, c, 0, day), load.Simulate(key, c, 0, day)
	if !slices.Equal(a.CPU, b.CPU) || !slices.Equal(a.Memory, b.Memory) {
		t.Error("two runs of one key differ")
	}
	// A pod's age, not where the window starts, decides: the tail of a run
	// without restarts equals a later evaluation of the same function.
	if got, want := load.Simulate(key, c, 600, day).CPU, a.CPU[600:]; !slices.Equal(got, want) {
		t.Error("use depends on the window's start")
	}
	other := key
	other.Pod = "cart-1"
	if slices.Equal(a.CPU, load.Simulate(other, c, 0, day).CPU) {
		t.Error("two pods have the same use")
	}
}

func TestShapesKeepTheirMean(t *testing.T) {
	for _, name := range []string{"steady", "diurnal", "idle", "jvm", "cache"} {
		r := load.Simulate(key, load.Container{Profile: shape(t, name, 0.4, 2e8)}, 0, day)
		if got := mean(r.CPU); math.Abs(got-0.4) > 0.4*0.12 {
			t.Errorf("%s: mean CPU %.3f, want 0.4 within 12 %%", name, got)
		}
	}
}

func TestWeekendIsQuiet(t *testing.T) {
	r := load.Simulate(key, load.Container{Profile: shape(t, "weekly", 1, 1e8)}, 0, 7*day)
	friday, saturday := mean(r.CPU[day:2*day]), mean(r.CPU[2*day:3*day]) // day 0 is a Thursday
	if ratio := saturday / friday; math.Abs(ratio-0.25) > 0.01 {
		t.Errorf("Saturday / Friday = %.3f, want 0.25", ratio)
	}
}

func TestLeakEndsInOOMKills(t *testing.T) {
	p := shape(t, "leaking", 0.1, 100<<20)
	p.Leak = 20 << 20 // 100 MiB of room: about five hours
	r := load.Simulate(key, load.Container{Profile: p, MemoryLimit: 200 << 20}, 0, day)
	if n := len(r.Restarts); n < 4 || n > 5 {
		t.Fatalf("%d restarts in a day, want 4 or 5", n)
	}
	if got := slices.Max(r.Memory); got != 200<<20 {
		t.Errorf("peak %v, want the limit", got)
	}
	first := r.Restarts[0]
	if r.Memory[first-1] != 0 || r.CPU[first-1] != 0 {
		t.Error("the container uses something while it is down")
	}
	if r.Memory[first] > 110<<20 {
		t.Errorf("memory after the restart is %v", r.Memory[first])
	}
}

func TestCPULimitThrottles(t *testing.T) {
	c := load.Container{Profile: shape(t, "steady", 1, 1e8), CPULimit: 0.5}
	r := load.Simulate(key, c, 0, 60)
	if got := slices.Max(r.CPU); got > 0.5 {
		t.Errorf("CPU %v above the limit", got)
	}
	if got := slices.Min(r.Throttled); got < 0.9 {
		t.Errorf("throttled %v of the periods under twice the limit, want more than 0.9", got)
	}
	free := load.Simulate(key, load.Container{Profile: c.Profile, CPULimit: 4}, 0, 60)
	if got := slices.Max(free.Throttled); got != 0 {
		t.Errorf("throttled %v of the periods far below the limit", got)
	}
}

func TestUnknownShape(t *testing.T) {
	if _, err := load.Shape("square"); err == nil {
		t.Error("no error for an unknown shape")
	}
}
