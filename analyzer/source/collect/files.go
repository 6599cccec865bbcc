package collect

import (
	"cmp"
	"context"
	"io"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// fromFiles takes the inventory from --objects and the usage from dumps, or from
// an engine by URL.
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
	dump, err := r.dumped()
	if err != nil {
		return nil, err
	}
	switch {
	case dump != nil:
		if err := r.readDumps(ctx, dump, snap, owners); err != nil {
			return nil, err
		}
	case r.Prometheus != "":
		transport, err := r.transport()
		if err != nil {
			return nil, err
		}
		e := engine{url: r.Prometheus, transport: transport, patience: origin.NewPatience(r.patience())}
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
