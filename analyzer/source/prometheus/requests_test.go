package prometheus_test

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// usageOf gives the series that an engine must have of a pod before it is
// asked anything else.
func usageOf(t *testing.T, ns, pod, owner string) []sourcetest.Series {
	t.Helper()
	sel := fmt.Sprintf(`{namespace=%q,pod=%q,container="app"}`, ns, pod)
	kind, name, _ := strings.Cut(owner, "/")
	return []sourcetest.Series{
		series(t, "container_cpu_usage_seconds_total"+sel, "0+7.5x2880"),
		series(t, "container_memory_working_set_bytes"+sel, "104857600x2880"),
		series(t, fmt.Sprintf(`kube_pod_owner{namespace=%q,pod=%q,owner_kind=%q,owner_name=%q,owner_is_controller="true"}`, ns, pod, kind, name), "1x2880"),
	}
}

// requestsOf collects from a real engine.
func requestsOf(t *testing.T, owners *analyzer.Owners, all []sourcetest.Series) prometheus.Result {
	t.Helper()
	w := options("").Window
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: engine(t, w.Start, all).URL, Window: w, Owners: owners})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// perSecond gives a counter's rates along a day.
func perSecond(t *testing.T, r analyzer.RequestRate) []float64 {
	t.Helper()
	if len(r.Days) != 1 {
		t.Fatalf("%s: got %d days, want 1", r.Counter, len(r.Days))
	}
	out := make([]float64, digest.SlotsPerDay)
	for i := range out {
		milli, n := r.Days[0].Load.At(i)
		if out[i] = milli / 1000; n == 0 {
			out[i] = math.NaN()
		}
	}
	return out
}

// TestRequestRates has every way in which requests are counted, and copies,
// resets and gaps that must not change the sum. +30 in 30 s is one a second.
func TestRequestRates(t *testing.T) {
	t.Parallel()
	web := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	for name, tt := range map[string]struct {
		series [][2]string
		from   int // slot
		want   float64
		by     analyzer.CountedBy
		query  string
	}{
		"two pods, several series each": {
			series: [][2]string{
				{`http_requests_total{namespace="shop",pod="web-5d6f7-bcdfg",code="200",job="shop/web"}`, "0+60x2880"},
				{`http_requests_total{namespace="shop",pod="web-5d6f7-bcdfg",code="500",job="shop/web"}`, "0+30x2880"},
				{`http_requests_total{namespace="shop",pod="web-5d6f7-hjklm",code="200",job="shop/web"}`, "0+30x2880"},
			},
			want: 4, by: analyzer.CountedByPod, query: `sum(rate(http_requests_total{namespace="shop",pod=~"web-[a-z0-9]+-[a-z0-9]{5}"}[2m]))`,
		},
		"a counter that starts over": {
			series: [][2]string{{`grpc_server_handled_total{namespace="shop",pod="web-5d6f7-bcdfg",grpc_code="OK"}`, "0+60x1000 60+60x999 60+60x879"}},
			want:   2, by: analyzer.CountedByPod,
		},
		"a pair of servers": {
			series: [][2]string{
				{`http_requests_total{namespace="shop",pod="web-5d6f7-bcdfg",prometheus_replica="a"}`, "0+60x2880"},
				{`http_requests_total{namespace="shop",pod="web-5d6f7-bcdfg",prometheus_replica="b"}`, "15+60x2880"},
				{`http_requests_total{namespace="shop",pod="web-5d6f7-hjklm",prometheus_replica="a"}`, "0+30x2880"},
				{`http_requests_total{namespace="shop",pod="web-5d6f7-hjklm",prometheus_replica="b"}`, "9+30x2880"},
			},
			want: 3, by: analyzer.CountedByPod,
			query: `sum(max by (pod) (sum by (pod,job,prometheus,prometheus_replica,replica) (rate(http_requests_total{namespace="shop",pod=~"web-[a-z0-9]+-[a-z0-9]{5}"}[2m]))))`,
		},
		"two jobs with labels of their own": {
			series: [][2]string{
				{`http_requests_total{namespace="shop",pod="web-5d6f7-bcdfg",job="pods",app="web"}`, "0+60x2880"},
				{`http_requests_total{namespace="shop",pod="web-5d6f7-bcdfg",job="endpoints",service="web"}`, "0+60x2880"},
			},
			want: 2, by: analyzer.CountedByPod,
		},
		"labels of annotated pods": {
			series: [][2]string{{`http_server_requests_seconds_count{kubernetes_namespace="shop",kubernetes_pod_name="web-5d6f7-bcdfg"}`, "0+45x2880"}},
			want:   1.5, by: analyzer.CountedByPod,
			query: `sum(rate(http_server_requests_seconds_count{kubernetes_namespace="shop",kubernetes_pod_name=~"web-[a-z0-9]+-[a-z0-9]{5}"}[2m]))`,
		},
		"a mesh, which counts at both ends": {
			series: [][2]string{
				{`istio_requests_total{reporter="destination",destination_workload="web",destination_workload_namespace="shop",pod="web-5d6f7-bcdfg",namespace="shop"}`, "0+60x2880"},
				{`istio_requests_total{reporter="destination",destination_workload="web",destination_workload_namespace="shop",pod="web-5d6f7-hjklm",namespace="shop"}`, "0+60x2880"},
				{`istio_requests_total{reporter="source",destination_workload="web",destination_workload_namespace="shop",pod="gate-0",namespace="edge"}`, "0+120x2880"},
			},
			want: 4, by: analyzer.CountedByWorkload,
			query: `sum(rate(istio_requests_total{destination_workload_namespace="shop",destination_workload="web",reporter="destination"}[2m]))`,
		},
		"an ingress": {
			series: [][2]string{
				{`nginx_ingress_controller_requests{exported_namespace="shop",exported_service="web-svc",namespace="ingress",service="metrics",pod="nginx-a",status="200"}`, "0+60x2880"},
				{`nginx_ingress_controller_requests{exported_namespace="shop",exported_service="web-svc",namespace="ingress",service="metrics",pod="nginx-b",status="200"}`, "0+30x2880"},
				{`nginx_ingress_controller_requests{exported_namespace="shop",exported_service="nobody",namespace="ingress",service="metrics",pod="nginx-b",status="200"}`, "0+30x2880"},
			},
			want: 3, by: analyzer.CountedByService,
			query: `sum(rate(nginx_ingress_controller_requests{exported_namespace="shop",exported_service="web-svc"}[2m]))`,
		},
		"an ingress with honor_labels": {
			series: [][2]string{{`nginx_ingress_controller_requests{namespace="shop",service="web-svc",controller_pod="nginx-a"}`, "0+30x2880"}},
			want:   1, by: analyzer.CountedByService,
		},
		"Linkerd": {
			series: [][2]string{
				{`request_total{direction="inbound",namespace="shop",pod="web-5d6f7-bcdfg"}`, "0+30x2880"},
				{`request_total{direction="outbound",namespace="shop",pod="web-5d6f7-bcdfg"}`, "0+90x2880"},
			},
			want: 1, by: analyzer.CountedByPod,
		},
	} {
		t.Run(name, func(t *testing.T) {
			owners := &analyzer.Owners{}
			owners.AddWorkload(&analyzer.Workload{Ref: web, Pods: []analyzer.Pod{{Name: "web-5d6f7-bcdfg"}, {Name: "web-5d6f7-hjklm"}}})
			owners.AddService("shop", "web-svc", web)
			all := usageOf(t, "shop", "web-5d6f7-bcdfg", "ReplicaSet/web-5d6f7")
			for _, s := range tt.series {
				all = append(all, series(t, s[0], s[1]))
			}
			got := requestsOf(t, owners, all).Requests
			if len(got) != 1 || got[0].Ref != web || got[0].By != tt.by || got[0].RangeSeconds != 120 {
				t.Fatalf("got %+v, want one rate of %s", got, web)
			}
			if tt.query != "" && got[0].Query != tt.query {
				t.Errorf("got the query\n%s, want\n%s", got[0].Query, tt.query)
			}
			for i, v := range perSecond(t, got[0]) {
				if !(math.Abs(v-tt.want) <= tt.want*0.01) {
					t.Fatalf("slot %d: got %v requests a second, want %v", i, v, tt.want)
				}
			}
		})
	}
}

// TestRequestQueryWorks asks the engine what an autoscaler would ask.
func TestRequestQueryWorks(t *testing.T) {
	t.Parallel()
	all := usageOf(t, "shop", "web-5d6f7-bcdfg", "Deployment/web")
	for _, r := range []string{"a", "b"} {
		all = append(all, series(t, fmt.Sprintf(`http_requests_total{namespace="shop",pod="web-5d6f7-bcdfg",replica=%q}`, r), "0+60x2880"),
			series(t, fmt.Sprintf(`http_requests_total{namespace="shop",pod="webmail-5d6f7-bcdfg",replica=%q}`, r), "0+600x2880"))
	}
	w := options("").Window
	server := engine(t, w.Start, all)
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: server.URL, Window: w})
	if err != nil || len(got.Requests) != 1 {
		t.Fatalf("got %+v, %v", got.Requests, err)
	}
	resp, err := http.PostForm(server.URL+"/api/v1/query", map[string][]string{"query": {got.Requests[0].Query}, "time": {w.End.Format(time.RFC3339)}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	n := 0
	_, _, _, _, err = prometheus.Decode(resp.Body, func(labels []string, _ []int64, values []float64) {
		if n++; len(labels) > 0 || math.Abs(values[0]-2) > 0.01 {
			t.Errorf("got %v with labels %v, want 2 without", values, labels)
		}
	})
	if err != nil || n != 1 {
		t.Errorf("got %d values, error %v; want one", n, err)
	}
}

// TestClustersWithoutCountersPayOneQuery counts what is asked.
func TestClustersWithoutCountersPayOneQuery(t *testing.T) {
	t.Parallel()
	w := options("").Window
	handler := api(t, storage(t, w.Start, usageOf(t, "shop", "web-0", "StatefulSet/web")), plenty)
	var mu sync.Mutex
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		mu.Lock()
		if strings.Contains(r.Form.Get("query"), "http_requests_total") {
			asked++
		}
		mu.Unlock()
		handler.ServeHTTP(rw, r)
	}))
	defer server.Close()
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: server.URL, Window: w})
	if err != nil || len(got.Requests) != 0 || asked != 1 {
		t.Errorf("got %d rates by %d queries, error %v; want none by one", len(got.Requests), asked, err)
	}
}

// TestRequestsRefused keeps the usage where the counters cannot be had.
func TestRequestsRefused(t *testing.T) {
	t.Parallel()
	w := options("").Window
	all := append(usageOf(t, "shop", "web-0", "StatefulSet/web"), series(t, `http_requests_total{namespace="shop",pod="web-0"}`, "0+30x2880"))
	handler := api(t, storage(t, w.Start, all), plenty)
	for _, refused := range []string{"label_replace(count by (__name__", "max by (namespace,pod) (sum by"} {
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			if strings.HasPrefix(r.Form.Get("query"), refused) {
				http.Error(rw, `{"status":"error","errorType":"execution","error":"no"}`, http.StatusUnprocessableEntity)
				return
			}
			handler.ServeHTTP(rw, r)
		}))
		got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: server.URL, Window: w})
		server.Close()
		if err != nil || len(got.Usage) != 1 || len(got.Requests) != 0 || !strings.Contains(fmt.Sprint(got.Warnings), "request rates") {
			t.Errorf("%s refused: got %d containers, %d rates, %v, error %v; want usage and a warning", refused, len(got.Usage), len(got.Requests), got.Warnings, err)
		}
	}
}
