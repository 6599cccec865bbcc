package origin

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// ErrNoProgress ends a source that has finished no answer for too long.
var ErrNoProgress = errors.New("no answer was finished in time")

// Patience is how long one source may finish no answer, and how much time in
// all may be lost to requests that were never answered. Its zero value has no
// bound.
type Patience struct {
	limit time.Duration

	mu    sync.Mutex
	lost  time.Duration
	until time.Time // lost holds what was waited in vain until then, or an answer came
}

// NewPatience gives the patience for one source.
func NewPatience(limit time.Duration) *Patience { return &Patience{limit: limit} }

// stretchKey is that of a stretch in a context.
type stretchKey struct{}

// stretch is a part of the reading of a source.
type stretch struct {
	*Patience
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

// Begin gives a context that ends, by ErrNoProgress, once no answer was finished
// for so long: however many answers there are to come, and however long they
// take together. It ends at once where the patience is used up. stop must be
// called.
func (p *Patience) Begin(ctx context.Context) (patient context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	s := &stretch{Patience: p, cancel: cancel}
	left := max(p.left(), 0) // what was waited in vain before counts
	s.timer = time.AfterFunc(left, s.end)
	if left == 0 {
		s.end()
	}
	return context.WithValue(ctx, stretchKey{}, s), func() {
		s.timer.Stop()
		cancel(nil)
	}
}

func (s *stretch) end() { s.cancel(fmt.Errorf("%w (%s)", ErrNoProgress, s.limit)) }

func (p *Patience) left() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.limit - p.lost
}

// Answered says that an answer was finished.
func Answered(ctx context.Context) {
	if s, ok := ctx.Value(stretchKey{}).(*stretch); ok && ctx.Err() == nil {
		s.timer.Reset(s.limit)
		s.mu.Lock()
		s.until = time.Now()
		s.mu.Unlock()
	}
}

// InVain says that a request which began then was not answered in time. What
// requests side by side waited counts once, and not while others were answered.
func InVain(ctx context.Context, began time.Time) {
	s, ok := ctx.Value(stretchKey{}).(*stretch)
	if !ok {
		return
	}
	s.mu.Lock()
	if began.Before(s.until) {
		began = s.until
	}
	if now := time.Now(); now.After(began) {
		s.lost += now.Sub(began)
		s.until = now
	}
	s.mu.Unlock()
	if s.left() <= 0 {
		s.end()
	}
}

// Stalled gives ErrNoProgress, with the limit, where that ended the context,
// else nil.
func Stalled(ctx context.Context) error {
	if err := context.Cause(ctx); errors.Is(err, ErrNoProgress) {
		return err
	}
	return nil
}

// Within bounds a request's own time by what is left of the patience.
func Within(ctx context.Context, own time.Duration) time.Duration {
	if s, ok := ctx.Value(stretchKey{}).(*stretch); ok {
		return min(own, max(s.left(), time.Millisecond))
	}
	return own
}

// ErrLarge is an answer of more bytes than a Limited transport lets through.
var ErrLarge = errors.New("the answer is larger than this program reads")

// freeBytes is what each answer may have beside the others. Beyond, one answer
// at a time is read: clients keep an answer whole, and several times over.
const freeBytes = 2 << 20

// Limited bounds the bytes of every answer, as they are once they are
// unpacked, and those of all that are read at once. weigh is told each answer as
// a whole, before the client decodes it, and may refuse it.
func Limited(rt http.RoundTripper, most int64, weigh func(answer []byte) error) http.RoundTripper {
	return &limited{RoundTripper: rt, most: most, weigh: weigh, large: make(chan struct{}, 1)}
}

type limited struct {
	http.RoundTripper
	most  int64
	weigh func(answer []byte) error
	large chan struct{} // held by the one answer that is large
}

// RoundTrip bounds the body.
func (l *limited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err == nil && resp.Body != nil {
		resp.Body = &weighedBody{limitedBody: limitedBody{ReadCloser: resp.Body, of: l, ctx: r.Context()}}
	}
	return resp, err
}

// weighedBody reads an answer whole at the first read.
type weighedBody struct {
	limitedBody
	begun bool
	whole bytes.Buffer
	err   error // after what is whole
}

// Read gives the answer once it was weighed, then what reading it ended with.
func (b *weighedBody) Read(p []byte) (int, error) {
	if !b.begun {
		b.begun = true
		if _, b.err = b.whole.ReadFrom(&b.limitedBody); b.err == nil {
			b.err = b.of.weigh(b.whole.Bytes())
		}
		if errors.Is(b.err, ErrLarge) {
			b.whole = bytes.Buffer{}
		}
	}
	if b.whole.Len() == 0 {
		return 0, cmp.Or(b.err, io.EOF)
	}
	return b.whole.Read(p)
}

type limitedBody struct {
	io.ReadCloser
	of   *limited
	ctx  context.Context
	n    int64
	held bool
}

// Read gives ErrLarge beyond the bound.
func (b *limitedBody) Read(p []byte) (int, error) {
	if b.n >= freeBytes && !b.held {
		select {
		case b.of.large <- struct{}{}:
			b.held = true
		case <-b.ctx.Done():
			return 0, context.Cause(b.ctx)
		}
	}
	left := b.of.most - b.n
	if left <= 0 {
		var one [1]byte
		n, err := b.ReadCloser.Read(one[:])
		if n > 0 {
			return 0, ErrLarge
		}
		return 0, err
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), left)])
	b.n += int64(n)
	return n, err
}

// Close lets the next large answer in.
func (b *limitedBody) Close() error {
	if b.held {
		b.held = false
		<-b.of.large
	}
	return b.ReadCloser.Close()
}
