package openmetrics

import (
	"context"
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Read is Collect as sources of dumps are asked.
func Read(ctx context.Context, r analyzer.DumpRequest) (analyzer.DumpUsage, error) {
	matchers := make([]Matcher, 0, len(r.Labels))
	for _, l := range r.Labels {
		matchers = append(matchers, Matcher(l))
	}
	got, err := Collect(ctx, Options{
		Files: r.Files, Open: r.Open, Window: r.Window, End: r.End, Matchers: matchers, Owners: r.Owners,
		Progress: func(at Progress) {
			r.Step(fmt.Sprintf("reading %s, pass %d of 2, %d samples", at.File, at.Pass, at.Samples))
		},
	})
	if err != nil {
		return analyzer.DumpUsage{}, err
	}
	return analyzer.DumpUsage{Usage: got.Usage, Volumes: got.Volumes, Network: got.Network, Nodes: got.Nodes, Window: got.Window, Source: got.Source, Warnings: got.Warnings}, nil
}
