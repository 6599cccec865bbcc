package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// What the heap may grow by, before the collector looks for free memory: twice of what
// is live while that is little, since an audit is short and memory is cheaper than
// looking for it; spareMemory where that is less; and never less than a fifth, lest
// the collector takes the time of the work.
const (
	mostSpare   = 200 // percent of what is live
	leastSpare  = 20
	spareMemory = 64 << 20
)

// pace has the collector's distance set anew after each of its rounds, until stop is
// called. The process then takes what is live and spareMemory more, not three times
// what is live.
func pace() (stop func()) {
	before := debug.SetGCPercent(mostSpare)
	var done atomic.Bool
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	var round func(*roundEnd)
	round = func(*roundEnd) {
		if done.Load() {
			return
		}
		metrics.Read(live)
		debug.SetGCPercent(sparePercent(live[0].Value.Uint64()))
		runtime.SetFinalizer(&roundEnd{new(byte)}, round)
	}
	runtime.SetFinalizer(&roundEnd{new(byte)}, round)
	return func() {
		done.Store(true)
		debug.SetGCPercent(before)
	}
}

// roundEnd is what nobody holds: the collector tells of it after a round. It has a
// pointer, for small objects without one share their memory.
type roundEnd struct{ _ *byte }

// sparePercent is by how much of the live bytes the heap may grow.
func sparePercent(live uint64) int {
	return int(min(max(spareMemory*100/max(live, 1), leastSpare), mostSpare))
}
