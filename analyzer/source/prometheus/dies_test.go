package prometheus_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// deaths are how an engine may end.
var deaths = map[string]http.HandlerFunc{
	"never": func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	},
	"stands still": func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Length", "5000")
		_, _ = io.WriteString(w, `{"status":"success","data":{"resultType":"vector","result":[`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	},
	"reset": func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		}
	},
	"closed": closes,
	"cut":    drain(answers(200, "Content-Type: application/json", `{"status":"success","data":{"resultType":"vector","result":[{"met`)),
	"empty":  drain(answers(200, "Content-Type: application/json", "")),
	"null":   drain(answers(200, "Content-Type: application/json", "null")),
	"HTML":   drain(answers(200, "Content-Type: text/html", "<html>sign in</html>")),
	"503":    drain(answers(503, "", "starting")),
	"429":    drain(answers(429, "Retry-After: 3600", "slow down")),
	"401":    drain(answers(401, "", "no")),
	"422":    drain(answers(422, "", `{"status":"error","errorType":"execution","error":"no"}`)),
}

// An engine that dies after N answers is given up within the patience, and what it
// did not tell is named: by an error that says whether it had begun to answer, or
// beside what was read before.
func TestEngineThatDies(t *testing.T) {
	s := sourcetest.Scenarios()[0]
	inner := api(t, storage(t, s.Window.Start, s.Series), plenty)
	slots := make(chan struct{}, 12) // they wait more than they work
	var all sync.WaitGroup
	defer all.Wait()
	for name, death := range deaths {
		for _, n := range []int64{0, 1, 2, 3, 4, 5, 6, 8, 11, 15, 20} {
			slots <- struct{}{}
			run := func(t *testing.T) {
				var count atomic.Int64
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if count.Add(1) > n {
						death(w, r)
						return
					}
					inner.ServeHTTP(w, r)
				}))
				defer server.Close()
				waits := name == "never" || name == "stands still" || name == "429"
				patience := time.Minute // a loaded machine answers late
				if waits {
					patience = 2 * time.Second
				}
				ctx, stop := origin.NewPatience(patience).Begin(context.Background())
				defer stop()
				began := time.Now()
				got, err := prometheus.Collect(ctx, prometheus.WithRetryWait(prometheus.Options{URL: server.URL, Window: s.Window, Timeout: patience / 2}, 10*time.Millisecond))
				if took := time.Since(began); took > time.Minute {
					t.Errorf("it took %s", took)
				}
				var e *prometheus.Error
				switch {
				case errors.As(err, &e):
					if e.Midway && n == 0 || !e.Midway && n > 0 && !waits || strings.Contains(err.Error(), "\n") {
						t.Errorf("it says midway: %v after %d answers: %v", e.Midway, n, err)
					}
				case err != nil:
					t.Errorf("got %T: %v", err, err)
				case count.Load() > n && len(got.Warnings) == 0:
					t.Error("nothing is said of what was not read")
				case count.Load() > n && hasUsage(got.Usage) && !unreadSaid(got.Warnings) && name != "422":
					t.Errorf("nothing is said of what is partial: %v", got.Warnings)
				}
			}
			all.Go(func() {
				defer func() { <-slots }()
				t.Run(fmt.Sprintf("%s/%d", name, n), run)
			})
		}
	}
}

func hasUsage(usage []analyzer.ContainerUsage) bool {
	for i := range usage {
		for j := range usage[i].Days {
			if usage[i].Days[j].CPU.Count() > 0 {
				return true
			}
		}
	}
	return false
}

func unreadSaid(warnings []analyzer.Warning) bool {
	for _, w := range warnings {
		if w.Code == analyzer.WarnPartial || w.Code == analyzer.WarnUnread {
			return true
		}
	}
	return false
}
