package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/backtest"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
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
	facts := analyzer.Analyze(snap)
	costs := cost.Of(facts, catalog)
	if costs.MeanUnit == (cost.UnitPrice{}) {
		costs = nil
	}
	result, err := backtest.Run(ctx, facts, costs, backtest.Rules())
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
	write := func() error { return printBacktest(s.Out, result) }
	if f.output == "json" {
		write = func() error { return writeJSON(s.Out, result) }
	}
	if err := write(); err != nil {
		return err
	}
	if unread != "" {
		return sourceError(fmt.Errorf("the scores are partial: %s", unread))
	}
	return nil
}

// printBacktest writes the scores as a table.
func printBacktest(out io.Writer, r backtest.Result) error {
	fmt.Fprintf(out, "Sizes made of %d days and scored on the %d after, at %d origins.\n\n", r.LearnDays, r.TestDays, r.Origins)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RULE\tSIZES\tTIME OVER\tBROKEN\tUNSERVED\tKILLED/WEEK\tCPU UNUSED\tMEM UNUSED\tCHANGED/WEEK\tUSD/MONTH")
	percent := func(v float64) string { return fmt.Sprintf("%.1f%%", 100*v) }
	for _, s := range r.Scores {
		changes, monthly := "-", "-"
		if s.Changes != nil {
			changes = percent(*s.Changes)
		}
		if s.Monthly != nil {
			monthly = fmt.Sprintf("%.0f", *s.Monthly)
		}
		killed := fmt.Sprintf("%s (%s to %s)", percent(s.Killed), percent(s.KilledLow), percent(s.KilledHigh))
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.Rule, s.Containers, percent(s.OverRequest), percent(s.Broken), percent(s.Unserved), killed, percent(s.CPUSlack), percent(s.MemorySlack), changes, monthly)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprint(out, "\nTIME OVER is above the CPU request, BROKEN the containers above it for more than 5 %\nof the time, KILLED those whose memory passed the setting, with a 90 % interval.\nSamples are means of five minutes; other tools' rules are read off the same.\n")
	return err
}
