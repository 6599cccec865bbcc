package collect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
)

// fromCluster reads the inventory from the API server and the usage from the
// engine that was given or is found, else from metrics-server.
func (r *Request) fromCluster(ctx context.Context) (*analyzer.Snapshot, error) {
	transport, err := r.transport()
	if err != nil {
		return nil, err
	}
	client, err := kube.Connect(r.Kube)
	if err != nil {
		return nil, failed(err)
	}
	e := engine{url: r.Prometheus, transport: transport}
	server := origin.NewPatience(r.patience())
	var doubts []analyzer.Warning
	if e.url == "" {
		if err := check(ctx, client); err != nil {
			return nil, err
		}
		r.step("looking for Prometheus in the cluster")
		patient, stop := server.Begin(ctx)
		e, doubts = discover(patient, client, r.Selection.Namespaces)
		stop()
	}
	e.patience = origin.NewPatience(r.patience())
	r.step("reading the cluster from " + client.Server())
	owners := &analyzer.Owners{}
	options := kube.Options{Selection: r.Selection, AllNamespaces: r.AllNamespaces, Moment: e.url == "", Owners: owners}
	meanwhile, stop := context.WithCancel(ctx)
	defer stop()
	opened := r.opening(meanwhile, e)
	snap, err := inventory(ctx, client, server, options)
	if err != nil {
		stop()
		_, _ = opened()
		return nil, failed(err)
	}
	addWorkloads(owners, snap)
	if e.url != "" {
		err = r.ask(ctx, snap, owners, e, opened)
		several := (*prometheus.SeveralClusters)(nil)
		if err != nil && (e.service == "" || ctx.Err() != nil || errors.As(err, &several)) {
			return nil, err
		}
		if err != nil { // found, not given: what it fails at is a doubt, not the end
			doubts = append(doubts, analyzer.Warning{Code: doubtOf(err), Subject: e.service, Message: err.Error()})
			options.Moment = true
			if snap, err = inventory(ctx, client, server, options); err != nil {
				return nil, failed(err)
			}
		}
	}
	if snap.Window.End.IsZero() {
		r.span(snap)
	}
	snap.Warnings = append(snap.Warnings, doubts...)
	snap.Infer()
	snap.Sort()
	return snap, nil
}

// doubtOf is the code of an engine's failure: one that broke off makes the report
// partial.
func doubtOf(err error) string {
	if failed := (*prometheus.Error)(nil); errors.As(err, &failed) && failed.Midway {
		return analyzer.WarnUnread
	}
	return analyzer.WarnUnreachable
}

// inventory reads the cluster, as long as answers come.
func inventory(ctx context.Context, client *kube.Client, server *origin.Patience, o kube.Options) (*analyzer.Snapshot, error) {
	patient, stop := server.Begin(ctx)
	defer stop()
	return client.Collect(patient, o)
}

// check asks whether the API server is there at all, before discovery waits in
// vain for each of its answers. A refusal of the version alone is no failure.
func check(ctx context.Context, client *kube.Client) error {
	_, err := client.Check(ctx)
	if known := (*kube.Error)(nil); errors.As(err, &known) && known.Kind == kube.KindForbidden {
		return nil
	}
	if err != nil {
		return failed(err)
	}
	return nil
}

// failed marks every failure of the API server but that of the configuration.
func failed(err error) error {
	if errors.Is(err, kube.ErrConfig) {
		return err
	}
	return &Failed{err}
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
