package main

import (
	"bytes"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

func newDiff(s streams) *cobra.Command {
	var in files
	return &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Compare two saved reports: what is new, gone, better, worse, applied",
		Long: `diff compares two reports that audit wrote as JSON or YAML: workloads that are
new or gone, those whose requests are now what was advised, and the cost and
the OOM kills of each before and after.`,
		Example: `  plimsoll diff monday.json friday.json`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			before, err := readSaved(cmd.Context(), &in, "OLD", args[0])
			if err != nil {
				return err
			}
			after, err := readSaved(cmd.Context(), &in, "NEW", args[1])
			if err != nil {
				return err
			}
			var buf bytes.Buffer
			if err := text.Diff(&buf, before, after, reports.Options{Width: s.Width, Color: s.Width > 0 && !s.NoColor}); err != nil {
				return err
			}
			_, err = s.Out.Write(buf.Bytes())
			return err
		},
	}
}
