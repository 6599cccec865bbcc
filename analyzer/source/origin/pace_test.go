package origin_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// A server that stands still, before its answer, in it, or while it should take what is
// sent, or that sends a byte now and then, is given up by a timeout, and not asked again.
func TestPacedEndsWhatStandsStill(t *testing.T) {
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/silent" || r.Method == http.MethodPut {
			<-done // the body is not read
			return
		}
		for n := 0; ; n++ {
			if n > 0 && r.URL.Path == "/stalls" {
				<-done
				return
			}
			if _, err := w.Write([]byte(" ")); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}))
	defer server.Close()
	defer close(done)
	for _, path := range []string{"/silent", "/stalls", "/trickles", "/takes"} {
		client := origin.Client(origin.Paced(http.DefaultTransport, 100*time.Millisecond))
		method, body := http.MethodGet, io.Reader(nil)
		if path == "/takes" {
			method, body = http.MethodPut, bytes.NewReader(make([]byte, 64<<20))
		}
		for range 2 {
			req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, body)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Do(req)
			if err == nil {
				_, err = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: got %v, want a timeout", path, err)
			}
		}
	}
}

// An answer that is longer than the limit, but goes on, is read to its end, however
// slow its reader is; a canceled request is canceled.
func TestPacedLetsLargeAnswersThrough(t *testing.T) {
	const parts = 40
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/never" {
			<-r.Context().Done()
			return
		}
		part := make([]byte, 8<<10)
		for range parts {
			_, _ = w.Write(part)
			w.(http.Flusher).Flush()
			time.Sleep(time.Millisecond)
		}
	}))
	defer server.Close()
	client := origin.Client(origin.Paced(http.DefaultTransport, time.Hour))
	resp, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil || len(data) != parts*8<<10 {
		t.Errorf("read %d bytes, %v", len(data), err)
	}
	resp.Body.Close()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/never", nil)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := client.Do(req); !errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want it canceled", err)
	}
}
