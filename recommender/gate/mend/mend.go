// Package mend puts right in manifests what the gate found, and takes back what makes
// another finding.
package mend

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
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// mostRounds bounds how often edits are taken back and the others made anew.
const mostRounds = 4

// Fixer makes edits and judges what they made.
type Fixer struct {
	// Judge reads the tree as it is now and judges it.
	Judge func(context.Context) (*verdict.Result, error)
	// Warn is told of what is left as it is.
	Warn func(message string)
}

// Run makes the edits of the findings, reads the tree anew and judges it again:
// what is left decides. The findings that are gone are kept as fixed, and done is how
// many numbers were put right by file. Edits that bring a finding which was not there
// before, as a request below what a LimitRange admits, are taken back.
func (f Fixer) Run(ctx context.Context, first *verdict.Result) (left *verdict.Result, done map[string]int, err error) {
	spared := map[string]bool{}
	for range mostRounds {
		was, err := f.mend(first, spared)
		if err == nil && len(was) == 0 {
			return first, nil, nil
		}
		if err != nil {
			return nil, nil, errors.Join(err, putBack(was))
		}
		second, err := f.judgeOrPutBack(ctx, was)
		if err != nil {
			return nil, nil, err
		}
		worse := second.Brought(first)
		if len(worse) == 0 {
			second.Fixed(first)
			return second, edited(was), nil
		}
		for _, n := range worse {
			f.Warn(fmt.Sprintf("%s: left as it is: put right, %s", n.Object, n.Message))
			spared[n.Object] = true
		}
		if err := putBack(was); err != nil {
			return nil, nil, err
		}
	}
	return first, nil, nil
}

func edited(was map[string]mended) map[string]int {
	out := map[string]int{}
	for file, m := range was {
		out[file] = m.edits
	}
	return out
}

// judgeOrPutBack judges what was put right. What cannot be judged is not written,
// and an interrupt need not wait for a build that does not see it.
func (f Fixer) judgeOrPutBack(ctx context.Context, was map[string]mended) (*verdict.Result, error) {
	undone := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { undone <- putBack(was) })
	second, err := f.Judge(ctx)
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

// mended is a file as it was, and how many numbers of it were put right.
type mended struct {
	data  []byte
	edits int
}

// mend makes the edits of all findings that count but for those of spared
// objects, file by file, and gives the files that it changed as they were.
func (f Fixer) mend(r *verdict.Result, spared map[string]bool) (map[string]mended, error) {
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
			f.Warn(fmt.Sprintf("%s:%d: left as it is: two findings want other numbers here", file, e.Place.Start.Line))
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
