package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/store"
)

// Request is what to collect, and from where.
type Request struct {
	Selection object.Selection
	// Window is how long to look back from End; the zero End is now.
	Window time.Duration
	End    time.Time

	// Objects are files of Kubernetes objects, - for In. Where neither they nor
	// Dumps are given, the inventory is that of the cluster of Kube.
	Objects []string
	In      io.Reader
	Kube    kube.Flags
	// AllNamespaces fails where not all may be read.
	AllNamespaces bool

	// Dumps are files of usage in place of an engine, by the flag of their source.
	Dumps map[string][]string
	// Prometheus is the URL of an engine; empty looks for one in the cluster.
	Prometheus string
	// PrometheusConfig is a file with Prometheus' HTTP client configuration.
	PrometheusConfig string
	Matchers         []prometheus.Matcher

	// Patience is how long a source may finish no answer until it is given up; 0
	// is two minutes, and a quarter more than a request's own where that is longer.
	Patience time.Duration

	// Saved is a file with a snapshot that was made before, in place of all sources;
	// so is Sample. The selection is taken from what they hold.
	Saved  string
	Sample func() (*analyzer.Snapshot, error)

	// Open opens a file by its name.
	Open func(ctx context.Context, name string) (io.ReadCloser, error)
	// Step is told of the work at hand, Count how far it is; either may be nil.
	Step  func(what string)
	Count func(done, total int)
}

// Failed is the error of a source that could not be read or broke off, where
// nothing of the request is wrong.
type Failed struct{ Err error }

func (e *Failed) Error() string { return e.Err.Error() }
func (e *Failed) Unwrap() error { return e.Err }

// Source names what is collected, so that reports of the same are compared and others
// kept apart. cluster is the name that was found; it may be empty.
func (r *Request) Source(cluster string) string {
	files := slices.Clone(r.Objects)
	for _, d := range Dumps() {
		files = append(files, r.Dumps[d.Flag]...)
	}
	out := "cluster " + cmp.Or(cluster, "without a name")
	switch {
	case r.Sample != nil:
		out = "the demo"
	case r.Saved != "":
		out = "snapshot " + r.Saved
	case len(files) > 0:
		out = "files " + strings.Join(files, ", ")
	case r.Kube.Context != "":
		out += ", context " + r.Kube.Context
	}
	return out + r.Selection.Flags()
}

// Check refuses sources that exclude each other.
func (r *Request) Check() error {
	dump, err := r.dumped()
	if err != nil {
		return err
	}
	saved := r.Saved != "" || r.Sample != nil
	switch {
	case saved && (len(r.Objects) > 0 || dump != nil || r.Prometheus != "") || r.Saved != "" && r.Sample != nil:
		return errors.New("--snapshot already holds objects and usage: it does not go together with --objects, --openmetrics, --prometheus or --demo")
	case dump != nil && r.Prometheus != "":
		return fmt.Errorf("--%s and --prometheus are two sources of the same usage: give one", dump.Flag)
	case !r.End.IsZero() && dump == nil && r.End.After(time.Now().Add(time.Minute)):
		return fmt.Errorf("--end %s lies in the future, of which nothing is known; leave it out for now", r.End.Format(time.RFC3339))
	}
	return nil
}

// Collect makes the snapshot. Its doubts are warnings of the snapshot; an error is
// *Failed where a source failed, and else of the request.
func (r *Request) Collect(ctx context.Context) (*analyzer.Snapshot, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	snap, err := r.collect(ctx)
	if err != nil {
		return nil, err
	}
	snap.Selection = r.Selection.Of(snap.Selection)
	hidden := origin.SecretsOf(ctx)
	for i := range snap.Warnings { // what servers say goes into every report
		w := &snap.Warnings[i]
		w.Subject, w.Message = hidden.Hide(w.Subject), hidden.Hide(w.Message)
	}
	if what := r.Selection.Nothing(snap); what != "" {
		return nil, fmt.Errorf("no workload matches: there are none of %s; check the names with kubectl get deployments,statefulsets,daemonsets -A --show-labels", what)
	}
	return snap, nil
}

func (r *Request) collect(ctx context.Context) (*analyzer.Snapshot, error) {
	switch {
	case r.Sample != nil:
		return r.selectedOf(r.Sample())
	case r.Saved != "":
		r.step("reading " + r.Saved)
		return r.selectedOf(Saved(ctx, r.Open, r.Saved))
	case len(r.Objects) > 0 || len(r.Dumps) > 0:
		return r.fromFiles(ctx)
	}
	return r.fromCluster(ctx)
}

// selectedOf narrows what was collected before.
func (r *Request) selectedOf(snap *analyzer.Snapshot, err error) (*analyzer.Snapshot, error) {
	if err != nil {
		return nil, err
	}
	r.Selection.Apply(snap)
	snap.Sort()
	return snap, nil
}

// patience is Patience with its default.
func (r *Request) patience() time.Duration {
	if r.Patience > 0 {
		return r.Patience
	}
	return max(2*time.Minute, r.Kube.RequestTimeout*5/4)
}

func (r *Request) step(what string) {
	if r.Step != nil {
		r.Step(what)
	}
}

// fileError is that of a file: one that was cut off or a store that does not
// answer has failed; one that is not there or not what it should be is the
// request's to mend.
func fileError(flag string, err error) error {
	at := (*store.Error)(nil)
	if errors.Is(err, object.ErrCut) || errors.As(err, &at) {
		return &Failed{Reading(flag, err)}
	}
	return Reading(flag, err)
}

// Reading says which flag named the file that an error is of.
func Reading(flag string, err error) error {
	advice := ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		advice = "; check the path"
	case errors.Is(err, fs.ErrPermission):
		advice = "; check who may read it"
	}
	return fmt.Errorf("reading %s: %w%s", flag, err, advice)
}
