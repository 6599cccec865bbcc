package kube

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// Service is a service of the cluster that speaks Prometheus' query API.
type Service struct {
	Namespace, Name string
	Product         string // as the products' table names it
	Port            int32
	TLS             bool
	Path            string // before /api/v1
}

// String gives namespace/name:port.
func (s Service) String() string { return fmt.Sprintf("%s/%s:%d", s.Namespace, s.Name, s.Port) }

// segment is how the API server's proxy and RBAC's resourceNames call it.
func (s Service) segment() string {
	name := fmt.Sprintf("%s:%d", s.Name, s.Port)
	if s.TLS {
		return "https:" + name
	}
	return name
}

// Attempt is a service that was tried, and why it was not taken.
type Attempt struct {
	Service Service
	Problem string
}

// Discovery is what the search for a Prometheus found.
type Discovery struct {
	Found    *Service // nil where none answers
	Tried    []Attempt
	Warnings []analyzer.Warning
}

const (
	// probeTimeout bounds one query to a candidate.
	probeTimeout = 8 * time.Second
	// mostProbes bounds how many candidates are tried.
	mostProbes = 12
)

// DiscoverPrometheus looks for the usual services by their labels, or by their
// names where no label fits, in the whole cluster, or, where that is refused, in
// the given namespaces, and asks each candidate a cheap question. The first in
// order that has container metrics is taken, else the first that answers at all.
// The order is that of the products' table: what sees the whole cluster and the
// longest history comes first.
func (c *Client) DiscoverPrometheus(ctx context.Context, namespaces []string) Discovery {
	var d Discovery
	found, refused, err := c.services(ctx, namespaces)
	if err != nil {
		_, problem, advice := diagnose(err)
		d.warn(analyzer.WarnUnreachable, "list services", problem+": Prometheus cannot be found by itself; "+advice)
		return d
	}
	if len(found) == 0 && refused {
		d.warn(analyzer.WarnForbidden, "list services", `not allowed to list services (apiGroup "", cluster-wide): Prometheus cannot be found by itself; give --prometheus URL, or grant the right with deploy/rbac.yaml`)
		return d
	}
	if len(found) > mostProbes {
		found = found[:mostProbes]
	}
	d.choose(found, c.probeAll(ctx, found))
	return d
}

func (d *Discovery) warn(code, subject, message string) {
	d.Warnings = append(d.Warnings, analyzer.Warning{Code: code, Subject: subject, Message: message})
}

// answer is what a candidate said.
type answer struct {
	err  error
	data bool // it has container metrics
}

// choose takes the first candidate with data, else the first that answers.
func (d *Discovery) choose(candidates []Service, answers []answer) {
	best := slices.IndexFunc(answers, func(a answer) bool { return a.err == nil && a.data })
	if best < 0 {
		best = slices.IndexFunc(answers, func(a answer) bool { return a.err == nil })
	}
	proxyRefused := false
	for i, s := range candidates {
		if i == best {
			d.Found = &candidates[i]
			continue
		}
		switch a := answers[i]; {
		case a.err != nil:
			proxyRefused = proxyRefused || errors.Is(a.err, errProxyForbidden)
			d.Tried = append(d.Tried, Attempt{s, a.err.Error()})
		case !a.data:
			d.Tried = append(d.Tried, Attempt{s, "it answers, but has no container metrics"})
		default:
			d.Tried = append(d.Tried, Attempt{s, "it would do as well"})
		}
	}
	if d.Found != nil {
		return
	}
	if proxyRefused {
		d.warn(analyzer.WarnForbidden, "get services/proxy", fmt.Sprintf(
			`not allowed to get services/proxy (apiGroup "") of %s: Prometheus cannot be reached through the API server; give --prometheus URL, or grant the right as the role plimsoll-prometheus in deploy/rbac.yaml does`, d.list()))
		return
	}
	message := "no service of the usual labels or names was found; give --prometheus URL"
	if len(candidates) > 0 {
		message = "none of the services found will do: " + d.list() + "; give --prometheus URL"
	}
	d.warn(analyzer.WarnMissing, "prometheus", message)
}

// list names what was tried and why it failed.
func (d *Discovery) list() string {
	var parts []string
	for _, t := range d.Tried {
		parts = append(parts, fmt.Sprintf("%s (%s)", t.Service, t.Problem))
	}
	return enumerate(parts)
}

// services lists the candidates, best first. refused says that they may not be
// listed cluster-wide, and were in the given namespaces, as far as that is
// allowed.
func (c *Client) services(ctx context.Context, namespaces []string) (found []Service, refused bool, err error) {
	found, err = c.servicesIn(ctx, "")
	if !forbidden(err) {
		return sortServices(found), false, err
	}
	found = nil
	for _, ns := range namespaces {
		got, err := c.servicesIn(ctx, ns)
		if err != nil && !forbidden(err) {
			return nil, true, err
		}
		found = append(found, got...)
	}
	return sortServices(found), true, nil
}

// sortServices orders the candidates, each once.
func sortServices(found []Service) []Service {
	slices.SortFunc(found, func(a, b Service) int {
		return cmp.Or(cmp.Compare(rank(a.Product), rank(b.Product)), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return slices.CompactFunc(found, func(a, b Service) bool { return a.Namespace == b.Namespace && a.Name == b.Name })
}

func (c *Client) servicesIn(ctx context.Context, namespace string) (found []Service, err error) {
	services := kind{Right: Right{Resource: "services"}, version: "v1", list: list[corev1.ServiceList]}
	ask := func(q query) error {
		return c.list(ctx, services, namespace, q, func(page runtime.Object) error {
			for i := range page.(*corev1.ServiceList).Items {
				if s, ok := candidate(&page.(*corev1.ServiceList).Items[i]); ok {
					found = append(found, s)
				}
			}
			return nil
		})
	}
	for _, selector := range selectors {
		if err := ask(query{labels: selector}); err != nil {
			return nil, err
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	for _, name := range plainNames {
		if err := ask(query{fields: "metadata.name=" + name}); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// probeAll asks all candidates at once.
func (c *Client) probeAll(ctx context.Context, candidates []Service) []answer {
	answers := make([]answer, len(candidates))
	var wg sync.WaitGroup
	for i, s := range candidates {
		wg.Go(func() { answers[i] = c.ask(ctx, s) })
	}
	wg.Wait()
	return answers
}

// ask puts two cheap questions: whether anybody evaluates queries there, and
// whether he has seen a container of one namespace.
func (c *Client) ask(ctx context.Context, s Service) answer {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	if _, err := c.query(ctx, s, "vector(1)"); err != nil {
		return answer{err: err}
	}
	for _, namespace := range []string{"kube-system", s.Namespace, c.namespace} {
		n, err := c.query(ctx, s, fmt.Sprintf("count(container_memory_working_set_bytes{namespace=%q})", namespace))
		if err == nil && n > 0 {
			return answer{data: true}
		}
	}
	return answer{}
}

// promAnswer is an answer of the query API, or the API server's own.
type promAnswer struct {
	Status, Error string
	Data          struct{ Result []json.RawMessage }
	Kind, Message string // of the API server
}

// query gives the number of results of an instant query.
func (c *Client) query(ctx context.Context, s Service, promql string) (int, error) {
	base, rt := c.PrometheusProxy(s)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/v1/query?query="+url.QueryEscape(promql), nil)
	if err != nil {
		return 0, err
	}
	resp, err := origin.Client(rt).Do(req)
	if err != nil {
		_, problem, _ := diagnose(err)
		return 0, errors.New(problem)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return 0, err
	}
	var a promAnswer
	if err := json.Unmarshal(body, &a); err != nil || a.Status == "" {
		return 0, fmt.Errorf("%s, and no answer of a Prometheus", resp.Status)
	}
	if a.Status != "success" {
		return 0, refusalOf(resp, a)
	}
	return len(a.Data.Result), nil
}

// PrometheusProxy gives the URL of a service's query API behind the API
// server's proxy, and the transport that reaches it with the cluster's
// credentials. The transport turns form POSTs into GETs, so that the right to
// get services/proxy is enough.
func (c *Client) PrometheusProxy(s Service) (base string, rt http.RoundTripper) {
	u := c.base.JoinPath("api/v1/namespaces", s.Namespace, "services", s.segment(), "proxy", s.Path)
	u.User = nil
	return strings.TrimSuffix(u.String(), "/"), getter{c.bulk}
}

// getter sends what a form POST asks as a GET.
type getter struct{ next http.RoundTripper }

// RoundTrip leaves the caller's request as it is, as the interface demands.
func (g getter) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.Body == nil {
		return g.next.RoundTrip(r)
	}
	form, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err != nil {
		return nil, err
	}
	get := r.Clone(r.Context())
	get.Method, get.Body, get.GetBody, get.ContentLength = http.MethodGet, nil, nil, 0
	get.Header.Del("Content-Type")
	get.Header.Del("Content-Length")
	get.URL.RawQuery = strings.Trim(get.URL.RawQuery+"&"+string(form), "&")
	return g.next.RoundTrip(get)
}
