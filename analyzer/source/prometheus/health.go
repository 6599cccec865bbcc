package prometheus

import "sync"

const (
	// mostInRow is how many questions one after the other may fail, each after
	// its retries, until an engine is given up; mostFailed how many in all.
	mostInRow  = 6
	mostFailed = 60
)

// health counts the questions that an engine failed at.
type health struct {
	mu         sync.Mutex
	inRow, all int
	any        bool // was answered
}

func (h *health) answered() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.inRow, h.any = 0, true
}

// begun reports whether anything was ever answered.
func (h *health) begun() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.any
}

// down reports whether the last question failed after all its retries: until
// the engine answers again each is asked once.
func (h *health) down() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.inRow > 0
}

// failed counts one more, and reports whether the engine is to be given up.
// What it refuses for its size or words says nothing of its health.
func (h *health) failed(kind Kind) bool {
	switch kind {
	case KindOverloaded, KindTimeout, KindTruncated, KindUnreachable:
	default:
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.inRow++
	h.all++
	return h.inRow >= mostInRow || h.all >= mostFailed
}
