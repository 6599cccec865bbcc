package prometheus

import (
	"context"
	"sync"
)

// gate bounds the queries in flight. It starts low and rises with each good answer;
// when the engine calls itself overloaded, it halves, and rises slowly from then on
// (additive increase, multiplicative decrease).
type gate struct {
	mu             sync.Mutex
	limit, most    int
	inFlight, good int
	warned         bool          // the engine called itself overloaded
	free           chan struct{} // closed and renewed whenever there may be room
}

// raiseAfter is the number of good answers that the limit rises by one after, once
// the engine was overloaded.
const raiseAfter = 8

func newGate(most int) *gate {
	return &gate{limit: min(2, most), most: most, free: make(chan struct{})}
}

func (g *gate) enter(ctx context.Context) error {
	for {
		g.mu.Lock()
		if g.inFlight < g.limit {
			g.inFlight++
			g.mu.Unlock()
			return nil
		}
		free := g.free
		g.mu.Unlock()
		select {
		case <-free:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// leave ends a query; overloaded says that the engine had too much to do.
func (g *gate) leave(overloaded bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
	if overloaded {
		g.limit, g.good, g.warned = max(g.limit/2, 1), 0, true
	} else if g.good++; g.good >= raiseAfter || !g.warned {
		g.limit, g.good = min(g.limit+1, g.most), 0
	}
	close(g.free)
	g.free = make(chan struct{})
}
