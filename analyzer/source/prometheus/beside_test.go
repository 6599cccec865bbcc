package prometheus_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// An engine that loses but one question makes the report partial, whichever it is
// and however it is lost. One that refuses it is whole, as far as it goes.
func TestOneQuestionIsLost(t *testing.T) {
	s := sourcetest.Scenarios()[0]
	inner := api(t, storage(t, s.Window.Start, s.Series), plenty)
	questions := map[string]struct {
		subject string
		beside  bool
	}{
		"kubelet_volume_stats_used_bytes":                  {"kubelet_volume_stats_used_bytes", true},
		"container_network_receive_bytes_total":            {"container_network_receive_bytes_total", true},
		"grpc_server_handled_total":                        {"request rates", true},
		"kube_pod_container_status_restarts_total":         {"restarts", false},
		"kube_pod_owner":                                   {"", false},
		"count(last_over_time(kube_pod_owner":              {"kube_pod_owner", false}, // its labels only
		"last_over_time(kube_namespace_created":            {"kube_namespace_created", false},
		"/label/namespace/values":                          {"namespaces", false},
		"container_cpu_cfs_throttled_periods_total":        {"", false},
		"kube_pod_container_status_last_terminated_reason": {"", false},
	}
	slots := make(chan struct{}, 12)
	var all sync.WaitGroup
	defer all.Wait()
	for name, death := range deaths {
		if name == "429" {
			continue // asks for an hour, so that all else is given up with it
		}
		for text, want := range questions {
			slots <- struct{}{}
			run := func(t *testing.T) {
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, err := io.ReadAll(r.Body)
					if err != nil {
						return
					}
					r.Body = io.NopCloser(bytes.NewReader(body))
					asked, _ := url.QueryUnescape(r.URL.String() + " " + string(body))
					if strings.Contains(asked, text) {
						death(w, r)
						return
					}
					inner.ServeHTTP(w, r)
				}))
				defer server.Close()
				ctx, stop := origin.NewPatience(time.Minute).Begin(context.Background())
				defer stop()
				got, err := prometheus.Collect(ctx, prometheus.WithRetryWait(prometheus.Options{URL: server.URL, Window: s.Window, Timeout: 3 * time.Second}, 10*time.Millisecond))
				if err != nil {
					return // the verb then says so, and leaves the report partial
				}
				unread := analyzer.UnreadOf(got.Warnings)
				switch {
				case name == "422" && len(unread) > 0:
					t.Errorf("a refusal makes the report partial: %v", unread)
				case name == "422":
				case len(unread) == 0:
					t.Errorf("nothing is said of what was lost: %v", got.Warnings)
				case unread[0].Beside != want.beside:
					t.Errorf("got beside %v, want %v: %v", unread[0].Beside, want.beside, unread)
				case want.subject != "" && !slices.ContainsFunc(unread, func(w analyzer.Warning) bool { return w.Subject == want.subject }):
					t.Errorf("got %v, want it of %s", unread, want.subject)
				case want.beside && !hasUsage(got.Usage):
					t.Error("usage is lost with it")
				}
			}
			all.Go(func() {
				defer func() { <-slots }()
				t.Run(fmt.Sprintf("%s/%s", name, strings.ReplaceAll(text, "/", "_")), run)
			})
		}
	}
}

// An answer of far more series than its question can have is not taken to its end, and
// what was read before stays.
func TestAnswersHaveBoundsOfTheirOwn(t *testing.T) {
	s := sourcetest.Scenarios()[0]
	inner := api(t, storage(t, s.Window.Start, s.Series), plenty)
	endless := `{"metric":{"namespace":"n","persistentvolumeclaim":"c"},"value":[1,"1"]},`
	for text, subject := range map[string]string{
		"kubelet_volume_stats_used_bytes":                            "kubelet_volume_stats_used_bytes",
		"count(last_over_time(container_network_receive_bytes_total": "container_network_receive_bytes_total",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			if asked, _ := url.QueryUnescape(string(body)); !strings.Contains(asked, text) {
				inner.ServeHTTP(w, r)
				return
			}
			_, err = io.WriteString(w, `{"status":"success","data":{"resultType":"vector","result":[`)
			for many := strings.Repeat(endless, 1000); err == nil; {
				_, err = io.WriteString(w, many) // until the reader goes
			}
		}))
		got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: server.URL, Window: s.Window})
		server.Close()
		unread := analyzer.UnreadOf(got.Warnings)
		if err != nil || !hasUsage(got.Usage) || len(unread) != 1 || unread[0].Subject != subject || !strings.Contains(unread[0].Message, "has no end") {
			t.Errorf("%s: got %v, %v", text, err, unread)
		}
	}
}

// An engine that says all of each answer, and then goes on to stand still, is not waited
// for: the time of a question, here a day, is that of its answer.
func TestAnswersThatDoNotEndAreNotWaitedFor(t *testing.T) {
	s := sourcetest.Scenarios()[0]
	inner := api(t, storage(t, s.Window.Start, s.Series), plenty)
	stop := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/read") {
			http.NotFound(w, r)
			return
		}
		r.Header.Del("Accept-Encoding")
		said := httptest.NewRecorder()
		inner.ServeHTTP(said, r)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "999999999999")
		_, _ = w.Write(said.Body.Bytes())
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	}))
	defer server.Close()
	defer close(stop)
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: server.URL, Window: s.Window, Timeout: 24 * time.Hour})
	if err != nil || !hasUsage(got.Usage) || len(analyzer.UnreadOf(got.Warnings)) > 0 {
		t.Errorf("got %v, %v", err, got.Warnings)
	}
}
