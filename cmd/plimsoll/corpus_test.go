package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/finding"
)

// corpus lists the modules whose manifests and charts are judged, and the
// least number of objects that each must give.
var corpus = []struct {
	module  string
	objects int
}{
	{"k8s.io/kubernetes", 500},
	{"sigs.k8s.io/kwok", 100},
	{"sigs.k8s.io/metrics-server", 20},
	{"k8s.io/kube-state-metrics/v2", 20},
	{"sigs.k8s.io/karpenter@v1.14.1", 10},
}

// moduleDir finds a module that the testbed is built from, or of the version
// that the name has. Nothing is fetched; "make corpus" does.
func moduleDir(t *testing.T, module string) string {
	t.Helper()
	args := []string{"list", "-m", "-json", module}
	if strings.Contains(module, "@") {
		args = []string{"mod", "download", "-json", module}
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = filepath.Join(root, "testbed")
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=mod")
	out, err := cmd.Output()
	var found struct{ Dir string }
	if err != nil || json.Unmarshal(out, &found) != nil || found.Dir == "" {
		t.Skipf("%s is not downloaded here: make corpus", module)
	}
	return found.Dir
}

// found is what the test reads of a finding.
type found struct {
	Rule, Message, Severity string
	Place                   struct {
		File  string
		Start struct{ Line int }
	}
}

// TestCorpus judges every manifest and chart of other people's modules, with
// all their oddities: none of it may make the gate fail, and all formats must
// render what it finds.
func TestCorpus(t *testing.T) {
	for _, c := range corpus {
		t.Run(c.module, func(t *testing.T) {
			dir := moduleDir(t, c.module)
			t.Chdir(t.TempDir())
			args := []string{"gate", dir, "--date", "2026-11-24", "--show-all"}
			for _, format := range finding.Names() {
				args = append(args, "-o", format+"="+format)
			}
			code, out, errs := call(t, "", args...)
			if code != exitFound && code != exitDone || out != "" {
				t.Fatalf("got exit code %d, stdout %q, stderr %s", code, out, errs)
			}
			data, err := os.ReadFile("json")
			if err != nil {
				t.Fatal(err)
			}
			var report struct {
				Summary  struct{ Documents, Workloads int }
				Findings []found
			}
			if err := json.Unmarshal(data, &report); err != nil {
				t.Fatal(err)
			}
			if want := slices.ContainsFunc(report.Findings, func(f found) bool { return f.Severity == "error" }); want != (code == exitFound) {
				t.Errorf("got exit code %d; is an error among the findings: %v", code, want)
			}
			unreadable := 0
			for _, f := range report.Findings {
				if f.Place.File != "" && f.Place.Start.Line < 1 {
					t.Errorf("a finding is nowhere: %+v", f)
				}
				if f.Rule == "unreadable" {
					unreadable++
					t.Logf("%s:%d: %s", strings.TrimPrefix(f.Place.File, dir), f.Place.Start.Line, f.Message)
				}
			}
			if report.Summary.Documents < c.objects {
				t.Errorf("got %d objects, want %d or more", report.Summary.Documents, c.objects)
			}
			t.Logf("%d objects, %d workloads, %d findings, %d unreadable; %s", report.Summary.Documents, report.Summary.Workloads, len(report.Findings), unreadable, strings.ReplaceAll(errs, dir, ""))
		})
	}
}
