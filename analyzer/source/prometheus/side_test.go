package prometheus_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// overheard is an engine whose questions are listened to before they are answered.
func overheard(t *testing.T, s sourcetest.Scenario, hear func(question string, w http.ResponseWriter) (answered bool)) string {
	t.Helper()
	inner := api(t, storage(t, s.Window.Start, s.Series), plenty)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if asked, _ := url.QueryUnescape(r.URL.String() + " " + string(body)); !hear(asked, w) {
			inner.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// What does not depend on each other is asked side by side: these questions are not
// answered until all of their row were asked.
func TestQuestionsGoSideBySide(t *testing.T) {
	t.Parallel()
	rows := [][]string{
		{"count by (namespace)", "/label/namespace/values", "count(last_over_time(kube_pod_owner"},
		{"query=max by (namespace,pod,container) (rate(container_cpu", "query=max by (namespace,pod,container) (max_over_time(container_memory"},
	}
	const patience = time.Minute // far from what it takes; without it a failure would hang
	met := map[string]*sync.WaitGroup{}
	once := map[string]*sync.Once{}
	for _, row := range rows {
		var all sync.WaitGroup
		all.Add(len(row))
		for _, text := range row {
			met[text], once[text] = &all, &sync.Once{}
		}
	}
	url := overheard(t, sourcetest.Scenarios()[0], func(asked string, _ http.ResponseWriter) bool {
		for text, all := range met {
			if !strings.Contains(asked, text) {
				continue
			}
			once[text].Do(all.Done)
			together := make(chan struct{})
			go func() { all.Wait(); close(together) }()
			select {
			case <-together:
			case <-time.After(patience):
				t.Errorf("asked alone: %s", text)
			}
		}
		return false
	})
	collect(t, sourcetest.Scenarios()[0], url)
	for text, o := range once {
		o.Do(func() { t.Errorf("never asked: %s", text) })
	}
}

// No more questions are in flight than was promised, and those of a day are few.
func TestQuestionsInFlight(t *testing.T) {
	t.Parallel()
	s := sourcetest.Scenarios()[0]
	for limit, most := range map[int]int64{0: 4, 1: 1, 2: 2, 4: 4} {
		var now, top, all atomic.Int64
		url := overheard(t, s, func(string, http.ResponseWriter) bool { return false })
		counted := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n := now.Add(1)
			defer now.Add(-1)
			for old := top.Load(); n > old && !top.CompareAndSwap(old, n); old = top.Load() {
			}
			all.Add(1)
			time.Sleep(2 * time.Millisecond) // so that others come meanwhile
			resp, err := http.DefaultTransport.RoundTrip(through(r, url))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			w.WriteHeader(resp.StatusCode)
			_, _ = io.Copy(w, resp.Body)
		}))
		got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: counted.URL, Window: s.Window, Concurrency: limit})
		counted.Close()
		if err != nil || !hasUsage(got.Usage) {
			t.Fatal(err)
		}
		if top.Load() > most {
			t.Errorf("limit %d: %d questions in flight, want %d at most", limit, top.Load(), most)
		}
		if n := all.Load(); n > 20 {
			t.Errorf("limit %d: %d questions for one day, want 20 at most", limit, n)
		}
	}
}

// through is a request passed on to another server.
func through(r *http.Request, base string) *http.Request {
	to, _ := url.Parse(base)
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host, out.Host = to.Scheme, to.Host, to.Host
	out.RequestURI = ""
	out.Header.Del("Accept-Encoding")
	return out
}

// An engine that does not take several queries as one question gives the same, however
// it refuses; one that takes them is asked less.
func TestUnionsAreAskedApart(t *testing.T) {
	t.Parallel()
	for _, s := range sourcetest.Scenarios() {
		for _, about := range []string{"OOM", "owner series", "requests and limits", "throttled"} {
			if strings.Contains(s.Name, about) {
				t.Run(s.Name, func(t *testing.T) { apart(t, s) })
			}
		}
	}
}

func apart(t *testing.T, s sourcetest.Scenario) {
	refusals := map[string]http.HandlerFunc{
		"":    nil,
		"400": answers(400, "", `{"status":"error","errorType":"bad_data","error":"too long query"}`),
		"403": answers(403, "", "blocked"),
		"414": answers(414, "Content-Type: text/html", "<html>too long</html>"),
		"422": answers(422, "", `{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"}`),
		"502": answers(502, "", "bad gateway"),
		"cut": answers(200, "", `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"namespace":"shop","pod":"web-1","container":"app","found":"2"},"value":[1767600000,"7"]},`),
	}
	want := map[string]string{}
	for name, refuse := range refusals {
		var questions atomic.Int64
		url := overheard(t, s, func(asked string, w http.ResponseWriter) bool {
			questions.Add(1)
			union := strings.Contains(asked, `"found","1"`) && strings.Contains(asked, "kube_") && !strings.Contains(asked, "__name__")
			if !union || refuse == nil {
				return false
			}
			refuse(w, nil)
			return true
		})
		o := prometheus.WithRetryWait(prometheus.Options{URL: url, Window: s.Window}, time.Millisecond)
		got, err := prometheus.Collect(t.Context(), o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want[name] = fmt.Sprintf("%+v %+v", got.Usage, got.Requests)
		t.Logf("%q: %d questions", name, questions.Load())
	}
	for name, text := range want {
		if text != want[""] {
			t.Errorf("refused by %s it gives\n%s\nwant\n%s", name, text, want[""])
		}
	}
}

// Of several failures the one that is told of is not the one that happened to come first.
func TestFailuresHaveAnOrder(t *testing.T) {
	t.Parallel()
	s := sourcetest.Scenarios()[0]
	texts := map[string][]string{
		"discovery": {"count by (namespace)", "count(last_over_time(kube_pod_owner", "kube_namespace_created"},
		"a day":     {"(rate(container_cpu", "(max_over_time(container_memory", "kube_pod_container_resource_limits"},
	}
	for name, texts := range texts {
		var first string
		for range 8 {
			url := overheard(t, s, func(asked string, w http.ResponseWriter) bool {
				for _, text := range texts {
					if strings.Contains(asked, text) {
						answers(422, "", `{"status":"error","errorType":"execution","error":"no"}`)(w, nil)
						return true
					}
				}
				return false
			})
			got, err := prometheus.Collect(t.Context(), prometheus.WithRetryWait(prometheus.Options{URL: url, Window: s.Window}, time.Millisecond))
			text := strings.ReplaceAll(fmt.Sprintf("%v %+v", err, got), url, "URL")
			if first == "" {
				first = text
			}
			if text != first {
				t.Fatalf("%s: one time\n%s\nand the next\n%s", name, first, text)
			}
		}
	}
}

// Each question may be answered with what is another one's, or with none of what was asked.
func TestAnswersToAnotherQuestion(t *testing.T) {
	t.Parallel()
	const series = `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"namespace":"shop","found":"9"},"value":[1767600000,"1"]}]}}`
	for _, text := range []string{"count by (namespace)", "/label/namespace/values", "count(last_over_time(kube_pod_owner", "kube_namespace_created", "quantile(0.5", "max by (namespace,pod,owner_kind", "(rate(container_cpu", "(max_over_time(container_memory", `"found","8"`, "kubelet_volume_stats"} {
		for _, answer := range []string{series, `{"status":"success","data":["shop","bank"]}`, `{"status":"success","data":null}`} {
			url := overheard(t, sourcetest.Scenarios()[0], func(asked string, w http.ResponseWriter) bool {
				if strings.Contains(asked, text) {
					answers(200, "", answer)(w, nil)
				}
				return strings.Contains(asked, text)
			})
			if _, err := prometheus.Collect(t.Context(), prometheus.WithRetryWait(prometheus.Options{URL: url, Window: sourcetest.Scenarios()[0].Window}, time.Millisecond)); err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("%s answered %s: %v", text, answer, err)
			}
		}
	}
}
