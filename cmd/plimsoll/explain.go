package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

// explainFlags are the flags of explain.
type explainFlags struct {
	savedFlags
	noColor bool
	quiet   bool
}

func newExplain(s streams) *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:   "explain NAMESPACE/KIND/NAME | " + strings.Join(text.Subjects(), " | "),
		Short: "Say everything behind one workload's numbers, or the plan's",
		Long: `explain says everything behind one workload's numbers, from the last report:
its usage as a plot, the formula with its figures put in, what other rules would
say, the risk, what would change the answer, and the YAML to paste. It explains
the plan of the nodes, one node, purchases, waste and a type's price alike. It
reads no cluster.`,
		Example: `  plimsoll explain shop/deploy/cart
  plimsoll explain cart
  plimsoll explain nodes
  plimsoll explain price/m6i.xlarge
  plimsoll explain shop/deploy/cart --report report.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), s, args[0]) },
	}
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return append(keptWorkloads(), "nodes", "purchase", "waste"), cobra.ShellCompDirectiveNoFileComp
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&f.noColor, "no-color", false, "no colours, even on a terminal")
	cmd.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "nothing on stderr")
	return cmd
}

func (f *explainFlags) run(ctx context.Context, s streams, name string) error {
	r, err := f.open(ctx, s, f.quiet)
	if err != nil {
		return err
	}
	if p := r.Metadata.Part; p != nil && p.Section != "" {
		return fmt.Errorf("the report is a part, %s: explain needs all of one", p)
	}
	var buf bytes.Buffer
	o := reports.Options{Program: s.Program, Width: s.Width, ASCII: s.ASCII, Color: s.Width > 0 && !s.NoColor && !f.noColor}
	ok, err := text.ExplainSubject(&buf, r, name, o)
	if err != nil {
		return err
	}
	if !ok {
		w, err := brief.Find(r, name)
		if err != nil {
			return err
		}
		if err := text.Explain(&buf, r, w, o); err != nil {
			return err
		}
	}
	if _, err = s.Out.Write(buf.Bytes()); err != nil {
		return err
	}
	return whole(r)
}
