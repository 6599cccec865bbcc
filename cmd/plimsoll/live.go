package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
)

// engine is a Prometheus-compatible engine and how to reach it.
type engine struct {
	url       string
	transport http.RoundTripper
	service   string // where it was found in the cluster
}

// fromCluster reads the inventory from the API server and the usage from the
// engine that was given or is found, else from metrics-server.
func (r request) fromCluster(ctx context.Context, p *progress) (*analyzer.Snapshot, error) {
	transport, err := r.transport()
	if err != nil {
		return nil, err
	}
	client, err := kube.Connect(r.kube)
	if err != nil {
		return nil, sourceOrUsage(err)
	}
	e := engine{url: r.prometheus, transport: transport}
	var doubts []analyzer.Warning
	if e.url == "" {
		if err := check(ctx, client); err != nil {
			return nil, err
		}
		p.Step("looking for Prometheus in the cluster")
		e, doubts = discover(ctx, client, r.selection.Namespaces)
	}
	p.Step("reading the cluster from " + client.Server())
	owners := &analyzer.Owners{}
	options := kube.Options{Selection: r.selection, AllNamespaces: r.all, Moment: e.url == "", Owners: owners}
	meanwhile, stop := context.WithCancel(ctx)
	defer stop()
	opened := r.opening(meanwhile, e, p)
	snap, err := client.Collect(ctx, options)
	if err != nil {
		stop()
		_, _ = opened()
		return nil, sourceOrUsage(err)
	}
	addWorkloads(owners, snap)
	if e.url != "" {
		err = r.ask(ctx, snap, owners, e, opened, p)
		if err != nil && (e.service == "" || ctx.Err() != nil) {
			return nil, err
		}
		if err != nil { // found, not given: what it fails at is a doubt, not the end
			doubts = append(doubts, analyzer.Warning{Code: analyzer.WarnUnreachable, Subject: e.service, Message: err.Error()})
			options.Moment = true
			if snap, err = client.Collect(ctx, options); err != nil {
				return nil, sourceOrUsage(err)
			}
		}
	}
	if snap.Window.End.IsZero() {
		r.span(snap)
	}
	snap.Warnings = append(snap.Warnings, doubts...)
	snap.Sort()
	return snap, nil
}

// check asks whether the API server is there at all, before discovery waits in
// vain for each of its answers. A refusal of the version alone is no failure.
func check(ctx context.Context, client *kube.Client) error {
	_, err := client.Check(ctx)
	if known := (*kube.Error)(nil); errors.As(err, &known) && known.Kind == kube.KindForbidden {
		return nil
	}
	if err != nil {
		return sourceOrUsage(err)
	}
	return nil
}

// sourceOrUsage gives a configuration error the exit code of usage, and every
// other failure of the API server that of a source.
func sourceOrUsage(err error) error {
	if errors.Is(err, kube.ErrConfig) {
		return err
	}
	return sourceError(err)
}

// discover finds an engine in the cluster. What was tried in vain is told.
func discover(ctx context.Context, client *kube.Client, namespaces []string) (engine, []analyzer.Warning) {
	found := client.DiscoverPrometheus(ctx, namespaces)
	if found.Found != nil {
		base, transport := client.PrometheusProxy(*found.Found)
		return engine{url: base, transport: transport, service: found.Found.String()}, found.Warnings
	}
	var tried []string
	for _, a := range found.Tried {
		tried = append(tried, fmt.Sprintf("%s (%s)", a.Service, a.Problem))
	}
	message := "no Prometheus was found in the cluster, so there is no history; give --prometheus URL"
	if len(tried) > 0 {
		message = "no Prometheus in the cluster answers, so there is no history; tried " + strings.Join(tried, ", ") + "; give --prometheus URL"
	}
	return engine{}, append(found.Warnings, analyzer.Warning{Code: analyzer.WarnNoHistory, Subject: "prometheus", Message: message})
}

func (r request) transport() (http.RoundTripper, error) {
	if r.prometheusConfig == "" {
		return nil, nil
	}
	t, err := prometheus.TransportFromFile(r.prometheusConfig)
	if err != nil {
		return nil, reading("--prometheus-config", err)
	}
	return t, nil
}

// opening asks an engine, if there is one, what it has, while the caller does
// something else. What it gives back waits.
func (r request) opening(ctx context.Context, e engine, p *progress) func() (*prometheus.Engine, error) {
	var out *prometheus.Engine
	var failed error
	var group sync.WaitGroup
	if e.url != "" {
		end := cmp.Or(r.end, time.Now().UTC()).Truncate(5 * time.Minute)
		options := prometheus.Options{
			URL: e.url, Transport: e.transport, Matchers: r.matchers, Progress: p.Count,
			Window:     analyzer.Window{Start: end.Add(-r.window), End: end},
			Namespaces: r.selection.Namespaces, Timeout: r.kube.RequestTimeout,
		}
		group.Go(func() { out, failed = prometheus.Open(ctx, options) })
	}
	return func() (*prometheus.Engine, error) {
		group.Wait()
		return out, failed
	}
}

// ask fills the snapshot's usage from an engine that is being opened.
func (r request) ask(ctx context.Context, snap *analyzer.Snapshot, owners *analyzer.Owners, e engine, opened func() (*prometheus.Engine, error), p *progress) error {
	p.Step("reading usage from " + cmp.Or(e.service, withoutSecrets(e.url)))
	var got prometheus.Result
	asked, err := opened()
	if err == nil {
		got, err = asked.Collect(ctx, owners, r.asked(snap))
	}
	if err != nil {
		var failed *prometheus.Error
		if errors.As(err, &failed) {
			return sourceError(err)
		}
		return err
	}
	if e.service != "" {
		got.Source.Name = e.service
	}
	snap.Window, snap.Usage, snap.Requests = got.Window, r.selected(snap, got.Usage), r.selectedRequests(snap, got.Requests)
	snap.SetVolumeUsage(got.Volumes)
	snap.Sources = append(snap.Sources, got.Source)
	snap.Warnings = append(snap.Warnings, got.Warnings...)
	return nil
}

// withoutSecrets is a URL without its user, password and query.
func withoutSecrets(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "Prometheus"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// asked lists the namespaces whose usage can be of use: those asked for, else
// those in which there are workloads.
func (r request) asked(snap *analyzer.Snapshot) []string {
	if len(r.selection.Namespaces) > 0 {
		return r.selection.Namespaces
	}
	var out []string
	for _, w := range snap.Workloads {
		out = append(out, w.Namespace)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// selectedRequests leaves out the requests to workloads that were not asked for.
func (r request) selectedRequests(snap *analyzer.Snapshot, rates []analyzer.RequestRate) []analyzer.RequestRate {
	if r.selector == "" && len(r.selection.Namespaces) == 0 {
		return rates
	}
	known := map[analyzer.Ref]bool{}
	for _, w := range snap.Workloads {
		known[w.Ref] = true
	}
	return slices.DeleteFunc(rates, func(q analyzer.RequestRate) bool { return !known[q.Ref] })
}
