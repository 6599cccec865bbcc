package collect

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
)

// engine is a Prometheus-compatible engine and how to reach it.
type engine struct {
	url       string
	transport http.RoundTripper
	service   string // where it was found in the cluster
	patience  *origin.Patience
}

func (r *Request) transport() (http.RoundTripper, error) {
	if r.PrometheusConfig == "" {
		return nil, nil
	}
	t, err := prometheus.TransportFromFile(r.PrometheusConfig)
	if err != nil {
		return nil, Reading("--prometheus-config", err)
	}
	return t, nil
}

// opening asks an engine, if there is one, what it has, while the caller does
// something else. What it gives back waits.
func (r *Request) opening(ctx context.Context, e engine) func() (*prometheus.Engine, error) {
	var out *prometheus.Engine
	var failed error
	var group sync.WaitGroup
	if e.url != "" {
		end := cmp.Or(r.End, time.Now().UTC()).Truncate(5 * time.Minute)
		options := prometheus.Options{
			URL: e.url, Transport: e.transport, Matchers: r.Matchers, Progress: r.Count,
			Window:     analyzer.Window{Start: end.Add(-r.Window), End: end},
			Namespaces: r.Selection.Namespaces, Timeout: r.Kube.RequestTimeout,
		}
		group.Go(func() {
			patient, stop := e.patience.Begin(ctx)
			defer stop()
			out, failed = prometheus.Open(patient, options)
		})
	}
	return func() (*prometheus.Engine, error) {
		group.Wait()
		return out, failed
	}
}

// ask fills the snapshot's usage from an engine that is being opened.
func (r *Request) ask(ctx context.Context, snap *analyzer.Snapshot, owners *analyzer.Owners, e engine, opened func() (*prometheus.Engine, error)) error {
	r.step("reading usage from " + cmp.Or(e.service, origin.Show(e.url)))
	var got prometheus.Result
	asked, err := opened()
	if err == nil {
		patient, stop := e.patience.Begin(ctx)
		err = asked.Narrow(patient, snap)
		stop()
	}
	if err == nil {
		patient, stop := e.patience.Begin(ctx)
		got, err = asked.Collect(patient, owners, r.asked(snap))
		if err == nil {
			scaled, targets := scaledWorkloads(snap)
			read, warnings := asked.Triggers(patient, scaled, targets)
			got.Requests = analyzer.MergeRequests(got.Requests, read)
			got.Warnings = append(got.Warnings, warnings...)
		}
		stop()
	}
	if err != nil {
		var failed *prometheus.Error
		switch {
		case !errors.As(err, &failed):
			return err
		case !failed.Midway || failed.Kind == prometheus.KindCanceled || e.service != "":
			return &Failed{err}
		}
		r.brokeOff(snap, failed)
		return nil
	}
	if e.service != "" {
		got.Source.Name = e.service
	}
	snap.Window, snap.Usage, snap.Requests = got.Window, r.selected(snap, got.Usage), r.selectedRequests(snap, got.Requests)
	snap.SetVolumeUsage(got.Volumes)
	snap.Network = r.selectedNetwork(snap, got.Network)
	snap.NodeHistory = got.Nodes.History(snap.Window, snap.Nodes)
	snap.Sources = append(snap.Sources, got.Source)
	snap.Warnings = append(snap.Warnings, got.Warnings...)
	return nil
}

// scaledWorkloads lists the ScaledObjects with the workloads that their HPAs scale.
func scaledWorkloads(snap *analyzer.Snapshot) (scaled []analyzer.ScaledObject, targets []analyzer.Ref) {
	for _, so := range snap.ScaledObjects {
		for _, h := range snap.HPAs {
			if h.Namespace == so.Namespace && h.Name == so.HPA {
				scaled, targets = append(scaled, so), append(targets, h.Target)
			}
		}
	}
	return scaled, targets
}

// brokeOff leaves what is known of the cluster where an engine had begun to answer
// and then gave no usage.
func (r *Request) brokeOff(snap *analyzer.Snapshot, err error) {
	r.span(snap)
	snap.Warnings = append(snap.Warnings, analyzer.Warning{
		Code: analyzer.WarnUnread, Subject: "prometheus",
		Message: "usage was not read of any workload: nothing is lowered, drained or bought; " + err.Error(),
	})
}

// asked lists the namespaces whose usage can be of use: those asked for, else
// those in which there are workloads.
func (r *Request) asked(snap *analyzer.Snapshot) []string {
	if len(r.Selection.Namespaces) > 0 {
		return r.Selection.Namespaces
	}
	var out []string
	for _, w := range snap.Workloads {
		out = append(out, w.Namespace)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// selectedRequests leaves out the requests to workloads that were not asked for.
func (r *Request) selectedRequests(snap *analyzer.Snapshot, rates []analyzer.RequestRate) []analyzer.RequestRate {
	if r.Selection.String() == "" {
		return rates
	}
	known := map[analyzer.Ref]bool{}
	for _, w := range snap.Workloads {
		known[w.Ref] = true
	}
	return slices.DeleteFunc(rates, func(q analyzer.RequestRate) bool { return !known[q.Ref] })
}

// selectedNetwork leaves out the traffic of workloads that were not asked for.
func (r *Request) selectedNetwork(snap *analyzer.Snapshot, traffic []analyzer.NetworkUsage) []analyzer.NetworkUsage {
	if r.Selection.String() == "" {
		return traffic
	}
	known := map[analyzer.Ref]bool{}
	for _, w := range snap.Workloads {
		known[w.Ref] = true
	}
	return slices.DeleteFunc(traffic, func(u analyzer.NetworkUsage) bool { return !known[u.Ref] })
}

// selected leaves out the usage of workloads that were not asked for.
func (r *Request) selected(snap *analyzer.Snapshot, usage []analyzer.ContainerUsage) []analyzer.ContainerUsage {
	if r.Selection.ByLabels() {
		known := map[analyzer.Ref]bool{}
		for _, w := range snap.Workloads {
			known[w.Ref] = true
		}
		usage = slices.DeleteFunc(usage, func(u analyzer.ContainerUsage) bool { return !known[u.Ref] })
	}
	return slices.DeleteFunc(usage, func(u analyzer.ContainerUsage) bool { return !r.Selection.In(u.Namespace) })
}
