package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/openmetrics"
)

// Dump is a source that reads usage from files.
type Dump struct {
	// Flag names the files on the command line, and Doc says what they are.
	Flag, Doc string
	// cut marks the error of a file that ends too early.
	cut  error
	read func(context.Context, analyzer.DumpRequest) (analyzer.DumpUsage, error)
}

// Dumps lists these sources: a new one is its package and its line here.
func Dumps() []Dump {
	return []Dump{
		{"openmetrics", "`FILE` with a text dump of metrics (OpenMetrics or Prometheus text, .gz) in place of an engine; repeatable", openmetrics.ErrCut, openmetrics.Read},
	}
}

// dumped is the source whose files are given; nil without files.
func (r *Request) dumped() (*Dump, error) {
	var found *Dump
	for _, d := range Dumps() {
		if len(r.Dumps[d.Flag]) == 0 {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("--%s and --%s are two sources of the same usage: give one", found.Flag, d.Flag)
		}
		found = &d
	}
	return found, nil
}

func (r *Request) readDumps(ctx context.Context, d *Dump, snap *analyzer.Snapshot, owners *analyzer.Owners) error {
	files := r.Dumps[d.Flag]
	r.step("reading " + files[0])
	labels := make([]analyzer.Label, 0, len(r.Matchers))
	for _, m := range r.Matchers {
		labels = append(labels, analyzer.Label(m))
	}
	got, err := d.read(ctx, analyzer.DumpRequest{
		Files: files, Open: func(name string) (io.ReadCloser, error) { return r.Open(ctx, name) },
		Window: r.Window, End: r.End, Labels: labels, Owners: owners, Step: r.step,
	})
	if err != nil {
		if err = fileError("--"+d.Flag, err); errors.Is(err, d.cut) {
			return &Failed{err}
		}
		return err
	}
	if len(r.Objects) == 0 { // else the objects tell which namespaces there are
		snap.Warnings = append(snap.Warnings, r.Selection.Unused(namespacesOf(got.Usage))...)
	}
	snap.Window, snap.Usage = got.Window, r.selected(snap, got.Usage)
	snap.SetVolumeUsage(got.Volumes)
	snap.Network = r.selectedNetwork(snap, got.Network)
	snap.NodeHistory = got.Nodes.History(snap.Window, snap.Nodes)
	snap.Sources = append(snap.Sources, got.Source)
	snap.Warnings = append(snap.Warnings, got.Warnings...)
	return nil
}

// namespacesOf lists the namespaces of usage, each once.
func namespacesOf(usage []analyzer.ContainerUsage) []string {
	var out []string
	for i := range usage {
		out = append(out, usage[i].Namespace)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
