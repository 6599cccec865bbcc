package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/openmetrics"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/store"
)

// collectFlags are the flags of every verb that collects a snapshot.
type collectFlags struct {
	kube       kube.Flags
	namespaces []string
	all        bool
	selector   string

	prometheus       string
	prometheusConfig string
	labels           []string
	window           string
	end              string

	objects      []string
	openmetrics  []string
	snapshot     string
	saveSnapshot string
	demo         bool

	config  string
	quiet   bool
	verbose bool

	files files
}

func (f *collectFlags) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.kube.Kubeconfig, "kubeconfig", "", "kubeconfig `FILE` (default $KUBECONFIG, then ~/.kube/config, then the pod's service account)")
	fl.StringVar(&f.kube.Context, "context", "", "`NAME` of a context of the kubeconfig")
	fl.StringVar(&f.kube.Cluster, "cluster", "", "`NAME` of a cluster of the kubeconfig")
	fl.StringVar(&f.kube.User, "user", "", "`NAME` of a user of the kubeconfig")
	fl.StringVarP(&f.kube.Server, "server", "s", "", "`URL` of the API server")
	fl.StringVar(&f.kube.Token, "token", "", "bearer `TOKEN` for the API server")
	fl.StringVar(&f.kube.As, "as", "", "`USER` to impersonate")
	fl.StringArrayVar(&f.kube.AsGroup, "as-group", nil, "`GROUP` to impersonate; repeatable")
	fl.DurationVar(&f.kube.RequestTimeout, "request-timeout", 0, "longest wait for one answer (default 1m for the API server, 2m for Prometheus)")
	fl.StringArrayVarP(&f.namespaces, "namespace", "n", nil, "`NAMESPACE`, or several with commas; repeatable (default all that may be read)")
	fl.BoolVarP(&f.all, "all-namespaces", "A", false, "all namespaces, or fail to")
	fl.StringVarP(&f.selector, "selector", "l", "", "label `SELECTOR` for workloads, such as app=cart,tier!=test")

	fl.StringVar(&f.prometheus, "prometheus", "", "`URL` of a Prometheus-compatible engine (default: looked for in the cluster)")
	fl.StringVar(&f.prometheusConfig, "prometheus-config", "", "`FILE` with Prometheus' own HTTP client configuration (YAML): TLS, authorization, OAuth2, headers, proxy")
	fl.StringArrayVar(&f.labels, "prometheus-label", nil, "`NAME=VALUE` that every series must have, such as cluster=eu-1; repeatable")
	fl.StringVar(&f.window, "window", "", "`DURATION` to look back, such as 14d or 36h (default 14d)")
	fl.StringVar(&f.end, "end", "", "`TIME` at the end of the window: RFC 3339, or seconds since 1970 (default now)")

	fl.StringArrayVar(&f.objects, "objects", nil, "`FILE` of Kubernetes objects (YAML or JSON, .gz, - for stdin) in place of a cluster; repeatable")
	fl.StringArrayVar(&f.openmetrics, "openmetrics", nil, "`FILE` with a text dump of metrics (OpenMetrics or Prometheus text, .gz) in place of an engine; repeatable")
	fl.StringVar(&f.snapshot, "snapshot", "", "`FILE` with a snapshot saved before, in place of all sources")
	fl.StringVar(&f.saveSnapshot, "save-snapshot", "", "save what was collected to this `FILE`")
	fl.BoolVar(&f.demo, "demo", false, "audit the built-in sample cluster")

	fl.StringVar(&f.config, "config", "", "YAML `FILE` of flags: a map from a flag's name to its value or list of values")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "no progress on stderr")
	fl.BoolVarP(&f.verbose, "verbose", "v", false, "every warning in full")
}

var windowForm = regexp.MustCompile(`^(\d+(?:\.\d+)?)(d|w)$`)

// parseWindow reads a duration; d and w are days and weeks.
func parseWindow(s string) (time.Duration, error) {
	var d time.Duration
	if m := windowForm.FindStringSubmatch(s); m != nil {
		n, _ := strconv.ParseFloat(m[1], 64) // the form admits numbers only
		day := 24 * float64(time.Hour)
		d = time.Duration(n * map[string]float64{"d": day, "w": 7 * day}[m[2]])
	} else {
		var err error
		if d, err = time.ParseDuration(s); err != nil {
			return 0, fmt.Errorf("--window %s: want a duration such as 14d, 2w or 36h", s)
		}
	}
	if d < time.Hour || d > 400*24*time.Hour {
		return 0, fmt.Errorf("--window %s: want one hour to 400 days", s)
	}
	return d, nil
}

// parseEnd reads a time; the zero time stands for none given.
func parseEnd(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil && n > 0 && n < 1e11 {
		sec, frac := math.Modf(n)
		return time.Unix(int64(sec), int64(frac*1e9)).UTC(), nil
	}
	return time.Time{}, fmt.Errorf("--end %s: want RFC 3339 such as 2026-06-01T00:00:00Z, or seconds since 1970", s)
}

// request is collectFlags, read and checked.
type request struct {
	*collectFlags
	selection object.Selection
	matchers  []prometheus.Matcher
	window    time.Duration
	end       time.Time
}

func (f *collectFlags) request() (request, error) {
	r := request{collectFlags: f}
	f.kube.Version = programVersion()
	var err error
	if r.selection, err = object.Select(f.namespaces, f.selector); err != nil {
		return r, fmt.Errorf("-l/--selector: %w", err)
	}
	if f.all && len(r.selection.Namespaces) > 0 {
		return r, fmt.Errorf("-A/--all-namespaces does not go together with -n/--namespace: give one of them")
	}
	if r.matchers, err = parseMatchers(f.labels); err != nil {
		return r, err
	}
	if r.window, err = parseWindow(cmp.Or(f.window, "14d")); err != nil {
		return r, err
	}
	if r.end, err = parseEnd(f.end); err != nil {
		return r, err
	}
	if err := f.checkFiles(); err != nil {
		return r, err
	}
	f.files.store.Timeout = f.kube.RequestTimeout
	f.objects, f.openmetrics = f.files.allShown(f.objects), f.files.allShown(f.openmetrics)
	return r, f.checkSources()
}

// checkSources refuses sources that exclude each other.
func (f *collectFlags) checkSources() error {
	saved := f.snapshot != "" || f.demo
	if saved && (len(f.objects) > 0 || len(f.openmetrics) > 0 || f.prometheus != "") || f.snapshot != "" && f.demo {
		return errTwoSources
	}
	if saved && (f.window != "" || f.end != "" || len(f.labels) > 0) {
		return errSavedWindow
	}
	if len(f.openmetrics) > 0 && f.prometheus != "" {
		return fmt.Errorf("--openmetrics and --prometheus are two sources of the same usage: give one")
	}
	return nil
}

func parseMatchers(labels []string) ([]prometheus.Matcher, error) {
	var out []prometheus.Matcher
	for _, l := range labels {
		m, err := prometheus.ParseMatcher(l)
		if err != nil {
			return nil, fmt.Errorf("--prometheus-label: %w", err)
		}
		out = append(out, m)
	}
	return out, nil
}

// checkFiles refuses URLs that cannot be read.
func (f *collectFlags) checkFiles() error {
	for _, of := range []struct {
		flag  string
		files []string
		check func(flag, file string) error
	}{
		{"--objects", f.objects, checkURL}, {"--openmetrics", f.openmetrics, checkURL}, {"--snapshot", []string{f.snapshot}, checkURL},
		{"--prometheus-config", []string{f.prometheusConfig}, checkLocal}, {"--kubeconfig", []string{f.kube.Kubeconfig}, checkLocal},
	} {
		for _, file := range of.files {
			if err := of.check(of.flag, file); err != nil {
				return err
			}
		}
	}
	return nil
}

// collect makes the snapshot from whatever sources were asked for.
func (f *collectFlags) collect(ctx context.Context, s streams, p *progress) (*analyzer.Snapshot, error) {
	r, err := f.request()
	if err != nil {
		return nil, err
	}
	switch {
	case f.demo:
		return r.fromSnapshot(demoSnapshot)
	case f.snapshot != "":
		p.Step("reading " + f.files.shown(f.snapshot))
		return r.fromSnapshot(func() (*analyzer.Snapshot, error) { return readSnapshot(ctx, f.files, f.snapshot) })
	case len(f.objects) > 0 || len(f.openmetrics) > 0:
		return r.fromFiles(ctx, s, p)
	default:
		return r.fromCluster(ctx, p)
	}
}

// fromSnapshot selects from what was collected before.
func (r request) fromSnapshot(read func() (*analyzer.Snapshot, error)) (*analyzer.Snapshot, error) {
	snap, err := read()
	if err != nil {
		return nil, err
	}
	r.selection.Apply(snap)
	snap.Sort()
	return snap, nil
}

func readSnapshot(ctx context.Context, in files, name string) (*analyzer.Snapshot, error) {
	if !store.IsURL(name) {
		snap, err := snapshot.Read(name)
		if err != nil {
			return nil, fileError("--snapshot", err)
		}
		return snap, nil
	}
	body, err := in.open(ctx, name)
	if err != nil {
		return nil, fileError("--snapshot", err)
	}
	defer body.Close()
	snap, err := snapshot.Decode(body)
	if err != nil {
		return nil, fileError("--snapshot", fmt.Errorf("snapshot %s: %w", in.shown(name), err))
	}
	return snap, nil
}

// save writes the snapshot to where --save-snapshot says.
func (f *collectFlags) save(ctx context.Context, snap *analyzer.Snapshot) error {
	if !store.IsURL(f.saveSnapshot) {
		return snapshot.Write(f.saveSnapshot, snap)
	}
	var data bytes.Buffer
	if err := snapshot.Encode(&data, snap); err != nil {
		return err
	}
	return f.files.write(ctx, f.saveSnapshot, data.Bytes())
}

// fileError gives the error of a file that was cut off the exit code of a
// source; a file that is not there or not what it should be is the user's to
// mend.
func fileError(flag string, err error) error {
	err = reading(flag, err)
	for _, cut := range []error{snapshot.ErrCut, object.ErrCut, openmetrics.ErrCut} {
		if errors.Is(err, cut) {
			return sourceError(err)
		}
	}
	return storeError(err)
}

// reading says which flag named the file that an error is of.
func reading(flag string, err error) error {
	advice := ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		advice = "; check the path"
	case errors.Is(err, fs.ErrPermission):
		advice = "; check who may read it"
	}
	return fmt.Errorf("reading %s: %w%s", flag, err, advice)
}

// fromFiles takes the inventory from --objects and the usage from
// --openmetrics, or from an engine by URL.
func (r request) fromFiles(ctx context.Context, s streams, p *progress) (*analyzer.Snapshot, error) {
	snap := &analyzer.Snapshot{}
	owners := &analyzer.Owners{}
	if len(r.objects) > 0 {
		p.Step("reading objects")
		inventory, err := object.ReadFiles(r.objects, s.In, func(name string) (io.ReadCloser, error) { return r.files.open(ctx, name) })
		if err != nil {
			return nil, fileError("--objects", err)
		}
		inventory.Fill(snap, r.selection)
		inventory.Owners(owners)
		for _, name := range r.objects {
			snap.Sources = append(snap.Sources, analyzer.Source{Kind: "objects", Name: name, Reads: "inventory"})
		}
	}
	addWorkloads(owners, snap)
	switch {
	case len(r.openmetrics) > 0:
		if err := r.readDumps(ctx, snap, owners, p); err != nil {
			return nil, err
		}
	case r.prometheus != "":
		transport, err := r.transport()
		if err != nil {
			return nil, err
		}
		e := engine{url: r.prometheus, transport: transport}
		if err := r.ask(ctx, snap, owners, e, r.opening(ctx, e, p), p); err != nil {
			return nil, err
		}
	default:
		r.span(snap)
		snap.Warnings = append(snap.Warnings, analyzer.Warning{
			Code: analyzer.WarnMissing, Subject: "usage",
			Message: "objects without usage give no recommendations; add --openmetrics FILE or --prometheus URL",
		})
	}
	snap.Infer()
	snap.Sort()
	return snap, nil
}

// span sets the window of a snapshot that has no usage.
func (r request) span(snap *analyzer.Snapshot) {
	end := cmp.Or(r.end, time.Now().UTC().Truncate(time.Second))
	snap.Window = analyzer.Window{Start: end.Add(-r.window), End: end, Step: 5 * time.Minute}
}

func addWorkloads(owners *analyzer.Owners, snap *analyzer.Snapshot) {
	for i := range snap.Workloads {
		owners.AddWorkload(&snap.Workloads[i])
	}
}

func (r request) readDumps(ctx context.Context, snap *analyzer.Snapshot, owners *analyzer.Owners, p *progress) error {
	p.Step("reading " + r.openmetrics[0])
	matchers := make([]openmetrics.Matcher, 0, len(r.matchers))
	for _, m := range r.matchers {
		matchers = append(matchers, openmetrics.Matcher(m))
	}
	got, err := openmetrics.Collect(ctx, openmetrics.Options{
		Files: r.openmetrics, Open: func(name string) (io.ReadCloser, error) { return r.files.open(ctx, name) },
		Window: r.window, End: r.end, Matchers: matchers, Owners: owners,
		Progress: func(at openmetrics.Progress) {
			p.Step(fmt.Sprintf("reading %s, pass %d of 2, %d samples", at.File, at.Pass, at.Samples))
		},
	})
	if err != nil {
		return fileError("--openmetrics", err)
	}
	snap.Window, snap.Usage = got.Window, r.selected(snap, got.Usage)
	snap.SetVolumeUsage(got.Volumes)
	snap.Sources = append(snap.Sources, got.Source)
	snap.Warnings = append(snap.Warnings, got.Warnings...)
	return nil
}

// selected leaves out the usage of workloads that were not asked for.
func (r request) selected(snap *analyzer.Snapshot, usage []analyzer.ContainerUsage) []analyzer.ContainerUsage {
	if r.selector != "" {
		known := map[analyzer.Ref]bool{}
		for _, w := range snap.Workloads {
			known[w.Ref] = true
		}
		usage = slices.DeleteFunc(usage, func(u analyzer.ContainerUsage) bool { return !known[u.Ref] })
	}
	if ns := r.selection.Namespaces; len(ns) > 0 {
		usage = slices.DeleteFunc(usage, func(u analyzer.ContainerUsage) bool { return !slices.Contains(ns, u.Namespace) })
	}
	return usage
}
