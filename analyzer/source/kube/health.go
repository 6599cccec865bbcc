package kube

import (
	"context"
	"errors"
	"net/http"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

const (
	// mostInRow is how many kinds one after the other may fail until the others
	// are not asked for.
	mostInRow = 6
	// mostPlaces is how many lists of one kind may fail until it is not asked for
	// in other namespaces.
	mostPlaces = 3
)

// health is what failed since the API server last answered.
type health struct {
	mu    sync.Mutex
	kinds map[string]bool // that failed one after the other
	times map[string]int  // each kind did
}

func (h *health) answered() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.kinds)
}

// failed notes what says something of the server's health. That an API is refused
// or not there is an answer.
func (h *health) failed(kind string, err error) {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		if code := status.Status().Code; code < 500 && code != http.StatusTooManyRequests {
			h.answered()
			return
		}
	}
	if errors.Is(err, context.Canceled) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.kinds == nil {
		h.kinds, h.times = map[string]bool{}, map[string]int{}
	}
	h.kinds[kind] = true
	h.times[kind]++
}

// over reports whether the server is to be given up.
func (h *health) over() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.kinds) >= mostInRow
}

// hopeless reports whether a kind failed in so many places that it is not asked
// for in others.
func (h *health) hopeless(kind string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.times[kind] >= mostPlaces
}
