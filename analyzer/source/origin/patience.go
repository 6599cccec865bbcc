package origin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// ErrNoProgress ends a source that has finished no answer for too long.
var ErrNoProgress = errors.New("no answer was finished in time")

// patienceKey is that of a patience in a context.
type patienceKey struct{}

// patience ends a context when nothing was answered for so long.
type patience struct {
	limit time.Duration
	timer *time.Timer
}

// WithPatience gives a context that ends, by ErrNoProgress, once no answer was
// finished for so long: however many answers there are to come, and however
// long they take together. stop must be called.
func WithPatience(ctx context.Context, limit time.Duration) (patient context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &patience{limit: limit}
	p.timer = time.AfterFunc(limit, func() { cancel(fmt.Errorf("%w (%s)", ErrNoProgress, limit)) })
	return context.WithValue(ctx, patienceKey{}, p), func() {
		p.timer.Stop()
		cancel(nil)
	}
}

// Answered says that an answer was finished.
func Answered(ctx context.Context) {
	if p, ok := ctx.Value(patienceKey{}).(*patience); ok && ctx.Err() == nil {
		p.timer.Reset(p.limit)
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

// ErrLarge is an answer of more bytes than a Limited transport lets through.
var ErrLarge = errors.New("the answer is larger than this program reads")

// Limited bounds the bytes of every answer, as they are once they are
// unpacked.
func Limited(rt http.RoundTripper, most int64) http.RoundTripper { return &limited{rt, most} }

type limited struct {
	http.RoundTripper
	most int64
}

// RoundTrip bounds the body.
func (l *limited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err == nil && resp.Body != nil {
		resp.Body = &limitedBody{resp.Body, l.most}
	}
	return resp, err
}

type limitedBody struct {
	io.ReadCloser
	left int64
}

// Read gives ErrLarge beyond the bound.
func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		var one [1]byte
		n, err := b.ReadCloser.Read(one[:])
		if n > 0 {
			return 0, ErrLarge
		}
		return 0, err
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
