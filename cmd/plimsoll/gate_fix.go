package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/intake"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/mend"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// mendAndJudge puts right what the findings say, and gives the judgement of the rest.
func (f *gateFlags) mendAndJudge(ctx context.Context, s streams, ask *intake.Request, in gate.Input, first *verdict.Result) (*verdict.Result, error) {
	fixer := mend.Fixer{
		Judge: func(ctx context.Context) (*verdict.Result, error) {
			now, err := ask.Again(ctx, in)
			if err != nil {
				return nil, storeError(fmt.Errorf("--fix: reading what was put right: %w", err))
			}
			return gate.Judge(now)
		},
		Warn: func(message string) { f.warn(s, message) },
	}
	left, done, err := fixer.Run(ctx, first)
	if err == nil {
		f.sayMended(s, done)
	}
	return left, err
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
