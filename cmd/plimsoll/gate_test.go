package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate/policy"
)

// call runs the program and gives its exit code, stdout and stderr.
func call(t *testing.T, stdin string, args ...string) (int, string, string) {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(context.Background(), append([]string{"plimsoll"}, args...), streams{In: strings.NewReader(stdin), Out: &out, Err: &errs})
	return code, out.String(), errs.String()
}

// reportFile is a report of the shop: checkout uses 120m of its 500m.
func reportFile(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../testdata/golden/report.json")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

const checkout = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: checkout
  namespace: shop
spec:
  replicas: 6
  template:
    spec:
      containers:
        - name: app # the shop
          resources:
            requests:
              cpu: "CPU" # set in spring
              memory: 412Mi
            limits: {memory: 412Mi}
`

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
}

func withCPU(cpu string) string { return strings.Replace(checkout, "CPU", cpu, 1) }

func TestGateByEvidence(t *testing.T) {
	report := reportFile(t)
	t.Chdir(t.TempDir())
	waiver := func(expires string) string {
		return strings.Replace(withCPU("20m"), "  namespace: shop\n", "  namespace: shop\n  annotations:\n    waiver.plimsoll.dev/request-too-small: \"owner=shop, reason=new version, expires="+expires+"\"\n", 1)
	}
	tests := []struct {
		name, text string
		code       int
		want       string // pattern in stdout
	}{
		{"fits", withCPU("120m"), exitDone, `nothing found in 1 workload`},
		{"cut", withCPU("20m"), exitFound, `deploy.yaml:14:20: error: the CPU request 20m is below usage .* of the time; 5 % is accepted, which takes 120m[\s\S]*mending it costs \$\d+\.\d\d a month`},
		{"tenfold", withCPU("1200m"), exitFound, `deploy.yaml:14:20: error: the CPU request 1200m is 10 times the 120m that its usage supports: \$\d+\.\d\d a month too much`},
		{"waived", waiver("2026-12-31"), exitDone, `1 waived`},
		{"expired", waiver("2026-01-31"), exitFound, `expired on 2026-01-31`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			put(t, "deploy.yaml", tt.text)
			code, out, errs := call(t, "", "gate", "deploy.yaml", "--report", report, "--date", "2026-11-24")
			if code != tt.code || !regexp.MustCompile(tt.want).MatchString(out) {
				t.Errorf("got %d\n%s%s\nwant %d and %s", code, out, errs, tt.code, tt.want)
			}
		})
	}
}

// TestGateOfTwoTables wants the money also where the report's prices are from
// two tables of one cloud.
func TestGateOfTwoTables(t *testing.T) {
	text, err := os.ReadFile(reportFile(t))
	if err != nil {
		t.Fatal(err)
	}
	var report map[string]any
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	prices := report["prices"].([]any)
	report["prices"] = append(prices, prices[0])
	if text, err = json.Marshal(report); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	put(t, "report.json", string(text))
	put(t, "deploy.yaml", withCPU("1200m"))
	if _, out, errs := call(t, "", "gate", "deploy.yaml", "--report", "report.json"); !regexp.MustCompile(`\$\d+\.\d\d a month too much`).MatchString(out) {
		t.Errorf("got\n%s%s, want the money", out, errs)
	}
}

func TestGateFix(t *testing.T) {
	report := reportFile(t)
	t.Chdir(t.TempDir())
	for _, breaks := range []string{"\n", "\r\n"} {
		put(t, "deploy.yaml", strings.ReplaceAll(withCPU("1200m"), "\n", breaks))
		put(t, "fine.yaml", withCPU("120m"))
		if code, out, errs := call(t, "", "gate", ".", "--report", report, "--fix"); code != exitDone || !strings.Contains(out, "(fixed)") || !strings.Contains(out, "1 fixed") {
			t.Errorf("got %d, want what was put right to be told, and nothing left\n%s%s", code, out, errs)
		}
		for file, want := range map[string]string{"deploy.yaml": strings.ReplaceAll(withCPU("120m"), "\n", breaks), "fine.yaml": withCPU("120m")} {
			if got, err := os.ReadFile(file); err != nil || string(got) != want {
				t.Errorf("%s: got %q, %v, want only the number changed", file, got, err)
			}
		}
		if info, err := os.Stat("deploy.yaml"); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("got mode %v, want it kept", info.Mode())
		}
		if code, out, _ := call(t, "", "gate", ".", "--report", report); code != exitDone {
			t.Errorf("after the fix: got %d\n%s", code, out)
		}
	}
}

func TestGateBaseline(t *testing.T) {
	report := reportFile(t)
	t.Chdir(t.TempDir())
	put(t, "deploy.yaml", withCPU("1200m"))
	if code, _, errs := call(t, "", "gate", "deploy.yaml", "--report", report, "--write-baseline", "known.json"); code != exitDone || !strings.Contains(errs, "1 finding is ignored from now on") {
		t.Fatalf("got %d %s", code, errs)
	}
	for cpu, want := range map[string]int{"1200m": exitDone, "900m": exitDone, "4": exitFound} {
		put(t, "deploy.yaml", "\n# moved\n"+withCPU(cpu))
		if code, out, _ := call(t, "", "gate", "deploy.yaml", "--report", report, "--baseline", "known.json"); code != want {
			t.Errorf("CPU %s: got %d, want %d\n%s", cpu, code, want, out)
		}
	}
}

func TestGateMoney(t *testing.T) {
	report := reportFile(t)
	t.Chdir(t.TempDir())
	put(t, "deploy.yaml", withCPU("120m"))
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "x"}} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v %s", args, err, out)
		}
	}
	put(t, "deploy.yaml", withCPU("220m"))
	common := []string{"gate", "deploy.yaml", "--report", report, "--base", "HEAD"}
	if code, out, errs := call(t, "", append(common, "--max-increase", "200")...); code != exitDone || !strings.Contains(out, "120m -> 220m") || !strings.Contains(out, "+$") {
		t.Errorf("got %d\n%s%s, want the change with its money", code, out, errs)
	}
	if code, out, _ := call(t, "", append(common, "--max-increase", "1")...); code != exitFound || !strings.Contains(out, "cost-increase") {
		t.Errorf("got %d\n%s, want the increase to fail", code, out)
	}
	if code, out, _ := call(t, "", append(common, "--max-monthly", "1")...); code != exitFound || !strings.Contains(out, "cost-budget") {
		t.Errorf("got %d\n%s, want the budget to fail", code, out)
	}
	if code, out, _ := call(t, "", "gate", "deploy.yaml", "--base", "deploy.yaml", "--provider", "aws", "--region", "us-east-1"); code != exitDone || !strings.Contains(out, "(+$0.00") && !strings.Contains(out, "($0.00") {
		t.Errorf("got %d\n%s, want a file as the base and prices by region", code, out)
	}
}

func TestGateOutputs(t *testing.T) {
	t.Chdir(t.TempDir())
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c}]}\n"
	code, out, errs := call(t, pod, "gate", "-", "-o", "sarif=gate.sarif", "-o", "json=gate.json", "-o", "github", "-o", "markdown=comment.md", "-o", "junit=gate.xml", "-o", "gitlab=gl.json")
	if code != exitFound || !strings.HasPrefix(out, "::error file=<stdin>,line=4") || strings.Count(errs, "\n") != 1 {
		t.Errorf("got %d\n%s%s, want annotations on stdout and one line on stderr", code, out, errs)
	}
	for _, file := range []string{"gate.sarif", "gate.json", "comment.md", "gate.xml", "gl.json"} {
		if data, err := os.ReadFile(file); err != nil || !bytes.Contains(data, []byte("request")) {
			t.Errorf("%s: %v %s", file, err, data)
		}
	}
	if code, _, _ := call(t, pod, "gate", "-", "-o", "json", "-o", "sarif"); code != exitUsage {
		t.Errorf("two formats on stdout: got %d, want %d", code, exitUsage)
	}
}

func TestGatePolicy(t *testing.T) {
	t.Chdir(t.TempDir())
	code, out, _ := call(t, "", "gate", "--init")
	if code != exitDone || out != string(policy.Example) {
		t.Fatalf("got %d %q, want the example", code, out)
	}
	put(t, "plimsoll-policy.yaml", strings.Replace(out, "failOn: error", "failOn: warning", 1))
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, resources: {requests: {cpu: 1, memory: 1Gi}}}]}\n"
	if code, out, errs := call(t, pod, "gate", "-"); code != exitFound {
		t.Errorf("got %d\n%s%s, want the policy of the folder to fail on a warning", code, out, errs)
	}
	if code, _, _ := call(t, pod, "gate", "-", "--fail-on", "error"); code != exitDone {
		t.Errorf("got %d, want the flag to win", code)
	}
	put(t, "bad.yaml", "apiVersion: plimsoll.dev/v1alpha1\nkind: Policy\nfoo: bar\n")
	if code, _, errs := call(t, pod, "gate", "-", "--policy", "bad.yaml"); code != exitUsage || !strings.Contains(errs, "bad.yaml") || !strings.Contains(errs, "line 3") {
		t.Errorf("got %d %s, want the unknown key named with its line", code, errs)
	}
}

func TestGateExitCodes(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, "a.yaml", withCPU("1"))
	put(t, "r.json", "{}")
	tests := []struct {
		args []string
		code int
	}{
		{[]string{"a.yaml"}, exitDone},
		{nil, exitUsage},
		{[]string{"a.yaml", "--fail-on", "fatal"}, exitUsage},
		{[]string{"a.yaml", "--max-increase", "3"}, exitUsage},
		{[]string{"a.yaml", "--report", "x", "--snapshot", "y"}, exitUsage},
		{[]string{"a.yaml", "--date", "tomorrow"}, exitUsage},
		{[]string{"a.yaml", "-o", "pdf"}, exitUsage},
		{[]string{"a.yaml", "--policy", "gone.yaml"}, exitUsage},
		{[]string{"a.yaml", "--baseline", "r.json"}, exitUsage},
		{[]string{"gone.yaml"}, exitUsage},
		{[]string{"a.yaml", "--report", "gone.json"}, exitUsage},
		{[]string{"a.yaml", "--report", "r.json"}, exitUsage},
		{[]string{"a.yaml", "--snapshot", "gone"}, exitUsage},
		{[]string{"a.yaml", "--base", "no-such-revision"}, exitUsage},
	}
	for _, tt := range tests {
		code, out, errs := call(t, "", append([]string{"gate"}, tt.args...)...)
		if code != tt.code || code != exitDone && (out != "" || strings.Count(errs, "\n") != 1) {
			t.Errorf("gate %v: got %d, stdout %q, stderr %q; want %d, and errors on one line of stderr", tt.args, code, out, errs, tt.code)
		}
	}
}

// TestGateFixBringsNothing takes edits back that would bring another finding, and
// makes the others.
func TestGateFixBringsNothing(t *testing.T) {
	report := reportFile(t)
	t.Chdir(t.TempDir())
	const limits = "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: shop}\nspec: {limits: [{type: Container, min: {cpu: 200m}}]}\n"
	put(t, "deploy.yaml", withCPU("1200m")+limits)
	code, _, errs := call(t, "", "gate", ".", "--report", report, "--fix")
	if got, err := os.ReadFile("deploy.yaml"); code != exitFound || err != nil || string(got) != withCPU("1200m")+limits {
		t.Errorf("got %d, %v, %q, want the file as it was", code, err, got)
	}
	if !strings.Contains(errs, "shop/Deployment/checkout: left as it is: put right, the CPU request 120m is below the LimitRange's least, 200m") {
		t.Errorf("got %s, want what keeps it", errs)
	}
}
