package intake_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/intake"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

const (
	web = `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: app, image: app, resources: {requests: {cpu: 100m, memory: 64Mi}}}]
`
	header = "apiVersion: plimsoll.dev/v1alpha1\nkind: Policy\n"
	limits = header + "failOn: warning\nbudgets: {maxIncrease: 10}\n"
)

// request is one on a folder of its own with the files given.
func request(t *testing.T, files map[string]string) (*intake.Request, *[]string) {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range files {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	warned := &[]string{}
	return &intake.Request{
		Paths: []string{"deploy"}, Catalog: pricing.New(pricing.Config{}), Today: "2026-01-02",
		Open:  func(_ context.Context, name string) (io.ReadCloser, error) { return os.Open(name) },
		Read:  func(_ context.Context, name string) ([]byte, error) { return os.ReadFile(name) },
		Shown: func(name string) string { return "<" + name + ">" },
		Warn:  func(message string) { *warned = append(*warned, message) },
	}, warned
}

func TestGather(t *testing.T) {
	r, warned := request(t, map[string]string{"deploy/web.yaml": web, intake.DefaultPolicy: limits, "before/web.yaml": web})
	r.MaxMonthly, r.FailOn, r.Base = 100, verdict.SeverityError, "before"
	r.Provider, r.Region = "aws", "us-east-1"
	in, err := r.Gather(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(in.Documents) != 1 || in.Base == nil || len(in.Base.Documents) != 1 || in.Today != "2026-01-02" {
		t.Errorf("got %d documents, base %+v, today %s", len(in.Documents), in.Base, in.Today)
	}
	if p := in.Policy; p.FailOn != verdict.SeverityError || p.Budgets.MaxIncrease != 10 || p.Budgets.MaxMonthly != 100 {
		t.Errorf("a flag goes before the policy and leaves the rest: got %s, %+v", p.FailOn, p.Budgets)
	}
	if !in.Prices.Known() || len(*warned) != 0 {
		t.Errorf("prices known: %v; warned %q", in.Prices.Known(), *warned)
	}

	if err := os.WriteFile("deploy/more.yaml", []byte(strings.ReplaceAll(web, "web", "more")), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := r.Again(t.Context(), in)
	if err != nil || len(again.Documents) != 2 || again.Policy != in.Policy || again.Base != in.Base {
		t.Errorf("again: got %d documents, %v", len(again.Documents), err)
	}
}

// TestGatherFailsClosed: what was asked for and can't be had is an error that names it.
func TestGatherFailsClosed(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		ask   func(*intake.Request)
		err   string
	}{
		"no such policy":     {ask: func(r *intake.Request) { r.Policy = "none.yaml" }, err: "--policy"},
		"a policy of errors": {files: map[string]string{intake.DefaultPolicy: header + "failOn: sometimes\n"}, err: "<" + intake.DefaultPolicy + ">"},
		"no manifests":       {ask: func(r *intake.Request) { r.Paths = []string{"none"} }, err: "none"},
		"no such values":     {ask: func(r *intake.Request) { r.HelmValues = []string{"none.yaml"} }, err: "--helm-values"},
		"values of errors":   {files: map[string]string{"v.yaml": "a: [\n"}, ask: func(r *intake.Request) { r.HelmValues = []string{"v.yaml"} }, err: "reading --helm-values"},
		"no such revision":   {ask: func(r *intake.Request) { r.Base = "none" }, err: "reading --base"},
		"no such baseline":   {ask: func(r *intake.Request) { r.Baseline = "none.json" }, err: "--baseline"},
		"a baseline of errors": {
			files: map[string]string{"b.json": "{"}, ask: func(r *intake.Request) { r.Baseline = "b.json" }, err: "<b.json>",
		},
		"no such report":   {ask: func(r *intake.Request) { r.Report = "none.json" }, err: "--report"},
		"no report at all": {files: map[string]string{"r.json": "{}"}, ask: func(r *intake.Request) { r.Report = "r.json" }, err: "<r.json>"},
		"no such snapshot": {ask: func(r *intake.Request) { r.Snapshot = "none.snap" }, err: "none.snap"},
		"no such place":    {ask: func(r *intake.Request) { r.Provider, r.Region = "aws", "mars-1" }, err: "mars-1"},
		"money, no prices": {ask: func(r *intake.Request) { r.MaxMonthly = 5 }, err: "a limit of money is set"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"deploy/web.yaml": web}
			for n, text := range c.files {
				files[n] = text
			}
			r, _ := request(t, files)
			if c.ask != nil {
				c.ask(r)
			}
			if _, err := r.Gather(t.Context()); err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v, want one that names %q", err, c.err)
			}
		})
	}
}

// TestUncheckedIsTold: a limit that has nothing to compare with is told once.
func TestUncheckedIsTold(t *testing.T) {
	r, warned := request(t, map[string]string{"deploy/web.yaml": web, intake.DefaultPolicy: limits})
	in, err := r.Gather(t.Context())
	if err != nil || len(*warned) != 1 || !strings.Contains((*warned)[0], "maxIncrease") {
		t.Fatalf("got %v, warned %q", err, *warned)
	}
	if _, err := r.Again(t.Context(), in); err != nil || len(*warned) != 1 {
		t.Errorf("again: %v, warned %q", err, *warned)
	}
}
