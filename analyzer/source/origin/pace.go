package origin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// leastBytes is what must come, or be taken, within the limit of a paced request.
const leastBytes = 4 << 10

// Paced is a transport that waits no longer than limit for an answer to begin, nor
// for each few kilobytes of it: a server that stands still, or sends a byte a
// second, is one that does not answer. Large files may take as long as they need.
// The error is a timeout (context.DeadlineExceeded); after one nothing else is
// asked, since clients would try again and wait as long.
func Paced(rt http.RoundTripper, limit time.Duration) http.RoundTripper {
	return &paced{rt: rt, limit: limit}
}

type paced struct {
	rt      http.RoundTripper
	limit   time.Duration
	stalled atomic.Bool
}

func (p *paced) late() error { return late(p.limit) }

// late is a timeout after so long.
type late time.Duration

// Error says how long was waited.
func (l late) Error() string {
	return fmt.Sprintf("no answer in time (nothing came for %s)", time.Duration(l))
}

// Timeout is of net.Error.
func (late) Timeout() bool { return true }

// Temporary is of net.Error.
func (late) Temporary() bool { return true }

// Is says that it is a deadline that has passed.
func (late) Is(target error) bool { return target == context.DeadlineExceeded }

// RoundTrip gives an answer whose body is paced, too.
func (p *paced) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.stalled.Load() {
		return nil, p.late()
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	w := &watch{p: p, ctx: ctx, cancel: cancel}
	q := r.WithContext(ctx)
	if r.Body != nil && r.Body != http.NoBody {
		q.Body = &taken{r.Body, w}
	}
	w.begin()
	resp, err := p.rt.RoundTrip(q)
	if err = w.end(leastBytes, err); err != nil {
		cancel(nil)
		return nil, err
	}
	resp.Body = &pacedBody{resp.Body, &watch{p: p, ctx: ctx, cancel: cancel}}
	return resp, nil
}

// watch is how long a request has waited for its answer, or for a part of it.
type watch struct {
	p      *paced
	ctx    context.Context
	cancel context.CancelCauseFunc

	mu     sync.Mutex
	timer  *time.Timer // nil while nothing is waited for
	began  time.Time
	waited time.Duration
	bytes  int
}

// begin starts to wait.
func (w *watch) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began = time.Now()
	w.timer = time.AfterFunc(max(w.p.limit-w.waited, 0), func() {
		w.p.stalled.Store(true)
		w.cancel(w.p.late())
	})
}

// taken says that the server goes on taking what it is sent.
func (w *watch) taken() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Reset(w.p.limit)
	}
}

// end stops waiting: n bytes came, or what it waited for failed.
func (w *watch) end(n int, err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
	w.timer = nil
	w.waited += time.Since(w.began)
	if w.bytes += n; w.bytes >= leastBytes {
		w.waited, w.bytes = 0, 0
	}
	if cause := context.Cause(w.ctx); err != nil && !errors.Is(err, io.EOF) && errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	return err
}

// pacedBody is what is read of an answer.
type pacedBody struct {
	io.ReadCloser
	watch *watch
}

// Read waits for the server alone, and not for who reads.
func (b *pacedBody) Read(p []byte) (int, error) {
	b.watch.begin()
	n, err := b.ReadCloser.Read(p)
	return n, b.watch.end(n, err)
}

// Close lets the request go.
func (b *pacedBody) Close() error {
	err := b.ReadCloser.Close()
	b.watch.cancel(nil)
	return err
}

// taken is what is sent with a question.
type taken struct {
	io.ReadCloser
	watch *watch
}

// Read is called as the server takes more.
func (t *taken) Read(p []byte) (int, error) {
	t.watch.taken()
	return t.ReadCloser.Read(p)
}
