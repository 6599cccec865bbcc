//go:build unix

package replay_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
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

// An interrupt ends a replay where it stands, with no outcome: it is not asked again.
func TestAnInterruptEndsAReplay(t *testing.T) {
	load := fleetLoad(1, time.Minute)
	w, a := fleetCandidate(1)
	whole := &countdown{Context: context.Background(), left: 1 << 30}
	if _, err := replay.Replay(whole, load, w, a, replay.Options{}); err != nil {
		t.Fatal(err)
	}
	asks := 1<<30 - whole.left
	if asks < 3 {
		t.Fatalf("a replay of 14 days asks the context %d times", asks)
	}
	for _, left := range []int{0, 1, asks / 2, asks - 1} {
		ctx := &countdown{Context: context.Background(), left: left}
		out, err := replay.Replay(ctx, load, w, a, replay.Options{})
		if !errors.Is(err, context.Canceled) || !reflect.DeepEqual(out, replay.Outcome{}) {
			t.Errorf("after %d of %d asks: got %v, want the context's error alone", left, asks, err)
		}
		if ctx.late > 2 {
			t.Errorf("after %d of %d asks: went on to ask %d times", left, asks, ctx.late)
		}
	}
}
