package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/collect"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/disk"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
)

// collectFlags are the flags of every verb that collects a snapshot.
type collectFlags struct {
	kube       kube.Flags
	namespaces []string
	excluded   []string
	all        bool
	selector   string

	prometheus       string
	prometheusConfig string
	labels           []string
	window           string
	end              string

	objects      []string
	dumps        []dumpFlag
	snapshot     string
	saveSnapshot string
	demo         bool

	timeout time.Duration
	config  string
	quiet   bool
	verbose bool

	files files

	asked *collect.Request // once it is collected
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
	fl.StringArrayVarP(&f.namespaces, "namespace", "n", nil, "`NAMESPACE`, several with commas, or a regular expression such as 'team-.*'; repeatable (default all that may be read)")
	fl.StringArrayVar(&f.excluded, "exclude-namespaces", nil, "leave out this `NAMESPACE`, several with commas, or a regular expression; repeatable")
	fl.DurationVar(&f.timeout, "timeout", 0, "give a source up that finishes no answer for so long (default 2m)")
	fl.BoolVarP(&f.all, "all-namespaces", "A", false, "all namespaces; fail if they may not be listed")
	fl.StringVarP(&f.selector, "selector", "l", "", "label `SELECTOR` for workloads, such as app=cart,tier!=test")

	fl.StringVar(&f.prometheus, "prometheus", "", "`URL` of a Prometheus-compatible engine (default: looked for in the cluster)")
	fl.StringVar(&f.prometheusConfig, "prometheus-config", "", "`FILE` with Prometheus' own HTTP client configuration (YAML): TLS, authorization, OAuth2, headers, proxy")
	fl.StringArrayVar(&f.labels, "prometheus-label", nil, "`NAME=VALUE` that every series must have, such as cluster=eu-1; repeatable")
	fl.StringVar(&f.window, "window", "", "`DURATION` to look back, such as 14d or 36h (default 14d)")
	fl.StringVar(&f.end, "end", "", "`TIME` at the end of the window: RFC 3339, or seconds since 1970 (default now)")

	fl.StringArrayVar(&f.objects, "objects", nil, "`FILE` of Kubernetes objects (YAML or JSON, .gz, - for stdin) in place of a cluster; repeatable")
	for _, d := range collect.Dumps() {
		f.dumps = append(f.dumps, dumpFlag{d, new([]string)})
		fl.StringArrayVar(f.dumps[len(f.dumps)-1].files, d.Flag, nil, d.Doc)
	}
	fl.StringVar(&f.snapshot, "snapshot", "", "`FILE` with a snapshot saved before, in place of all sources")
	fl.StringVar(&f.saveSnapshot, "save-snapshot", "", "save what was collected to this `FILE`")
	f.files.register(fl)
	fl.BoolVar(&f.demo, "demo", false, "audit the built-in sample cluster")

	fl.StringVar(&f.config, "config", "", "YAML `FILE` of flags: a map from a flag's name to its value or list of values")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "no progress on stderr")
	fl.BoolVarP(&f.verbose, "verbose", "v", false, "every warning in full")
	completeWith(cmd, "context", func() []string { return contexts(f.kube.Kubeconfig) })
	completeWith(cmd, "namespace", keptNamespaces)
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

// request is the flags, read and checked.
func (f *collectFlags) request(s streams, p *progress) (*collect.Request, error) {
	r := &collect.Request{
		AllNamespaces: f.all, Prometheus: f.prometheus, PrometheusConfig: f.prometheusConfig,
		Patience: f.timeout, In: s.In, Open: f.files.open, Step: p.Step, Count: p.Count,
	}
	if f.all && len(f.namespaces) > 0 {
		return nil, fmt.Errorf("-A/--all-namespaces does not go together with -n/--namespace: give one of them")
	}
	var err error
	if r.Selection, err = f.selection(); err != nil {
		return nil, err
	}
	if r.Matchers, err = parseMatchers(f.labels); err != nil {
		return nil, err
	}
	if r.Window, err = parseWindow(cmp.Or(f.window, "14d")); err != nil {
		return nil, err
	}
	if r.End, err = parseEnd(f.end); err != nil {
		return nil, err
	}
	if err := f.checkFiles(); err != nil {
		return nil, err
	}
	f.name(r)
	if err := r.Check(); err != nil {
		return nil, err
	}
	if (f.demo || f.snapshot != "") && (f.window != "" || f.end != "" || len(f.labels) > 0) {
		return nil, errSavedWindow
	}
	return r, nil
}

// storeTimeout is the shorter of --request-timeout and --timeout, where they are given.
func (f *collectFlags) storeTimeout() time.Duration {
	if f.timeout > 0 && (f.kube.RequestTimeout <= 0 || f.timeout < f.kube.RequestTimeout) {
		return f.timeout
	}
	return max(f.kube.RequestTimeout, 0)
}

// name gives the request its sources.
func (f *collectFlags) name(r *collect.Request) {
	f.files.store.Timeout = f.storeTimeout()
	r.Objects, r.Dumps = f.files.allShown(f.objects), map[string][]string{}
	for _, d := range f.dumps {
		if len(*d.files) > 0 {
			r.Dumps[d.Flag] = f.files.allShown(*d.files)
		}
	}
	r.Kube = f.kube
	r.Kube.Version = programVersion()
	if f.snapshot != "" {
		r.Saved = f.files.shown(f.snapshot)
	}
	if f.demo {
		r.Sample = demoSnapshot
	}
}

// dumpFlag is a source of dumps with the files that were named.
type dumpFlag struct {
	collect.Dump
	files *[]string
}

// selection reads which namespaces and workloads are asked for.
func (f *collectFlags) selection() (object.Selection, error) {
	if sel, err := selectNamespaces(f.namespaces, f.excluded); err != nil {
		return sel, err
	}
	sel, err := object.Select(f.namespaces, f.selector)
	if err != nil {
		return sel, fmt.Errorf("-l/--selector: %w", err)
	}
	return sel, sel.Exclude(f.excluded)
}

// selectNamespaces reads -n and --exclude-namespaces.
func selectNamespaces(named, excluded []string) (object.Selection, error) {
	sel, err := object.Select(named, "")
	if err != nil {
		return sel, fmt.Errorf("-n/--namespace: %w", err)
	}
	if err := sel.Exclude(excluded); err != nil {
		return sel, fmt.Errorf("--exclude-namespaces: %w", err)
	}
	return sel, nil
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
	type checked struct {
		flag  string
		files []string
		check func(flag, file string) error
	}
	all := []checked{
		{"--objects", f.objects, checkURL}, {"--snapshot", []string{f.snapshot}, checkURL},
		{"--prometheus-config", []string{f.prometheusConfig}, checkLocal}, {"--kubeconfig", []string{f.kube.Kubeconfig}, checkLocal},
	}
	for _, d := range f.dumps {
		all = append(all, checked{"--" + d.Flag, *d.files, checkURL})
	}
	for _, of := range all {
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
	s.In = disk.Patient(ctx, s.In)
	r, err := f.request(s, p)
	if err != nil {
		return nil, err
	}
	f.asked = r
	snap, err := r.Collect(ctx)
	return snap, collectError(err)
}

// collectError gives the failure of a source its exit code.
func collectError(err error) error {
	if failed := (*collect.Failed)(nil); errors.As(err, &failed) {
		return sourceError(err)
	}
	return err
}

// addSnapshot makes the snapshot ready for where --save-snapshot says.
func (f *collectFlags) addSnapshot(all *writing, s streams, snap *analyzer.Snapshot) error {
	const what = "saving the snapshot"
	encode := func(w io.Writer) error { return snapshot.Encode(w, snap) }
	if f.saveSnapshot != "-" {
		return all.add(&f.files, what, f.saveSnapshot, encode)
	}
	all.addSink(s, &f.files, "the snapshot", "", encode)
	return nil
}

// reading says which flag named the file that an error is of.
func reading(flag string, err error) error { return collect.Reading(flag, err) }
