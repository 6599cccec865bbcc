package kube_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
)

func service(name string, labels map[string]string, ports ...corev1.ServicePort) *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "mon", Name: name, Labels: labels}, Spec: corev1.ServiceSpec{Ports: ports}}
}

func port(name string, number int32) corev1.ServicePort {
	return corev1.ServicePort{Name: name, Port: number}
}

// TestCandidate tells the services of the usual installations apart.
func TestCandidate(t *testing.T) {
	for _, c := range []struct {
		svc  *corev1.Service
		want string // product, port and path; empty for none
	}{
		{service("prometheus-operated", map[string]string{"operated-prometheus": "true"}, port("web", 9090)), "Prometheus mon/prometheus-operated:9090 "},
		{service("prometheus-k8s", map[string]string{"app.kubernetes.io/name": "prometheus", "app.kubernetes.io/component": "prometheus"}, port("web", 9090), port("reloader-web", 8080)), "Prometheus mon/prometheus-k8s:9090 "},
		{service("kps-prometheus", map[string]string{"app": "kube-prometheus-stack-prometheus"}, port("http-web", 9090), port("reloader-web", 8080)), "Prometheus mon/kps-prometheus:9090 "},
		{service("prometheus-server", map[string]string{"app.kubernetes.io/name": "prometheus", "app.kubernetes.io/component": "server"}, port("http", 80)), "Prometheus mon/prometheus-server:80 "},
		{service("prom", map[string]string{"app": "prometheus"}, port("web", 19090)), "Prometheus mon/prom:19090 "},
		{service("thanos-query", map[string]string{"app.kubernetes.io/name": "thanos-query"}, port("grpc", 10901), port("http", 9090)), "Thanos Query mon/thanos-query:9090 "},
		{service("thanos-query-frontend", map[string]string{"app.kubernetes.io/name": "thanos", "app.kubernetes.io/component": "query-frontend"}, port("http", 9090)), "Thanos Query mon/thanos-query-frontend:9090 "},
		{service("mimir-nginx", map[string]string{"app.kubernetes.io/name": "mimir", "app.kubernetes.io/component": "nginx"}, port("http-metric", 80)), "Mimir mon/mimir-nginx:80 /prometheus"},
		{service("mimir-ingester", map[string]string{"app.kubernetes.io/name": "mimir", "app.kubernetes.io/component": "ingester"}, port("http-metrics", 8080)), ""},
		{service("vmselect-vmks", map[string]string{"app.kubernetes.io/name": "vmselect"}, port("http", 8481)), "VictoriaMetrics vmselect mon/vmselect-vmks:8481 /select/0/prometheus"},
		{service("vmcluster-vminsert", map[string]string{"app.kubernetes.io/name": "victoria-metrics-cluster", "app": "vminsert"}, port("http", 8480)), ""},
		{service("victoria-metrics", map[string]string{"app": "victoria-metrics"}, port("http", 8428)), "VictoriaMetrics vmsingle mon/victoria-metrics:8428 "},
		{service("vmauth", nil, port("http", 8427)), "VictoriaMetrics vmauth mon/vmauth:8427 "},
		{service("vmsingle-vmks", map[string]string{"app.kubernetes.io/name": "vmsingle"}, port("http", 8429)), "VictoriaMetrics vmsingle mon/vmsingle-vmks:8429 "},
		{service("prometheus-thanos-sidecar", map[string]string{"app.kubernetes.io/name": "prometheus", "app.kubernetes.io/component": "thanos-sidecar"}, port("grpc", 10901)), ""},
		{service("shop", map[string]string{"app": "shop"}, port("http", 80)), ""},
	} {
		t.Run(c.svc.Name, func(t *testing.T) {
			got := ""
			if s, ok := kube.Candidate(c.svc); ok {
				got = s.Product + " " + s.String() + " " + s.Path
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestProxyGets shows that a query sent as a form POST reaches the API server
// as a GET of the service's proxy, with the credentials.
func TestProxyGets(t *testing.T) {
	var seen *http.Request
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r
		_, _ = io.WriteString(w, "{}")
	}))
	defer s.Close()
	client, err := kube.Connect(kube.Flags{Kubeconfig: kubeconfig(t, s.URL, ", insecure-skip-tls-verify: true"), Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	base, rt := client.PrometheusProxy(kube.Service{Namespace: "mon", Name: "vmselect", Port: 8481, Path: "/select/0/prometheus"})
	if want := s.URL + "/api/v1/namespaces/mon/services/vmselect:8481/proxy/select/0/prometheus"; base != want {
		t.Errorf("got %s, want %s", base, want)
	}
	body := url.Values{"query": {"sum(up)"}}.Encode()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, base+"/api/v1/query?limit=1", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := seen.Method + " " + seen.URL.RawQuery; got != "GET limit=1&query=sum%28up%29" {
		t.Errorf("got %s", got)
	}
	if got := seen.Header.Get("Authorization") + " " + seen.UserAgent(); got != "Bearer very-secret plimsoll/1.2.3" {
		t.Errorf("got %s", got)
	}
}
