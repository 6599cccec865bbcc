package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/collect"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/build"
	"github.com/plimsoll-k8s/plimsoll/reports/keep"
	"github.com/plimsoll-k8s/plimsoll/reports/limit"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

// auditFlags are the flags of audit.
type auditFlags struct {
	collectFlags
	prices  priceFlags
	commit  commitmentFlags
	cost    allocateFlags
	only    []string
	promise promiseFlags
	// riskUnserved is of scaled workloads.
	riskUnserved, slowdown float64
	hpa                    hpaFlags
	includeSystem          bool
	scaleToZero            bool
	nodes                  nodeFlags
	output                 []string
	showAll                bool
	top                    int
	noColor                bool
	strict                 bool
	noCache                bool
	sort                   string
	columns                []string
	risks                  bool
	failOn                 []string
}

func newAudit(s streams) *cobra.Command {
	var f auditFlags
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Audit a cluster: recommended requests for every workload, and what they are worth",
		Long: `audit reads a cluster's objects from the API server and its usage from
Prometheus (given, or found in the cluster) or metrics-server, and recommends
requests and limits with the money, the risk and the evidence of each.

It only reads. Missing permissions make the report less complete and are listed.`,
		Example: `  # The cluster of the current context; Prometheus is looked for in it
  plimsoll audit

  # Two namespaces, with a Prometheus given by URL
  plimsoll audit -n shop,payments --prometheus http://localhost:9090

  # Of a central engine take one cluster's series only
  plimsoll audit --prometheus https://thanos.example.com --prometheus-label cluster=eu-1

  # A table for me, JSON for the pipeline
  plimsoll audit -o wide -o json=report.json

  # Without a cluster: from dumps
  plimsoll audit --objects objects.yaml --openmetrics usage.om.gz

  # Save what was seen; audit it again, elsewhere, later
  plimsoll audit --save-snapshot monday.snapshot
  plimsoll audit --snapshot monday.snapshot -o json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := applyConfig(cmd, f.files, f.config); err != nil {
				return err
			}
			return f.run(cmd.Context(), s)
		},
	}
	f.register(cmd)
	f.prices.register(cmd)
	f.prices.registerAge(cmd)
	f.commit.register(cmd)
	f.nodes.register(cmd)
	f.cost.register(cmd)
	fl := cmd.Flags()
	fl.StringSliceVar(&f.only, "only", nil, "`LEVERS` to work out, of: "+strings.Join(leverNames(), ", ")+" (default all)")
	f.promise.register(fl)
	f.hpa.register(fl)
	fl.Float64Var(&f.riskUnserved, "risk-unserved", advice.DefaultRiskUnserved, "accepted share of time with demand above the requests of a scaled workload's pods")
	fl.BoolVar(&f.includeSystem, "include-system", false, "advise on the add-ons that the provider installs and sizes too")
	fl.BoolVar(&f.scaleToZero, "scale-to-zero", false, "advise KEDA to run no pod while nothing waits for one, below an HPA's minReplicas of 1 and the zones in use")
	fl.Float64Var(&f.slowdown, "slowdown", advice.DefaultSlowdown, "accepted mean response of scaled pods, in service times, but for --risk-unserved of the time; 1 asks nothing of latency")
	fl.StringArrayVarP(&f.output, "output", "o", nil, "`FORMAT` or FORMAT=FILE, of: "+strings.Join(formatNames(), ", ")+"; repeatable (default table)")
	fl.BoolVar(&f.showAll, "show-all", false, "table: list containers without a change too")
	fl.IntVar(&f.top, "top", 0, "table: list this many containers, those with the largest savings (default all)")
	fl.BoolVar(&f.noColor, "no-color", false, "no colours, even on a terminal")
	fl.BoolVar(&f.strict, "strict", false, "exit with 3 where a source was incomplete")
	fl.BoolVar(&f.noCache, "no-cache", false, "do not keep the report for show")
	fl.StringArrayVar(&f.failOn, "fail-on", nil, "exit with 1 on any `OF` "+strings.Join(limit.Kinds(), ", ")+", savings=10%, savings=$500: so much or more to save a month")
	registerWide(cmd, &f.sort, &f.columns, &f.risks)
	completeFrom(cmd, "fail-on", limit.Kinds())
	completeFrom(cmd, "only", leverNames())
	completeFrom(cmd, "output", formatNames())
	return cmd
}

func leverNames() []string {
	var out []string
	for _, r := range recommender.Rules() {
		if !slices.Contains(out, string(r.Lever)) {
			out = append(out, string(r.Lever))
		}
	}
	return out
}

func formatNames() []string {
	return reports.Names()
}

// options checks what the user asked of the rules.
func (f *auditFlags) options(ctx context.Context) (advice.Options, error) {
	o := advice.Options{RiskUnserved: f.riskUnserved, Slowdown: f.slowdown, IncludeSystem: f.includeSystem, ScaleToZero: f.scaleToZero}
	if err := f.promise.fill(&o); err != nil {
		return o, err
	}
	if err := checkRisk("risk-unserved", f.riskUnserved); err != nil {
		return o, err
	}
	if !(f.slowdown >= 1 && f.slowdown <= 1000) {
		return o, fmt.Errorf("--slowdown %g: a mean response is 1 to 1000 service times, such as 3", f.slowdown)
	}
	if f.top < 0 {
		return o, fmt.Errorf("--top %d: want how many containers to list, or 0 for all", f.top)
	}
	for _, name := range splitList(f.only) {
		if !slices.Contains(leverNames(), name) {
			return o, fmt.Errorf("--only %s: no such lever; there is: %s", name, strings.Join(leverNames(), ", "))
		}
		o.Levers = append(o.Levers, advice.Lever(name))
	}
	o.Backtest = len(o.Levers) == 0 || slices.Contains(o.Levers, advice.LeverRightsize)
	var err error
	if o.Nodes, err = f.nodes.options(); err != nil {
		return o, err
	}
	if err := f.nodes.least(&o); err != nil {
		return o, err
	}
	if o.HPA, err = f.hpa.controller(); err != nil {
		return o, err
	}
	o.Commitment, err = f.commit.options(ctx)
	return o, err
}

func (f *auditFlags) run(ctx context.Context, s streams) error {
	sinks, err := parseSinks(f.output, reports.Lookup)
	if err != nil {
		return err
	}
	f.files.store.Timeout = f.storeTimeout()
	f.prices.in, f.commit.in = f.files, f.files
	opts, err := f.options(ctx)
	if err != nil {
		return err
	}
	limits, o, err := f.checked(s, &opts)
	if err != nil {
		return err
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
	opts.Begin = p.Rule
	out, failed := recommender.Advise(ctx, snap, catalog, opts)
	p.Stop()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var all writing
	defer all.drop()
	if f.saveSnapshot != "" {
		if err := f.addSnapshot(&all, s, snap); err != nil {
			return err
		}
	}
	if failed != nil {
		return cmp.Or(all.put(ctx), failed)
	}
	report := build.Report(build.Of(out, programVersion()))
	o.Saved = !f.noCache && all.keep(keep.Open(), report, f.asked.Source(report.Metadata.Cluster))
	if file := savedIn(sinks, f.files); !o.Saved && file != "" {
		o.Saved, o.From = true, "--report "+brief.ShellWord(file)
	}
	all.addReport(s, &f.files, sinks, report, o)
	if err := all.put(ctx); err != nil {
		return err
	}
	sayLeftOut(s, sinks, report, o, f.quiet)
	if err := f.complete(snap); err != nil {
		return err
	}
	return judged(limits.Judge(report))
}

// savedIn is the file among the sinks that show can read again; empty where there is
// none, or its name holds what must not be printed.
func savedIn(sinks []sink[reports.Format], in files) string {
	for _, k := range sinks {
		if (k.format.Name == "json" || k.format.Name == "yaml") && k.file != "" && in.shown(k.file) == k.file {
			return k.file
		}
	}
	return ""
}

// checked is what was asked of the report, checked before anything is read.
func (f *auditFlags) checked(s streams, opts *advice.Options) (limit.Audit, reports.Options, error) {
	o := reports.Options{Program: s.Program, Width: s.Width, ASCII: s.ASCII, Color: s.Width > 0 && !s.NoColor && !f.noColor, All: f.showAll, Top: f.top, Verbose: f.verbose}
	var err error
	if opts.Allocation, err = f.cost.options(); err != nil {
		return limit.Audit{}, o, err
	}
	opts.PriceAges = f.prices.ages()
	limits, err := limit.ParseAudit(failOn(f.failOn))
	if err != nil {
		return limits, o, err
	}
	if err := limits.Needs(splitList(f.only)); err != nil {
		return limits, o, err
	}
	if o.Sort, o.Columns, err = text.WideTable(f.sort, f.columns, f.risks); err != nil {
		return limits, o, err
	}
	return limits, o, checkFolder("--save-snapshot", f.saveSnapshot)
}

// complete is the error of a report that lacks something.
func (f *auditFlags) complete(snap *analyzer.Snapshot) error {
	if unread := snap.Unread(); unread != "" {
		return partialError(fmt.Errorf("the report is partial: %s", unread))
	}
	if f.strict {
		if w := collect.Incomplete(snap); w != nil {
			return partialError(fmt.Errorf("--strict: %s", w))
		}
	}
	return nil
}

var errSavedWindow = errors.New("--snapshot and --demo have their own window: --window, --end and --prometheus-label say how to collect, so give them when the snapshot is made")
