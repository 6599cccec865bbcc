package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/keep"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

// savedFlags say which saved report a verb reads.
type savedFlags struct {
	report string
	of     string
	files  files
}

func (f *savedFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.report, "report", "", "`FILE` or URL of a report that audit wrote as JSON or YAML (default the last one)")
	f.files.registerTimeout(cmd.Flags())
	cmd.Flags().StringVar(&f.of, "of", "", "the last report `OF` a context, a snapshot or the demo, as show --list names it")
	completeWith(cmd, "of", keptOf)
}

// open reads the report, and says on stderr how old it is.
func (f *savedFlags) open(ctx context.Context, s streams, quiet bool) (*document.Report, error) {
	if f.report != "" {
		if err := checkURL("--report", f.report); err != nil {
			return nil, err
		}
		r, err := readSaved(ctx, &f.files, "--report", f.report)
		if err == nil && !quiet && !r.Metadata.GeneratedFrom.End.IsZero() {
			end, part := r.Metadata.GeneratedFrom.End, ""
			if p := r.Metadata.Part.String(); p != "" {
				part = ", a part of a report: " + oneLine(p)
			}
			fmt.Fprintf(s.Err, "%s: usage to %s, %s%s\n", oneLine(f.files.shown(f.report)), end.UTC().Format("2 Jan 2006 15:04 MST"), keep.Age(time.Since(end)), part)
		}
		return r, err
	}
	x, err := keep.Open().Newest(f.of)
	if err != nil {
		return nil, err
	}
	r, err := x.Read()
	if err != nil {
		return nil, fmt.Errorf("reading the last report: %w; make it anew with plimsoll audit", err)
	}
	if !quiet {
		fmt.Fprintf(s.Err, "report of %s, made %s\n", oneLine(x.Of), keep.Age(time.Since(x.At)))
	}
	return r, nil
}

// readSaved reads a report by its name.
func readSaved(ctx context.Context, in *files, flag, name string) (*document.Report, error) {
	file, err := in.open(ctx, name)
	if err != nil {
		return nil, storeError(reading(flag, err))
	}
	defer file.Close()
	r, err := keep.Decode(file)
	if err != nil {
		return nil, storeError(fmt.Errorf("reading %s: %s: %w", flag, in.shown(name), err))
	}
	return r, nil
}

// again says whether the report can be read once more, and by which flag.
func (f *savedFlags) again() (ok bool, flag string) {
	switch {
	case f.report != "":
		return f.report != "-" && f.files.shown(f.report) == f.report, "--report " + brief.ShellWord(f.report)
	case f.of != "":
		return true, "--of " + brief.ShellWord(f.of)
	}
	return true, ""
}

// whole is the error of reports that their sources broke off at. What is made of
// them is written first: it says so too.
func whole(all ...*document.Report) error {
	for _, r := range all {
		if unread := analyzer.Unread(r.Warnings); unread != "" {
			return partialError(fmt.Errorf("the report is partial: %s", unread))
		}
	}
	return nil
}

// showFlags are the flags of show.
type showFlags struct {
	savedFlags
	namespaces []string
	excluded   []string
	workload   string
	output     []string
	list       bool
	top        int
	all        bool
	sort       string
	by         string
	columns    []string
	risks      bool
	noColor    bool
	quiet      bool
	verbose    bool
}

func newShow(s streams) *cobra.Command {
	var f showFlags
	cmd := &cobra.Command{
		Use:   "show [SECTION]",
		Short: "Print the last report again, or a part of it, in any format",
		Long: `show prints the last report, or one that was saved, without reading the
cluster again. A section prints a part of it:

` + sectionList() + `
The last reports are kept in the user's cache folder, readable by the user
alone; audit --no-cache keeps none.`,
		Example: `  # What is dangerous as it is
  plimsoll show risks

  # One workload, or one namespace
  plimsoll show rightsize --workload shop/deploy/cart
  plimsoll show -n shop -o wide

  # The last report as YAML; last night's report
  plimsoll show -o yaml
  plimsoll show --report report.json waste`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(sectionNames(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), s, args)
		},
	}
	f.register(cmd)
	fl := cmd.Flags()
	fl.StringArrayVarP(&f.namespaces, "namespace", "n", nil, "only workloads of this `NAMESPACE`, several with commas, or a regular expression such as 'team-.*'; repeatable")
	fl.StringArrayVar(&f.excluded, "exclude-namespaces", nil, "leave out this `NAMESPACE`, several with commas, or a regular expression; repeatable")
	fl.StringVar(&f.workload, "workload", "", "only this `WORKLOAD`: NAMESPACE/KIND/NAME, or the end of it")
	fl.StringArrayVarP(&f.output, "output", "o", nil, "`FORMAT` or FORMAT=FILE, of: "+strings.Join(formatNames(), ", ")+"; repeatable (default table)")
	fl.BoolVar(&f.list, "list", false, "list the reports that are kept")
	fl.BoolVar(&f.all, "show-all", false, "list containers without a change too")
	fl.IntVar(&f.top, "top", 0, "list this many containers (default as many as fit the screen, else all)")
	registerWide(cmd, &f.sort, &f.columns, &f.risks)
	fl.StringVar(&f.by, "by", "", "savings: add up `BY` "+strings.Join(text.Groupings(), ", ")+" (default namespace)")
	completeFrom(cmd, "by", text.Groupings())
	completeWith(cmd, "workload", keptWorkloads)
	completeWith(cmd, "namespace", keptNamespaces)
	fl.BoolVar(&f.noColor, "no-color", false, "no colours, even on a terminal")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "nothing on stderr")
	fl.BoolVarP(&f.verbose, "verbose", "v", false, "every warning in full")
	completeFrom(cmd, "output", formatNames())
	return cmd
}

// registerWide adds the flags of the wide table.
func registerWide(cmd *cobra.Command, sort *string, columns *[]string, risks *bool) {
	cmd.Flags().StringVar(sort, "sort", "", "wide: `ORDER` of the containers, of: "+strings.Join(text.Sorts(), ", ")+" (default savings)")
	cmd.Flags().StringSliceVar(columns, "columns", nil, "wide: `COLUMNS`, all or of: "+strings.Join(text.Columns(), ", ")+"; those that 160 columns have no room for are left out, and named on stderr")
	cmd.Flags().BoolVar(risks, "risks", false, "wide: what is at risk first, with the columns that show it")
	completeFrom(cmd, "sort", text.Sorts())
	completeFrom(cmd, "columns", text.Columns())
}

func sectionNames() []string {
	var out []string
	for _, x := range text.Sections() {
		out = append(out, x.Name)
	}
	return out
}

func sectionList() string {
	var b strings.Builder
	for _, x := range text.Sections() {
		fmt.Fprintf(&b, "  %-12s%s\n", x.Name, x.Doc)
	}
	return b.String()
}

func (f *showFlags) run(ctx context.Context, s streams, args []string) error {
	if f.list {
		return f.listKept(s)
	}
	sinks, err := parseSinks(f.output, reports.Lookup)
	if err != nil {
		return err
	}
	sel, err := selectNamespaces(f.namespaces, f.excluded)
	if err != nil {
		return err
	}
	o, err := f.options(s, args)
	if err != nil {
		return err
	}
	r, err := f.open(ctx, s, f.quiet)
	if err != nil {
		return err
	}
	if p := r.Metadata.Part; p != nil && p.Section != "" && o.Section != "" && o.Section != p.Section {
		return fmt.Errorf("the report is a part, %s: it has no section %s", p, o.Section)
	}
	part, err := narrow(r, sel, f.workload)
	if err != nil {
		return err
	}
	said := document.Part(part, o.Section)
	var all writing
	all.addReport(s, &f.files, sinks, said, o)
	if err := all.put(ctx); err != nil {
		return err
	}
	sayLeftOut(s, sinks, said, o, f.quiet)
	return whole(r)
}

// options checks how the report is to be printed.
func (f *showFlags) options(s streams, args []string) (reports.Options, error) {
	o := reports.Options{Program: s.Program, Width: s.Width, ASCII: s.ASCII, Color: s.Width > 0 && !s.NoColor && !f.noColor, All: f.all, Top: f.top, Verbose: f.verbose, By: f.by}
	o.Saved, o.From = f.again()
	if f.top < 0 {
		return o, fmt.Errorf("--top %d: want how many containers to list, or 0 for all", f.top)
	}
	if o.By != "" && !slices.Contains(text.Groupings(), o.By) {
		return o, fmt.Errorf("--by %s: there is: %s", o.By, strings.Join(text.Groupings(), ", "))
	}
	if o.By != "" && (len(args) == 0 || args[0] != "savings") {
		return o, fmt.Errorf("--by %s adds up savings: name that section, plimsoll show savings --by %s", o.By, o.By)
	}
	if len(args) > 0 {
		o.Section = args[0]
		if !slices.Contains(sectionNames(), o.Section) {
			return o, fmt.Errorf("there is no section %q; there is: %s", o.Section, strings.Join(sectionNames(), ", "))
		}
	}
	var err error
	o.Sort, o.Columns, err = text.WideTable(f.sort, f.columns, f.risks)
	return o, err
}

// narrow leaves the workloads that are asked for; asking for one that is not
// there is an error.
func narrow(r *document.Report, sel object.Selection, workload string) (*document.Report, error) {
	if sel.String() == "" && workload == "" {
		return r, nil
	}
	out := document.Narrow(r, func(w *document.Workload) bool {
		return sel.In(w.Namespace) && (workload == "" || brief.Named(w, workload))
	}, selected(sel, workload))
	if len(out.Workloads) > 0 {
		var namespaces []string
		for i := range r.Workloads {
			namespaces = append(namespaces, r.Workloads[i].Namespace)
		}
		out.Warnings = append(out.Warnings, sel.Unused(namespaces)...)
		return out, nil
	}
	if workload != "" {
		return nil, brief.NoWorkload(r, workload)
	}
	return nil, errors.New("no workload matches: the report has none of " + sel.String())
}

// selected says in words which workloads are asked for.
func selected(sel object.Selection, workload string) string {
	var parts []string
	if s := sel.String(); s != "" {
		parts = append(parts, s)
	}
	if workload != "" {
		parts = append(parts, "workload "+workload)
	}
	return strings.Join(parts, " and ")
}

func (f *showFlags) listKept(s streams) error {
	all := keep.Open().List()
	if len(all) == 0 {
		return keep.ErrNothing
	}
	for _, x := range all {
		if _, err := fmt.Fprintf(s.Out, "%s  %s (%s)\n", x.At.Format("2006-01-02 15:04 MST"), oneLine(x.Of), keep.Age(time.Since(x.At))); err != nil {
			return err
		}
	}
	return nil
}
