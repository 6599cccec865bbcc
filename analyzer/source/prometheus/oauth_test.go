package prometheus_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
)

// A token_url that points elsewhere gets no secret of ours there: 307 and 308
// would send the body, with the client's secret in it, once more.
func TestRedirectsOfTokenURL(t *testing.T) {
	var asked atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, _ *http.Request) { asked.Add(1) }))
	defer other.Close()
	for _, code := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		tokens := httptest.NewServer(http.RedirectHandler(other.URL+"/token?sig=s3cret", code))
		engine := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, _ *http.Request) { t.Error("the engine was asked without a token") }))
		rt, err := prometheus.TransportFromFile(write(t, t.TempDir(), "http.yml",
			"oauth2:\n  client_id: ann\n  client_secret: s3cret\n  token_url: "+tokens.URL+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&http.Client{Transport: rt}).Get(engine.URL)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			t.Errorf("%d: got an answer, want the redirect refused", code)
		} else if strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "is not followed") {
			t.Errorf("%d: got %v, want the redirect named without a secret", code, err)
		}
		tokens.Close()
		engine.Close()
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the other server was asked %d times", n)
	}
}

// throughTokens asks an engine that says what it was sent, with tokens of a server.
func throughTokens(t *testing.T, tokens http.HandlerFunc) func(context.Context) (string, error) {
	t.Helper()
	server := httptest.NewServer(tokens)
	t.Cleanup(server.Close)
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("Authorization"))
	}))
	t.Cleanup(engine.Close)
	rt, err := prometheus.TransportFromFile(write(t, t.TempDir(), "http.yml", "oauth2:\n  client_id: ann\n  client_secret: s3cret\n  token_url: "+server.URL+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) (string, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, engine.URL, nil)
		if err != nil {
			return "", err
		}
		resp, err := (&http.Client{Transport: rt}).Do(req)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		return string(text), err
	}
}

// A token_url that never answers holds no question for longer than the question's own
// time, nor the others that wait for the same token.
func TestTokenURLThatStandsStill(t *testing.T) {
	done := make(chan struct{})
	ask := throughTokens(t, func(http.ResponseWriter, *http.Request) { <-done })
	t.Cleanup(func() { close(done) })
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if _, err := ask(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want a timeout", err)
			}
		})
	}
	all.Wait()
}

// A token is asked for once, however many questions need it at once.
func TestTokenIsKept(t *testing.T) {
	var asked atomic.Int32
	ask := throughTokens(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"abc","token_type":"Bearer","expires_in":3600}`)
	})
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if got, err := ask(t.Context()); got != "Bearer abc" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	all.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("a token was asked for %d times, want once", n)
	}
}
