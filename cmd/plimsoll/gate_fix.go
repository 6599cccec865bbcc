package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/disk"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// mostRounds bounds how often edits are taken back and the others made anew.
const mostRounds = 4

// mendAndJudge makes the edits of the findings, reads the tree anew and judges
// it again: what is left decides. The findings that are gone are kept as fixed.
// Edits that bring a finding which was not there before, as a request below what
// a LimitRange admits, are taken back.
func (f *gateFlags) mendAndJudge(ctx context.Context, s streams, in gate.Input, first *verdict.Result, paths []string) (*verdict.Result, error) {
	spared := map[string]bool{}
	for range mostRounds {
		was, err := f.mend(s, first, spared)
		if err == nil && len(was) == 0 {
			return first, nil
		}
		if err != nil {
			return nil, errors.Join(err, putBack(was))
		}
		second, err := f.judgeOrPutBack(ctx, s, in, paths, was)
		if err != nil {
			return nil, err
		}
		worse := second.Brought(first)
		if len(worse) == 0 {
			f.sayMended(s, was)
			second.Fixed(first)
			return second, nil
		}
		for _, n := range worse {
			f.warn(s, fmt.Sprintf("%s: left as it is: put right, %s", n.Object, n.Message))
			spared[n.Object] = true
		}
		if err := putBack(was); err != nil {
			return nil, err
		}
	}
	return first, nil
}

// judgeOrPutBack judges what was put right. What cannot be judged is not written,
// and an interrupt need not wait for a build that does not see it.
func (f *gateFlags) judgeOrPutBack(ctx context.Context, s streams, in gate.Input, paths []string, was map[string]mended) (*verdict.Result, error) {
	undone := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { undone <- putBack(was) })
	second, err := f.judgeAgain(ctx, s, in, paths)
	if !stop() {
		return nil, errors.Join(ctx.Err(), <-undone)
	}
	if err != nil {
		return nil, errors.Join(err, putBack(was))
	}
	return second, nil
}

// putBack makes files what they were.
func putBack(was map[string]mended) error {
	for _, file := range slices.Sorted(maps.Keys(was)) {
		if err := rewrite(file, was[file].data); err != nil {
			return fmt.Errorf("--fix: %w", err)
		}
	}
	return nil
}

// judgeAgain reads the tree as it is now and judges it.
func (f *gateFlags) judgeAgain(ctx context.Context, s streams, in gate.Input, paths []string) (*verdict.Result, error) {
	o, err := f.treeOptions(ctx, s, in.Policy)
	if err != nil {
		return nil, err
	}
	quiet := *f
	quiet.quiet = true // what was left out is said already
	if err := quiet.readTree(ctx, s, &in, paths, o); err != nil {
		return nil, fmt.Errorf("--fix: reading what was put right: %w", err)
	}
	return gate.Judge(in)
}

// mended is a file as it was, and how many numbers of it were put right.
type mended struct {
	data  []byte
	edits int
}

// mend makes the edits of all findings that count but for those of spared
// objects, file by file, and gives the files that it changed as they were.
func (f *gateFlags) mend(s streams, r *verdict.Result, spared map[string]bool) (map[string]mended, error) {
	edits, was := map[string][]verdict.Edit{}, map[string]mended{}
	for _, found := range r.Findings {
		for _, e := range found.Fix {
			if found.Counts() && e.File != "<stdin>" && !spared[found.Object] {
				edits[e.File] = append(edits[e.File], e)
			}
		}
	}
	for _, file := range slices.Sorted(maps.Keys(edits)) {
		data, err := os.ReadFile(file)
		if err != nil {
			return was, fmt.Errorf("--fix: %w", err)
		}
		clear, left := verdict.Agreed(edits[file])
		for _, e := range left {
			f.warn(s, fmt.Sprintf("%s:%d: left as it is: two findings want other numbers here", file, e.Place.Start.Line))
		}
		text, err := verdict.Apply(data, clear)
		if err != nil {
			return was, fmt.Errorf("--fix: %w", err)
		}
		if bytes.Equal(text, data) {
			continue
		}
		if err := rewrite(file, text); err != nil {
			return was, fmt.Errorf("--fix: %w", err)
		}
		was[file] = mended{data, len(clear)}
	}
	return was, nil
}

func (f *gateFlags) sayMended(s streams, was map[string]mended) {
	if f.quiet {
		return
	}
	for _, file := range slices.Sorted(maps.Keys(was)) {
		numbers := "numbers"
		if was[file].edits == 1 {
			numbers = "number"
		}
		fmt.Fprintf(s.Err, "%s: %d %s put right\n", file, was[file].edits, numbers)
	}
}

// rewrite replaces a file's content and keeps its mode.
func rewrite(file string, data []byte) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	return disk.Replace(file, info.Mode().Perm(), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
