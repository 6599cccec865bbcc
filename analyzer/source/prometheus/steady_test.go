package prometheus_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/snappy"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// steadyStep is the scrape interval of these tests, and steadyDays their window.
const (
	steadyStep = 2 * time.Minute
	steadyDays = 4
)

// life is a pod of kube-state-metrics by scrapes since an hour before the window.
type life struct {
	namespace, pod, uid, owner string
	begin, end                 int
	cpu                        func(i int) float64
	restarts                   func(i int) float64
	killed                     int // OOM: the scrape from which on the last reason is so, 0 is none
}

// series are those of the pod, with gaps where kube-state-metrics was down.
func (l life) series(n int, down func(i int) bool) []sourcetest.Series {
	where := fmt.Sprintf(`namespace="%s",pod="%s",container="app"`, l.namespace, l.pod)
	kube := where + fmt.Sprintf(`,uid="%s"`, l.uid)
	one := func(selector string, state bool, value func(i int) float64) sourcetest.Series {
		s, err := sourcetest.Parse(selector, 0, steadyStep, "")
		if err != nil {
			panic(err)
		}
		s.Values = gap(n)
		for i := l.begin; i < l.end; i++ {
			if !state || !down(i) {
				s.Values[i] = value(i)
			}
		}
		return s
	}
	always := func(v float64) func(int) float64 { return func(int) float64 { return v } }
	out := []sourcetest.Series{
		one(`container_cpu_usage_seconds_total{`+where+`,id="`+l.uid+`"}`, false, func(i int) float64 { return float64(i) * 12 }),
		one(`container_memory_working_set_bytes{`+where+`,id="`+l.uid+`"}`, false, func(i int) float64 { return 1e8 + float64(i) }),
		one(`kube_pod_container_status_restarts_total{`+kube+`}`, true, l.restarts),
		one(`kube_pod_container_resource_requests{`+kube+`,resource="cpu",unit="core"}`, true, l.cpu),
		one(`kube_pod_container_resource_requests{`+kube+`,resource="memory",unit="byte"}`, true, always(1<<28)),
		one(`kube_pod_container_resource_requests{`+kube+`,resource="memory",unit="byte",replica="b"}`, true, always(1<<28)),
		one(`kube_pod_container_resource_limits{`+kube+`,resource="memory",unit="byte"}`, true, always(1<<29)),
		one(`kube_pod_owner{namespace="`+l.namespace+`",pod="`+l.pod+`",uid="`+l.uid+`",owner_kind="StatefulSet",owner_name="`+l.owner+`",owner_is_controller="true"}`, true, always(1)),
	}
	if l.killed > 0 {
		out = append(out, one(`kube_pod_container_status_last_terminated_reason{`+kube+`,reason="OOMKilled"}`, true, func(i int) float64 {
			if i < l.killed {
				return math.NaN()
			}
			return 1
		}))
	}
	return out
}

// steadyHistory is of pods that stay as they are, and, unless that is all, of others.
func steadyHistory(down func(i int) bool, all bool) []sourcetest.Series {
	const hour, day = int(time.Hour / steadyStep), int(24 * time.Hour / steadyStep)
	n := steadyDays*day + hour
	level := func(v float64) func(int) float64 { return func(int) float64 { return v } }
	from := func(at int, before, after float64) func(int) float64 {
		return func(i int) float64 {
			if i < at {
				return before
			}
			return after
		}
	}
	lives := []life{
		{"shop", "grown-0", "u-grown", "grown", 0, n, from(2*day, 0.25, 0.5), level(0), 0},
		{"shop", "restarted-0", "u-restarted", "restarted", 0, n, level(0.25), from(day+7, 3, 4), 0},
		{"shop", "killed-0", "u-killed", "killed", 0, n, level(0.25), from(3*day, 0, 2), 3 * day},
		{"shop", "gone-0", "u-gone", "gone", 0, 2 * day, level(0.75), level(0), 0},
		{"shop", "new-0", "u-new", "new", 2 * day, n, level(0.125), level(0), 0},
		{"shop", "short-0", "u-short", "short", day, day + hour, level(0.125), level(0), 0},
		{"shop", "again-0", "u-again-1", "again", 0, 2 * day, level(0.5), level(1), 0},
		{"shop", "again-0", "u-again-2", "again", 2*day + 3, n, level(0.25), level(0), 0},
		{"bank", "taken-0", "u-taken-1", "earlier", 0, day, level(0.5), level(0), 0},
		{"shop", "taken-0", "u-taken-2", "later", 0, n, level(0.5), level(0), 0},
		{"shop", "odd.name-0", "u.odd", "odd.name", 0, n, level(0.5), level(0), 0},
	}
	if all {
		lives = nil
	}
	for i := range 6 {
		lives = append(lives, life{"bank", fmt.Sprintf("steady-%d", i), fmt.Sprintf("u-steady-%d", i), "steady", 0, n, level(1), level(float64(i)), 0})
	}
	var out []sourcetest.Series
	for _, l := range lives {
		out = append(out, l.series(n, down)...)
	}
	return out
}

// TestSteadyPodsAreReadAlike wants what is sampled to be as what is read in full, for pods
// that stay as they are and for all that do not, and where kube-state-metrics was down.
func TestSteadyPodsAreReadAlike(t *testing.T) {
	t.Parallel()
	const day = int(24 * time.Hour / steadyStep)
	dayDown := func(i int) bool { return i > day && i < 2*day+2*int(time.Hour/steadyStep) }
	for name, c := range map[string]struct {
		down func(int) bool
		all  bool
	}{
		"up":            {func(int) bool { return false }, false},
		"a day down":    {dayDown, false},
		"all steady":    {dayDown, true},
		"down at end":   {func(i int) bool { return i > 3*day }, false},
		"down at begin": {func(i int) bool { return i < day }, false},
	} {
		w := options("").Window
		w.Start = w.End.Add(-steadyDays * 24 * time.Hour)
		st := storage(t, w.Start.Add(-time.Hour), steadyHistory(c.down, c.all))
		var left atomic.Int32 // questions that leave pods out
		inner := withRead(api(t, st, plenty), st)
		reading := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/read") {
				body, _ := io.ReadAll(r.Body)
				r.Body = io.NopCloser(bytes.NewReader(body))
				if text, err := snappy.Decode(nil, body); err == nil && bytes.Contains(text, []byte("u-steady-1|u-steady-2")) {
					left.Add(1)
				}
			}
			inner.ServeHTTP(rw, r)
		}))
		asking := httptest.NewServer(api(t, st, plenty))
		defer asking.Close()
		var got [2]prometheus.Result
		for i, url := range []string{reading, asking.URL} {
			var err error
			if got[i], err = prometheus.Collect(t.Context(), prometheus.Options{URL: url, Window: w, Owners: &analyzer.Owners{}}); err != nil {
				t.Fatal(err)
			}
		}
		alike(t, name, got[0], got[1])
		if n, want := left.Load(), strings.HasPrefix(name, "down at"); n > 0 == want {
			t.Errorf("%s: %d requests leave steady pods out", name, n)
		}
		if !reflect.DeepEqual(workloads(got[0]), workloads(got[1])) {
			t.Errorf("%s: workloads %v; by queries %v", name, workloads(got[0]), workloads(got[1]))
		}
	}
}

func workloads(r prometheus.Result) (out []string) {
	for i := range r.Usage {
		out = append(out, r.Usage[i].Ref.String())
	}
	return out
}
