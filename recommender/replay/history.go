package replay

import (
	"math"
	"time"
)

// history answers "the highest (or lowest) recommendation of the last window" in constant time. It
// keeps only recommendations that can still become that, as runs: the value and when it was last
// recorded. With a window that does not change it gives what State's list gives.
type history struct {
	lowest bool
	window time.Duration
	// inclusive keeps a recommendation that is exactly one window old, as the code without
	// spec.behavior does.
	inclusive bool

	ring []run // power of two long
	head int   // the run that answers
	size int
}

type run struct {
	replicas int32
	last     time.Duration
}

func (h *history) front() *run { return &h.ring[h.head&(len(h.ring)-1)] }
func (h *history) back() *run  { return &h.ring[(h.head+h.size-1)&(len(h.ring)-1)] }

// expire drops what has left the window.
func (h *history) expire(now time.Duration) {
	for h.size > 0 {
		expiry := h.front().last + h.window
		if expiry > now || h.inclusive && expiry == now {
			return
		}
		h.head++
		h.size--
	}
}

// best is the better of replicas and the window's best.
func (h *history) best(replicas int32) int32 {
	switch {
	case h.size == 0:
		return replicas
	case h.lowest:
		return min(replicas, h.front().replicas)
	default:
		return max(replicas, h.front().replicas)
	}
}

// record adds a recommendation made at now, the newest.
func (h *history) record(replicas int32, now time.Duration) {
	if h.window == 0 && !h.inclusive {
		return
	}
	for h.size > 0 && h.dominates(replicas, h.back().replicas) {
		h.size--
	}
	if h.size == len(h.ring) {
		h.grow()
	}
	h.size++
	*h.back() = run{replicas, now}
}

func (h *history) dominates(newer, older int32) bool {
	if h.lowest {
		return newer <= older
	}
	return newer >= older
}

// extend says that the newest recommendation was repeated until now.
func (h *history) extend(now time.Duration) {
	if h.size > 0 {
		h.back().last = now
	}
}

// cut takes back what extend said of syncs after last, which did not come to pass.
func (h *history) cut(last time.Duration) {
	if h.size > 0 {
		h.back().last = min(h.back().last, last)
	}
}

// until is the last moment at which a recommendation of that time counts.
func (h *history) until(at time.Duration) time.Duration {
	if h.inclusive {
		return at + h.window
	}
	return at + h.window - 1
}

// heldUntil is the last moment at which some recommendation of at least so many replicas counts.
func (h *history) heldUntil(replicas int32) time.Duration {
	until := time.Duration(math.MinInt64)
	for i := range h.size {
		r := &h.ring[(h.head+i)&(len(h.ring)-1)]
		if r.replicas < replicas {
			break
		}
		until = h.until(r.last)
	}
	return until
}

// expiry is when the answer may change although the same replicas keep being recommended.
func (h *history) expiry(replicas int32) time.Duration {
	if h.size == 0 || h.front().replicas == replicas {
		return never
	}
	return h.front().last + h.window
}

func (h *history) grow() {
	ring := make([]run, max(8, 2*len(h.ring)))
	for i := range h.size {
		ring[i] = h.ring[(h.head+i)&(len(h.ring)-1)]
	}
	h.ring, h.head = ring, 0
}
