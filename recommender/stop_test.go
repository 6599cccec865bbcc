package recommender_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// countdown is a context that ends once it was asked so many times: an
// interrupt that comes at the same step of the work on every machine.
type countdown struct {
	context.Context
	left, late *atomic.Int64
}

func newCountdown(asks int64) countdown {
	c := countdown{context.Background(), &atomic.Int64{}, &atomic.Int64{}}
	c.left.Store(asks)
	return c
}

func (c countdown) Err() error {
	if c.left.Add(-1) >= 0 {
		return nil
	}
	c.late.Add(1)
	return context.Canceled
}

// An interrupt ends whatever engine is at work: each asks the context, and no
// more than a few times once it has ended.
func TestAnInterruptEndsTheRules(t *testing.T) {
	s, err := snapshot.Read("../cmd/plimsoll/demo.snapshot")
	if err != nil {
		t.Fatal(err)
	}
	facts := analyzer.Analyze(s)
	costs := cost.Of(facts, pricing.New(pricing.Config{}))
	for asks := int64(0); asks < 1<<22; asks = 4*asks + 1 {
		ctx := newCountdown(asks)
		recs, err := recommender.Run(ctx, facts, costs, advice.Options{})
		if err == nil {
			if asks < 1000 {
				t.Errorf("the rules asked the context no more than %d times", asks)
			}
			return // it was never asked so often
		}
		if !errors.Is(err, context.Canceled) || recs != nil {
			t.Fatalf("after %d asks: got %d recommendations and %v, want the context's error alone", asks, len(recs), err)
		}
		if late := ctx.late.Load(); late > 500 {
			t.Errorf("after %d asks: went on to ask %d times", asks, late)
		}
	}
}
