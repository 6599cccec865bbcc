package prometheus_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// closer counts the answers that are closed before their end: a reverse proxy takes each
// for a request that was aborted, and drops its connection to the engine.
type closer struct {
	next http.RoundTripper

	mu         sync.Mutex
	all, early int
	first      string // that was closed early
}

func (c *closer) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(r)
	if err == nil {
		resp.Body = &watched{ReadCloser: resp.Body, of: c, what: r.Method + " " + r.URL.Path + " " + resp.Status}
	}
	return resp, err
}

type watched struct {
	io.ReadCloser
	of    *closer
	what  string
	ended bool
	once  sync.Once
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	w.ended = w.ended || errors.Is(err, io.EOF)
	return n, err
}

func (w *watched) Close() error {
	w.once.Do(func() {
		w.of.mu.Lock()
		defer w.of.mu.Unlock()
		w.of.all++
		if !w.ended {
			if w.of.early++; w.of.first == "" {
				w.of.first = w.what
			}
		}
	})
	return w.ReadCloser.Close()
}

// TestAnswersAreReadToTheirEnd, whatever the engine says.
func TestAnswersAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	s := sourcetest.Scenarios()[0]
	st := storage(t, s.Window.Start, s.Series)
	whole := withRead(api(t, st, plenty), st)
	refusing := func(status int, text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, text)
				return
			}
			whole.ServeHTTP(w, r)
		})
	}
	long := string(make([]byte, 200<<10))
	for name, handler := range map[string]http.Handler{
		"remote read": whole, "queries": api(t, st, plenty), "too large": api(t, st, 400),
		"POST is refused": refusing(http.StatusMethodNotAllowed, "no"), "POST is forbidden at length": refusing(http.StatusForbidden, long),
		"all is refused at length": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, long)
		}),
		"a page": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>"+long) }),
		"something behind the answer": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"status":"success","data":{"resultType":"vector","result":[]}}`+"\n"+long)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler)
			defer server.Close()
			c := &closer{next: http.DefaultTransport}
			o := options(server.URL)
			o.Window, o.Transport = s.Window, c
			_, _ = prometheus.Collect(t.Context(), o)
			if c.all == 0 || c.early > 0 {
				t.Errorf("%d of %d answers were closed before their end, the first to %s", c.early, c.all, c.first)
			}
		})
	}
}
