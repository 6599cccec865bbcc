package main

import (
	"runtime"
	"runtime/metrics"
	"testing"
)

// TestPace holds that much live memory leaves the heap little to grow by, and that little
// leaves it twice that.
func TestPace(t *testing.T) {
	for live, want := range map[uint64]int{0: 200, 1 << 20: 200, 32 << 20: 200, 64 << 20: 100, 128 << 20: 50, 4 << 30: 20} {
		if got := sparePercent(live); got != want {
			t.Errorf("%d MiB live may grow by %d %%, want %d %%", live>>20, got, want)
		}
	}
	stop := pace()
	defer stop()
	const much = 320 << 20
	held := make([]byte, much)
	goal := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	for range 200 { // the collector tells of its round in a goroutine of its own
		runtime.GC()
		if metrics.Read(goal); goal[0].Value.Uint64() < 2*much {
			break
		}
	}
	if got := goal[0].Value.Uint64(); got >= 2*much {
		t.Errorf("with %d MiB live the heap may grow to %d MiB", much>>20, got>>20)
	}
	runtime.KeepAlive(held)
}
