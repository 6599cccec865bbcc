package commitment_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
)

// countdown is a context that ends once it was asked so many times: an interrupt that
// comes at the same step of the work on every machine.
type countdown struct {
	context.Context
	left, late int
}

func (c *countdown) Err() error {
	if c.left--; c.left >= 0 {
		return nil
	}
	c.late++
	return context.Canceled
}

// An interrupt ends the search for commitments where it stands.
func TestAnInterruptEndsTheSearch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2026))
	years := []int{1, 3}
	p := state(r, realInstruments(r, 4, years), 4, 24*14, years)
	whole := &countdown{Context: context.Background(), left: 1 << 30}
	if _, err := p.Best(whole); err != nil {
		t.Fatal(err)
	}
	asks := 1<<30 - whole.left
	if asks < 3 {
		t.Fatalf("a search over two weeks asks the context %d times", asks)
	}
	for _, left := range []int{0, 1, asks / 2, asks - 1} {
		ctx := &countdown{Context: context.Background(), left: left}
		if _, err := p.Best(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("after %d of %d asks: got %v, want the context's error", left, asks, err)
		}
		if ctx.late > 2 {
			t.Errorf("after %d of %d asks: went on to ask %d times", left, asks, ctx.late)
		}
	}
}
