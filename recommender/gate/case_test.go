package gate_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/evidence"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

var update = flag.Bool("update", false, "rewrite the want sections of the cases")

const cases = "../../testdata/gate"

// TestCases runs testdata/gate/RULE/*.txtar: manifests, policy and evidence
// in, findings out. testdata/gate/README.md has the notation.
func TestCases(t *testing.T) {
	casetest.Run(t, cases, *update, func(t *testing.T, _ string, a *txtar.Archive) string { return describe(judge(t, a)) })
}

// TestEveryRuleHasCases asks for a folder of cases a rule, in which the rule
// fires at least once.
func TestEveryRuleHasCases(t *testing.T) {
	for _, r := range gate.Rules() {
		files, _ := filepath.Glob(filepath.Join(cases, r.Name, "*.txtar"))
		fires := false
		for _, file := range files {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			fires = fires || strings.Contains(casetest.Section(archive, "want"), " "+r.Name+" ")
		}
		if !fires {
			t.Errorf("no case in %s/%s makes the rule fire", cases, r.Name)
		}
	}
}

// judge runs the gate on a case.
func judge(t *testing.T, a *txtar.Archive) *verdict.Result {
	t.Helper()
	in := gate.Input{Today: "2026-11-24"}
	for _, name := range strings.Fields(casetest.Section(a, "paths")) {
		in.Paths = append(in.Paths, gate.Path{Name: name})
	}
	for _, f := range a.Files {
		switch {
		case f.Name == "policy":
			policy, err := gate.ParsePolicy([]byte("apiVersion: plimsoll.dev/v1alpha1\nkind: Policy\n" + string(f.Data)))
			if err != nil {
				t.Fatal(err)
			}
			in.Policy = policy
			if in.Node, err = policy.NodeSize(nil, "", ""); err != nil {
				t.Fatal(err)
			}
		case f.Name == "evidence":
			readEvidence(t, &in, string(f.Data))
		case f.Name == "baseline":
			b, err := verdict.ParseBaseline(f.Data)
			if err != nil {
				t.Fatal(err)
			}
			in.Baseline = b
		case strings.HasPrefix(f.Name, "base/"):
			docs, _ := manifest.Parse(f.Name, f.Data)
			if in.Base == nil {
				in.Base = &gate.Base{Name: "main"}
			}
			in.Base.Documents = append(in.Base.Documents, docs...)
		case f.Name != "want" && f.Name != "paths":
			addFile(&in, f)
		}
	}
	r, err := gate.Judge(in)
	if err != nil {
		t.Fatal(err)
	}
	judgeTrimmed(t, in, describe(r))
	return r
}

// judgeTrimmed wants the same of documents that let go of what no rule reads.
func judgeTrimmed(t *testing.T, in gate.Input, want string) {
	t.Helper()
	if in.Policy != nil && len(in.Policy.Custom) > 0 {
		return
	}
	for _, d := range in.Documents {
		d.Trim()
	}
	r, err := gate.Judge(in)
	if err != nil {
		t.Fatal(err)
	}
	if got := describe(r); got != want {
		t.Errorf("of trimmed documents got:\n%s\nwant:\n%s", got, want)
	}
}

// addFile reads a manifest. Its path is the one that its name begins with; its
// folder is its environment where the case names paths.
func addFile(in *gate.Input, f txtar.File) {
	c := manifest.Decode(f.Name, f.Data)
	for i, path := range in.Paths {
		if !strings.HasPrefix(f.Name, path.Name) {
			continue
		}
		for _, d := range c.Documents {
			d.Path, d.Tree = i, filepath.Dir(f.Name)
		}
		for k := range c.Skips {
			c.Skips[k].Path = i
		}
		for k := range c.Problems {
			c.Problems[k].Path = i
		}
	}
	in.Documents, in.Problems, in.Skips = append(in.Documents, c.Documents...), append(in.Problems, c.Problems...), append(in.Skips, c.Skips...)
}

// readEvidence reads the cases' notation.
func readEvidence(t *testing.T, in *gate.Input, text string) {
	t.Helper()
	e := &evidence.Set{Source: "report.json", Days: 14, Workloads: map[analyzer.Ref]*evidence.Workload{}}
	in.Evidence = e
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		f := strings.Fields(line)
		switch f[0] {
		case "prices":
			in.Prices = evidence.Prices{Unit: cost.UnitPrice{CoreHour: number(t, f[1]), GiBHour: number(t, f[2])}, Source: "the test"}
		case "node":
			in.Node = pair(t, f[1])
		case "days":
			e.Days = number(t, f[1])
		case "unread":
			e.Unread = append(e.Unread, analyzer.Warning{Code: analyzer.WarnUnread, Subject: "prometheus", Message: "a day was not read", Within: f[1]})
		default:
			addEvidence(t, e, f)
		}
	}
}

func addEvidence(t *testing.T, e *evidence.Set, fields []string) {
	t.Helper()
	name := strings.Split(fields[0], "/")
	ref := analyzer.Ref{Namespace: name[0], Kind: name[1], Name: name[2]}
	w := e.Workloads[ref]
	if w == nil {
		w = &evidence.Workload{Containers: map[string]*evidence.Container{}}
		e.Workloads[ref] = w
	}
	c := &evidence.Container{Confidence: 0.9}
	for _, field := range fields[1:] {
		key, value, _ := strings.Cut(field, "=")
		switch key {
		case "varies":
			service, load, _ := strings.Cut(value, ",")
			w.Scaling = &evidence.Scaling{Variability: replay.Variability{Service: number(t, service), Load: number(t, load)}}
		case "scaling": // the target that was, the one advised and the container's request with it
			part := strings.Split(value, ",")
			w.Scaling = &evidence.Scaling{
				Targets: map[string]int64{"cpu": int64(number(t, part[0]))}, Advised: map[string]int64{"cpu": int64(number(t, part[1]))},
				Requests: map[string]int64{fields[2][len("container="):]: pair(t, part[2]+"/0").CPU},
			}
		case "slowdown":
			w.Scaling = &evidence.Scaling{Slowdown: number(t, value)}
		case "replicas":
			w.Replicas = number(t, value)
		case "container":
			w.Containers[value] = c
		case "current":
			c.Current = pair(t, value)
		case "want":
			a := pair(t, value)
			c.Requests, c.Limits = &a, &analyzer.Amounts{Memory: a.Memory}
		case "withheld":
			c.WithheldCPU, c.WithheldMemory = value == "cpu", value == "memory"
		case "confidence":
			c.Confidence = number(t, value)
		case "kills":
			c.OOMKills = int64(number(t, value))
		case "cpu":
			c.CPU = curve(t, value, manifest.ParseCPU)
		case "memory":
			c.Memory = curve(t, value, manifest.ParseBytes)
		default:
			t.Fatalf("evidence: %q", field)
		}
	}
}

// curve reads the p50, p95, p99 and maximum.
func curve(t *testing.T, s string, parse func(string) (int64, error)) evidence.Curve {
	t.Helper()
	var out evidence.Curve
	shares := []float64{0.5, 0.95, 0.99, 1}
	for i, q := range strings.Split(s, ",") {
		v, err := parse(q)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, evidence.Point{Share: shares[i], Value: float64(v)})
	}
	return out
}

func pair(t *testing.T, s string) analyzer.Amounts {
	t.Helper()
	cpu, memory, _ := strings.Cut(s, "/")
	c, err := manifest.ParseCPU(cpu)
	m, err2 := manifest.ParseBytes(memory)
	if err != nil || err2 != nil {
		t.Fatalf("%q: %v %v", s, err, err2)
	}
	return analyzer.Amounts{CPU: c, Memory: m}
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// describe prints a judgement the way the cases state it.
func describe(r *verdict.Result) string {
	var b strings.Builder
	for _, f := range r.Findings {
		state := ""
		if f.State != verdict.StateNew {
			state = " (" + string(f.State) + ")"
		}
		fmt.Fprintf(&b, "%s:%d:%d %s%s %s %s", f.Place.File, f.Place.Start.Line, f.Place.Start.Column, f.Severity, state, f.Rule, f.Object)
		if f.Container != "" {
			fmt.Fprintf(&b, "/%s", f.Container)
		}
		fmt.Fprintf(&b, " %s\n  %s\n  %s\n", f.Field, f.Message, f.Reason)
		if f.MonthlyUSD != 0 {
			fmt.Fprintf(&b, "  %.2f USD a month\n", f.MonthlyUSD)
		}
		if f.Via != nil {
			fmt.Fprintf(&b, "  via %d:%d\n", f.Via.Start.Line, f.Via.Start.Column)
		}
		if len(f.Reaches) > 0 {
			fmt.Fprintf(&b, "  reaches %s\n", strings.Join(f.Reaches, ", "))
		}
		for _, e := range f.Fix {
			fmt.Fprintf(&b, "  fix %d:%d %s -> %s\n", e.Place.Start.Line, e.Place.Start.Column, e.Old, e.New)
		}
	}
	if len(r.Account.Paths) > 0 {
		fmt.Fprintf(&b, "%s\n", r.Account)
	}
	if c := r.Cost; c.Known {
		fmt.Fprintf(&b, "cost %.2f -> %.2f (%+.2f)\n", c.Before, c.After, c.Delta)
		for _, l := range c.Workloads {
			fmt.Fprintf(&b, "  %s %.2f -> %.2f, %.4g -> %.4g replicas by %s\n", l.Object, l.Before, l.After, l.ReplicasBefore, l.ReplicasAfter, l.ReplicasFrom)
		}
		for _, u := range c.Uncounted {
			fmt.Fprintf(&b, "  %s not counted\n", u)
		}
	}
	return b.String()
}
