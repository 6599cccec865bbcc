package kube

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// product is one that answers Prometheus' query API.
type product struct {
	name string
	path string // before /api/v1
	// ports are the usual ones, best first.
	ports []int32
	// is tells the product's query service by its labels and name.
	is func(name string, labels map[string]string) bool
	// names are the usual service names and ports, for the rights' table.
	names []string
}

// products, in the order in which they are tried: those that see more than one
// Prometheus, and further back, come first.
func products() []product {
	return []product{
		{
			name: "Thanos Query", ports: []int32{9090, 10902, 9091, 80}, is: isThanos,
			names: []string{"thanos-query:9090", "thanos-query:10902", "thanos-query-frontend:9090", "thanos-query-frontend:10902", "https:thanos-querier:9091"},
		},
		{
			name: "Mimir", path: "/prometheus", ports: []int32{80, 8080}, is: isMimir,
			names: []string{"mimir-gateway:80", "mimir-nginx:80", "mimir-query-frontend:8080"},
		},
		{
			name: "VictoriaMetrics vmselect", path: "/select/0/prometheus", ports: []int32{8481}, is: isVMSelect,
			names: []string{"vmselect:8481", "vmselect-vmcluster:8481", "vmselect-victoria-metrics-k8s-stack:8481", "victoria-metrics-cluster-vmselect:8481", "vmcluster-victoria-metrics-cluster-vmselect:8481"},
		},
		{
			name: "VictoriaMetrics vmauth", ports: []int32{8427}, is: isVMAuth,
			names: []string{"vmauth:8427", "victoria-metrics-auth:8427", "vmauth-victoria-metrics-k8s-stack:8427"},
		},
		{
			name: "VictoriaMetrics vmsingle", ports: []int32{8428, 8429}, is: isVMSingle,
			names: []string{"victoria-metrics:8428", "vmsingle:8428", "vmsingle:8429", "vmsingle-victoria-metrics-k8s-stack:8428", "vmsingle-victoria-metrics-k8s-stack:8429", "victoria-metrics-single-server:8428"},
		},
		{
			name: "Prometheus", ports: []int32{9090, 80}, is: isPrometheus,
			names: []string{
				"prometheus:80", "prometheus:9090", "prometheus-server:80", "prometheus-server:9090", "prometheus-k8s:9090", "prometheus-operated:9090",
				"kube-prometheus-stack-prometheus:9090", "prometheus-kube-prometheus-prometheus:9090",
			},
		},
	}
}

// app and part read the labels that name an application and a part of it.
func app(l map[string]string) string { return cmp.Or(l["app.kubernetes.io/name"], l["app"]) }

func part(l map[string]string) string {
	return cmp.Or(l["app.kubernetes.io/component"], l["component"])
}

func oneOf(s string, of ...string) bool { return slices.Contains(of, s) }

func isThanos(name string, l map[string]string) bool {
	query := []string{"thanos-query", "thanos-query-frontend", "thanos-querier"}
	return oneOf(app(l), query...) || app(l) == "thanos" && oneOf(part(l), "query", "query-frontend") || oneOf(name, query...)
}

func isMimir(name string, l map[string]string) bool {
	return app(l) == "mimir" && oneOf(part(l), "gateway", "nginx", "query-frontend") ||
		oneOf(name, "mimir-gateway", "mimir-nginx", "mimir-query-frontend")
}

func isVMSelect(name string, l map[string]string) bool {
	return oneOf("vmselect", app(l), l["app"], part(l)) || strings.HasPrefix(name, "vmselect")
}

func isVMSingle(name string, l map[string]string) bool {
	return oneOf(app(l), "vmsingle", "victoria-metrics-single", "victoria-metrics", "victoriametrics") ||
		oneOf(name, "victoria-metrics", "victoriametrics") || strings.HasPrefix(name, "vmsingle")
}

func isVMAuth(name string, l map[string]string) bool {
	return oneOf(app(l), "vmauth", "victoria-metrics-auth") || oneOf(name, "vmauth", "victoria-metrics-auth") || strings.HasPrefix(name, "vmauth-")
}

func isPrometheus(name string, l map[string]string) bool {
	return app(l) == "prometheus" && !oneOf(part(l), "thanos-sidecar", "pushgateway", "alertmanager", "node-exporter", "kube-state-metrics") ||
		l["operated-prometheus"] == "true" || strings.HasSuffix(l["app"], "-prometheus") ||
		oneOf(name, "prometheus", "prometheus-server", "prometheus-k8s", "prometheus-operated")
}

// selectors find the products' services by label.
var selectors = []string{
	"app.kubernetes.io/name in (prometheus,thanos,thanos-query,thanos-query-frontend,thanos-querier,mimir,vmselect,vmsingle,vmauth,victoria-metrics,victoriametrics,victoria-metrics-auth,victoria-metrics-cluster,victoria-metrics-single)",
	"operated-prometheus=true",
	"app in (prometheus,kube-prometheus-stack-prometheus,prometheus-operator-prometheus,thanos-query,vmselect,vmsingle,vmauth,victoria-metrics,victoriametrics)",
}

// plainNames are tried where no service has such labels.
var plainNames = []string{
	"prometheus", "prometheus-server", "prometheus-k8s", "prometheus-operated", "kube-prometheus-stack-prometheus",
	"thanos-query", "thanos-query-frontend", "vmselect", "vmsingle", "victoria-metrics", "vmauth", "mimir-gateway",
}

// proxyNames are the service names for which the roles in deploy/ grant the
// proxy; others are added there by hand.
func proxyNames() []string {
	var out []string
	for _, p := range products() {
		out = append(out, p.names...)
	}
	slices.Sort(out)
	return out
}

// rank is a product's place in the order.
func rank(name string) int {
	return slices.IndexFunc(products(), func(p product) bool { return p.name == name })
}

// candidate tells whether a service is one of the products', and how to ask it.
func candidate(svc *corev1.Service) (Service, bool) {
	for _, p := range products() {
		if !p.is(svc.Name, svc.Labels) {
			continue
		}
		if port, ok := portOf(svc, p.ports); ok {
			return Service{
				Namespace: svc.Namespace, Name: svc.Name, Product: p.name, Path: p.path, Port: port.Port,
				TLS: port.Port == 443 || strings.Contains(port.Name, "https") || svc.Name == "thanos-querier" && port.Name == "web",
			}, true
		}
	}
	return Service{}, false
}

// portOf takes the best of the usual ports, else one that is named for HTTP.
func portOf(svc *corev1.Service, usual []int32) (corev1.ServicePort, bool) {
	for _, n := range usual {
		for _, p := range svc.Spec.Ports {
			if p.Port == n && !strings.Contains(p.Name, "grpc") {
				return p, true
			}
		}
	}
	for _, p := range svc.Spec.Ports {
		if slices.Contains([]string{"web", "http-web", "http", "https", "http-query"}, p.Name) {
			return p, true
		}
	}
	return corev1.ServicePort{}, false
}

// errProxyForbidden is the API server's own refusal, told from the product's by
// its form.
var errProxyForbidden = errors.New("not allowed to get services/proxy")

// refusalOf makes an error of an answer that reports failure.
func refusalOf(resp *http.Response, a promAnswer) error {
	if resp.StatusCode == http.StatusForbidden && a.Kind == "Status" {
		return errProxyForbidden
	}
	return errors.New(short(cmp.Or(a.Error, a.Message, resp.Status)))
}
