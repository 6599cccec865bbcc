package prometheus_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
)

// behind calls a function once an answer has begun.
type behind func()

func (b behind) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	b()
	return resp, err
}

// A refusal whose reason is called off in the middle is canceled, and no refusal without
// a reason: which of several is told of is not chance.
func TestRefusalCalledOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(http.StatusForbidden)
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	end := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	_, err := prometheus.Collect(ctx, prometheus.Options{URL: server.URL, Transport: behind(cancel), Window: analyzer.Window{Start: end.Add(-24 * time.Hour), End: end}})
	var e *prometheus.Error
	if !errors.As(err, &e) || e.Kind != prometheus.KindCanceled {
		t.Errorf("got %v, want it canceled", err)
	}
}
