package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/mend"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// mendAndJudge puts right what the findings say, and gives the judgement of the rest.
func (f *gateFlags) mendAndJudge(ctx context.Context, s streams, in gate.Input, first *verdict.Result, paths []string) (*verdict.Result, error) {
	fixer := mend.Fixer{
		Judge: func(ctx context.Context) (*verdict.Result, error) { return f.judgeAgain(ctx, s, in, paths) },
		Warn:  func(message string) { f.warn(s, message) },
	}
	left, done, err := fixer.Run(ctx, first)
	if err == nil {
		f.sayMended(s, done)
	}
	return left, err
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

func (f *gateFlags) sayMended(s streams, done map[string]int) {
	if f.quiet {
		return
	}
	for _, file := range slices.Sorted(maps.Keys(done)) {
		numbers := "numbers"
		if done[file] == 1 {
			numbers = "number"
		}
		fmt.Fprintf(s.Err, "%s: %d %s put right\n", file, done[file], numbers)
	}
}
