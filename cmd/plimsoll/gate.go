package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/disk"
	tree "github.com/plimsoll-k8s/plimsoll/analyzer/source/manifest"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/intake"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/policy"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
	"github.com/plimsoll-k8s/plimsoll/reports/finding"
)

// gateFlags are the flags of gate.
type gateFlags struct {
	prices        priceFlags
	policy        string
	init          bool
	report        string
	snapshot      string
	base          string
	maxIncrease   float64
	maxMonthly    float64
	baseline      string
	writeBaseline string
	failOn        string
	fix           bool
	namespace     string
	helmValues    []string
	helmRelease   string
	chartDirs     []string
	roots         []string
	allowEmpty    bool
	date          string
	output        []string
	showAll       bool
	noColor       bool
	config        string
	quiet         bool
	files         files
}

func newGate(s streams) *cobra.Command {
	var f gateFlags
	cmd := &cobra.Command{
		Use:   "gate PATH...",
		Short: "Judge manifests by a policy, by what was used, and by what they cost; for CI",
		Long: `gate reads manifests (files, folders, kustomizations, Helm charts, - for
stdin) and judges the resource requests in them: by a policy, by the evidence
of a report or snapshot of the cluster, and by the money that a change costs.

It needs no cluster and no network. Exit code 1: a finding has at least the
--fail-on severity, or a PATH holds nothing to judge. 2: wrong usage, or a check
lacks what it needs. 3: a store could not be reached.
plimsoll help gate.md lists the rules.`,
		Example: `  # Judge a folder
  plimsoll gate deploy/

  # By last night's evidence, against the main branch, as a comment and for code scanning
  plimsoll gate deploy/ --report report.json --base origin/main -o markdown=comment.md -o sarif=gate.sarif

  # A Helm chart as it is deployed
  plimsoll gate charts/shop -n shop --helm-values prod.yaml

  # Start on a tree that is not yet clean: fail only on what is new or worse
  plimsoll gate deploy/ --write-baseline .plimsoll-baseline.json
  plimsoll gate deploy/ --baseline .plimsoll-baseline.json

  # Put the numbers right in place
  plimsoll gate deploy/ --report report.json --fix

  # Write a policy to start from
  plimsoll gate --init > plimsoll-policy.yaml`,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := applyConfig(cmd, f.files, f.config); err != nil {
				return err
			}
			if f.init {
				_, err := s.Out.Write(policy.Example)
				return err
			}
			return f.run(cmd.Context(), s, paths)
		},
	}
	f.register(cmd)
	return cmd
}

func (f *gateFlags) register(cmd *cobra.Command) {
	f.prices.register(cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.policy, "policy", "", "policy `FILE` (default plimsoll-policy.yaml where there is one)")
	fl.BoolVar(&f.init, "init", false, "print a commented policy and do nothing else")
	fl.StringVar(&f.report, "report", "", "evidence: `FILE` with a report that audit wrote as JSON or YAML")
	fl.StringVar(&f.snapshot, "snapshot", "", "evidence: `FILE` with a snapshot that audit saved")
	fl.StringVar(&f.base, "base", "", "what to compare the cost with: a git revision, a folder or a file (`REV|DIR|FILE`)")
	fl.Float64Var(&f.maxIncrease, "max-increase", 0, "most `USD` a month that the change may add (with --base)")
	fl.Float64Var(&f.maxMonthly, "max-monthly", 0, "most `USD` a month that all workloads may cost")
	fl.StringVar(&f.baseline, "baseline", "", "`FILE` of known findings to ignore; only new and worse ones count")
	fl.StringVar(&f.writeBaseline, "write-baseline", "", "write all findings to this `FILE` as the baseline, and exit with 0")
	fl.StringVar(&f.failOn, "fail-on", "", "`SEVERITY` from which a finding fails: note, warning, error (default the policy's, else error)")
	fl.BoolVar(&f.fix, "fix", false, "put requests and limits right in the files; what is left decides the exit code")
	fl.StringVarP(&f.namespace, "namespace", "n", "", "`NAMESPACE` of manifests that name none, and of charts' releases")
	fl.StringArrayVar(&f.helmValues, "helm-values", nil, "`FILE` of values laid over those of Helm charts; repeatable, later ones win")
	fl.StringVar(&f.helmRelease, "helm-release", "", "`NAME` of the release that Helm charts are rendered as (default the chart's own)")
	fl.StringArrayVar(&f.chartDirs, "chart-dir", nil, "`FOLDER` of Helm charts that HelmReleases, Applications and kustomizations name; repeatable")
	fl.StringArrayVar(&f.roots, "root", nil, "`FOLDER` that is one environment with all that is below; repeatable (default found by kustomization, chart, folder)")
	fl.BoolVar(&f.allowEmpty, "allow-empty", false, "a PATH that holds nothing to judge passes")
	fl.StringVar(&f.date, "date", "", "`DAY` by which waivers are judged, YYYY-MM-DD (default today)")
	fl.StringArrayVarP(&f.output, "output", "o", nil, "`FORMAT` or FORMAT=FILE, of: "+strings.Join(finding.Names(), ", ")+"; repeatable (default table)")
	fl.BoolVar(&f.showAll, "show-all", false, "print findings that are known or waived, too")
	fl.BoolVar(&f.noColor, "no-color", false, "no colours, even on a terminal")
	f.files.register(fl)
	f.files.registerTimeout(fl)
	fl.StringVar(&f.config, "config", "", "YAML `FILE` of flags: a map from a flag's name to its value or list of values")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "nothing on stderr but errors of use")
	completeFrom(cmd, "output", finding.Names())
	completeFrom(cmd, "fail-on", []string{"note", "warning", "error"})
}

func (f *gateFlags) run(ctx context.Context, s streams, paths []string) error {
	sinks, err := parseSinks(f.output, finding.Lookup)
	if err != nil {
		return err
	}
	if err := f.check(paths); err != nil {
		return err
	}
	s.In = disk.Patient(ctx, s.In)
	ask := f.request(s, paths)
	f.prices.cache.later = true
	if ask.Catalog, err = f.prices.catalog(ctx); err != nil {
		return err
	}
	in, err := ask.Gather(ctx)
	if err != nil {
		return storeError(collectError(err))
	}
	result, err := gate.Judge(in)
	if err := cmp.Or(f.prices.cache.err(), err); err != nil {
		return err
	}
	if f.writeBaseline != "" && result.Account.Withheld == 0 {
		return f.saveBaseline(ctx, s, result)
	}
	if f.fix {
		if result, err = f.mendAndJudge(ctx, s, &ask, in, result); err != nil {
			return err
		}
		ctx = context.WithoutCancel(ctx) // the manifests are written: what is said of them follows
	}
	result.MakePrintable()
	r := &finding.Report{Result: result, Rules: gate.RulesOf(in.Policy), Threshold: in.Policy.Threshold(), Version: programVersion(), Today: in.Today}
	if in.Evidence != nil {
		r.Evidence = in.Evidence.Source
	}
	said, err := f.print(ctx, s, sinks, r)
	if err != nil {
		return err
	}
	return f.conclude(s, r, said)
}

// conclude gives the verdict as the exit code has it. said is whether stdout told
// what was read.
func (f *gateFlags) conclude(s streams, r *finding.Report, said bool) error {
	switch {
	case r.Account.Withheld > 0:
		return r.Withheld()
	case r.Fails() && said:
		return &exitError{code: exitFound, err: errors.New(r.Verdict())}
	case r.Fails():
		return &exitError{code: exitFound, err: fmt.Errorf("%s; %s", r.Verdict(), finding.Printable(r.Read()))}
	case !said && !f.quiet:
		fmt.Fprintln(s.Err, finding.Printable(r.Read()))
	}
	return nil
}

// print writes the judgement to every sink, and reports whether stdout has said
// in words what was read.
func (f *gateFlags) print(ctx context.Context, s streams, sinks []sink[finding.Format], r *finding.Report) (said bool, err error) {
	o := finding.Options{Color: s.Width > 0 && !s.NoColor && !f.noColor, All: f.showAll}
	var all writing
	for _, k := range sinks {
		opts := o
		opts.Color, opts.Indent = o.Color && k.file == "", s.Width > 0 && k.file == ""
		said = said || k.file == "" && k.format.ForPeople
		all.addSink(s, &f.files, k.format.Name, k.file, func(w io.Writer) error { return k.format.Write(w, r, opts) })
	}
	return said, all.put(ctx)
}

// check finds flags that do not go together.
func (f *gateFlags) check(paths []string) error {
	switch {
	case len(paths) == 0:
		return errors.New("no manifests: name files or folders, or - for stdin")
	case f.report != "" && f.snapshot != "":
		return errors.New("--report and --snapshot are both evidence: give one of them")
	case f.maxIncrease > 0 && f.base == "":
		return errors.New("--max-increase needs --base, to know what increased")
	case !isMoney(f.maxIncrease) || !isMoney(f.maxMonthly):
		return errors.New("--max-increase and --max-monthly are USD a month, 0 or more")
	case f.failOn != "" && !slices.Contains(verdict.Severities(), verdict.Severity(f.failOn)):
		return fmt.Errorf("--fail-on %s: use note, warning or error", f.failOn)
	case f.date != "":
		if _, err := time.Parse(time.DateOnly, f.date); err != nil {
			return fmt.Errorf("--date %s: want a day such as 2027-03-31", f.date)
		}
	}
	if err := f.checkFolders(); err != nil {
		return err
	}
	return f.checkFiles(paths)
}

// isMoney tells a limit that something can be above: no number is above NaN.
func isMoney(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }

// checkFolders refuses folders that are not here: what they would say of the
// tree would be left out in silence.
func (f *gateFlags) checkFolders() error {
	for _, of := range []struct {
		flag    string
		folders []string
	}{{"--chart-dir", f.chartDirs}, {"--root", f.roots}} {
		for _, folder := range of.folders {
			info, err := os.Stat(folder)
			if err != nil {
				return reading(of.flag, err)
			}
			if !info.IsDir() {
				return fmt.Errorf("%s %s: want a folder", of.flag, origin.Show(folder))
			}
		}
	}
	return nil
}

// checkFiles refuses URLs that cannot be read or written.
func (f *gateFlags) checkFiles(paths []string) error {
	for _, of := range []struct{ flag, file string }{
		{"--policy", f.policy}, {"--report", f.report}, {"--snapshot", f.snapshot}, {"--baseline", f.baseline},
	} {
		if err := checkURL(of.flag, of.file); err != nil {
			return err
		}
	}
	for _, file := range f.helmValues {
		if err := checkURL("--helm-values", file); err != nil {
			return err
		}
	}
	for _, path := range paths {
		if strings.Contains(path, "://") {
			return fmt.Errorf("%s: manifests are read from files and folders that are here, not from a URL; fetch it first", origin.Show(path))
		}
	}
	if strings.Contains(f.base, "://") {
		return fmt.Errorf("--base %s: a URL is no base; give a git revision, a folder or a file that is here", origin.Show(f.base))
	}
	return checkFolder("--write-baseline", f.writeBaseline)
}

// request is the flags as what to gather.
func (f *gateFlags) request(s streams, paths []string) intake.Request {
	return intake.Request{
		Paths: paths, In: s.In, AllowEmpty: f.allowEmpty, Namespace: f.namespace, Roots: f.roots, HelmValues: f.helmValues,
		Helm:   tree.Helm{Release: f.helmRelease, Namespace: f.namespace, ChartDirs: f.chartDirs},
		Policy: f.policy, FailOn: verdict.Severity(f.failOn), MaxIncrease: f.maxIncrease, MaxMonthly: f.maxMonthly,
		Base: f.base, Baseline: f.baseline, Report: f.report, Snapshot: f.snapshot, Today: f.date,
		Provider: f.prices.provider, Region: f.prices.region, OwnPrices: len(f.prices.files) > 0,
		Open: f.files.open, Read: f.files.read, Shown: f.files.shown, Warn: func(message string) { f.warn(s, message) },
	}
}

func (f *gateFlags) warn(s streams, message string) {
	if !f.quiet {
		fmt.Fprintf(s.Err, "warning: %s\n", finding.Printable(message))
	}
}

func (f *gateFlags) saveBaseline(ctx context.Context, s streams, r *verdict.Result) error {
	const what = "writing --write-baseline"
	b := verdict.BaselineOf(r.Findings)
	data, err := b.Encode()
	if err != nil {
		return saying(what, err)
	}
	var w writing
	if err := w.add(&f.files, what, f.writeBaseline, func(to io.Writer) error {
		_, err := to.Write(data)
		return err
	}); err != nil {
		return err
	}
	if err := w.put(ctx); err != nil {
		return err
	}
	if !f.quiet {
		are := "findings are"
		if len(b.Findings) == 1 {
			are = "finding is"
		}
		fmt.Fprintf(s.Err, "%s: %d %s ignored from now on\n", f.files.shown(f.writeBaseline), len(b.Findings), are)
	}
	return nil
}
