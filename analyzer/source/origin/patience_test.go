package origin_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

func TestPatienceEndsWhatStandsStill(t *testing.T) {
	ctx, stop := origin.NewPatience(time.Millisecond).Begin(context.Background())
	defer stop()
	<-ctx.Done()
	if err := origin.Stalled(ctx); !errors.Is(err, origin.ErrNoProgress) || !strings.Contains(err.Error(), "1ms") {
		t.Errorf("got %v", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	ctx, stop = origin.NewPatience(time.Hour).Begin(ended)
	defer stop()
	if err := origin.Stalled(ctx); err != nil {
		t.Errorf("an interrupt is no stall: %v", err)
	}
	ctx, stop = origin.NewPatience(time.Hour).Begin(context.Background())
	origin.Answered(ctx)
	if ctx.Err() != nil {
		t.Error(ctx.Err())
	}
	stop()
	origin.Answered(ctx)
	origin.Answered(context.Background())
}

// What is waited in vain adds up over a source's stretches, and counts once
// where requests waited side by side.
func TestPatienceIsUsedUp(t *testing.T) {
	p := origin.NewPatience(time.Hour)
	ctx, stop := p.Begin(context.Background())
	defer stop()
	began := time.Now().Add(-40 * time.Minute)
	origin.InVain(ctx, began)
	origin.InVain(ctx, began)
	if left := origin.Within(ctx, 2*time.Hour); left < 19*time.Minute || left > 21*time.Minute || ctx.Err() != nil {
		t.Errorf("left are %s, %v; want 20 minutes", left, ctx.Err())
	}
	origin.Answered(ctx)
	origin.InVain(ctx, time.Now().Add(-10*time.Minute))
	if left := origin.Within(ctx, 2*time.Hour); left < 19*time.Minute {
		t.Errorf("left are %s: what was waited beside an answer counts", left)
	}
	if own := origin.Within(ctx, time.Minute); own != time.Minute {
		t.Errorf("a request's own time is %s, want a minute", own)
	}
	next, stop := p.Begin(context.Background())
	defer stop()
	origin.InVain(next, time.Now().Add(-2*time.Hour))
	if origin.Stalled(next) != nil {
		t.Error("what was waited until now counts twice")
	}
	short := origin.NewPatience(time.Minute)
	ctx, stop = short.Begin(context.Background())
	defer stop()
	origin.InVain(ctx, time.Now().Add(-time.Hour))
	again, stop := short.Begin(context.Background())
	defer stop()
	if origin.Stalled(ctx) == nil || origin.Stalled(again) == nil {
		t.Error("a patience that is used up ends no context")
	}
	origin.InVain(context.Background(), began)
	if origin.Within(context.Background(), time.Minute) != time.Minute {
		t.Error("without a patience there is no bound")
	}
}

// Large answers are read one after the other.
func TestOneLargeAnswerAtATime(t *testing.T) {
	const size = 6 << 20
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, size))
	}))
	defer s.Close()
	client := origin.Client(origin.Limited(http.DefaultTransport, 16<<20, light))
	first, err := client.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, first.Body, 5<<20); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, second.Body); !errors.Is(err, context.DeadlineExceeded) || n >= 5<<20 {
		t.Errorf("read %d bytes beside another large answer, %v", n, err)
	}
	second.Body.Close()
	if n, err := io.Copy(io.Discard, first.Body); err != nil || n != 1<<20 {
		t.Errorf("got %d bytes more, %v", n, err)
	}
	first.Body.Close()
	third, err := client.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer third.Body.Close()
	if n, err := io.Copy(io.Discard, third.Body); err != nil || n != size {
		t.Errorf("got %d bytes after the other was closed, %v", n, err)
	}
}

func TestLimited(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Repeat("x", map[string]int{"/small": 100, "/large": 101}[r.URL.Path]))
	}))
	defer s.Close()
	for path, want := range map[string]error{"/small": nil, "/large": origin.ErrLarge} {
		resp, err := origin.Client(origin.Limited(http.DefaultTransport, 100, light)).Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(resp.Body); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", path, err, want)
		}
		resp.Body.Close()
	}
}

// light lets every answer pass.
func light([]byte) error { return nil }

// An answer that is refused for what it unfolds to is not handed on, not even in part.
func TestWeighed(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "bomb") }))
	defer s.Close()
	heavy := func(answer []byte) error {
		if string(answer) == "bomb" {
			return origin.ErrLarge
		}
		return nil
	}
	resp, err := origin.Client(origin.Limited(http.DefaultTransport, 100, heavy)).Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); !errors.Is(err, origin.ErrLarge) || len(got) > 0 {
		t.Errorf("got %q, %v; want the answer refused", got, err)
	}
}

// What was waited in vain shortens the stretches that begin later.
func TestPatienceOfLaterStretches(t *testing.T) {
	const limit = 300 * time.Millisecond
	p := origin.NewPatience(limit)
	ctx, stop := p.Begin(t.Context())
	began := time.Now()
	time.Sleep(limit / 2)
	origin.InVain(ctx, began)
	stop()
	late, stop := p.Begin(t.Context())
	defer stop()
	<-late.Done()
	if took := time.Since(began); took < limit || origin.Stalled(late) == nil {
		t.Errorf("it ended after %s by %v", took, origin.Stalled(late))
	}
	if origin.Within(late, time.Hour) > limit/2 {
		t.Errorf("a request has %s of what is left", origin.Within(late, time.Hour))
	}
}
