package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/document/change"
	"github.com/plimsoll-k8s/plimsoll/reports/keep"
	"github.com/plimsoll-k8s/plimsoll/reports/limit"
)

// diffFlags are the flags of diff.
type diffFlags struct {
	files   files
	since   string
	of      string
	output  []string
	failOn  []string
	noColor bool
	quiet   bool
}

func newDiff(s streams) *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Compare two reports: what is new, gone, better, worse, applied",
		Long: `diff compares two reports that audit wrote as JSON or YAML, or with --since two
of those that are kept: workloads that are new or gone, those whose requests or
scaling are now what was advised and what that brought, and those that are better
or worse. What was applied and got worse is both, for --fail-on too.
Better and worse are by OOM kills a week, then by what else is urgent, then by
throttling, then by what a new setting costs. A workload has moved where its cost
is another and nothing of it was set anew. BY tells a change of setting from one
of use and of advice. What one of the two does not know is named, and --fail-on
worse or better fails then.`,
		Example: `  # Two files
  plimsoll diff monday.json friday.json

  # The last report, and the last that was made a week or more before it
  plimsoll diff --since 7d

  # For a pipeline: exit 1 where a workload got worse, or nodes cost 5 % more
  plimsoll diff monday.json friday.json --fail-on worse,cost=5%`,
		Args: func(cmd *cobra.Command, args []string) error { return f.args(cmd, args) },
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), s, args) },
	}
	fl := cmd.Flags()
	f.files.registerTimeout(fl)
	fl.StringVar(&f.since, "since", "", "compare the last report with the last that was made `TIME` or more before it, such as 7d")
	fl.StringVar(&f.of, "of", "", "with --since: the reports `OF` a context, a snapshot or the demo, as show --list names it")
	completeWith(cmd, "of", keptOf)
	fl.StringArrayVarP(&f.output, "output", "o", nil, "`FORMAT` or FORMAT=FILE, of: "+strings.Join(reports.DiffNames(), ", ")+"; repeatable (default table)")
	fl.StringArrayVar(&f.failOn, "fail-on", nil, "exit with 1 on any `OF` "+strings.Join(change.DiffKinds(), ", ")+", cost=5%, cost=$100: so much or more on top for nodes a month")
	fl.BoolVar(&f.noColor, "no-color", false, "no colours, even on a terminal")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "nothing on stderr")
	completeFrom(cmd, "output", reports.DiffNames())
	completeFrom(cmd, "fail-on", change.DiffKinds())
	return cmd
}

func (f *diffFlags) args(cmd *cobra.Command, args []string) error {
	switch {
	case f.since == "" && len(args) != 2:
		return fmt.Errorf("diff compares two reports, but got %d: name OLD and NEW, or give --since; see '%s --help'", len(args), cmd.CommandPath())
	case f.since != "" && len(args) != 0:
		return fmt.Errorf("--since compares reports that are kept: it does not go together with %q", args[0])
	case f.since == "" && f.of != "":
		return fmt.Errorf("--of %s says which kept reports --since compares: give --since too", f.of)
	}
	return nil
}

func (f *diffFlags) run(ctx context.Context, s streams, args []string) error {
	sinks, err := parseSinks(f.output, reports.LookupDiff)
	if err != nil {
		return err
	}
	limits, err := limit.ParseDiff(failOn(f.failOn))
	if err != nil {
		return err
	}
	before, after, err := f.open(ctx, s, args)
	if err != nil {
		return err
	}
	if err := comparableReports(before, after); err != nil {
		return err
	}
	d := change.Compare(before, after)
	o := reports.Options{Program: s.Program, Width: s.Width, ASCII: s.ASCII, Color: s.Width > 0 && !s.NoColor && !f.noColor}
	var all writing
	for _, k := range sinks {
		opts := o
		if k.file != "" {
			opts.Width, opts.Color = 0, false
		}
		all.addSink(s, &f.files, k.format.Name, k.file, func(w io.Writer) error { return k.format.Write(w, d, opts) })
	}
	if err := all.put(ctx); err != nil {
		return err
	}
	if err := whole(before, after); err != nil {
		return err // which is no basis for limits either
	}
	return judged(limits.Judge(d))
}

func (f *diffFlags) open(ctx context.Context, s streams, args []string) (before, after *document.Report, err error) {
	if f.since != "" {
		return f.kept(s)
	}
	if before, err = readSaved(ctx, &f.files, "OLD", args[0]); err != nil {
		return nil, nil, err
	}
	after, err = readSaved(ctx, &f.files, "NEW", args[1])
	return before, after, err
}

// kept opens the last report that is kept, and the last of the same that was
// made so long before it.
func (f *diffFlags) kept(s streams) (before, after *document.Report, err error) {
	ago, err := parseSince(f.since)
	if err != nil {
		return nil, nil, err
	}
	old, last, err := keep.Open().Pair(f.of, ago)
	if err != nil {
		return nil, nil, err
	}
	if before, err = old.Read(); err != nil {
		return nil, nil, fmt.Errorf("reading the report of %s: %w", old.At.Format(time.RFC3339), err)
	}
	if after, err = last.Read(); err != nil {
		return nil, nil, fmt.Errorf("reading the report of %s: %w", last.At.Format(time.RFC3339), err)
	}
	if !f.quiet {
		fmt.Fprintf(s.Err, "reports of %s, made %s and %s\n", oneLine(last.Of), keep.Age(time.Since(old.At)), keep.Age(time.Since(last.At)))
	}
	return before, after, nil
}

// parseSince reads a time such as 7d, 36h or 90m.
func parseSince(text string) (time.Duration, error) {
	d, err := parseWindow(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("--since %s: want a time above zero, such as 7d or 12h", text)
	}
	return d, nil
}

// comparableReports refuses what was cut from a report to a section, and reports of other
// workloads: what one left out would look new, or gone.
func comparableReports(before, after *document.Report) error {
	a, b := before.Metadata.Part, after.Metadata.Part
	for _, x := range []struct {
		name string
		part *document.PartOf
	}{{"OLD", a}, {"NEW", b}} {
		if x.part != nil && x.part.Section != "" {
			return fmt.Errorf("%s is a part of a report, %s: diff needs all of one", x.name, x.part)
		}
	}
	if was, is := before.Metadata.Workloads(), after.Metadata.Workloads(); was != is {
		return fmt.Errorf("the reports are not of the same workloads: OLD has %s; NEW has %s", was, is)
	}
	return nil
}
