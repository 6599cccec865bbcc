package collect

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/openmetrics"
)

// fromFiles takes the inventory from --objects and the usage from
// --openmetrics, or from an engine by URL.
func (r *Request) fromFiles(ctx context.Context) (*analyzer.Snapshot, error) {
	snap := &analyzer.Snapshot{}
	owners := &analyzer.Owners{}
	if len(r.Objects) > 0 {
		r.step("reading objects")
		inventory, err := object.ReadFiles(r.Objects, r.In, func(name string) (io.ReadCloser, error) { return r.Open(ctx, name) })
		if err != nil {
			return nil, fileError("--objects", err)
		}
		inventory.Fill(snap, r.Selection)
		inventory.Owners(owners)
		for _, name := range r.Objects {
			snap.Sources = append(snap.Sources, analyzer.Source{Kind: "objects", Name: name, Reads: "inventory"})
		}
	}
	addWorkloads(owners, snap)
	switch {
	case len(r.Openmetrics) > 0:
		if err := r.readDumps(ctx, snap, owners); err != nil {
			return nil, err
		}
	case r.Prometheus != "":
		transport, err := r.transport()
		if err != nil {
			return nil, err
		}
		e := engine{url: r.Prometheus, transport: transport}
		if err := r.ask(ctx, snap, owners, e, r.opening(ctx, e)); err != nil {
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
func (r *Request) span(snap *analyzer.Snapshot) {
	end := cmp.Or(r.End, time.Now().UTC().Truncate(time.Second))
	snap.Window = analyzer.Window{Start: end.Add(-r.Window), End: end, Step: 5 * time.Minute}
}

func addWorkloads(owners *analyzer.Owners, snap *analyzer.Snapshot) {
	for i := range snap.Workloads {
		owners.AddWorkload(&snap.Workloads[i])
	}
}

func (r *Request) readDumps(ctx context.Context, snap *analyzer.Snapshot, owners *analyzer.Owners) error {
	r.step("reading " + r.Openmetrics[0])
	matchers := make([]openmetrics.Matcher, 0, len(r.Matchers))
	for _, m := range r.Matchers {
		matchers = append(matchers, openmetrics.Matcher(m))
	}
	got, err := openmetrics.Collect(ctx, openmetrics.Options{
		Files: r.Openmetrics, Open: func(name string) (io.ReadCloser, error) { return r.Open(ctx, name) },
		Window: r.Window, End: r.End, Matchers: matchers, Owners: owners,
		Progress: func(at openmetrics.Progress) {
			r.step(fmt.Sprintf("reading %s, pass %d of 2, %d samples", at.File, at.Pass, at.Samples))
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
