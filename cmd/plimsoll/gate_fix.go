package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
)

// mendAndJudge makes the edits of the findings, reads the tree anew and judges
// it again: what is left decides. The findings that are gone are kept as fixed.
func (f *gateFlags) mendAndJudge(ctx context.Context, s streams, in gate.Input, first *gate.Result, paths []string) (*gate.Result, error) {
	mended, err := f.mend(s, first)
	if err != nil || !mended {
		return first, err
	}
	o, err := f.treeOptions(ctx, s, in.Policy)
	if err != nil {
		return nil, err
	}
	quiet := *f
	quiet.quiet = true // what was left out is said already
	if err := quiet.readTree(ctx, s, &in, paths, o); err != nil {
		return nil, fmt.Errorf("--fix: reading what was put right: %w", err)
	}
	second, err := gate.Judge(in)
	if err != nil {
		return nil, err
	}
	second.Fixed(first)
	return second, nil
}

// mend makes the edits of all findings that count, file by file, and reports
// whether there were any.
func (f *gateFlags) mend(s streams, r *gate.Result) (bool, error) {
	edits := map[string][]gate.Edit{}
	for _, found := range r.Findings {
		for _, e := range found.Fix {
			if found.Counts() && e.File != "<stdin>" {
				edits[e.File] = append(edits[e.File], e)
			}
		}
	}
	any := false
	for _, file := range slices.Sorted(maps.Keys(edits)) {
		data, err := os.ReadFile(file)
		if err != nil {
			return any, fmt.Errorf("--fix: %w", err)
		}
		clear, left := gate.Agreed(edits[file])
		for _, e := range left {
			f.warn(s, fmt.Sprintf("%s:%d: left as it is: two findings want other numbers here", file, e.Place.Start.Line))
		}
		mended, err := gate.Apply(data, clear)
		if err != nil {
			return any, fmt.Errorf("--fix: %w", err)
		}
		if bytes.Equal(mended, data) {
			continue
		}
		if err := rewrite(file, mended); err != nil {
			return any, fmt.Errorf("--fix: %w", err)
		}
		any = true
		if !f.quiet {
			fmt.Fprintf(s.Err, "%s: %d numbers put right\n", file, len(clear))
		}
	}
	return any, nil
}

// rewrite replaces a file's content and keeps its mode.
func rewrite(file string, data []byte) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, info.Mode().Perm())
}
