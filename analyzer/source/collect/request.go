package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
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

// Snapshot collects. Its doubts are warnings of the snapshot; an error is
// *Failed where a source failed, and else of the request.
func (r *Request) Snapshot(ctx context.Context) (*analyzer.Snapshot, error) {
	if len(r.Objects) > 0 || len(r.Dumps) > 0 {
		return r.fromFiles(ctx)
	}
	return r.fromCluster(ctx)
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
