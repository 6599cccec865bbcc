//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Package e2e_test runs the built program against the testbed: a real
// control plane, metrics-server and Prometheus with 14 days of history.
// TESTBED_DIR names a testbed that already runs; without it one is started and
// stopped again.

// bed is the running testbed and the program under test.
type bed struct {
	Dir        string    `json:"dir"`
	Bin        string    `json:"bin"`
	Kubeconfig string    `json:"kubeconfig"`
	Truth      string    `json:"truth"`
	Prometheus string    `json:"prometheus"`
	Start      time.Time `json:"historyStart"`
	End        time.Time `json:"historyEnd"`

	program string // plimsoll
	manager string // testbed
}

var live bed

func TestMain(m *testing.M) { os.Exit(runE2E(m)) }

func runE2E(m *testing.M) int {
	tmp, err := os.MkdirTemp("", "plimsoll-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(tmp)
	live.program, live.manager = filepath.Join(tmp, "plimsoll"), filepath.Join(tmp, "testbed")
	dir := os.Getenv("TESTBED_DIR")
	steps := [][]string{
		{"..", "go", "build", "-o", live.program, "."},
		{"../../../testbed", "go", "build", "-o", live.manager, "./cmd/testbed"},
	}
	if dir == "" {
		dir = filepath.Join(tmp, "bed")
		steps = append(steps, []string{"../../../testbed", live.manager, "up", "--dir", dir, "--wait-metrics"})
		defer exec.Command(live.manager, "down", "--dir", dir).Run()
	}
	for _, s := range steps {
		cmd := exec.Command(s[1], s[2:]...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = s[0], os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", strings.Join(s[1:], " "), err)
			return 1
		}
	}
	state, err := os.ReadFile(filepath.Join(dir, "testbed.json"))
	if err == nil {
		err = json.Unmarshal(state, &live)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// bed runs a command of the testbed.
func (b *bed) bed(t *testing.T, args ...string) {
	t.Helper()
	args = append(args, "--dir", b.Dir)
	if out, err := exec.Command(b.manager, args...).CombinedOutput(); err != nil {
		t.Fatalf("testbed %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// apply writes a manifest into a file and applies it.
func (b *bed) apply(t *testing.T, manifest string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "manifest.yaml")
	if err := os.WriteFile(file, []byte(manifest), 0o644); err != nil {
		t.Fatal(err)
	}
	b.bed(t, "apply", "-f", file)
}

// as gives a kubeconfig that acts as a service account.
func (b *bed) as(t *testing.T, namespace, account string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	b.bed(t, "token", "--namespace", namespace, "--serviceaccount", account, "--out", file)
	return file
}

// result is one run of the program.
type result struct {
	out, err string
	code     int
	report   document
}

// document is the part of the report that the tests look at, by the
// contract's names.
type document struct {
	Metadata struct {
		GeneratedFrom struct {
			Start, End time.Time
			Moment     bool
		}
	}
	Summary struct {
		MonthlyCost, MonthlySavings, IdleMonthly, OverheadMonthly float64
	}
	Workloads []struct {
		Namespace, Kind, Name string
		Replicas              int
		MonthlyCost           float64
		Containers            []container
	}
	Nodes    struct{ Current struct{ Count int } }
	Waste    []wasteFinding
	Warnings []struct{ Code, Subject, Message string }
}

type container struct {
	Name, Type           string
	Current              setting
	Recommended          *setting
	Usage                map[string]map[string]string
	Confidence, Coverage float64
	OOMKills, Restarts   int
	Warnings             []struct{ Code, Message string }
}

type setting struct{ Requests, Limits map[string]string }

// audit runs plimsoll audit -o json and decodes the report, which must be
// valid by the published schema.
func (b *bed) audit(t *testing.T, kubeconfig string, args ...string) result {
	t.Helper()
	r := b.run(t, kubeconfig, append([]string{"audit", "-o", "json"}, args...)...)
	if r.code != 0 {
		t.Fatalf("plimsoll audit %s: exit %d\n%s", strings.Join(args, " "), r.code, r.err)
	}
	checkSchema(t, r.out)
	if err := json.Unmarshal([]byte(r.out), &r.report); err != nil {
		t.Fatal(err)
	}
	return r
}

func (b *bed) run(t *testing.T, kubeconfig string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.program, args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "HOME="+t.TempDir())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	begin := time.Now()
	err := cmd.Run()
	t.Logf("plimsoll %s: %.1f s", strings.Join(args, " "), time.Since(begin).Seconds())
	r := result{out: stdout.String(), err: stderr.String()}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		r.code = exit.ExitCode()
	case err != nil:
		t.Fatal(err)
	}
	return r
}

func checkSchema(t *testing.T, report string) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../../../docs/report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(report))
	if err != nil {
		t.Fatalf("stdout is not JSON: %v\n%.300s", err, report)
	}
	if err := schema.Validate(doc); err != nil {
		t.Errorf("the report breaks its schema: %v", err)
	}
}

// warned reports whether a warning with the code mentions the words.
func (r result) warned(code, words string) bool {
	for _, w := range r.report.Warnings {
		if w.Code == code && strings.Contains(w.Subject+": "+w.Message, words) {
			return true
		}
	}
	return false
}

// end pins the window to the backfilled history.
func (b *bed) end() string { return b.End.UTC().Format(time.RFC3339) }
