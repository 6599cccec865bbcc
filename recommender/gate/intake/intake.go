// Package intake gathers what a judgement of manifests rests on: the policy, the
// manifests and those before the change, the baseline, the evidence and the prices.
package intake

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/collect"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/manifest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/policy"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// Request is what to judge, and by what.
type Request struct {
	// Paths are files and folders of manifests, - for In.
	Paths      []string
	In         io.Reader
	AllowEmpty bool
	// Namespace is that of manifests which name none, and of charts' releases.
	Namespace string
	// Helm says how charts are rendered but for the values, which are read from
	// HelmValues, files of which the later win.
	Helm       manifest.Helm
	HelmValues []string
	// Roots are folders that are one environment each.
	Roots []string

	// Policy is a file; empty takes DefaultPolicy where there is one.
	Policy string
	// FailOn, MaxIncrease and MaxMonthly go before the policy's own where they are
	// set, the latter in USD a month.
	FailOn                  verdict.Severity
	MaxIncrease, MaxMonthly float64
	// Base is a git revision, a folder or a file to compare with; empty for none.
	Base string
	// Baseline is a file of findings that are let be; empty for none.
	Baseline string
	// Report or Snapshot is the file of the evidence; both empty for none.
	Report, Snapshot string
	// Catalog has the prices, and Provider and Region where the cluster is, as it
	// was told. OwnPrices says that files were laid over the tables, which may have
	// places of their own.
	Catalog          *pricing.Catalog
	Provider, Region string
	OwnPrices        bool
	// Today is the date as YYYY-MM-DD by which waivers are judged; empty is today's.
	Today string

	// Open opens a file by its name, and Read reads one whole. Shown is its name for
	// people.
	Open  func(ctx context.Context, name string) (io.ReadCloser, error)
	Read  func(ctx context.Context, name string) ([]byte, error)
	Shown func(name string) string
	// Warn is told of what was left out and is not checked.
	Warn func(message string)
}

// DefaultPolicy is read where there is one and no other is named.
const DefaultPolicy = "plimsoll-policy.yaml"

// Gather reads all of it. A check that was asked for and that cannot be made is an
// error.
func (r *Request) Gather(ctx context.Context) (gate.Input, error) {
	in := gate.Input{Namespace: r.Namespace, Today: cmp.Or(r.Today, time.Now().UTC().Format(time.DateOnly)), AllowEmpty: r.AllowEmpty}
	var err error
	if in.Policy, err = r.policy(ctx); err != nil {
		return in, err
	}
	o, err := r.treeOptions(ctx, in.Policy)
	if err != nil {
		return in, err
	}
	if err := r.readTree(ctx, &in, o); err != nil {
		return in, err
	}
	if in.Base, err = r.base(ctx, o); err != nil {
		return in, fmt.Errorf("reading --base: %w", err)
	}
	if in.Baseline, err = r.baseline(ctx); err != nil {
		return in, err
	}
	if err := r.addEvidence(ctx, &in); err != nil {
		return in, err
	}
	if err := r.checkMoney(&in); err != nil {
		return in, err
	}
	return in, in.Lacks()
}

// Again is a judgement's input with the manifests as they are now. It tells nobody
// what was left out: that was told.
func (r *Request) Again(ctx context.Context, in gate.Input) (gate.Input, error) {
	quiet := *r
	quiet.Warn = func(string) {}
	o, err := quiet.treeOptions(ctx, in.Policy)
	if err == nil {
		err = quiet.readTree(ctx, &in, o)
	}
	return in, err
}

func (r *Request) policy(ctx context.Context) (*policy.Document, error) {
	out, path := &policy.Document{}, r.Policy
	if _, err := os.Stat(DefaultPolicy); path == "" && err == nil {
		path = DefaultPolicy
	}
	if path != "" {
		data, err := r.Read(ctx, path)
		if err != nil {
			return nil, collect.Reading("--policy", err)
		}
		if out, err = gate.ParsePolicy(data); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Shown(path), err)
		}
	}
	out.FailOn = cmp.Or(r.FailOn, out.FailOn)
	if r.MaxIncrease > 0 {
		out.Budgets.MaxIncrease = r.MaxIncrease
	}
	if r.MaxMonthly > 0 {
		out.Budgets.MaxMonthly = r.MaxMonthly
	}
	return out, nil
}

// treeOptions reads the files of values for charts.
func (r *Request) treeOptions(ctx context.Context, p *policy.Document) (manifest.Options, error) {
	o := manifest.Options{Stdin: r.In, Whole: len(p.Custom) > 0, Helm: r.Helm, Roots: r.Roots}
	for _, name := range r.HelmValues {
		data, err := r.Read(ctx, name)
		if err != nil {
			return o, collect.Reading("--helm-values", err)
		}
		name = r.Shown(name)
		if _, err := manifest.ParseValues(name, data); err != nil {
			return o, fmt.Errorf("reading --helm-values: %w", err)
		}
		o.Helm.Values = append(o.Helm.Values, manifest.Values{Name: name, Data: data})
	}
	return o, nil
}

// readTree reads the manifests.
func (r *Request) readTree(ctx context.Context, in *gate.Input, o manifest.Options) error {
	t, err := manifest.Read(ctx, r.Paths, o)
	if err != nil {
		return err
	}
	in.Documents, in.Problems, in.Skips, in.Paths = t.Documents, t.Problems, t.Skips, nil
	for i, path := range r.Paths {
		if path == manifest.Stdin {
			path = "<stdin>"
		}
		in.Paths = append(in.Paths, gate.Path{Name: path, Again: t.Again[i]})
	}
	for _, w := range t.Warnings {
		r.Warn(w.String())
	}
	return nil
}

// base reads the manifests before the change: of a file or folder where one has that
// name, else of a revision; nil where none is asked for.
func (r *Request) base(ctx context.Context, o manifest.Options) (*gate.Base, error) {
	if r.Base == "" {
		return nil, nil
	}
	read := func() (*manifest.Tree, error) { return manifest.ReadRevision(ctx, r.Base, r.Paths, o) }
	if _, err := os.Stat(r.Base); err == nil {
		read = func() (*manifest.Tree, error) { return manifest.Read(ctx, []string{r.Base}, o) }
	}
	t, err := read()
	if err != nil {
		return nil, err
	}
	return &gate.Base{Name: r.Base, Documents: t.Documents}, nil
}

func (r *Request) baseline(ctx context.Context) (*verdict.Baseline, error) {
	if r.Baseline == "" {
		return nil, nil
	}
	data, err := r.Read(ctx, r.Baseline)
	if err != nil {
		return nil, collect.Reading("--baseline", err)
	}
	b, err := verdict.ParseBaseline(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Shown(r.Baseline), err)
	}
	return b, nil
}
