package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/backtest"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/build"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

type backtestFlags struct {
	collectFlags
	prices priceFlags
	output string
}

func newBacktest(s streams) *cobra.Command {
	var f backtestFlags
	cmd := &cobra.Command{
		Use:   "backtest",
		Short: "Score our sizes and other tools' on this cluster's own history",
		Long: `backtest learns on the first part of the history, gives sizes as it would have
then, and scores them on the days after: time above the CPU request, memory
kills, unused requests and their worth. Other tools' rules are scored alike.

It needs four days of history; the test is of the last half, a week at most.`,
		Example: `  # Score the last week on what was known before it
  plimsoll backtest --window 14d

  # The same of a saved snapshot, for a script
  plimsoll backtest --snapshot shop.zst -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), s) },
	}
	f.register(cmd)
	f.prices.register(cmd)
	cmd.Flags().StringVarP(&f.output, "output", "o", "table", "`FORMAT`, of: table, json")
	completeFrom(cmd, "output", []string{"table", "json"})
	return cmd
}

func (f *backtestFlags) run(ctx context.Context, s streams) error {
	if f.output != "table" && f.output != "json" {
		return fmt.Errorf("-o %s: no such format; there is: table, json", f.output)
	}
	f.files.store.Timeout = f.storeTimeout()
	f.prices.in = f.files
	catalog, err := f.prices.catalog(ctx)
	if err != nil {
		return err
	}
	p := startProgress(s, f.quiet)
	snap, err := f.collect(ctx, s, p)
	if err != nil {
		p.Stop()
		return err
	}
	p.Step("replaying the history")
	result, err := backtest.Of(ctx, snap, catalog)
	p.Stop()
	if err != nil {
		return err
	}
	unread := snap.Unread()
	if len(result.Scores) == 0 && unread != "" {
		return sourceError(fmt.Errorf("backtest has nothing to score: %s", unread))
	}
	if len(result.Scores) == 0 {
		return fmt.Errorf("backtest needs four days of history, and there are fewer: give a longer --window, or a snapshot of one")
	}
	scores := build.Backtest(&result)
	for _, w := range snap.Warnings {
		if w.Code == analyzer.WarnUnused && !f.quiet {
			fmt.Fprintf(s.Err, "warning: %s\n", oneLine(w.String()))
		}
	}
	write := func() error {
		return text.Backtest(s.Out, scores, reports.Options{Program: s.Program, Width: s.Width, ASCII: s.ASCII})
	}
	if f.output == "json" {
		write = func() error { return writeJSON(s.Out, scores) }
	}
	if err := write(); err != nil {
		return err
	}
	if unread != "" {
		return partialError(fmt.Errorf("the scores are partial: %s", unread))
	}
	return nil
}
