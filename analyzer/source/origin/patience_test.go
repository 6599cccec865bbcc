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
	ctx, stop := origin.WithPatience(context.Background(), time.Millisecond)
	defer stop()
	<-ctx.Done()
	if err := origin.Stalled(ctx); !errors.Is(err, origin.ErrNoProgress) || !strings.Contains(err.Error(), "1ms") {
		t.Errorf("got %v", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	ctx, stop = origin.WithPatience(ended, time.Hour)
	defer stop()
	if err := origin.Stalled(ctx); err != nil {
		t.Errorf("an interrupt is no stall: %v", err)
	}
	ctx, stop = origin.WithPatience(context.Background(), time.Hour)
	origin.Answered(ctx)
	if ctx.Err() != nil {
		t.Error(ctx.Err())
	}
	stop()
	origin.Answered(ctx)
	origin.Answered(context.Background())
}

func TestLimited(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Repeat("x", map[string]int{"/small": 100, "/large": 101}[r.URL.Path]))
	}))
	defer s.Close()
	for path, want := range map[string]error{"/small": nil, "/large": origin.ErrLarge} {
		resp, err := origin.Client(origin.Limited(http.DefaultTransport, 100)).Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(resp.Body); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", path, err, want)
		}
		resp.Body.Close()
	}
}
